using System.Text.Json;
using McCache.Stress.Faults;
using McCache.Stress.Shared;

namespace McCache.Stress.Run;

/// <summary>One run from beginning to end: start the cluster, load it, let things go wrong, stop, judge.</summary>
internal sealed class StressRun(StressOptions options, string folder)
{
    private static readonly TimeSpan s_startTime = TimeSpan.FromSeconds(120);

    /// <summary>How long a verb may go on when the load has stopped: a client without a gateway gives up after thirty seconds, Orleans' default for calls.</summary>
    private static readonly TimeSpan s_verbTime = TimeSpan.FromSeconds(40);

    /// <summary>Longer than a lease that was given at the last moment.</summary>
    private static readonly TimeSpan s_forgetTime = TimeSpan.FromSeconds(6);

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private readonly TextWriter _words = options.IsJson ? Console.Error : Console.Out;

    internal static async Task<int> RunAsync(StressOptions options, CancellationToken cancellationToken)
    {
        await Leftovers.RemoveAsync();
        var folder = options.Folder is null ? Leftovers.CreateFolder(Environment.ProcessId) : Directory.CreateDirectory(options.Folder).FullName;
        StressReport? report = null;
        try
        {
            report = await new StressRun(options, folder).RunAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Interrupted.");
        }
        finally
        {
            if (report is not { Passed: true } && options is { Folder: null, Sabotage: false })
                await Console.Error.WriteLineAsync($"The logs are in {Leftovers.KeepLogs(folder, Environment.ProcessId)}.");
            if (options.Folder is null)
                Directory.Delete(folder, recursive: true);
        }

        return report is null ? ExitCodes.Interrupted : report.Passed ? ExitCodes.Passed : ExitCodes.Failed;
    }

    private async Task<StressReport> RunAsync(CancellationToken cancellationToken)
    {
        using var keys = SharedKeys.Create(RunFiles.Keys(folder), options.Keys);
        var stale = new StaleReads(options, folder, Console.Error);
        await using var cluster = await Cluster.CreateAsync(options, folder, keys, stale.Show);
        var random = new Random(options.Seed);
        IFault[] faults = [.. FaultsTo(isClient: false), new TableFault(), new DropFault(options.LossPercent / 100), .. options.Clients > 0 ? FaultsTo(isClient: true).Append(new MoveFault()) : []];
        var plan = new FaultPlan([.. faults.Where(fault => options.Faults.Contains(fault.Name))], random);
        await Console.Error.WriteLineAsync($"{options.Silos} silos{(options.Clients > 0 ? $" and {options.Clients} clients" : "")} in {cluster.Network.Description}, seed {options.Seed}, files in {folder}");
        await cluster.StartAsync();

        using var viewing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var view = new LiveView(cluster, plan).RunAsync(viewing.Token);
        var (from, to, end) = (MonotonicTime.Now, MonotonicTime.Now, new RunEnd { GivenUp = "the cluster did not start" });
        if (await cluster.RecoverAsync(s_startTime, cancellationToken))
        {
            from = MonotonicTime.Now;
            await cluster.LoadAsync();
            var givenUp = await plan.RunAsync(cluster, TimeSpan.FromMinutes(options.Minutes), cancellationToken);
            to = MonotonicTime.Now;
            end = new RunEnd
            {
                GivenUp = givenUp,
                Drain = await cluster.DrainAsync(),
                HungVerbs = await cluster.EndVerbsAsync(s_verbTime, cancellationToken),
                ClientsKept = await cluster.ForgetClientsAsync(options.Clients, s_forgetTime, cancellationToken),
                Copies = await Copies.CompareAsync(cluster, options.Coherence, stale, cancellationToken),
            };
            await cluster.CountAsync();
        }

        await viewing.CancelAsync();
        await view;
        return Tell(Judge(cluster, plan, end, from, to));
    }

    private static IEnumerable<IFault> FaultsTo(bool isClient) => [new KillFault(isClient), new PauseFault(isClient), new PartitionFault(isClient)];

    private StressReport Judge(Cluster cluster, FaultPlan plan, RunEnd end, long from, long to)
    {
        var (total, copies) = (cluster.Total, end.Copies);
        var ofClients = cluster.Clients.Select(client => client.Total).Aggregate(new Numbers(), MemberSlot.Sum);
        var (kill, table) = (plan.Worst("kill"), plan.Worst("table"));
        var failures = Verdict.Failures(options, total, plan, cluster, end, from, to);
        var seconds = Math.Max(0.001, MonotonicTime.Seconds(to - from));
        return new StressReport
        {
            Passed = failures.Count == 0,
            Verdict = [.. failures.Select(failure => $"FAILED. {failure}"), .. Verdict.Remarks(total, plan, copies), failures.Count == 0 ? "Passed." : "Failed."],
            Silos = options.Silos,
            Clients = options.Clients,
            ClientReads = ofClients.Reads,
            ClientVerbs = ofClients.CoherentVerbs,
            ClientFailedVerbs = ofClients.FailedVerbs,
            ClientStaleReads = ofClients.StaleReads,
            ClientKeys = copies.ClientKeys,
            ClientsKept = end.ClientsKept is { } kept ? plan.Records.Select(record => record.ClientsKept).Append(kept).Max() : null,
            Moves = total.Moves,
            LongestOutageSeconds = plan.Records.Max(record => record.LongestOutageSeconds),
            LongestVerbDuringClientFaultSeconds = plan.Records.Where(record => record.IsOfClient).Max(record => (double?)record.LongestVerbSeconds),
            HungVerbs = end.HungVerbs,
            Coherence = options.Coherence.ToString().ToLowerInvariant(),
            LossPercent = options.LossPercent,
            Tls = options.UsesTls,
            Sealed = options.Seals,
            Seconds = Math.Round(seconds, 1),
            Seed = options.Seed,
            Network = cluster.Network.Description,
            Operations = total.Operations,
            OperationsPerSecond = Math.Round(total.Operations / seconds),
            Mutations = total.Mutations,
            MutationsPerSecond = Math.Round(total.Mutations / seconds),
            FramesPublished = total.Published,
            FramesApplied = total.Applied,
            Reads = total.Reads,
            CoherentVerbs = total.CoherentVerbs,
            FailedVerbs = total.FailedVerbs,
            StaleReads = total.StaleReads,
            DigestsEqual = copies.DigestsEqual,
            SequencesEqual = copies.SequencesEqual,
            ReplicatedKeys = copies.ReplicatedKeys,
            ConvergenceSeconds = Round(copies.Seconds),
            IncoherentKeys = copies.IncoherentKeys,
            IncoherentKeyIndexes = copies.Named,
            Kills = plan.Count("kill"),
            Pauses = plan.Count("pause"),
            Partitions = plan.Count("partition"),
            TableOutages = plan.Count("table"),
            Drops = total.Drops,
            Gaps = total.Gaps,
            Restarts = cluster.Members.Sum(member => member.Restarts),
            FailedStarts = cluster.Members.Sum(member => member.FailedStarts),
            LongestVerbSeconds = Math.Round(total.LongestVerbSeconds, 3),
            HitRatioBefore = kill?.Before,
            HitRatioDuringCrash = kill?.During,
            HitRatioDuringTableOutage = table?.During,
            DrainSeconds = Round(end.Drain),
            MaxRssMiB = MiBytes(cluster, silo => silo.Memory.Max),
            MidpointRssMiB = MiBytes(cluster, silo => silo.Memory.MaxBetween(from, to, 0.4, 0.6)),
            EndRssMiB = MiBytes(cluster, silo => silo.Memory.MaxBetween(from, to, 0.8, 1)),
            Faults = plan.Records,
        };
    }

    private StressReport Tell(StressReport report)
    {
        foreach (var line in report.Verdict)
            _words.WriteLine(line);
        if (options.IsJson)
            Console.Out.WriteLine(JsonSerializer.Serialize(report, s_json));
        else
            _words.WriteLine(
                $"{report.Operations:N0} operations ({report.OperationsPerSecond:N0}/s, {report.MutationsPerSecond:N0} mutations/s), "
                + $"longest verb {report.LongestVerbSeconds} s, drained in {report.DrainSeconds} s, at most {report.MaxRssMiB.Values.Max()} MiB a process.");
        return report;
    }

    private static Dictionary<string, long> MiBytes(Cluster cluster, Func<MemberSlot, long> bytes)
        => cluster.Members.ToDictionary(member => member.Place.IsClient ? $"{member.Place}" : $"{member.Place.Number}", member => bytes(member) >> 20);

    private static double? Round(double? value) => value is { } number ? Math.Round(number, 4) : null;
}
