using static McCache.Streaming.Tests.Promises.Silos;

namespace McCache.Streaming.Tests.Promises;

public sealed class ValidityTests
{
    private readonly ClusterView _view = new(Self);
    private readonly Validity _validity;

    public ValidityTests() => _validity = new(Times, _view);

    [Fact]
    public void A_promise_runs_from_when_it_was_asked_for()
    {
        See(Active(1, Self, A), 0);
        _validity.OnPromise(A, At(10), Version(1), now: At(12));
        Assert.Equal(At(15), _validity.ValidUntil);
    }

    [Fact]
    public void A_promise_counts_only_once_the_view_is_as_new_as_the_promisers()
    {
        See(Active(1, Self, A), 0);
        _validity.OnPromise(A, At(10), Version(2), At(10));
        Assert.Equal(TimeSpan.MinValue, _validity.ValidUntil);
        See(Active(2, Self, A), 11);
        Assert.Equal(At(15), _validity.ValidUntil);
    }

    [Fact]
    public void Promises_that_wait_for_a_newer_view_are_few_and_the_newest()
    {
        See(Active(1, Self, A), 0);
        for (var i = 0; i < 100; i++)
            _validity.OnPromise(A, At(i), Version(2), At(i));
        See(Active(2, Self, A), 100);
        Assert.Equal(At(99 + 5), _validity.ValidUntil);
    }

    [Fact]
    public void A_silo_is_valid_by_the_promises_of_all_others()
    {
        See(Active(1, Self, A, B), 0);
        _validity.OnPromise(A, At(10), Version(1), At(10));
        Assert.Equal(TimeSpan.MinValue, _validity.ValidUntil);
        _validity.OnPromise(B, At(8), Version(1), At(10));
        Assert.Equal(At(13), _validity.ValidUntil);
    }

    [Fact]
    public void A_promise_of_a_silo_that_is_not_live_is_none()
    {
        See(Active(1, Self, A), 0);
        _validity.OnPromise(B, At(10), Version(1), At(10));
        _validity.OnPromise(A, At(10), Version(1), At(10));
        See(Active(2, Self), 11);
        Assert.Equal(At(15), _validity.ValidUntil); // what it was valid for before
        See(Active(3, Self, B), 16);
        Assert.Equal(At(15), _validity.ValidUntil);
    }

    [Fact]
    public void A_look_at_the_table_counts_from_when_it_was_asked_for_and_only_if_it_shows_the_silo_live()
    {
        See(Active(1, Self, A), 0);
        _validity.OnTable(At(10), showsLive: true, At(12));
        Assert.Equal(At(15), _validity.ValidUntil);
        _validity.OnTable(At(13), showsLive: false, At(14));
        Assert.Equal(At(15), _validity.ValidUntil);
    }

    [Fact]
    public void A_change_of_the_view_takes_nothing_and_adds_nothing()
    {
        See(Active(1, Self, A), 0);
        _validity.OnPromise(A, At(10), Version(1), At(10));
        See(Active(2, Self, A, B), 11); // B has not promised
        See(Active(3, Self, A, B), 12);
        Assert.Equal(At(15), _validity.ValidUntil);
    }

    [Fact]
    public void What_a_silo_was_valid_for_under_an_older_view_ends_after_D()
    {
        See(Active(1, Self), 0);
        _validity.StartAlone();
        Assert.Equal(TimeSpan.MaxValue, _validity.ValidUntil);
        See(Active(2, Self, A), 10);
        Assert.Equal(At(15), _validity.ValidUntil);
    }

    [Fact]
    public void A_silo_starts_W_after_the_last_promise_and_not_before_the_table_has_shown_it()
    {
        See(Active(1, Self, A, B), 0);
        _validity.OnPromise(A, At(1), Version(1), At(1));
        _validity.OnPromise(B, At(2), Version(1), At(2));
        Assert.Null(_validity.StartDue);
        _validity.OnTable(At(2), showsLive: true, At(3));
        Assert.Equal(At(3) + Times.Wait, _validity.StartDue);
        _validity.TryStart(At(8.5));
        Assert.False(_validity.IsStarted);
        _validity.TryStart(At(8.51));
        Assert.True(_validity.IsStarted);
    }

    [Fact]
    public void A_silo_starts_when_whoever_has_not_promised_is_dead()
    {
        See(Active(1, Self, A, B), 0);
        _validity.OnTable(At(0), showsLive: true, At(0));
        _validity.OnPromise(A, At(1), Version(1), At(1));
        Assert.Null(_validity.StartDue);
        See(Active(2, Self, A), 4);
        Assert.Equal(At(4) + Times.Wait, _validity.StartDue);
    }

    [Fact]
    public void Nothing_is_served_or_completed_before_the_start_nor_by_a_silo_that_is_dead()
    {
        See(Active(1, Self), 0);
        _validity.OnTable(At(0), showsLive: true, At(0));
        Assert.Equal(TimeSpan.MinValue, _validity.ServeUntil);
        _validity.OnTable(At(5), showsLive: true, At(6));
        Assert.True(_validity.IsStarted);
        Assert.Equal(At(10), _validity.ServeUntil);
        Assert.True(_validity.MayComplete(At(9.99)));
        Assert.False(_validity.MayComplete(At(10)));
        See(Active(2, A).With(Self, SiloStatus.Dead), 7);
        Assert.Equal(TimeSpan.MinValue, _validity.ServeUntil);
        Assert.False(_validity.MayComplete(At(7)));
    }

    [Fact]
    public void The_table_is_wanted_until_it_has_shown_the_silo_and_a_renewal_before_a_promise_runs_out()
    {
        See(Active(1, Self, A), 0);
        _validity.OnPromise(A, At(0), Version(1), At(0));
        Assert.Equal(TimeSpan.MinValue, _validity.TableDue);
        _validity.OnTable(At(0), showsLive: true, At(0));
        Assert.Equal(At(4), _validity.TableDue);
        See(Active(2, Self, A, B), 1);
        Assert.Equal(TimeSpan.MinValue, _validity.TableDue);
        See(Active(3, Self), 2);
        Assert.Equal(TimeSpan.MinValue, _validity.TableDue); // nobody is left to promise anything
    }

    [Fact]
    public void When_the_clocks_have_parted_nothing_holds()
    {
        See(Active(1, Self, A), 0);
        _validity.OnTable(At(1), showsLive: true, At(1));
        _validity.OnPromise(A, At(1), Version(1), At(1));
        _validity.OnPromise(A, At(2), Version(2), At(2));
        _validity.Expire(At(2.5));
        Assert.Equal(TimeSpan.MinValue, _validity.ValidUntil);
        See(Active(2, Self, A), 3);
        Assert.Equal(TimeSpan.MinValue, _validity.ValidUntil);
        _validity.OnPromise(A, At(2), Version(2), At(3));
        _validity.OnTable(At(2), showsLive: true, At(3));
        Assert.Equal(TimeSpan.MinValue, _validity.ValidUntil); // asked for before, answered after
        _validity.OnPromise(A, At(3), Version(2), At(3));
        Assert.Equal(At(8), _validity.ValidUntil);
    }

    private void See(ClusterRows rows, double seconds)
    {
        var before = _validity.ValidUntil;
        _view.Observe(rows, seconds);
        _validity.OnView(before, At(seconds));
    }
}
