using static McCache.Streaming.Tests.Promises.Silos;

namespace McCache.Streaming.Tests.Promises;

public sealed class ClusterViewTests
{
    private readonly ClusterView _view = new(Self);

    [Theory]
    [InlineData(SiloStatus.Active, true)]
    [InlineData(SiloStatus.ShuttingDown, true)]
    [InlineData(SiloStatus.Stopping, true)]
    [InlineData(SiloStatus.Joining, false)]
    [InlineData(SiloStatus.Created, false)]
    [InlineData(SiloStatus.Dead, false)]
    public void Live_is_who_is_shown_active_shutting_down_or_stopping(SiloStatus status, bool isLive)
    {
        _view.Observe(Active(1, Self).With(A, status));
        Assert.Equal(isLive, _view.IsLive(A));
    }

    [Fact]
    public void A_view_that_is_not_newer_changes_nothing()
    {
        _view.Observe(Active(2, Self, A));
        Assert.False(_view.Observe(Active(2, Self)));
        Assert.False(_view.Observe(Active(1, Self, B)));
        Assert.Equal([A], _view.LiveOthers);
    }

    [Fact]
    public void A_live_silo_that_another_look_at_the_same_version_did_not_show_is_waited_for()
    {
        _view.Observe(Active(2, Self).With(A, SiloStatus.Joining).With(B, SiloStatus.Dead));
        var before = _view.Current;
        Assert.True(_view.Observe(Active(2, Self, A)));
        Assert.Equal([A], _view.LiveOthers);
        Assert.NotSame(before, _view.Current);
        Assert.False(_view.Observe(Active(2, Self, A)));
    }

    [Fact]
    public void Who_is_shown_dead_is_dead_since_then()
    {
        _view.Observe(Active(1, Self, A), 1);
        _view.Observe(Active(2, Self).With(A, SiloStatus.Dead), 2);
        _view.Observe(Active(3, Self).With(A, SiloStatus.Dead), 3);
        Assert.Equal(At(2), _view.DeadSince[A]);
    }

    [Fact]
    public void A_row_that_has_vanished_is_a_death()
    {
        _view.Observe(Active(1, Self, A), 1);
        _view.Observe(Active(2, Self), 2);
        Assert.Equal(At(2), _view.DeadSince[A]);
        Assert.Empty(_view.LiveOthers);
    }

    [Fact]
    public void Who_was_never_shown_live_does_not_die()
    {
        _view.Observe(Active(1, Self).With(A, SiloStatus.Joining));
        _view.Observe(Active(2, Self));
        Assert.Empty(_view.DeadSince);
    }

    [Fact]
    public void Nobody_rises_from_the_dead()
    {
        _view.Observe(Active(1, Self, A));
        _view.Observe(Active(2, Self));
        _view.Observe(Active(3, Self, A));
        Assert.Empty(_view.LiveOthers);
        Assert.True(_view.DeadSince.ContainsKey(A));
    }

    [Fact]
    public void A_silo_that_comes_back_at_its_address_is_another()
    {
        var again = SiloAddress.New(A.Endpoint, A.Generation + 1);
        _view.Observe(Active(1, Self, A));
        _view.Observe(Active(2, Self, again).With(A, SiloStatus.Dead));
        Assert.Equal([again], _view.LiveOthers);
        Assert.True(_view.DeadSince.ContainsKey(A));
    }

    [Fact]
    public void Who_has_said_goodbye_is_waited_for_no_more_and_its_death_is_one_all_the_same()
    {
        _view.Observe(Active(1, Self, A, B));
        _view.OnGoodbye(A, isDrained: true);
        _view.OnGoodbye(B, isDrained: false);
        Assert.Empty(_view.LiveOthers);
        Assert.Equal([A], _view.Current.Left);
        Assert.True(_view.IsLive(A));
        _view.Observe(Active(2, Self, B).With(A, SiloStatus.Dead), 2);
        Assert.Equal(At(2), _view.DeadSince[A]);
        Assert.Empty(_view.Current.Left);
    }

    [Fact]
    public void A_goodbye_of_nobody_and_of_oneself_says_nothing()
    {
        _view.Observe(Active(1, Self, A));
        _view.OnGoodbye(B, isDrained: true);
        _view.OnGoodbye(Self, isDrained: true);
        _view.Observe(Active(2, Self, A, B));
        Assert.Equal([A, B], _view.LiveOthers);
    }

    [Fact]
    public void A_silo_shown_dead_is_dead_itself_live_before_or_not()
    {
        _view.Observe(Active(1, A).With(Self, SiloStatus.Joining));
        Assert.False(_view.IsSelfDead);
        _view.Observe(Active(2, A).With(Self, SiloStatus.Dead));
        Assert.True(_view.IsSelfDead);
    }

    [Fact]
    public void A_silo_that_is_not_shown_any_more_is_dead_itself_and_one_not_yet_shown_is_not()
    {
        _view.Observe(Active(1, A));
        Assert.False(_view.IsSelfDead);
        _view.Observe(Active(2, A, Self));
        _view.Observe(Active(3, A));
        Assert.True(_view.IsSelfDead);
    }

    [Fact]
    public void Deaths_are_forgotten_in_time()
    {
        _view.Observe(Active(1, Self, A, B), 1);
        _view.Observe(Active(2, Self, B), 2);
        _view.Observe(Active(3, Self), 3);
        _view.Forget(At(3));
        Assert.Equal([B], _view.DeadSince.Keys);
    }
}
