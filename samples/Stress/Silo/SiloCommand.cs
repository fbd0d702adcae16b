using McCache.Streaming;
using McCache.Stress.Shared;
using Microsoft.Extensions.DependencyInjection;

namespace McCache.Stress.Silo;

/// <summary>A silo process: starts, says so, does what the parent orders, reports what it counts, and ends when the parent is gone.</summary>
internal sealed class SiloCommand
{
    private const string ProviderName = "McCache"; // of the multicast streams that caches use

    private static readonly TimeSpan s_reportPeriod = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_stopTime = TimeSpan.FromSeconds(5);

    private readonly ParentLink _parent = new();
    private readonly Counters _counters = new();
    private readonly StallingConnection _connection = new();
    private readonly LossyTransport _transport;
    private readonly SiloMember _member;
    private readonly CheckedCache _cache;
    private readonly Verbs _verbs;
    private readonly StableKeys _stable;
    private readonly Workload _workload;
    private readonly Lock _telling = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly Microsoft.Extensions.Hosting.IHost _host;

    private readonly SiloSettings _settings;
    private readonly Copy _copy;

    private SiloCommand(SiloSettings settings)
    {
        _settings = settings;
        _host = SiloHost.Build(settings, _counters, _connection);
        _member = _host.Services.GetRequiredService<MulticastMembers>().Find(ProviderName)!;
        _transport = _host.Services.GetRequiredService<LossyTransport>();
        _cache = new CheckedCache(
            _host.Services.GetRequiredKeyedService<IMcCache<string, long>>(CheckedCache.Name),
            SharedKeys.Open(RunFiles.Keys(settings.Folder)),
            new EventRing(RunFiles.Ring(settings.Folder, settings.Index)),
            _counters,
            _parent,
            settings.Process);
        _verbs = new Verbs(_cache, settings.Coherence, settings.Sabotage);
        _copy = new Copy(_cache, _host.Services.GetRequiredService<IGrainFactory>());
        _stable = new StableKeys(_cache);
        _workload = new Workload(_cache, _verbs, settings);
    }

    internal static async Task<int> RunAsync(string settings)
    {
        // The parent decides when a child ends; an interrupt from the terminal reaches all processes and is the parent's to handle.
        Console.CancelKeyPress += static (_, pressed) => pressed.Cancel = true;
        var silo = new SiloCommand(Wire.FromLine<SiloSettings>(settings) ?? throw new ArgumentException("The settings are no JSON.", nameof(settings)));
        var starting = Task.Run(silo.StartAsync);
        silo._parent.Listen(order => _ = silo.CarryOutAsync(order));

        // The parent is gone, or wants this one to end.
        await silo._ending.CancelAsync();
        await Task.WhenAny(silo._host.StopAsync(CancellationToken.None), Task.Delay(s_stopTime)); // the table may be gone as well, and a silo would wait for it
        return 0;
    }

    private async Task StartAsync()
    {
        try
        {
            await _host.StartAsync(_ending.Token);
        }
#pragma warning disable CA1031 // A silo that cannot start ends; the parent counts it, and starts another.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine($"The silo did not start: {exception}");
            Environment.Exit(3);
        }

        _parent.Send(new Report { Ready = true });
        _ = Task.Run(() => new Auditor(_cache).RunAsync(_ending.Token));
        _ = Task.Run(() => _stable.RunAsync(_ending.Token));
        _ = Task.Run(ReportAsync);
    }

    private async Task CarryOutAsync(Order order)
    {
        (string? error, CopyReport? copy) = (null, null);
        try
        {
            switch (order.Do)
            {
                case Orders.Load:
                    _transport.Share = _settings.Loss;
                    _workload.Start();
                    break;
                case Orders.Stop:
                    await _workload.StopAsync();
                    _transport.Share = 0;
                    break;
                case Orders.Verb:
                    await _cache.Cache.RemoveAsync("after-everything");
                    break;
                case Orders.Compare:
                    copy = await _copy.ReadAsync(order);
                    break;
                case Orders.Drop:
                    _transport.Share = order.Share;
                    break;
                case Orders.Stall:
                    _connection.Set(order.In, order.Out);
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
        TellNumbers();
        _parent.Send(new Report { Answer = new Answer(order.Id, at, error, copy) });
    }

    private async Task ReportAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            await Task.Delay(s_reportPeriod);
            TellNumbers();
        }
    }

    private void TellNumbers()
    {
        lock (_telling)
        {
            var (statistics, multicast) = (_cache.Cache.Statistics, _member.GetStatistics());
            _parent.Send(new Report
            {
                Numbers = new Numbers
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
                    VerbsInFlight = _verbs.InFlight,
                    Entries = statistics.Entries,
                    HitRatio = statistics.HitRatio,
                    Hits = _stable.Take(),
                },
            });
        }
    }
}
