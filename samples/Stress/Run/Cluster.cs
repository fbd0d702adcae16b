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

    private Cluster(StressOptions options, string folder, SharedKeys keys, Action<SiloSlot, StaleRead> onStale)
    {
        (_options, _folder) = (options, folder);
        Silos = [.. Enumerable.Range(0, options.Silos).Select(silo => new SiloSlot(silo, StartSilo, keys, onStale))];
        Table = new TableSlot(StartTable);
    }

    internal IReadOnlyList<SiloSlot> Silos { get; }

    internal TableSlot Table { get; }

    internal INetwork Network { get; private set; } = null!;

    internal Numbers Total => Silos.Select(silo => silo.Total).Aggregate(SiloSlot.Sum);

    internal static async Task<Cluster> CreateAsync(StressOptions options, string folder, SharedKeys keys, Action<SiloSlot, StaleRead> onStale)
    {
        var cluster = new Cluster(options, folder, keys, onStale);
        cluster.Network = (options.UsesLoopback ? null : await Namespaces.TryCreateAsync(options.Silos))
            ?? new Loopback(options.Silos, (silo, order) => cluster.Silos[silo].TryAskAsync(order, s_patience));
        return cluster;
    }

    internal async Task StartAsync()
    {
        Directory.CreateDirectory(RunFiles.Store(_folder));
        await Table.StartAsync();
        foreach (var silo in Silos)
            silo.Start();
        _ = SampleMemoryAsync();
    }

    /// <summary>Starts the load on every silo that is up; others get theirs when they are.</summary>
    internal Task LoadAsync()
    {
        foreach (var silo in Silos)
            silo.IsLoading = true;
        return Task.WhenAll(Silos.Where(silo => silo.IsUp).Select(silo => silo.TryAskAsync(new Order(Orders.Load), s_patience)));
    }

    /// <summary>Stops the load, and measures how long it takes then until everybody has applied everything: until a coherent verb of each silo has returned.</summary>
    /// <returns>Seconds; null when a silo could not do it.</returns>
    internal async Task<double?> DrainAsync()
    {
        foreach (var silo in Silos)
            silo.IsLoading = false;
        var stopped = await Task.WhenAll(Silos.Select(silo => silo.TryAskAsync(new Order(Orders.Stop), s_patience)));
        var drained = await Task.WhenAll(Silos.Select(silo => silo.TryAskAsync(new Order(Orders.Verb), s_patience)));
        return stopped.Concat(drained).All(answer => answer is { Error: null })
            ? Math.Max(0, MonotonicTime.Seconds(drained.Max(answer => answer!.At) - stopped.Max(answer => answer!.At)))
            : null;
    }

    /// <summary>Asks every silo what its cache holds.</summary>
    /// <returns>By silo; null for one that could not say.</returns>
    internal async Task<CopyReport?[]> CompareAsync(Order order)
        => [.. (await Task.WhenAll(Silos.Select(silo => silo.TryAskAsync(order, s_patience)))).Select(answer => answer?.Copy)];

    /// <summary>Brings what is known of the silos up to date.</summary>
    internal Task CountAsync() => Task.WhenAll(Silos.Where(silo => silo.IsUp).Select(silo => silo.TryAskAsync(new Order(Orders.Count), s_patience)));

    /// <summary>Waits until every place has a silo that is up, and a coherent verb of each returns.</summary>
    /// <returns>Whether it came to that in time.</returns>
    internal async Task<bool> RecoverAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        for (var deadline = MonotonicTime.After(MonotonicTime.Now, timeout); MonotonicTime.Now < deadline; await Task.Delay(s_pollPeriod, cancellationToken))
        {
            if (!Silos.All(silo => silo.IsUp))
                continue;
            var answers = await Task.WhenAll(Silos.Select(silo => silo.TryAskAsync(new Order(Orders.Verb), s_patience))).WaitAsync(cancellationToken);
            if (answers.All(answer => answer is { Error: null }) && Silos.All(silo => silo.IsUp))
                return true;
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        await _sampling.CancelAsync();
        await Task.WhenAll(Silos.Select(silo => silo.CloseAsync(s_closeTime)));
        Table.Close();
        await Network.DisposeAsync();
        _sampling.Dispose();
    }

    private ChildProcess StartSilo(ChildStart start)
    {
        var number = Interlocked.Increment(ref _processes);
        var (address, siloPort, gatewayPort) = Network.Silo(start.Silo);
        var settings = new SiloSettings
        {
            Index = start.Silo,
            Process = number,
            ClusterId = Path.GetFileName(_folder),
            Address = address,
            SiloPort = siloPort,
            GatewayPort = gatewayPort,
            Table = $"{Network.Table.Address}:{Network.Table.Port}",
            Folder = _folder,
            Workers = _options.Workers,
            PaceMilliseconds = _options.PaceMilliseconds,
            CoherentPercent = _options.CoherentPercent,
            Coherence = _options.Coherence,
            Loss = _options.LossPercent / 100,
            Sabotage = _options.Sabotage,
            Seed = unchecked((_options.Seed * 10_007) + (number * 1_009)),
        };
        return new ChildProcess(
            number, Network.Prefix(start.Silo), "silo", Wire.ToLine(settings), RunFiles.Output(_folder, start.Silo), report => start.OnReport(number, report));
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
            foreach (var silo in Silos)
                silo.SampleMemory(MonotonicTime.Now);
        }
    }
}
