using System.Diagnostics;
using McCache.Bench.Processes;
using McCache.Bench.Wire.Floods;
using McCache.Bench.Wire.Paths;
using McCache.Client;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Orleans.BroadcastChannel;
using Orleans.Configuration;
using Orleans.Streams;

namespace McCache.Bench.Wire;

/// <summary>A silo with its end of every path and flood: the caches with an expiry and no other option, and whatever they are compared with.</summary>
internal sealed class WireSilo
{
    public const string Name = "wire-silo";
    private const int WarmUp = 5;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly IServiceProvider _services;
    private readonly WireSettings _settings;
    private readonly Board _board;
    private readonly Links _links;
    private readonly Lazy<WirePath[]> _paths;
    private readonly Lazy<Flood[]> _floods;

    private WireSilo(IServiceProvider services, WireSettings settings, Board board, Links links)
    {
        (_services, _settings, _board, _links) = (services, settings, board, links);
        (_paths, _floods) = (new(MakePaths), new(MakeFloods));
    }

    public static async Task<int> RunAsync()
    {
        var settings = JsonLines.FromLine<WireSettings>(ParentLink.ReadSettings());
        var board = new Board(settings.Board);
        using var links = new Links(settings, board);
        using var host = SiloHost.Build(settings, silo => Configure(silo, settings, board));
        await SiloHost.StartAsync(host, settings);
        var wire = new WireSilo(host.Services, settings, board, links);
        await ParentLink.ListenAsync(wire.CarryOutAsync);
        await host.StopAsync();
        return 0;
    }

    private static void Configure(ISiloBuilder silo, WireSettings settings, Board board)
    {
        silo.AddMcCache(caches =>
        {
            foreach (var coherence in Enum.GetValues<Coherence>())
            {
                caches.Add<string, Item>($"items-{coherence}", options => (options.Coherence, options.TimeToLive) = (coherence, TimeSpan.FromHours(1)));
                caches.Add<string, long>($"flood-{coherence}", options => (options.Coherence, options.TimeToLive, options.MaxEntries) = (coherence, TimeSpan.FromHours(1), 1_000_000));
            }
        });
        var observer = new Observer();
        silo.Services.AddSingleton(settings).AddSingleton(board).AddSingleton(observer).AddSingleton<WireServices>();
        if (settings.IsObserved)
        {
            silo.Services.AddKeyedSingleton<IMulticastChannel>(
                CacheMember.ProviderName,
                (services, _) => new ObservedChannel(services.GetRequiredService<MulticastMembers>().Find(CacheMember.ProviderName)!, observer));
        }

        silo.AddGrainService<WireService>();
        silo.AddBroadcastChannel("wire");
        silo.AddMemoryGrainStorage("PubSubStore");
        silo.AddMemoryStreams(StreamPath.Default, streams => streams.ConfigureLifecycle(StopAgents));
        silo.AddMemoryStreams(StreamPath.Quick, streams =>
        {
            streams.ConfigureLifecycle(StopAgents);
            streams.ConfigurePullingAgent(agent => agent.Configure(options => options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(1)));
        });

        static void StopAgents(Microsoft.Extensions.Options.OptionsBuilder<StreamLifecycleOptions> lifecycle)
            => lifecycle.Configure(options => options.StartupState = StreamLifecycleOptions.RunState.AgentsStopped);
    }

    private IWireService[] Others
    {
        get
        {
            var silos = _services.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active);
            var own = _services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
            return [.. silos.Where(silo => silo.SiloAddress != own).Select(silo => _services.GetRequiredService<WireServices>()[silo.SiloAddress])];
        }
    }

    private IMcCache<string, TValue> Cache<TValue>(string name) => _services.GetRequiredKeyedService<IMcCache<string, TValue>>(name);

    private WirePath[] MakePaths()
    {
        var grains = _services.GetRequiredService<IGrainFactory>();
        WirePath[] paths = [.. PathName.All.Select(Make)];
        CachePath[] visible = [.. paths.OfType<CachePath>().Where(path => path.Name.IsVisible)];
        _services.GetRequiredService<Observer>().Applied = () => Array.ForEach(visible, static path => path.Observe());
        return paths;

        WirePath Make(PathName name)
            => name == PathName.TcpOneWay || name == PathName.TcpRoundTrip ? new TcpPath(name, _links)
                : name == PathName.ServiceOneWay || name == PathName.ServiceRoundTrip ? new ServicePath(name, Others)
                : name == PathName.Grain ? new GrainPath(grains, _settings)
                : name == PathName.Broadcast ? new BroadcastPath(_services.GetRequiredKeyedService<IBroadcastChannelProvider>("wire"), grains, _settings)
                : name == PathName.Stream ? NewStream(name, StreamPath.Default)
                : name == PathName.QuickStream ? NewStream(name, StreamPath.Quick)
                : name == PathName.Backplane || name == PathName.SecondLevel ? new FusionPath(name == PathName.SecondLevel, _settings, _board)
                : new CachePath(name, Cache<Item>($"items-{name.Coherence}"), _board, _settings.Number);

        StreamPath NewStream(PathName name, string provider) => new(name, provider, _services.GetRequiredKeyedService<IStreamProvider>(provider), grains, _settings);
    }

    private Flood[] MakeFloods() => [.. FloodName.All.Select<FloodName, Flood>(name
        => name == FloodName.Batches || name == FloodName.Single ? new ServiceFlood(name == FloodName.Batches, Others, _settings, _board)
            : name == FloodName.Tcp ? new TcpFlood(_links, _settings, _board)
            : name == FloodName.Backplane || name == FloodName.SecondLevel ? new FusionFlood(name == FloodName.SecondLevel, _settings, _board)
            : new CacheFlood(Cache<long>($"flood-{name.Coherence}"), name.Coherence!.Value, _settings, _board))];

    private async Task<Answer> CarryOutAsync(Order order)
    {
        switch (order.Do)
        {
            case WireOrder.Connect when order.Port == 0:
                return new Answer(0, Number: (ulong)_links.Port);
            case WireOrder.Connect:
                _links.Connect(order.Port);
                return new Answer(0);
            case WireOrder.Begin:
                await Path(order).BeginAsync(_settings.Number == 1);
                return new Answer(0);
            case WireOrder.End:
                await Path(order).EndAsync(_settings.Number == 1);
                return new Answer(0);
            case WireOrder.Measure:
                return await MeasureAsync(Path(order), order);
            case WireOrder.MeasureLoaded:
                using (new Load(Path(order)))
                    return await MeasureAsync(Path(order), order);
            case WireOrder.Prepare or WireOrder.Flood or WireOrder.Burst or WireOrder.Check:
                return await _floods.Value[order.Path].CarryOutAsync(order);
            case WireOrder.Gaps:
                return new Answer(0, Number: (ulong)_services.GetRequiredService<MulticastMembers>().Find(CacheMember.ProviderName)!.GetStatistics().Gaps);
            default:
                return await WireOrder.CarryOutByAllAsync(order);
        }
    }

    private WirePath Path(Order order) => _paths.Value[order.Path - 1];

    /// <summary>Writes one at a time, with a pause of a millisecond or a little more after each, until there were enough or the time is over; the first few don't count.</summary>
    private async Task<Answer> MeasureAsync(WirePath path, Order order)
    {
        await Task.Yield();
        var (times, begin, first) = (Times.Make(), Stopwatch.GetTimestamp(), order.Round);
        for (var number = first; number < first + WarmUp + order.Count && (number <= first + WarmUp || Stopwatch.GetElapsedTime(begin).TotalSeconds < order.Seconds); number++)
        {
            _board.Expect(path.Index, number);
            var start = Stopwatch.GetTimestamp();
            await path.WriteAsync(number);
            var end = path.Name.IsRoundTrip ? Stopwatch.GetTimestamp() : await SeenAsync(start);
            if (number >= first + WarmUp)
                times.Record(start, end);
            await Task.Delay(1);
        }

        _board.Expect(0, 0);
        return new Answer(0, Times: times.ToPairs());
    }

    /// <summary>When the last has seen it. What does not come counts with the time it was waited for.</summary>
    private async Task<long> SeenAsync(long start)
    {
        long seen;
        while ((seen = _board.Seen(_settings.Silos)) == 0 && Stopwatch.GetElapsedTime(start) < s_patience)
            await Task.Delay(1);
        return seen == 0 ? Stopwatch.GetTimestamp() : seen;
    }
}
