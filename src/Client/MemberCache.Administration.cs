using McCache.Streaming;

namespace McCache.Client;

/// <content>Administration of this member's copy.</content>
internal abstract partial class MemberCache<TKey, TValue>
{
    /// <summary>The coherent verbs of this member that have completed.</summary>
    private readonly LatencyRecorder _coherentVerbs;

    public abstract ulong Digest();

    public virtual ReplicaCounts? Replica => null;

    public virtual bool IsWhole => true;

    public CacheEntryMetadata? GetMetadata(TKey key) => Local.TryGetMetadata(key, out var metadata) ? metadata : null;

    public CacheEntryMetadata? GetMetadataByText(string key) => GetMetadata(KeyText<TKey>.Parse(key));

    public bool Evict(TKey key) => Local.Evict(key);

    public bool EvictByText(string key) => Evict(KeyText<TKey>.Parse(key));

    public void CheckText(string key) => KeyText<TKey>.Parse(key);

    public void Clear() => Local.Clear(CacheChangeKind.Evicted);

    public virtual void Sweep(int maxEntries) => Local.Sweep(maxEntries);

    public ValueTask RemoveByTextAsync(string key, CancellationToken cancellationToken) => RemoveAsync(KeyText<TKey>.Parse(key), cancellationToken);

    public KeyPage Browse(int skip, int count)
    {
        var (keys, total) = Local.Browse(skip, count);
        return new([.. keys.Select(key => new KeyMetadata(KeyText<TKey>.Of(key.Key), key.Metadata))], total);
    }

    public CacheSnapshot Read(bool withDigest, bool withTopKeys) => new()
    {
        Statistics = Statistics,
        Coherence = _options.Coherence,
        MaxEntries = Local.Limits.Entries,
        MaxBytes = Local.Limits.Bytes,
        IsWhole = IsWhole,
        CoherentVerbs = _coherentVerbs.Read(),
        Reconciliations = Replica?.Reconciliations ?? 0,
        Digest = withDigest ? Digest() : null,
        TopKeys = withTopKeys ? Local.TopKeys?.Select(key => new KeyReads(KeyText<TKey>.Of(key.Key), key.Share)).ToArray() : null,
        HasKeyText = KeyText<TKey>.IsReadable,
    };

    /// <summary>Drops the copies: what this member reads next comes from the source.</summary>
    public virtual ValueTask<bool> MendAsync()
    {
        Local.Drop();
        return new(true);
    }

    /// <summary>A coherent verb has completed.</summary>
    private protected void EndVerb(OutgoingChange change) => _instruments.RecordVerb(Name, _coherentVerbs.Record(change.Begun));

    /// <summary>A coherent verb while somebody listens to the activity source: its span says which silo was the last to follow.</summary>
    private async ValueTask RunTracedAsync(OutgoingChange change, Action make)
    {
        using var activity = Tracing.Source.StartActivity($"mccache.{((CacheOperation)change.Written[0]).ToString().ToLowerInvariant()}");
        activity?.SetTag("mccache.cache", Name);
        try
        {
            await RunUntracedAsync(change, make);
        }
        catch (Exception exception)
        {
            activity?.SetStatus(System.Diagnostics.ActivityStatusCode.Error, exception.GetType().Name);
            throw;
        }
    }
}
