using McCache.Stress.Shared;

namespace McCache.Stress.Member;

/// <summary>A silo or client process: starts, says so, does what the parent orders, reports what it counts, and ends when the parent is gone.</summary>
internal sealed class MemberCommand
{
    private static readonly TimeSpan s_reportPeriod = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_stopTime = TimeSpan.FromSeconds(5);

    private readonly ParentLink _parent = new();
    private readonly Counters _counters = new();
    private readonly Lock _telling = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource<Load> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemberSettings _settings;
    private readonly IMemberSide _side;

    private MemberCommand(MemberSettings settings)
    {
        _settings = settings;
        _side = settings.Place.IsClient ? new ClientSide(settings) : new SiloSide(settings, _counters);
    }

    internal static async Task<int> RunAsync(string settings)
    {
        // The parent decides when a child ends; an interrupt from the terminal reaches all processes and is the parent's to handle.
        Console.CancelKeyPress += static (_, pressed) => pressed.Cancel = true;
        var member = new MemberCommand(Wire.FromLine<MemberSettings>(settings) ?? throw new ArgumentException("The settings are no JSON.", nameof(settings)));
        var starting = Task.Run(member.StartAsync);
        member._parent.Listen(order => _ = member.CarryOutAsync(order));

        // The parent is gone, or wants this one to end.
        await member._ending.CancelAsync();
        await Task.WhenAny(member._side.Host.StopAsync(CancellationToken.None), Task.Delay(s_stopTime)); // the table may be gone as well, and a silo would wait for it
        return 0;
    }

    private async Task StartAsync()
    {
        try
        {
            var cache = await _side.StartAsync(_ending.Token);
            _started.TrySetResult(new Load(
                _settings,
                new CheckedCache(
                    cache,
                    SharedKeys.Open(RunFiles.Keys(_settings.Folder)),
                    new EventRing(RunFiles.Ring(_settings.Folder, _settings.Place)),
                    _counters,
                    _parent,
                    _settings.Process),
                _side.Door));
        }
#pragma warning disable CA1031 // Who cannot start ends; the parent counts it, and starts another.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine($"The {_settings.Place} did not start: {exception}");
            Environment.Exit(3);
        }

        var load = await _started.Task;
        _parent.Send(new Report { Ready = true });
        load.Watch(_ending.Token);
        _ = Task.Run(() => ReportAsync(load));
    }

    private async Task CarryOutAsync(Order order)
    {
        (string? error, CopyReport? copy, Since? since) = (null, null, null);
        try
        {
            switch (order.Do)
            {
                case Orders.Load:
                    _side.Lose(_settings.Loss);
                    (await _started.Task).Workload.Start();
                    break;
                case Orders.Stop:
                    await (await _started.Task).Workload.StopAsync();
                    _side.Lose(0);
                    break;
                case Orders.Verb:
                    await (await _started.Task).Cache.Cache.RemoveAsync("after-everything");
                    break;
                case Orders.Compare:
                    copy = await (await _started.Task).Copy.ReadAsync(order);
                    break;
                case Orders.Count:
                    since = new Since(_counters.TakeLongestVerb(), _side.TakeLongestOutage());
                    break;
                case Orders.Drop:
                    _side.Lose(order.Share);
                    break;
                case Orders.Stall or Orders.Move:
                    _side.CarryOut(order);
                    break;
            }
        }
#pragma warning disable CA1031 // Told to the parent.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            error = $"{exception.GetType().Name}: {exception.Message}";
        }

        var at = MonotonicTime.Now;
        if (_started.Task.IsCompletedSuccessfully)
            TellNumbers(await _started.Task);
        _parent.Send(new Report { Answer = new Answer(order.Id, at, error, copy, since) });
    }

    private async Task ReportAsync(Load load)
    {
        while (!_ending.IsCancellationRequested)
        {
            await Task.Delay(s_reportPeriod);
            TellNumbers(load);
        }
    }

    private void TellNumbers(Load load)
    {
        lock (_telling)
        {
            var (statistics, multicast) = (load.Cache.Cache.Statistics, _side.Multicast);
            _parent.Send(new Report
            {
                Numbers = _side.Complete(new Numbers
                {
                    Operations = Volatile.Read(ref _counters.Operations),
                    Mutations = Volatile.Read(ref _counters.Mutations),
                    Reads = Volatile.Read(ref _counters.Reads),
                    CoherentVerbs = Volatile.Read(ref _counters.CoherentVerbs),
                    FailedVerbs = Volatile.Read(ref _counters.FailedVerbs),
                    StaleReads = Volatile.Read(ref _counters.StaleReads),
                    Drops = Volatile.Read(ref _counters.Drops),
                    Published = multicast.Published,
                    Applied = multicast.Applied,
                    Gaps = multicast.Gaps,
                    LongestVerbSeconds = _counters.LongestVerbSeconds,
                    VerbsInFlight = load.Verbs.InFlight,
                    Entries = statistics.Entries,
                    HitRatio = statistics.HitRatio,
                    Hits = load.Stable.Take(),
                }),
            });
        }
    }

    /// <summary>What runs upon the cache, once there is one.</summary>
    private sealed class Load
    {
        internal Load(MemberSettings settings, CheckedCache cache, ICacheExtension? door)
        {
            Cache = cache;
            Verbs = new Verbs(cache, settings.Coherence, settings.Sabotage);
            Copy = new Copy(cache, door);
            Stable = new StableKeys(cache);
            Workload = new Workload(cache, Verbs, settings);
        }

        internal CheckedCache Cache { get; }

        internal Verbs Verbs { get; }

        internal Copy Copy { get; }

        internal StableKeys Stable { get; }

        internal Workload Workload { get; }

        /// <summary>Reads that go on whether there is load or not.</summary>
        internal void Watch(CancellationToken cancellationToken)
        {
            _ = Task.Run(() => new Auditor(Cache).RunAsync(cancellationToken), CancellationToken.None);
            _ = Task.Run(() => Stable.RunAsync(cancellationToken), CancellationToken.None);
        }
    }
}
