using McCache.Streaming;
using McCache.Stress.Shared;

namespace McCache.Stress.Member;

/// <summary>Looks a hundred times a second which gateway this client has, and whether it may serve.</summary>
internal sealed class GatewayWatch(ClientMember member)
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(10);

    private SiloAddress? _gateway;
    private long _outageSince; // 0 while there is none
    private long _longest;
    private long _moves;

    /// <summary>How often the client has gone from one gateway to another; a silo that was started again is another.</summary>
    internal long Moves => Volatile.Read(ref _moves);

    internal void Start(CancellationToken cancellationToken) => _ = Task.Run(() => RunAsync(cancellationToken), CancellationToken.None);

    /// <summary>The longest time without a gateway that lets the client serve, in seconds, since this was called last; one that goes on is counted up to now.</summary>
    internal double TakeLongestOutage()
    {
        var since = Volatile.Read(ref _outageSince);
        return MonotonicTime.Seconds(Math.Max(Interlocked.Exchange(ref _longest, 0), since == 0 ? 0 : MonotonicTime.Now - since));
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        _gateway = member.Gateway;
        for (var served = MonotonicTime.Now; !cancellationToken.IsCancellationRequested; await Task.Delay(s_period, CancellationToken.None))
        {
            if (member.Gateway is { } gateway && !gateway.Equals(_gateway))
            {
                _gateway = gateway;
                Interlocked.Increment(ref _moves);
            }

            if (member.ValidFor == TimeSpan.Zero)
            {
                Volatile.Write(ref _outageSince, served);
                continue;
            }

            var now = MonotonicTime.Now;
            if (Interlocked.Exchange(ref _outageSince, 0) is not 0 and var since)
                Counters.Raise(ref _longest, now - since);
            served = now;
        }
    }
}
