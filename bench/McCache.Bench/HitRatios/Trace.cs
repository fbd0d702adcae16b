using System.IO.Compression;

namespace McCache.Bench.HitRatios;

/// <summary>A real access trace: one key a line, gzip.</summary>
internal static class Trace
{
    /// <summary>The requests as small numbers, and how many different ones there are.</summary>
    public static (int[] Keys, int Distinct) Read(FileInfo file)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var keys = new List<int>();
        using var reader = new StreamReader(new GZipStream(file.OpenRead(), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            if (!numbers.TryGetValue(line, out var number))
                numbers.Add(line, number = numbers.Count);
            keys.Add(number);
        }

        return ([.. keys], numbers.Count);
    }

    public static string NameOf(FileInfo file) => file.Name.Split('.')[0];
}
