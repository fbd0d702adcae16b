using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using McCache.Stress.Shared;

namespace McCache.Stress.Silo;

/// <summary>This silo's copy of the keys that are written, to be compared with the others' when all have become quiet.</summary>
/// <remarks>What a fill brought in is this silo's own affair: it has no version, and is compared with the floors only.</remarks>
internal sealed class Copy(CheckedCache cache, IGrainFactory grains)
{
    /// <summary>The grain is this silo's door to its cache, a stateless worker, so it is this silo that answers.</summary>
    private readonly ICacheExtension _silo = grains.GetGrain<ICacheGrain<string, long>>(CheckedCache.Name).AsReference<ICacheExtension>();

    internal async Task<CopyReport> ReadAsync(Order order)
    {
        var (contents, sequence) = (new XxHash3(), new XxHash3());
        var (old, replicated) = (new List<int>(), 0);
        var keys = order.ByKey ? new ulong[cache.Keys.Count] : null;
        foreach (var (name, value) in cache.Cache.ToArray())
        {
            if (!cache.TryGetNumber(name, out var key))
                continue;
            if (value < cache.Keys.Completed(key))
                old.Add(key);
            if (!cache.Cache.TryGetMetadata(name, out var metadata) || metadata.Version is not { } version)
                continue;
            replicated++;
            Span<ulong> words = [(ulong)key, (ulong)value, (ulong)version.Timestamp, version.Member];
            contents.Append(MemoryMarshal.AsBytes(words));
            sequence.Append(MemoryMarshal.AsBytes(words[..1]));
            if (keys is not null)
                keys[key] = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(words));
        }

        return new CopyReport(
            await _silo.GetDigestAsync(CheckedCache.Name),
            contents.GetCurrentHashAsUInt64(),
            sequence.GetCurrentHashAsUInt64(),
            replicated,
            [.. old],
            keys is null ? null : MemoryMarshal.AsBytes(keys.AsSpan()).ToArray(),
            order.Describe?.Select(Describe).ToArray());
    }

    private string Describe(int key)
    {
        var name = cache.NameOf(key);
        var place = cache.Cache.IndexOf(name);
        if (!cache.Cache.TryGetValue(name, out var value) || !cache.Cache.TryGetMetadata(name, out var metadata))
            return "none";
        var version = metadata.Version is { } written ? $"version {written.Timestamp:x}/{written.Member:x}" : "a fill";
        return string.Create(CultureInfo.InvariantCulture, $"{value}, {version}, at {place} of {cache.Cache.Count} (completed {cache.Keys.Completed(key)})");
    }
}
