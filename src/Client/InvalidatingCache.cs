using McCache.Core;
using McCache.Streaming;

namespace McCache.Client;

/// <summary>A cache whose members drop their copies of what one writes. Dropping is harmless, so there are no versions, and what was lost on the way drops everything.</summary>
internal class InvalidatingCache<TKey, TValue> : MemberCache<TKey, TValue>
    where TKey : notnull
{
    internal InvalidatingCache(LocalCache<TKey, TValue> local, CacheMember member, CacheOptions options)
        : base(local, member, options) => Channel.Attach(Stream, this);

    public sealed override bool IsReplica => false;

    /// <remarks>Whoever joins after this was looked at begins with no copies, and fills from a source that has been written before the verb was called.</remarks>
    internal sealed override bool IsHeard => Channel.HasAudience;

    internal override OutgoingChange SetChange(TKey key, TValue value, CacheEntryOptions? options) => RemoveChange(key);

    internal override OutgoingChange? MoveChange(TKey key, bool isLast) => null;

    public override CacheVersion Send(OutgoingChange change)
    {
        Publish(change);
        return default;
    }

    private protected override async ValueTask CompleteAsync(OutgoingChange change, Action make)
    {
        using (change)
        {
            await change.Settled;
            EndVerb(change);
        }
    }

    private protected override FrameOutcome Apply(in ReceivedFrame frame, CacheOperation operation, ReadOnlySpan<byte> body)
    {
        switch (operation)
        {
            case CacheOperation.Remove:
                Local.Invalidate(ReadKey(body));
                return FrameOutcome.Applied;
            case CacheOperation.RemoveByTag:
                Local.RemoveByTag(CacheFrame.Utf8.GetString(body), CacheChangeKind.Invalidated);
                return FrameOutcome.Applied;
            case CacheOperation.Clear:
                Local.Clear(CacheChangeKind.Invalidated);
                return FrameOutcome.Applied;
            default:
                return FrameOutcome.Refused;
        }
    }

    public override void OnGap(SiloAddress publisher, long upTo) => Local.Drop();

    private protected override void Serve(long until) => Local.Serve(until);

    public override ulong Digest() => Local.Digest(key =>
    {
        using var buffer = OutgoingChange.Rent();
        Keys.Write(buffer, key);
        return KeyHashing.Hash(buffer.Written);
    });
}
