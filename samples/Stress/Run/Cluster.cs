using McCache.Stress.Network;
using McCache.Stress.Shared;

namespace McCache.Stress.Run;

/// <summary>All processes of a run, and the network between them.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_closeTime = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_pollPeriod = TimeSpan.FromMilliseconds(100);

    private readonly StressOptions _options;
    private readonly string _folder;
    private readonly CancellationTokenSource _sampling = new();
    private int _processes;

    private Cluster(StressOptions options, string folder, SharedKeys keys, Action<MemberSlot, StaleRead> onStale)
    {
        (_options, _folder) = (options, folder);
        Members = [.. options.Places.Select(place => new MemberSlot(place, StartMember, keys, onStale))];
        (Silos, Clients) = ([.. Members.Take(options.Silos)], [.. Members.Skip(options.Silos)]);
        Table = new TableSlot(StartTable);
    }

    /// <summary>All places: silos, then clients.</summary>
    internal IReadOnlyList<MemberSlot> Members { get; }

    internal IReadOnlyList<MemberSlot> Silos { get; }

    internal IReadOnlyList<MemberSlot> Clients { get; }

    internal TableSlot Table { get; }

    internal INetwork Network { get; private set; } = null!;

    internal Numbers Total => Members.Select(member => member.Total).Aggregate(MemberSlot.Sum);

    internal static async Task<Cluster> CreateAsync(StressOptions options, string folder, SharedKeys keys, Action<MemberSlot, StaleRead> onStale)
    {
        var cluster = new Cluster(options, folder, keys, onStale);
        cluster.Network = (options.UsesLoopback ? null : await Namespaces.TryCreateAsync(options.Silos + options.Clients))
            ?? new Loopback(options.Silos, (member, order) => cluster.Members[member].TryAskAsync(order, s_patience));
        return cluster;
    }

    internal async Task StartAsync()
    {
        Directory.CreateDirectory(RunFiles.Store(_folder));
        if (_options.UsesTls)
            Certificates.Write(_folder);
        if (_options.Seals)
            Certificates.WriteSecret(_folder);
        await Table.StartAsync();
        foreach (var member in Members)
            member.Start();
        _ = SampleMemoryAsync();
    }

    /// <summary>Starts the load on everybody who is up; others get theirs when they are.</summary>
    internal Task LoadAsync()
    {
        foreach (var member in Members)
            member.IsLoading = true;
        return Task.WhenAll(Members.Where(member => member.IsUp).Select(member => member.TryAskAsync(new Order(Orders.Load), s_patience)));
    }

    /// <summary>Stops the load, and measures how long it takes then until everybody has applied everything: until a coherent verb of each silo and client has returned.</summary>
    /// <returns>Seconds; null when somebody could not do it.</returns>
    internal async Task<double?> DrainAsync()
    {
        foreach (var member in Members)
            member.IsLoading = false;
        var stopped = await Task.WhenAll(Members.Select(member => member.TryAskAsync(new Order(Orders.Stop), s_patience)));
        var drained = await Task.WhenAll(Members.Select(member => member.TryAskAsync(new Order(Orders.Verb), s_patience)));
        return stopped.Concat(drained).All(answer => answer is { Error: null })
            ? Math.Max(0, MonotonicTime.Seconds(drained.Max(answer => answer!.At) - stopped.Max(answer => answer!.At)))
            : null;
    }

    /// <summary>Asks what each of these members' caches holds.</summary>
    /// <returns>By member; null for one that could not say.</returns>
    internal static async Task<CopyReport?[]> CompareAsync(IReadOnlyList<MemberSlot> members, Order order)
        => [.. (await Task.WhenAll(members.Select(member => member.TryAskAsync(order, s_patience)))).Select(answer => answer?.Copy)];

    /// <summary>Brings what is known of silos and clients up to date.</summary>
    /// <returns>What has happened at each since it was asked last.</returns>
    internal async Task<IReadOnlyDictionary<MemberSlot, Since>> CountAsync()
    {
        var counted = await Task.WhenAll(Members.Where(member => member.IsUp).Select(async member => (Member: member, Answer: await member.TryAskAsync(new Order(Orders.Count), s_patience))));
        return counted.Where(item => item.Answer?.Since is not null).ToDictionary(item => item.Member, item => item.Answer!.Since!);
    }

    /// <summary>Waits until silos keep something about no more clients than there are.</summary>
    /// <returns>About how many more something was kept when patience ended.</returns>
    internal async Task<int> ForgetClientsAsync(int living, TimeSpan patience, CancellationToken cancellationToken)
    {
        for (var deadline = MonotonicTime.After(MonotonicTime.Now, patience); ; await Task.Delay(s_pollPeriod, cancellationToken))
        {
            await CountAsync();
            var kept = Math.Max(0, Silos.Sum(silo => silo.Latest.Attached) - living);
            if (kept == 0 || MonotonicTime.Now >= deadline)
                return kept;
        }
    }

    /// <summary>Waits until no coherent verb is in flight anywhere: each has returned, or has failed and said so.</summary>
    /// <returns>How many were when patience ended.</returns>
    internal async Task<int> EndVerbsAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        for (var deadline = MonotonicTime.After(MonotonicTime.Now, patience); ; await Task.Delay(s_pollPeriod, cancellationToken))
        {
            await CountAsync();
            var hung = Members.Sum(member => member.Latest.VerbsInFlight);
            if (hung == 0 || MonotonicTime.Now >= deadline)
                return hung;
        }
    }

    /// <summary>Waits until every place has a process that is up, and a coherent verb of each returns.</summary>
    /// <returns>Whether it came to that in time.</returns>
    internal async Task<bool> RecoverAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        for (var deadline = MonotonicTime.After(MonotonicTime.Now, timeout); MonotonicTime.Now < deadline; await Task.Delay(s_pollPeriod, cancellationToken))
        {
            if (!Members.All(member => member.IsUp))
                continue;
            var answers = await Task.WhenAll(Members.Select(member => member.TryAskAsync(new Order(Orders.Verb), s_patience))).WaitAsync(cancellationToken);
            if (answers.All(answer => answer is { Error: null }) && Members.All(member => member.IsUp))
                return true;
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        await _sampling.CancelAsync();
        await Task.WhenAll(Clients.Select(client => client.CloseAsync(s_closeTime)));
        await Task.WhenAll(Silos.Select(silo => silo.CloseAsync(s_closeTime)));
        Table.Close();
        await Network.DisposeAsync();
        _sampling.Dispose();
    }

    private ChildProcess StartMember(ChildStart start)
    {
        var number = Interlocked.Increment(ref _processes);
        var settings = new MemberSettings
        {
            Place = start.Place,
            Process = number,
            ClusterId = Path.GetFileName(_folder),
            Silos = [.. Enumerable.Range(0, _options.Silos).Select(Network.Silo)],
            Table = $"{Network.Table.Address}:{Network.Table.Port}",
            Folder = _folder,
            Workers = _options.Workers,
            PaceMilliseconds = _options.PaceMilliseconds,
            CoherentPercent = _options.CoherentPercent,
            Coherence = _options.Coherence,
            Loss = _options.LossPercent / 100,
            Sabotage = _options.Sabotage,
            Tls = _options.UsesTls,
            Seals = _options.Seals,
            Seed = unchecked((_options.Seed * 10_007) + (number * 1_009)),
        };
        return new ChildProcess(
            number, Network.Prefix(start.Place.Index), "member", Wire.ToLine(settings), RunFiles.Output(_folder, start.Place), report => start.OnReport(number, report));
    }

    private ChildProcess StartTable() => new(
        0,
        Network.Prefix(null),
        "table",
        Wire.ToLine(new TableSettings(Network.Table.Address, Network.Table.Port, RunFiles.Store(_folder))),
        RunFiles.Output(_folder, null),
        static _ => { });

    private async Task SampleMemoryAsync()
    {
        while (!_sampling.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
            foreach (var member in Members)
                member.SampleMemory(MonotonicTime.Now);
        }
    }
}
