using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace McCache.Dashboard.Tests;

/// <summary>What is asked, what is kept, and what is made of it, in time that tests move.</summary>
public sealed class CollectorTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_name_that_no_silo_has_is_not_asked_for()
    {
        var cluster = new SimulatedCluster(2, "a");
        using var collector = Collect(cluster, showKeys: true);
        await collector.ReadAsync("a", Token);
        Assert.Equal(["a"], cluster.LastRequest!.DigestsOf);
        Assert.Equal(["a"], cluster.LastRequest.TopKeysOf);
        await collector.ReadAsync("made up", Token);
        Assert.Equal(2, cluster.Asked);
        Assert.Empty(cluster.LastRequest.DigestsOf);
        Assert.Empty(cluster.LastRequest.TopKeysOf);
    }

    [Fact]
    public async Task A_digest_that_was_not_answered_is_asked_for_again()
    {
        var cluster = new SimulatedCluster(2, "a");
        using var collector = Collect(cluster);
        await collector.ReadAsync("a", Token);
        _time.Advance(10 * s_second);
        cluster.Failure = new InvalidOperationException();
        await collector.ReadAsync("a", Token);
        cluster.Failure = null;
        await collector.ReadAsync("a", Token);
        Assert.Equal(["a"], cluster.LastRequest!.DigestsOf);
    }

    [Fact]
    public async Task Who_comes_while_the_silos_are_asked_shares_the_next_question()
    {
        var cluster = new SimulatedCluster(2, "a");
        using var source = new HeldSource(cluster);
        using var collector = Collect(source);
        var first = Task.Run(() => collector.ReadAsync(null, Token), Token);
        await source.Reached.Task.WaitAsync(Token);
        var others = Enumerable.Range(0, 5).Select(_ => collector.ReadAsync(null, Token)).ToArray();
        source.Open.Set();
        var states = await Task.WhenAll(others);
        Assert.Equal(2, cluster.Asked);
        Assert.Single(states.Distinct());
        Assert.NotSame(await first, states[0]); // it began before they came
    }

    [Fact]
    public async Task Keys_that_the_silos_refuse_to_show_take_nothing_else_away()
    {
        var cluster = new SimulatedCluster(2, "a", "b") { KeysRefused = ["a"] };
        using var collector = Collect(cluster, showKeys: true);
        var state = await collector.ReadAsync("a", Token);
        Assert.Null(state.Error);
        Assert.True(CacheView.Of(state, "a")!.AreKeysRefused);
        Assert.Null(CacheView.Of(state, "a")!.TopKeys);
        Assert.Equal(2, cluster.Asked);
        using (collector.Open("b"))
        using (var one = collector.Open("a"))
        {
            while (CacheView.Of(state, "b")!.TopKeys is null)
            {
                state = (await one.NextAsync(Token))!;
                Assert.Null(state.Error);
            }
        }

        Assert.False(CacheView.Of(state, "b")!.AreKeysRefused);
        Assert.True(CacheView.Of(state, "a")!.AreKeysRefused);
        var asked = cluster.Asked;
        await collector.ReadAsync("a", Token);
        Assert.Equal(asked + 1, cluster.Asked); // once refused they are not asked for again at once
        _time.Advance(TimeSpan.FromMinutes(2));
        cluster.KeysRefused = [];
        state = await collector.ReadAsync("a", Token);
        Assert.False(CacheView.Of(state, "a")!.AreKeysRefused);
        Assert.NotNull(CacheView.Of(state, "a")!.TopKeys);
    }

    [Fact]
    public async Task Programs_that_ask_in_between_make_neither_rates_nor_moments_of_a_chart()
    {
        using var collector = Collect(new SimulatedCluster(1, "a"));
        await collector.ReadAsync(null, Token);
        _time.Advance(s_second / 10);
        Assert.Null((await collector.ReadAsync(null, Token)).Caches[0].ReadsPerSecond);
        _time.Advance(s_second);
        Assert.Equal(1_000, (await collector.ReadAsync(null, Token)).Caches[0].ReadsPerSecond);
        for (var i = 0; i < 4; i++)
        {
            _time.Advance(s_second / 10);
            Assert.Equal(1_000, (await collector.ReadAsync(null, Token)).Caches[0].ReadsPerSecond);
        }

        Assert.Single(collector.History.Read(History.All));
        _time.Advance(s_second);
        await collector.ReadAsync(null, Token);
        Assert.Equal(2, collector.History.Read("a").Length);
    }

    [Fact]
    public async Task A_chart_goes_five_minutes_back_however_often_the_silos_are_asked()
    {
        using var collector = Collect(new SimulatedCluster(1, "a"), s_second / 4);
        for (var i = 0; i < 6 * 60 * 4; i++)
        {
            await collector.ReadAsync(null, Token);
            _time.Advance(s_second / 4);
        }

        var points = collector.History.Read("a");
        Assert.Equal(5 * 60 * 1_000, points[^1].Time - points[0].Time);
        Assert.Equal((5 * 60 * 4) + 1, points.Length);
    }

    [Fact]
    public async Task Totals_count_each_silo_once_and_say_what_time_their_latencies_are_of()
    {
        using var collector = Collect(new SimulatedCluster(3, 5));
        var totals = OverviewView.Together(await collector.ReadAsync(null, Token))!;
        Assert.Equal(3, totals.Silos);
        Assert.False(totals.IsLastMinute);
        for (var i = 0; i < 60; i++)
        {
            _time.Advance(s_second);
            totals = OverviewView.Together(await collector.ReadAsync(null, Token))!;
        }

        Assert.True(totals.IsLastMinute);
        var state = await collector.ReadAsync("cache-00", Token);
        Assert.True(state.Caches[0].IsLastMinute);
        Assert.All(state.OnSilos("cache-00"), row => Assert.False(row.IsLastMinute));
    }

    [Fact]
    public void The_last_minute_has_nothing_of_silos_that_come_or_go()
    {
        var window = new LatencyWindow(10 * s_second);
        var (a, b) = (Address(1), Address(2));
        LatencyHistogram? lately = null;
        for (var second = 0; second <= 70; second++)
        {
            var totals = new Dictionary<SiloAddress, LatencyHistogram> { [a] = Verbs(10, 1_000 + second) };
            if (second is < 65 or > 67)
                totals[b] = Verbs(50, 5_000);
            lately = window.Advance(second * s_second, totals);
            if (second < 55)
            {
                Assert.Null(lately);
                continue;
            }

            Assert.InRange(lately!.Count, 55, 66);
            Assert.Equal(Verbs(10, lately.Count).Counts, lately.Counts);
        }

        Assert.Null(window.Advance(600 * s_second, new() { [a] = Verbs(10, 9_600) })); // nobody has watched in between
        for (var second = 601; second <= 660; second++)
            lately = window.Advance(second * s_second, new() { [a] = Verbs(10, 9_000 + second) });
        Assert.InRange(lately!.Count, 55, 66);

        static LatencyHistogram Verbs(int bucket, long count) => new([.. Enumerable.Repeat(0L, bucket), count], TimeSpan.FromMilliseconds(count));
    }

    [Fact]
    public void A_membership_that_all_silos_note_is_one_event()
    {
        var log = new EventLog();
        Read(log, [.. Enumerable.Range(1, 100).Select(silo => (silo, (CoherenceEvent[])[
            Event(1, CoherenceEventKind.Membership, "membership version 7, 100 live"), Event(2, CoherenceEventKind.Gap, "a lane was full", second: 1)]))]);
        Assert.Equal(100, log.Read(500).Count(row => row.Kind == CoherenceEventKind.Gap)); // each of them is news
        Assert.Equal(100, Assert.Single(log.Read(500), row => row.Kind == CoherenceEventKind.Membership).Silos);
        Read(log, [(1, [Event(3, CoherenceEventKind.Membership, "membership version 8, 99 live", second: 2)])]);
        Read(log, [(2, [Event(3, CoherenceEventKind.Membership, "membership version 8, 99 live", second: 200)])]); // it was cut off
        Assert.Equal([1, 1, 100], log.Read(500).Where(row => row.Kind == CoherenceEventKind.Membership).Select(row => row.Silos));
    }

    [Fact]
    public void What_happens_again_and_again_is_one_event_that_grows()
    {
        var log = new EventLog();
        Read(log, [(1, [Event(50, CoherenceEventKind.Gap, "a", count: 50)])]);
        Read(log, [(1, [Event(90, CoherenceEventKind.Gap, "a", count: 90, second: 1)]), (2, [Event(90, CoherenceEventKind.Gap, "a", count: 90, second: 1)])]);
        var grown = Assert.Single(log.Read(500), row => row.Silo == ClusterState.Id(Address(1)));
        Assert.Equal(($"{grown.Silo}/50", 90, 90L), (grown.Id, grown.Count, grown.Number));
        Read(log, [(1, [Event(130, CoherenceEventKind.Gap, "a", count: 130, second: 2), Event(131, CoherenceEventKind.Gap, "b", second: 2), Event(132, CoherenceEventKind.Gap, "a", second: 3)])]);
        Assert.Equal([1, 1, 130], log.Read(500).Where(row => row.Silo == grown.Silo).Select(row => row.Count));
    }

    [Fact]
    public async Task A_silo_that_has_gone_is_forgotten_and_one_that_is_silent_is_not()
    {
        var cluster = new SimulatedCluster(2, "a");
        using var collector = Collect(cluster);
        await collector.ReadAsync(null, Token);
        var first = Assert.Single(collector.Events.Last).Key;
        cluster.Silent = [first];
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.NotNull((await collector.ReadAsync(null, Token)).Silos.Single(row => row.Id == ClusterState.Id(first)).Since);
        Assert.Single(collector.Events.Last);
        cluster.Silent = [];
        cluster.Kill(first);
        Assert.Single((await collector.ReadAsync(null, Token)).Silos);
        Assert.Empty(collector.Events.Last);
    }

    private Collector Collect(SimulatedCluster cluster, bool showKeys = false) => new(cluster, Options.Create(new McCacheDashboardOptions { ShowKeys = showKeys }), _time, NullLogger<Collector>.Instance);

    private Collector Collect(IAdministrationSource source, TimeSpan? period = null)
        => new(source, Options.Create(new McCacheDashboardOptions { RefreshPeriod = period ?? s_second }), _time, NullLogger<Collector>.Instance);

    private static SiloAddress Address(int number) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, number), 1);

    private static CoherenceEvent Event(long number, CoherenceEventKind kind, string cause, int count = 1, int second = 0) => new(number, DateTimeOffset.UnixEpoch.AddSeconds(second), kind, cause, null, null, count);

    private static void Read(EventLog log, params (int Silo, CoherenceEvent[] Events)[] silos) => log.Add(Reading.Of(
        DateTimeOffset.UnixEpoch, [.. silos.Select(silo => new SiloResult<SiloSnapshot>(Address(silo.Silo), new SiloSnapshot { Name = "", Events = silo.Events }, null))]));

    /// <summary>Moves when it is told to; timers are the system's.</summary>
    /// <summary>Nobody is reached before it is open.</summary>
    private sealed class HeldSource(SimulatedCluster cluster) : IAdministrationSource, IDisposable
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim Open { get; } = new();

        public IMcCacheAdministration Get()
        {
            Reached.TrySetResult();
            Open.Wait(Token);
            return cluster;
        }

        public void Dispose() => Open.Dispose();
    }
}
