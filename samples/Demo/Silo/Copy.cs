using System.IO.Hashing;
using System.Runtime.InteropServices;
using McCache.Demo.Shared;

namespace McCache.Demo.Silo;

/// <summary>This silo's copy of the pages, to be compared with the others' when all have become quiet.</summary>
/// <remarks>What a fill brought in is this silo's own affair: it has no version, and is compared with the board only.</remarks>
internal sealed class Copy(IMcCache<string, Page> cache, IGrainFactory grains, AccessTrace trace, VersionBoard board)
{
    /// <summary>The grain is this silo's door to its cache, a stateless worker, so it is this silo that answers.</summary>
    private readonly ICacheExtension _silo = grains.GetGrain<ICacheGrain<string, Page>>(cache.Name).AsReference<ICacheExtension>();

    /// <param name="isByPage">Whether to list the pages.</param>
    public async Task<CopyReport> ReadAsync(bool isByPage)
    {
        var (contents, order) = (new XxHash3(), new XxHash3());
        var (old, replicated) = (new List<int>(), 0);
        var pages = isByPage ? new ulong[trace.Pages.Count] : null;
        foreach (var (key, page) in cache.ToArray())
        {
            var index = trace.IndexOf(key);
            if (page.Version < board.Completed(index))
                old.Add(index);
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
            await _silo.GetDigestAsync(cache.Name),
            contents.GetCurrentHashAsUInt64(),
            order.GetCurrentHashAsUInt64(),
            replicated,
            [.. old],
            pages is null ? null : MemoryMarshal.AsBytes(pages.AsSpan()).ToArray());
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
