namespace McCache.Bench.Wire;

/// <summary>The value of every path: the number of its write, and a hundred bytes.</summary>
[GenerateSerializer, Immutable, Alias("McCache.Bench.Item")]
internal sealed record Item([property: Id(0)] long Number, [property: Id(1)] string Text)
{
    private static readonly string s_text = new('x', 100);

    public static Item Make(long number) => new(number, s_text);
}

/// <summary>The keys: strings of 16 characters, made beforehand.</summary>
internal static class Keys
{
    /// <summary>Those of the writes under measurement; a turn has no more.</summary>
    public static readonly string[] Measured = Make("key", 64);

    /// <summary>Those of the load.</summary>
    public static readonly string[] Load = Make("els", 1_000);

    public static string Of(long number) => Measured[number % Measured.Length];

    public static string[] Make(string prefix, int count) => [.. Enumerable.Range(0, count).Select(key => $"{prefix}{key:D13}")];
}
