namespace McCache.Streaming;

/// <content>What is told of it to people.</content>
internal sealed partial class SiloLease
{
    private TimeSpan _servedUntil = TimeSpan.MinValue;
    private DateTimeOffset _viewTaken;

    /// <summary>What has happened lately to what this silo serves.</summary>
    internal CoherenceEvents Events { get; }

    internal LeaseReading Read()
    {
        lock (_gate)
        {
            var now = Clock.Now;
            return new(
                _validity.IsStarted,
                _view.IsSelfDead,
                Left(_validity.ServeUntil),
                _view.Version,
                _viewTaken,
                [.. _view.LiveOthers.Order().Select(silo => new PromiseSnapshot(silo, Left(_validity.PromisedUntil(silo))))]);

            TimeSpan Left(TimeSpan until) => until > now ? until - now : TimeSpan.Zero;
        }
    }

    /// <summary>A new view was taken. Called under the gate.</summary>
    private void NoteView()
    {
        _viewTaken = Clock.Time.GetUtcNow();
        Events.Add(CoherenceEventKind.Membership, FormattableString.Invariant($"membership version {_view.Version.Value}, {_view.LiveOthers.Count() + 1} live"));
    }

    /// <summary>What may be served has changed. Called under the gate.</summary>
    private void NoteServing()
    {
        var (until, now) = (_validity.ServeUntil, Clock.Now);
        if (until <= now)
            return;
        if (_servedUntil != TimeSpan.MinValue && now > _servedUntil)
            Events.Add(CoherenceEventKind.Lapse, FormattableString.Invariant($"served nothing for {(now - _servedUntil).TotalSeconds:0.0} s: neither all promises nor the membership table"));
        _servedUntil = until;
    }
}

/// <summary>What a silo's lease is at one moment.</summary>
/// <param name="IsStarted">Whether the silo has started to serve.</param>
/// <param name="IsSelfDead">Whether the cluster goes on without it.</param>
/// <param name="ValidFor">How long it may still serve.</param>
/// <param name="Version">The version of the membership that it goes by.</param>
/// <param name="ViewTaken">When it has taken that, by the wall clock.</param>
/// <param name="Promises">The promises that it holds.</param>
internal sealed record LeaseReading(
    bool IsStarted, bool IsSelfDead, TimeSpan ValidFor, MembershipVersion Version, DateTimeOffset ViewTaken, IReadOnlyList<PromiseSnapshot> Promises);
