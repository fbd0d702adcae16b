using McCache.Demo.Shared;

namespace McCache.Demo.Member;

/// <summary>
/// Measures how long writes of other members take to become visible here: from just before the writer calls the coherent verb, with the database updated, to the
/// moment when this process's program is told that its copy is gone, or has been replaced by the new page.
/// </summary>
/// <remarks>
/// The figure includes making the frame, waiting for the batch before it, the way through loopback and two processes that compete for the same cores, changing the
/// copy, and the hop to the callback's own thread: reads here have seen the change since a little before that. Where copies are dropped, as in a client always, only who held one measures. Of two
/// writes of one page that overlap, the later one's time is taken for both.
/// </remarks>
internal sealed class VisibilityGauge : IDisposable
{
    private readonly MemberSettings _settings;
    private readonly IMcCache<string, Page> _cache;
    private readonly AccessTrace _trace;
    private readonly VersionBoard _board;
    private readonly IDisposable _watching;

    public VisibilityGauge(MemberSettings settings, IMcCache<string, Page> cache, AccessTrace trace, VersionBoard board)
    {
        (_settings, _cache, _trace, _board) = (settings, cache, trace, board);
        _watching = cache.OnChange(OnChange);
    }

    public Latencies Latencies { get; } = new();

    public void Dispose() => _watching.Dispose();

    private void OnChange(CacheChange<string> change)
    {
        var page = _trace.IndexOf(change.Key);
        if (IsOfAnother(change, page) && _board.SinceWrite(page) is { } time)
            Latencies.Record(time);
    }

    /// <summary>Whether another member's write has made the change. A page that came by a fill has no version of a write.</summary>
    private bool IsOfAnother(CacheChange<string> change, int page) => _settings.Coherence == Coherence.Invalidate || _settings.IsClient
        ? change.Kind == CacheChangeKind.Invalidated
        : change.Kind is CacheChangeKind.Inserted or CacheChangeKind.Updated
            && _board.Writer(page) != _settings.Number
            && _cache.TryGetMetadata(change.Key, out var metadata)
            && metadata.Version is not null;
}
