using System.IO.Hashing;
using System.Runtime.InteropServices;
using McCache.Demo.Shared;

namespace McCache.Demo.Member;

/// <summary>This member's copy of the pages, to be compared with the others' when all have become quiet.</summary>
/// <remarks>What a fill brought in is this member's own affair: it has no version, and takes no part in what all silos must have.</remarks>
internal sealed class Copy(IMcCache<string, Page> cache, ICacheExtension? silo, AccessTrace trace, VersionBoard board)
{
    /// <summary>In a silo, its own answers: the grain is its door to its cache, a stateless worker. A client has no digest.</summary>
    public static Copy Of(MemberSettings settings, IMcCache<string, Page> cache, IGrainFactory grains, AccessTrace trace, VersionBoard board)
        => new(cache, settings.IsClient ? null : grains.GetGrain<ICacheGrain<string, Page>>(cache.Name).AsReference<ICacheExtension>(), trace, board);

    /// <param name="isByPage">Whether to list the pages.</param>
    public async Task<CopyReport> ReadAsync(bool isByPage)
    {
        var (contents, order) = (new XxHash3(), new XxHash3());
        var (old, replicated) = (new List<int>(), 0);
        var (pages, held) = isByPage ? (new ulong[trace.Pages.Count], new ulong[trace.Pages.Count]) : (null, null);
        foreach (var (key, page) in cache.ToArray())
        {
            var index = trace.IndexOf(key);
            if (page.Version < board.Completed(index))
                old.Add(index);
            if (held is not null)
                held[index] = Hash(page, default);
            if (!cache.TryGetMetadata(key, out var metadata) || metadata.Version is not { } version)
                continue;
            replicated++;
            var hash = Hash(page, version);
            Append(contents, hash);
            Append(order, (ulong)index);
            if (pages is not null)
                pages[index] = hash;
        }

        return new CopyReport(
            silo is null ? 0 : await silo.GetDigestAsync(cache.Name),
            contents.GetCurrentHashAsUInt64(),
            order.GetCurrentHashAsUInt64(),
            replicated,
            [.. old],
            Bytes(pages),
            Bytes(held));

        static byte[]? Bytes(ulong[]? hashes) => hashes is null ? null : MemoryMarshal.AsBytes(hashes.AsSpan()).ToArray();
    }

    private static ulong Hash(Page page, CacheVersion version)
    {
        var hash = new XxHash3();
        Append(hash, (ulong)page.Version);
        Append(hash, (ulong)version.Timestamp);
        Append(hash, version.Member);
        hash.Append(page.Body);
        return hash.GetCurrentHashAsUInt64();
    }

    private static void Append(XxHash3 hash, ulong value) => hash.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value)));
}
