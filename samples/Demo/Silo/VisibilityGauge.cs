using McCache.Demo.Shared;

namespace McCache.Demo.Silo;

/// <summary>
/// Measures how long writes of other silos take to become visible here: from just before the writer calls <c>RemoveAsync</c>, with the database updated, to the
/// moment when this silo's program is told that its copy is gone.
/// </summary>
/// <remarks>
/// The figure includes making the frame, waiting for the batch before it, the way through loopback and two processes that compete for the same cores, dropping the
/// copy, and the hop to the callback's own thread: reads here have missed the copy since a little before that. Only a silo that held a copy measures. Of two writes of
/// one page that overlap, the later one's time is taken for both.
/// </remarks>
internal sealed class VisibilityGauge : IDisposable
{
    private readonly AccessTrace _trace;
    private readonly VersionBoard _board;
    private readonly IDisposable _watching;

    public VisibilityGauge(IMcCache<string, Page> cache, AccessTrace trace, VersionBoard board)
    {
        (_trace, _board) = (trace, board);
        _watching = cache.OnChange(OnChange);
    }

    public Latencies Latencies { get; } = new();

    public void Dispose() => _watching.Dispose();

    private void OnChange(CacheChange<string> change)
    {
        if (change.Kind == CacheChangeKind.Invalidated && _board.SinceWrite(_trace.IndexOf(change.Key)) is { } time)
            Latencies.Record(time);
    }
}
