using System.Collections.Concurrent;

namespace McCache.Streaming;

/// <content>The clocks that the protocol rests on: this silo's own, and how far those of others are from it.</content>
internal sealed partial class SiloLease
{
    private readonly TimeSpan _maxClockSkew;
    private readonly PartedWork _partedWork;
    private readonly ConcurrentDictionary<SiloAddress, long> _skews = new();
    private readonly Throttle _skewWarnings = new();
    private readonly ClockWatch _watch;

    /// <summary>Askers that were refused: this silo could not see them live in a view as new as theirs.</summary>
    internal long RefusedAsks;

    /// <summary>How often wall and monotonic clock have parted: a suspended machine, or a clock that was set.</summary>
    internal long ClockBreaks;

    /// <summary>How far the wall clocks of the other live silos are ahead of this one's, in milliseconds. Precise to half a round trip.</summary>
    internal IEnumerable<KeyValuePair<SiloAddress, long>> Skews => _skews;

    /// <summary>The members drop what they hold.</summary>
    internal Action? ClocksParted { get; set; }

    private long WallClock => Clock.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private void WatchClocks(TimeSpan now)
    {
        if (!_watch.HaveParted(now))
            return;
        Interlocked.Increment(ref ClockBreaks);
        _validity.Expire(now);
        _partedWork.Kick();
    }

    private sealed class PartedWork(SiloLease lease) : KickedWork(lease.Queue)
    {
        protected override void Run()
        {
            lease._log.ClocksParted();
            lease.ClocksParted?.Invoke();
        }
    }

    private void NoteSkew(SiloAddress silo, long milliseconds)
    {
        _skews[silo] = milliseconds;
        var max = (long)_maxClockSkew.TotalMilliseconds;
        if ((milliseconds < -max || milliseconds > max) && _skewWarnings.TryPass(Clock.Now))
            _log.ClockSkewed(silo, milliseconds);
    }

    /// <summary>Keeps no clock of a silo that is not live any more.</summary>
    private void ForgetSkews()
    {
        foreach (var (silo, _) in _skews)
        {
            if (!_view.IsLive(silo))
                _skews.TryRemove(silo, out _);
        }
    }
}
