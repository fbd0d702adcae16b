namespace McCache.Streaming;

/// <summary>
/// This member's entitlement to serve copies and to complete what it publishes, in the manner of leases (Gray and Cheriton, "Leases: an efficient fault-tolerant mechanism for
/// distributed file cache consistency", SOSP 1989), arranged so that a silo that crashes interrupts nobody's reads. A state machine: it is told what happened and when. Not
/// thread-safe.
/// </summary>
/// <remarks>
/// <para>Every other live silo is asked, again and again, for the <em>promise</em> "I complete nothing that you have not settled". A member is <em>valid</em> while it holds an unexpired
/// promise of every other live silo, at least one; or while its own last look at the membership table, that showed it live, was asked for less than D ago. For whoever
/// no longer waits for it has either broken no promise, because that has run out, or has seen it dead for W, and then the table has shown it dead for longer than D.</para>
/// <para>All times are this member's own monotonic clock. docs/protocol.md has the rules and why each is needed.</para>
/// </remarks>
internal sealed class Validity(LeaseTimes times, ClusterView view)
{
    private const int MaxUncounted = 4;
    private readonly Dictionary<SiloAddress, TimeSpan> _promisedUntil = [];
    private readonly Dictionary<SiloAddress, List<(TimeSpan AskedAt, MembershipVersion Version)>> _uncounted = [];
    private TimeSpan _expiredAt = TimeSpan.MinValue;
    private TimeSpan _tableUntil = TimeSpan.MinValue;
    private TimeSpan _viewUntil = TimeSpan.MinValue;
    private TimeSpan? _attachedAt;
    private bool _isActive;
    private bool _isAlone;

    /// <summary>What is cached may be served, and what is published may complete, as far as this member's start is concerned.</summary>
    internal bool IsStarted { get; private set; }

    /// <summary>When the start is due, once every live silo has promised; null before.</summary>
    internal TimeSpan? StartDue => IsStarted ? null : _attachedAt + times.Wait;

    /// <summary>Rule 2: until when this member is valid.</summary>
    internal TimeSpan ValidUntil
    {
        get
        {
            var promised = TimeSpan.MaxValue;
            foreach (var other in view.LiveOthers)
            {
                var until = _promisedUntil.GetValueOrDefault(other, TimeSpan.MinValue);
                promised = until < promised ? until : promised;
            }

            if (promised == TimeSpan.MaxValue && _isAlone)
                return TimeSpan.MaxValue;
            var own = _tableUntil > _viewUntil ? _tableUntil : _viewUntil;
            return promised == TimeSpan.MaxValue || promised < own ? own : promised;
        }
    }

    /// <summary>Until when the promise of another silo holds; <see cref="TimeSpan.MinValue"/> when it has given none.</summary>
    internal TimeSpan PromisedUntil(SiloAddress promiser) => _promisedUntil.GetValueOrDefault(promiser, TimeSpan.MinValue);

    /// <summary>Rule 3: until when copies may be served; <see cref="TimeSpan.MinValue"/> before the start.</summary>
    internal TimeSpan ServeUntil => IsStarted && !view.IsSelfDead ? ValidUntil : TimeSpan.MinValue;

    /// <summary>Rule 4, the publisher's own part, to be asked when everybody else has settled.</summary>
    internal bool MayComplete(TimeSpan now) => now < ServeUntil;

    /// <summary>From when on a look at the table is wanted: until the table has shown this member live, and one renewal before a promise runs out, so that the answer is there by then.</summary>
    internal TimeSpan TableDue
    {
        get
        {
            if (!_isActive)
                return TimeSpan.MinValue;
            var due = TimeSpan.MaxValue;
            foreach (var other in view.LiveOthers)
            {
                if (!_promisedUntil.TryGetValue(other, out var until))
                    return TimeSpan.MinValue;
                due = until - times.Renewal < due ? until - times.Renewal : due;
            }

            return due == TimeSpan.MaxValue && !_isAlone ? TimeSpan.MinValue : due;
        }
    }

    /// <summary>The view has changed.</summary>
    /// <param name="validBefore">
    /// What <see cref="ValidUntil"/> was under the view before. It still holds: had the news come a little later, this member would have gone by it. So a silo that joins interrupts nobody's
    /// reads until it has promised.
    /// </param>
    /// <param name="now">The time.</param>
    internal void OnView(TimeSpan validBefore, TimeSpan now)
    {
        var bound = now + times.Duration; // what a promise or a look at the table gives ends before that; that a single silo had no end does
        _viewUntil = validBefore < bound ? validBefore : bound;
        Forget(_promisedUntil);
        Forget(_uncounted);
        CountAll();
        TryStart(now);
    }

    /// <summary>A promise has come. It runs from when it was asked for, and counts only once this member's view is at least as new as the promiser's.</summary>
    internal void OnPromise(SiloAddress promiser, TimeSpan askedAt, MembershipVersion version, TimeSpan now)
    {
        if (!view.IsLive(promiser) || askedAt <= _expiredAt)
            return;
        if (!_uncounted.TryGetValue(promiser, out var promises))
            _uncounted[promiser] = promises = [];
        if (promises.Count == MaxUncounted)
            promises.RemoveAt(0);
        promises.Add((askedAt, version));
        CountAll();
        TryStart(now);
    }

    /// <summary>An own look at the table has been answered.</summary>
    /// <param name="askedAt">When it was begun.</param>
    /// <param name="showsLive">Whether its row of this member is live.</param>
    /// <param name="now">The time.</param>
    internal void OnTable(TimeSpan askedAt, bool showsLive, TimeSpan now)
    {
        if (showsLive)
        {
            _isActive = true;
            var until = askedAt > _expiredAt ? askedAt + times.Duration : TimeSpan.MinValue;
            _tableUntil = until > _tableUntil ? until : _tableUntil;
        }

        TryStart(now);
    }

    /// <summary>Starts when it is time; see rule 5.</summary>
    internal void TryStart(TimeSpan now)
    {
        if (IsStarted || !_isActive)
            return;
        if (_attachedAt is null && view.LiveOthers.All(_promisedUntil.ContainsKey))
            _attachedAt = now;
        IsStarted = now > StartDue;
    }

    /// <summary>Starts as the only silo: valid as long as no other is live.</summary>
    internal void StartAlone() => _isActive = _isAlone = IsStarted = true;

    /// <summary>The clocks have parted: nothing that was counted on them holds, nor what was asked for before and is still under way.</summary>
    internal void Expire(TimeSpan now)
    {
        _expiredAt = now;
        _promisedUntil.Clear();
        _uncounted.Clear();
        _tableUntil = _viewUntil = TimeSpan.MinValue;
    }

    private void CountAll()
    {
        foreach (var (promiser, promises) in _uncounted)
        {
            foreach (var (askedAt, version) in promises)
            {
                if (view.Version >= version && askedAt + times.Duration > _promisedUntil.GetValueOrDefault(promiser, TimeSpan.MinValue))
                    _promisedUntil[promiser] = askedAt + times.Duration;
            }

            promises.RemoveAll(promise => view.Version >= promise.Version);
        }
    }

    private void Forget<T>(Dictionary<SiloAddress, T> ofLive)
    {
        foreach (var silo in ofLive.Keys)
        {
            if (!view.IsLive(silo))
                ofLive.Remove(silo);
        }
    }
}
