namespace McCache.Bench.Subjects;

/// <summary>The keys of all operations: a thousand that are there, drawn by Zipf's law, and a cycle of others that are not.</summary>
internal sealed class KeySet<TKey>
{
    public KeySet(Func<int, TKey> make)
    {
        All = [.. Enumerable.Range(0, Keys.Count).Select(make)];
        Absent = [.. Enumerable.Range(Keys.Count, Rounds.Cycle).Select(make)];
        Drawn = Draw(All);
    }

    public IReadOnlyList<TKey> All { get; }

    /// <summary>Keys of <see cref="All"/>, a cycle of them.</summary>
    public TKey[] Drawn { get; }

    /// <summary>A cycle of different keys.</summary>
    public TKey[] Absent { get; }

    private static TKey[] Draw(IReadOnlyList<TKey> keys)
    {
        var random = new Random(42);
        var weights = new double[keys.Count];
        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++)
            weights[i] = sum += 1.0 / (i + 1);
        return [.. Enumerable.Range(0, Rounds.Cycle).Select(_ =>
        {
            var index = Array.BinarySearch(weights, random.NextDouble() * sum);
            return keys[Math.Min(index < 0 ? ~index : index, weights.Length - 1)];
        })];
    }
}

/// <summary>The three kinds of keys.</summary>
internal static class Keys
{
    public const int Count = 1_000;

    public static KeySet<string> Strings { get; } = new(Text);

    public static KeySet<long> Longs { get; } = new(static i => i * 7_919L);

    public static KeySet<PlaceKey> Structs { get; } = new(static i => new PlaceKey(i % 200, i));

    public static string Text(int i) => $"key:{i:D8}";
}
