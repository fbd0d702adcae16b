using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using static McCache.Streaming.Tests.Promises.Silos;

namespace McCache.Streaming.Tests.Promises;

/// <summary>What a silo does about its promises, and when.</summary>
public sealed class SiloLeaseTests : IDisposable
{
    private readonly SettableTime _time = new();
    private readonly FakeLeaseNetwork _network;
    private readonly WarningLog _log = new();
    private readonly SiloLease _lease;
    private LeaseState? _state;

    public SiloLeaseTests()
    {
        _network = new(_time);
        _lease = new(Self, Times, TimeSpan.FromMinutes(1), _network, _time, new Random(1), _log, static work => work.Execute());
        _lease.Changed = state => _state = _state is null || state.Revision > _state.Revision ? state : _state;
    }

    public void Dispose() => _lease.Dispose();

    [Fact]
    public void Every_other_live_silo_is_asked_each_renewal_with_the_version_of_the_view()
    {
        Start(Active(7, Self, A, B));
        _network.Asked.Clear();
        Advance(10);
        Assert.InRange(_network.Asked.Count(ask => ask == (A, Version(7))), 10, 21); // with jitter, every half to whole second
        Assert.Equal(_network.Asked.Count(ask => ask.Silo == A), _network.Asked.Count(ask => ask.Silo == B));
    }

    [Fact]
    public void A_silo_that_is_new_is_asked_at_once()
    {
        Start(Active(1, Self, A));
        _lease.Observe(_network.Rows = Active(2, Self, A, B));
        Advance(0.01);
        Assert.Contains((B, Version(2)), _network.Asked);
    }

    [Fact]
    public async Task Of_two_silos_that_the_table_has_let_write_the_same_version_neither_takes_itself_for_alone()
    {
        _lease.Observe(Active(3, Self).With(A, SiloStatus.Joining)); // what this silo has made of its own write
        _network.Rows = Active(3, Self, A);
        _network.IsPromising = false; // the other does not know this silo yet
        _lease.Begin();
        Advance(60);
        Assert.False(_lease.Started.IsCompleted);
        Assert.Equal([A], _state!.Live);
        Assert.Contains((A, Version(3)), _network.Asked);
        Assert.True((await _lease.OnAskAsync(A, Version(3), Times.Duration)).IsGranted);
        Assert.Equal(1, _log.Warnings);
        _network.IsPromising = true;
        Advance(Times.Wait.TotalSeconds + 2);
        Assert.True(_lease.Started.IsCompleted);
    }

    [Fact]
    public void The_table_is_read_while_a_promise_is_missing_and_not_in_the_steady_state()
    {
        Start(Active(1, Self, A));
        var reads = _network.TableReads;
        Advance(60);
        Assert.Equal(reads, _network.TableReads);
        _network.IsPromising = false;
        Advance(60);
        Assert.InRange(_network.TableReads - reads, 60 / 3.2, 60 / 1.8); // about every D/2
        Assert.True(_state!.ServeUntil > _lease.Clock.Now);
    }

    [Fact]
    public void At_most_one_read_of_the_table_is_under_way()
    {
        _network.Rows = Active(1, Self, A);
        _network.Table = new(); // never answers; given up after D
        _lease.Begin();
        Advance(Times.Duration.TotalSeconds - 0.1);
        Assert.Equal(1, _network.TableReads);
        Advance(50);
        Assert.InRange(_network.TableReads, 8, 11);
        Assert.InRange(_network.TableReadsUnderWay, 0, 1);
        _network.Table = null;
        Advance(10);
        Assert.True(_lease.Started.IsCompleted);
    }

    [Fact]
    public async Task A_silo_that_hears_another_lease_does_not_start_and_says_why()
    {
        _network.Rows = Active(1, Self, A);
        _network.Duration = Times.Duration * 2;
        _network.IsPromising = false;
        _lease.Begin();
        Advance(0.1);
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => _lease.Started.InTime());
        Assert.Contains("McCache:LeaseDuration is 00:00:05 here and 00:00:10 at silo", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_with_another_lease_is_promised_nothing()
    {
        Start(Active(1, Self, A));
        var promise = await _lease.OnAskAsync(A, Version(1), Times.Duration * 2);
        Assert.False(promise.IsGranted);
        Assert.Equal(Times.Duration, promise.Duration);
    }

    [Fact]
    public void Members_are_told_of_the_start_before_whoever_waits_for_it()
    {
        var wasStartedBefore = false;
        _lease.Changed = state => wasStartedBefore |= state.IsStarted && !_lease.Started.IsCompleted;
        _network.Rows = Active(1, Self, A);
        _lease.Begin();
        Advance(Times.Wait.TotalSeconds + 2);
        Assert.True(_lease.Started.IsCompletedSuccessfully);
        Assert.True(wasStartedBefore);
    }

    [Fact]
    public void A_silo_has_started_W_after_all_have_promised()
    {
        _network.IsPromising = false;
        _lease.Observe(_network.Rows = Active(1, Self, A));
        _lease.Begin();
        Advance(60);
        Assert.False(_lease.Started.IsCompleted);
        _network.IsPromising = true;
        Advance(Times.Wait.TotalSeconds);
        Assert.False(_lease.MayComplete);
        Advance(1.1);
        Assert.True(_lease.Started.IsCompleted && _lease.MayComplete && _state!.IsStarted);
    }

    [Fact]
    public async Task An_asker_that_is_not_live_in_the_view_is_refused_and_counted()
    {
        Start(Active(1, Self, A));
        Assert.True((await _lease.OnAskAsync(A, Version(1), Times.Duration)).IsGranted);
        Assert.False((await _lease.OnAskAsync(B, Version(1), Times.Duration)).IsGranted);
        Assert.Equal(1, _lease.RefusedAsks);
    }

    [Fact]
    public async Task An_asker_that_knows_more_is_answered_from_a_view_as_new_as_its_own()
    {
        Start(Active(1, Self, A));
        _network.Rows = Active(2, Self, A, B);
        var promise = await _lease.OnAskAsync(B, Version(2), Times.Duration);
        Assert.Equal((true, Version(2)), (promise.IsGranted, promise.Version));
        Assert.Equal([Version(2)], _network.Refreshed);
    }

    [Fact]
    public async Task A_version_that_cannot_be_reached_is_refused()
    {
        Start(Active(1, Self, A));
        Assert.False((await _lease.OnAskAsync(A, Version(9), Times.Duration)).IsGranted);
        Assert.Equal(1, _lease.RefusedAsks);
    }

    [Fact]
    public async Task The_members_have_a_lane_to_the_asker_before_the_promise_is_given()
    {
        Start(Active(1, Self, A));
        var hasLane = false;
        _lease.Changed = state => hasLane |= state.Live.Contains(B);
        _network.Rows = Active(2, Self, A, B);
        var promise = _lease.OnAskAsync(B, Version(2), Times.Duration);
        Assert.True(hasLane);
        Assert.True((await promise).IsGranted);
    }

    [Fact]
    public async Task The_view_is_refreshed_by_one_at_a_time_and_within_a_renewal()
    {
        Start(Active(1, Self, A));
        _network.Refresh = new();
        Task<Promise>[] promises = [_lease.OnAskAsync(A, Version(2), Times.Duration).AsTask(), _lease.OnAskAsync(A, Version(3), Times.Duration).AsTask(), _lease.OnAskAsync(B, Version(2), Times.Duration).AsTask()];
        Assert.Single(_network.Refreshed);
        Assert.DoesNotContain(promises, promise => promise.IsCompleted);
        Advance(1.01);
        Assert.All(await Task.WhenAll(promises).InTime(), promise => Assert.False(promise.IsGranted));
        Assert.Equal(3, _lease.RefusedAsks);
    }

    [Fact]
    public void A_promise_from_a_newer_view_brings_this_one_up_to_it()
    {
        Start(Active(1, Self, A));
        _network.Rows = Active(2, Self, A, B);
        Advance(1.01);
        Assert.Equal([Version(2)], _network.Refreshed.Distinct());
        Assert.Contains(B, _state!.Live);
    }

    [Fact]
    public void A_silo_that_says_goodbye_is_waited_for_no_more_and_takes_no_validity_with_it()
    {
        Start(Active(1, Self, A));
        _network.Table = new();
        var before = _state!.ServeUntil;
        _lease.OnGoodbye(A, isDrained: true);
        Assert.Empty(_state.Live);
        Assert.Equal([A], _state.Left);
        Assert.Equal(before, _state.ServeUntil);
    }

    [Fact]
    public async Task A_silo_that_leaves_says_so_to_all_and_asks_nobody_any_more()
    {
        Start(Active(1, Self, A, B));
        await _lease.SayGoodbyeAsync(isDrained: true, CancellationToken.None).InTime();
        Assert.Equal([(A, true), (B, true)], _network.Goodbyes);
        _network.Asked.Clear();
        Advance(60);
        Assert.Empty(_network.Asked);
    }

    [Fact]
    public void A_silo_that_is_declared_dead_says_so_to_its_members_and_completes_nothing()
    {
        Start(Active(1, Self, A));
        _lease.Observe(Active(2, A).With(Self, SiloStatus.Dead));
        Assert.True(_state!.IsSelfDead);
        Assert.False(_lease.MayComplete);
    }

    [Fact]
    public void A_death_is_told_and_forgotten_two_W_later()
    {
        Start(Active(1, Self, A, B));
        _lease.Observe(_network.Rows = Active(2, Self, A));
        Assert.Equal(_lease.Clock.Now, _state!.DeadSince[B]);
        Advance((Times.Wait * 2).TotalSeconds - 0.1);
        Assert.True(_state.DeadSince.ContainsKey(B));
        Advance(1.2);
        Assert.Empty(_state.DeadSince);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    public void When_wall_and_monotonic_clock_part_everything_is_dropped_and_begins_anew(double seconds)
    {
        Start(Active(1, Self, A));
        var parted = 0;
        _lease.ClocksParted = () => parted++;
        (_network.IsPromising, _network.Table) = (false, new());
        _time.Jump += TimeSpan.FromSeconds(seconds);
        Advance(1.01);
        Assert.Equal((1, 1L), (parted, _lease.ClockBreaks));
        Assert.False(_lease.MayComplete);
        _network.IsPromising = true;
        Advance(1.01);
        Assert.True(_lease.MayComplete);
        Assert.Equal(1, parted);
    }

    [Fact]
    public void How_far_clocks_are_apart_is_measured_and_warned_of_beyond_the_limit()
    {
        Start(Active(1, Self, A));
        _network.Ahead = TimeSpan.FromSeconds(30);
        Advance(2);
        Assert.Equal([KeyValuePair.Create(A, 30_000L)], _lease.Skews);
        Assert.Equal(0, _log.Warnings);
        _network.Ahead = TimeSpan.FromSeconds(-61);
        Advance(2);
        Assert.Equal([KeyValuePair.Create(A, -61_000L)], _lease.Skews);
        Assert.Equal(1, _log.Warnings);
    }

    private void Start(ClusterRows rows)
    {
        _lease.Observe(_network.Rows = rows);
        _lease.Begin();
        Advance(Times.Wait.TotalSeconds + 2);
        Assert.True(_lease.MayComplete);
    }

    private void Advance(double seconds)
    {
        for (var end = _lease.Clock.Now + At(seconds); _lease.Clock.Now < end;)
            _time.Advance(TimeSpan.FromMilliseconds(10));
    }

    /// <summary>A clock whose wall time may be set.</summary>
    private sealed class SettableTime : FakeTimeProvider
    {
        internal TimeSpan Jump { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Jump;

        public override long GetTimestamp() => base.GetTimestamp() - Jump.Ticks; // which the base takes from the wall clock
    }

    private sealed class WarningLog : ILogger
    {
        internal int Warnings { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Warnings += logLevel >= LogLevel.Warning ? 1 : 0;
    }
}
