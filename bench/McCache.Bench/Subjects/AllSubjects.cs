namespace McCache.Bench.Subjects;

/// <summary>Is shown every cache with string keys.</summary>
internal interface IStringVisitor
{
    /// <param name="name">What the rows call the cache.</param>
    /// <param name="create">Makes an empty one.</param>
    void Visit<TSubject>(string name, Func<TSubject> create)
        where TSubject : struct, IStringSubject;
}

/// <summary>Is shown every cache that can have other keys.</summary>
internal interface IVisitor<TKey>
{
    /// <inheritdoc cref="IStringVisitor.Visit"/>
    void Visit<TSubject>(string name, Func<TSubject> create)
        where TSubject : struct, ISubject<TKey>;
}

/// <summary>The caches that are compared, the baseline first. All have the same room, but for the baseline, which has no bound.</summary>
internal static class AllSubjects
{
    public const string TLru = "BitFaster ConcurrentTLru";
    private const string Baseline = "ConcurrentDictionary";
    private const string Ours = "McCache";
    private const string Lru = "BitFaster ConcurrentLru";
    private const string Lfu = "BitFaster ConcurrentLfu";
    private const string Memory = "MemoryCache";

    public static void VisitStrings(OneSilo silo, int capacity, IStringVisitor visitor, bool isReplicatedToo)
    {
        visitor.Visit(Baseline, () => new ConcurrentDictionarySubject());
        visitor.Visit(Ours, () => new McCacheSubject(silo.Take<string>(capacity, Coherence.Invalidate)));
        if (isReplicatedToo)
            visitor.Visit($"{Ours} replicated", () => new McCacheSubject(silo.Take<string>(capacity, Coherence.Replicate)));
        visitor.Visit(Lru, () => new ConcurrentLruSubject(capacity));
        visitor.Visit(TLru, () => new ConcurrentTLruSubject(capacity));
        visitor.Visit(Lfu, () => new ConcurrentLfuSubject(capacity));
        visitor.Visit(Memory, () => new MemoryCacheSubject(capacity));
        visitor.Visit("HybridCache", () => new HybridCacheSubject(capacity));
        visitor.Visit("FusionCache", () => new FusionCacheSubject(capacity));
    }

    public static void Visit<TKey>(OneSilo silo, int capacity, IVisitor<TKey> visitor)
        where TKey : struct
    {
        visitor.Visit(Baseline, () => new ConcurrentDictionarySubject<TKey>());
        visitor.Visit(Ours, () => new McCacheSubject<TKey>(silo.Take<TKey>(capacity, Coherence.Invalidate)));
        visitor.Visit(Lru, () => new ConcurrentLruSubject<TKey>(capacity));
        visitor.Visit(TLru, () => new ConcurrentTLruSubject<TKey>(capacity));
        visitor.Visit(Lfu, () => new ConcurrentLfuSubject<TKey>(capacity));
        visitor.Visit(Memory, () => new MemoryCacheSubject<TKey>(capacity));
    }
}
