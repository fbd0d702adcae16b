using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using McCache.Stress.Shared;

namespace McCache.Stress.Member;

/// <summary>This member's copy of the keys that are written, to be compared with the others' when all have become quiet.</summary>
/// <remarks>What a fill brought in is this member's own affair: it has no version, and is compared with the floors only; but what a client has been given by its gateway, or has written, is compared with what the silos have.</remarks>
internal sealed class Copy(CheckedCache cache, ICacheExtension? silo)
{
    internal async Task<CopyReport> ReadAsync(Order order)
    {
        var (contents, sequence) = (new XxHash3(), new XxHash3());
        var (old, replicated) = (new List<int>(), 0);
        var (keys, values) = order.ByKey ? (new ulong[cache.Keys.Count], new long[cache.Keys.Count]) : (null, null);
        foreach (var (name, value) in cache.Cache.ToArray())
        {
            if (!cache.TryGetNumber(name, out var key))
                continue;
            if (value < cache.Keys.Completed(key))
                old.Add(key);
            if (values is not null && silo is null && !cache.WasMadeHere(key, value))
                values[key] = value;
            if (!cache.Cache.TryGetMetadata(name, out var metadata) || metadata.Version is not { } version)
                continue;
            replicated++;
            Span<ulong> words = [(ulong)key, (ulong)value, (ulong)version.Timestamp, version.Member];
            contents.Append(MemoryMarshal.AsBytes(words));
            sequence.Append(MemoryMarshal.AsBytes(words[..1]));
            if (keys is not null)
                (keys[key], values![key]) = (XxHash3.HashToUInt64(MemoryMarshal.AsBytes(words)), value);
        }

        return new CopyReport(
            silo is null ? 0 : await silo.GetDigestAsync(CheckedCache.Name),
            contents.GetCurrentHashAsUInt64(),
            sequence.GetCurrentHashAsUInt64(),
            replicated,
            [.. old],
            keys is null ? null : MemoryMarshal.AsBytes(keys.AsSpan()).ToArray(),
            values,
            order.Describe?.Select(Describe).ToArray());
    }

    private string Describe(int key)
    {
        var name = cache.NameOf(key);
        var place = cache.Cache.IndexOf(name);
        if (!cache.Cache.TryGetValue(name, out var value) || !cache.Cache.TryGetMetadata(name, out var metadata))
            return "none";
        var version = metadata.Version is { } written ? $"version {written.Timestamp:x}/{written.Member:x}" : cache.WasMadeHere(key, value) ? "a fill" : "no version";
        return string.Create(CultureInfo.InvariantCulture, $"{value}, {version}, at {place} of {cache.Cache.Count} (completed {cache.Keys.Completed(key)})");
    }
}
