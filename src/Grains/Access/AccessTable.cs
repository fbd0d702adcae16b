using System.Collections.Concurrent;
using System.Collections.Frozen;
using Orleans.Serialization.Invocation;

namespace McCache.Grains;

/// <summary>Which operation a call is. A method that is not listed is taken for the worst, so that a new one is refused to clients until somebody has thought about it.</summary>
internal static class AccessTable
{
    private static readonly FrozenDictionary<string, McCacheOperation> s_grain = new Dictionary<string, McCacheOperation>
    {
        [nameof(ICacheGrain<,>.TryGetAsync)] = McCacheOperation.Read,
        [nameof(ICacheGrain<,>.ContainsKeyAsync)] = McCacheOperation.Read,
        [nameof(ICacheGrain<,>.GetRangeAsync)] = McCacheOperation.Read,
        [nameof(ICacheGrain<,>.CountAsync)] = McCacheOperation.Read,
        [nameof(ICacheGrain<,>.EnumerateAsync)] = McCacheOperation.Read,
        [nameof(ICacheGrain<,>.SetAsync)] = McCacheOperation.Write,
        [nameof(ICacheGrain<,>.SetRangeAsync)] = McCacheOperation.Write,
        [nameof(ICacheGrain<,>.RemoveAsync)] = McCacheOperation.Write,
        [nameof(ICacheGrain<,>.RemoveByTagAsync)] = McCacheOperation.Write,
        [nameof(ICacheGrain<,>.ClearAsync)] = McCacheOperation.Write,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, McCacheOperation> s_extension = new Dictionary<string, McCacheOperation>
    {
        [nameof(ICacheExtension.GetStatisticsAsync)] = McCacheOperation.ReadStatistics,
        [nameof(ICacheExtension.GetDigestAsync)] = McCacheOperation.ReadStatistics,
        [nameof(ICacheExtension.GetMetadataAsync)] = McCacheOperation.ReadMetadata,
        [nameof(ICacheExtension.EvictAsync)] = McCacheOperation.Evict,
        [nameof(ICacheExtension.ClearAsync)] = McCacheOperation.Evict,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, McCacheOperation> s_administration = new Dictionary<string, McCacheOperation>
    {
        [nameof(IMcCacheAdministration.GetStatisticsAsync)] = McCacheOperation.ReadStatistics,
        [nameof(IMcCacheAdministration.GetDigestsAsync)] = McCacheOperation.ReadStatistics,
        [nameof(IMcCacheAdministration.GetMetadataAsync)] = McCacheOperation.ReadMetadata,
        [nameof(IMcCacheAdministration.GetSnapshotsAsync)] = McCacheOperation.ReadStatistics,
        [nameof(IMcCacheAdministration.GetKeysAsync)] = McCacheOperation.ReadMetadata,
        [nameof(IMcCacheAdministration.GetMetadataByTextAsync)] = McCacheOperation.ReadMetadata,
        [nameof(IMcCacheAdministration.EvictByTextAsync)] = McCacheOperation.Evict,
        [nameof(IMcCacheAdministration.RepairAsync)] = McCacheOperation.Evict,
        [nameof(IMcCacheAdministration.RemoveByTextAsync)] = McCacheOperation.Clear,
        [nameof(IMcCacheAdministration.RemoveByTagAsync)] = McCacheOperation.Clear,
        [nameof(IMcCacheAdministration.EvictAsync)] = McCacheOperation.Evict,
        [nameof(IMcCacheAdministration.EvictAllAsync)] = McCacheOperation.Evict,
        [nameof(IMcCacheAdministration.ClearAsync)] = McCacheOperation.Clear,
    }.ToFrozenDictionary();

    private static readonly ConcurrentDictionary<Type, FrozenDictionary<string, McCacheOperation>?> s_tables = new();

    /// <summary>The operations of an interface; null for one that is not the caches'.</summary>
    internal static FrozenDictionary<string, McCacheOperation>? Find(Type type) => s_tables.GetOrAdd(
        type,
        static type => type == typeof(ICacheExtension) ? s_extension
            : type == typeof(IMcCacheAdministration) ? s_administration
            : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ICacheGrain<,>) ? s_grain
            : null);

    /// <summary>What a call wants; null for one that is not the caches'.</summary>
    /// <param name="call">The call.</param>
    /// <param name="target">The grain that it goes to.</param>
    internal static (McCacheOperation Operation, string? Cache)? Find(IInvokable call, GrainId target)
    {
        if (call.GetInterfaceType() == typeof(IAsyncEnumerableGrainExtension))
        {
            // The first call of an enumeration brings the call that is to be enumerated; those after it name their enumeration.
            for (var i = 0; i < call.GetArgumentCount(); i++)
            {
                if (call.GetArgument(i) is IInvokable enumerated)
                    return Find(enumerated, target);
            }

            return null;
        }

        if (Find(call.GetInterfaceType()) is not { } table)
            return null;
        var cache = table == s_grain ? target.Key.ToString() : call.GetArgumentCount() > 0 ? call.GetArgument(0) as string : null;
        return (table.GetValueOrDefault(call.GetMethod().Name, McCacheOperation.Clear), cache);
    }

    /// <summary>The caches whose keys a call wants besides.</summary>
    internal static IReadOnlyList<string> FindKeysOf(IInvokable call) => call.GetArgumentCount() > 0 && call.GetArgument(0) is SnapshotRequest request ? request.TopKeysOf : [];
}
