using System.Runtime.CompilerServices;

namespace McCache.Core;

/// <summary>A cheap guess at the bytes that an entry holds, for caches that have no measure of their own.</summary>
/// <remarks>
/// Strings and arrays of primitives count by their length, everything else by what it takes inside the entry: a class counts as a reference, whatever
/// hangs on it. Exact sizes need a measure, or <see cref="CacheEntryOptions.Size"/>.
/// </remarks>
internal static class SizeEstimate
{
    /// <summary>The entry object and its slot in the table, without key and value.</summary>
    internal const int EntryOverhead = 168;

    private const int ObjectOverhead = 24;

    internal static long Of<TKey, TValue>(TKey key, TValue value) => EntryOverhead + OfPart(key) + OfPart(value);

    /// <summary>A key with a value that is serialized still.</summary>
    internal static long OfPacked<TKey>(TKey key, long length) => EntryOverhead + OfPart(key) + length;

    private static long OfPart<T>(T part) => Unsafe.SizeOf<T>() + part switch
    {
        string text => ObjectOverhead + (2L * text.Length),
        byte[] bytes => ObjectOverhead + bytes.LongLength,
        Array { Rank: 1 } array when array.GetType().GetElementType()!.IsPrimitive => ObjectOverhead + (array.LongLength * RuntimeHelpers.SizeOf(array.GetType().GetElementType()!.TypeHandle)),
        _ => 0,
    };
}
