using McCache.Demo.Command;
using McCache.Demo.Shared;

namespace McCache.Demo.Run;

/// <summary>One run: fills the database, starts the silos, lets them replay together, stops them together, and judges.</summary>
/// <remarks>No silo replays before all see each other, and none leaves before all have finished, so that joining and leaving disturb no figure.</remarks>
internal sealed class DemoRun(RunState state, Workspace workspace, Interruption interruption)
{
    private const int Attempts = 5;
    private static readonly TimeSpan s_startLimit = TimeSpan.FromMinutes(2);

    /// <summary>How long the last verbs may take to complete after the time is up, and each silo to leave.</summary>
    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(60);

    private readonly List<SiloProcess> _silos = [];

    /// <summary>Runs to the end. Failures are part of the outcome, not exceptions; whatever happens, no silo process is left.</summary>
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
            var copies = Copies.CompareAsync(_silos, state.Options.Coherence, state.Trace.Pages.Count);
            await Within(copies, s_endLimit, "The silos did not say what their caches hold.");
            await StopAsync();
            return Judge(Summary.Of([.. _silos.Select(silo => silo.Report)], state.Options.Coherence, await copies));
        }
        catch (OperationCanceledException) when (interruption.Finish.IsCancellationRequested)
        {
            return new Outcome(null, IsInterrupted: true, null);
        }
        catch (Exception exception)
        {
            // Whatever it is, the view gives way first, and the user reads it after the table.
            var failure = exception is SiloFailedException or TimeoutException or IOException ? exception.Message : exception.ToString();
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
                await StartAsync(FreePorts.Find(state.Options.Silos), cancellationToken);
                return;
            }
            catch (SiloFailedException failure) when (failure.ExitCode == ExitCodes.PortTaken && attempt < Attempts)
            {
                state.Say("Another program took a port; trying with others");
                await KillAsync();
            }
        }
    }

    private async Task StartAsync(int[] ports, CancellationToken cancellationToken)
    {
        var cluster = $"demo-{Guid.NewGuid():N}";
        StartOne();
        await All(SiloPhase.Started).WaitAsync(s_startLimit, cancellationToken); // the primary keeps the membership table: the others need it
        while (_silos.Count < ports.Length)
            StartOne();
        state.Say("Waiting until every silo sees the others");
        await All(SiloPhase.Ready).WaitAsync(s_startLimit, cancellationToken);

        void StartOne()
        {
            var options = state.Options;
            var number = _silos.Count + 1;
            _silos.Add(SiloProcess.Start(new SiloSettings(
                number,
                options.Silos,
                cluster,
                ports[number - 1],
                ports[0],
                workspace.Folder,
                Path.GetFullPath(options.Trace),
                options.Updates,
                options.Seconds,
                options.Coherence,
                options.Sabotage)));
            state.Show([.. _silos]);
            state.Say($"Silo {number} is process {_silos[^1].ProcessId}, on port {ports[number - 1]}");
        }
    }

    private async Task ReplayAsync()
    {
        state.Say("Replaying");
        SendAll(Orders.Replay);
        using var finishing = interruption.Finish.Register(() => SendAll(Orders.Finish));
        var finished = All(SiloPhase.Finished);
        var limit = TimeSpan.FromSeconds(state.Options.Seconds) + s_endLimit;
        await Within(finished, limit, "The silos did not finish replaying; a coherent verb may be waiting for a silo that hangs.");
    }

    /// <summary>The primary goes last: the others take their leave in its membership table.</summary>
    private async Task StopAsync()
    {
        state.Say("Stopping the silos");
        await Within(Task.WhenAll(_silos.Skip(1).Select(silo => silo.StopAsync())), s_endLimit, "The silos did not stop.");
        await Within(_silos[0].StopAsync(), s_endLimit, "The primary silo did not stop.");
    }

    private Outcome Judge(Summary summary)
    {
        string? failure = null;
        if (summary.StaleReads > 0)
            failure = $"{summary.StaleReads:N0} stale reads. The first: {_silos.Select(silo => silo.Report.FirstStaleRead).First(read => read is not null)}.";
        else if (summary.FillsMulticast != 0)
            failure = $"{summary.MulticastOperations:N0} multicast operations for {summary.CoherentVerbs:N0} writes: there must be one for each.";
        else if (summary.IncoherentKeys > 0)
            failure = $"{summary.IncoherentKeys:N0} pages are older than a write that has completed, or differ between silos, after all writes had completed.";
        else if (summary is { DigestsEqual: false } or { SequencesEqual: false })
            failure = $"The silos' {(summary.DigestsEqual == false ? "digests" : "sequences of pages")} differ {Copies.Patience.TotalSeconds:0} s after all writes had completed.";
        else if (summary is { ReplicatedKeys: 0, CoherentVerbs: > 0 })
            failure = "Some silo holds no page that had been replicated.";
        return new Outcome(summary, interruption.Finish.IsCancellationRequested, failure);
    }

    private void SendAll(string order) => _silos.ForEach(silo => silo.Send(order));

    /// <summary>Completes when all silos have come to a phase.</summary>
    /// <exception cref="SiloFailedException">One has ended.</exception>
    private async Task All(SiloPhase phase)
    {
        var reached = Task.WhenAll(_silos.Select(silo => silo.Reach(phase)));
        var ended = Task.WhenAny(_silos.Select(silo => silo.Ended));
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
        foreach (var silo in _silos)
            await silo.DisposeAsync();
        _silos.Clear();
    }
}
