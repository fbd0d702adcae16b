namespace McCache.Bench.Subjects;

/// <summary>A cache under measurement.</summary>
/// <remarks>
/// Implemented by structs, so that the harness adds no virtual call to anybody's figure. Those with string keys are not generic: code that is compiled once for all reference types looks its
/// types up while it runs, which made hits up to a third dearer, and not for all caches alike.
/// </remarks>
internal interface ISubject<TKey>
{
    bool TryGet(TKey key, out string? value);

    void Set(TKey key, string value);
}

/// <summary>The same, with everything that is measured with string keys only.</summary>
internal interface IStringSubject : ISubject<string>
{
    /// <summary>The entries that it holds.</summary>
    int Count { get; }

    /// <summary>Looks the key up, and on a miss runs a factory and keeps its value.</summary>
    string GetOrAdd(string key);

    void Remove(string key);

    /// <summary>Removes the oldest key, where the cache has no bound of its own.</summary>
    void Evict(string oldest)
    {
    }
}
