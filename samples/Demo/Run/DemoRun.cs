using McCache.Demo.Command;
using McCache.Demo.Member;
using McCache.Demo.Shared;

namespace McCache.Demo.Run;

/// <summary>One run: fills the database, starts the silos and clients, lets them replay together, stops them together, and judges.</summary>
/// <remarks>Nobody replays before all silos see each other and all clients have their gateway, and nobody leaves before all have finished, so that joining and leaving disturb no figure.</remarks>
internal sealed class DemoRun(RunState state, Workspace workspace, Interruption interruption)
{
    private const int Attempts = 5;
    private static readonly TimeSpan s_startLimit = TimeSpan.FromMinutes(2);

    /// <summary>How long the last verbs may take to complete after the time is up, and each process to leave.</summary>
    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(60);

    private readonly List<MemberProcess> _members = [];

    /// <summary>Runs to the end. Failures are part of the outcome, not exceptions; whatever happens, no process is left.</summary>
    public async Task<Outcome> RunAsync()
    {
        try
        {
            state.Say($"Filling the database with {state.Trace.Pages.Count:N0} pages");
            await Task.Run(() => Origin.Create(workspace.Database, state.Trace.Pages));
            VersionBoard.Create(workspace.Board, state.Trace.Pages.Count);
            await StartAsync(interruption.Finish);
            await ReplayAsync();
            state.Say("Comparing the copies");
            var copies = Copies.CompareAsync(_members, state.Options.Coherence, state.Trace.Pages.Count);
            await Within(copies, s_endLimit, "Some process did not say what its cache holds.");
            await HoldAsync();
            await StopAsync();
            return Judge(Summary.Of(_members, state.Options.Coherence, await copies));
        }
        catch (OperationCanceledException) when (interruption.Finish.IsCancellationRequested)
        {
            return new Outcome(null, IsInterrupted: true, null);
        }
        catch (Exception exception)
        {
            // Whatever it is, the view gives way first, and the user reads it after the table.
            var failure = exception is MemberFailedException or TimeoutException or IOException ? exception.Message : exception.ToString();
            return new Outcome(null, interruption.Finish.IsCancellationRequested, failure);
        }
        finally
        {
            await KillAsync();
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await StartAsync(FreePorts.Find((2 * state.Options.Silos) + 1), cancellationToken);
                return;
            }
            catch (MemberFailedException failure) when (failure.ExitCode == ExitCodes.PortTaken && attempt < Attempts)
            {
                state.Say("Another program took a port; trying with others");
                await KillAsync();
            }
        }
    }

    private async Task StartAsync(int[] ports, CancellationToken cancellationToken)
    {
        var cluster = $"demo-{Guid.NewGuid():N}";
        var (silos, clients) = (state.Options.Silos, state.Options.Clients);
        var dashboard = state.Options.DashboardPort == 0 ? ports[^1] : state.Options.DashboardPort;
        StartOne();
        await All(MemberPhase.Started).WaitAsync(s_startLimit, cancellationToken); // the primary keeps the membership table: the others need it
        state.ShowDashboard(dashboard);
        while (_members.Count < silos)
            StartOne();
        state.Say("Waiting until every silo sees the others");
        await All(MemberPhase.Ready).WaitAsync(s_startLimit, cancellationToken);
        if (clients == 0)
            return;
        while (_members.Count < silos + clients)
            StartOne();
        state.Say("Waiting until every client has found its gateway");
        await All(MemberPhase.Ready).WaitAsync(s_startLimit, cancellationToken);

        void StartOne()
        {
            var options = state.Options;
            var number = _members.Count + 1;
            _members.Add(MemberProcess.Start(new MemberSettings(
                number,
                silos,
                clients,
                cluster,
                ports[..silos],
                ports[silos..(2 * silos)],
                workspace.Folder,
                Path.GetFullPath(options.Trace),
                options.Updates,
                options.Seconds,
                options.Coherence,
                options.Sabotage,
                dashboard,
                options.AllowActs)));
            state.Show([.. _members]);
            state.Say($"{_members[^1].Name} is process {_members[^1].ProcessId}{(number <= silos ? $", on port {ports[number - 1]}" : "")}");
        }
    }

    private async Task ReplayAsync()
    {
        state.Say("Replaying");
        SendAll(Orders.Replay);
        using var finishing = interruption.Finish.Register(() => SendAll(Orders.Finish));
        var finished = All(MemberPhase.Finished);
        var limit = TimeSpan.FromSeconds(state.Options.Seconds) + s_endLimit;
        await Within(finished, limit, "Not everybody finished replaying; a coherent verb may be waiting for somebody who hangs.");
    }

    /// <summary>Gives people time to look around in the dashboards.</summary>
    private async Task HoldAsync()
    {
        if (state.Options.Hold == 0)
            return;
        state.Say($"Holding for {state.Options.Hold} s; Ctrl-C ends it");
        await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(state.Options.Hold), interruption.Finish), Task.WhenAny(_members.Select(member => member.Ended)));
    }

    /// <summary>Clients go before their gateways; the primary goes last: the other silos take their leave in its membership table.</summary>
    private async Task StopAsync()
    {
        state.Say("Stopping the silos");
        await Within(Task.WhenAll(_members.Where(member => member.IsClient).Select(client => client.StopAsync())), s_endLimit, "The clients did not stop.");
        await Within(Task.WhenAll(_members.Skip(1).Where(member => !member.IsClient).Select(silo => silo.StopAsync())), s_endLimit, "The silos did not stop.");
        await Within(_members[0].StopAsync(), s_endLimit, "The primary silo did not stop.");
    }

    private Outcome Judge(Summary summary)
    {
        string? failure = null;
        if (summary.StaleReads > 0)
            failure = $"{summary.StaleReads:N0} stale reads. The first: {_members.Select(member => member.Report.FirstStaleRead is { } read ? $"{member.Name}, {read}" : null).First(read => read is not null)}.";
        else if (!state.Options.AllowActs && (summary.FillsMulticast < 0 || summary.FillsMulticast > summary.GatewaysLost * Replay.Workers)) // each has one verb under way at most
            failure = $"{summary.MulticastOperations:N0} multicast operations for {summary.CoherentVerbs:N0} writes: there must be one for each.";
        else if (summary.IncoherentKeys > 0)
            failure = $"{summary.IncoherentKeys:N0} pages are older than a write that has completed, or differ between processes, after all writes had completed.";
        else if (summary is { DigestsEqual: false } or { SequencesEqual: false })
            failure = $"The silos' {(summary.DigestsEqual == false ? "digests" : "sequences of pages")} differ {Copies.Patience.TotalSeconds:0} s after all writes had completed.";
        else if (summary is { ReplicatedKeys: 0, CoherentVerbs: > 0 })
            failure = "Some silo holds no page that had been replicated.";
        else if (summary is { ClientKeys: 0, GatewaysLost: 0, Requests: > 0 })
            failure = "Some client holds no page that a silo holds too.";
        return new Outcome(summary, interruption.Finish.IsCancellationRequested, failure);
    }

    private void SendAll(string order) => _members.ForEach(member => member.Send(order));

    /// <summary>Completes when all processes have come to a phase.</summary>
    /// <exception cref="MemberFailedException">One has ended.</exception>
    private async Task All(MemberPhase phase)
    {
        var reached = Task.WhenAll(_members.Select(member => member.Reach(phase)));
        var ended = Task.WhenAny(_members.Select(member => member.Ended));
        if (await Task.WhenAny(reached, ended) == ended)
            await await ended;
    }

    private async Task Within(Task task, TimeSpan limit, string otherwise)
    {
        try
        {
            await task.WaitAsync(limit, interruption.Abandon);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(otherwise);
        }
    }

    private async Task KillAsync()
    {
        foreach (var member in _members)
            await member.DisposeAsync();
        _members.Clear();
    }
}
