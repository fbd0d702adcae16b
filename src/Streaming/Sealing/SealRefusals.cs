using Microsoft.Extensions.Logging;

namespace McCache.Streaming;

/// <summary>The messages that this member has refused: counted by reason, logged now and then. Thread-safe.</summary>
internal sealed class SealRefusals(MemberClock clock, ILogger log)
{
    private readonly Lock _gate = new();
    private readonly long[] _counts = new long[Enum.GetValues<SealRefusal>().Length];
    private readonly Throttle _logged = new();
    private (TimeSpan At, string Message)? _last;

    internal static IReadOnlyList<SealRefusal> Reasons { get; } = [.. Enum.GetValues<SealRefusal>().Where(reason => reason != SealRefusal.None)];

    internal long Count(SealRefusal reason)
    {
        lock (_gate)
            return _counts[(int)reason];
    }

    /// <summary>Why the last message was refused that was refused within a time; null when none was.</summary>
    internal string? Last(TimeSpan within)
    {
        lock (_gate)
            return _last is { } last && clock.Now - last.At <= within ? last.Message : null;
    }

    /// <returns>What to throw.</returns>
    internal SealRefusedException Add(SealRefusal reason)
    {
        var refused = new SealRefusedException(reason);
        lock (_gate)
        {
            _counts[(int)reason]++;
            _last = (clock.Now, refused.Message);
        }

        if (_logged.TryPass(clock.Now))
            log.MessageRefused(refused.Message);
        return refused;
    }
}
