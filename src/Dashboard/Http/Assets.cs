using System.IO.Hashing;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McCache.Dashboard;

/// <summary>The files of the page, from the assembly itself.</summary>
internal static class Assets
{
    private static readonly Dictionary<string, string> s_types = new()
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    private static readonly Dictionary<string, (byte[] Bytes, EntityTagHeaderValue Tag)> s_files = Read();

    internal static IEnumerable<string> Names => s_files.Keys;

    internal static IResult Get(string name)
        => s_files.TryGetValue(name, out var file)
            ? TypedResults.Bytes(file.Bytes, s_types[Path.GetExtension(name)], entityTag: file.Tag)
            : TypedResults.NotFound();

    private static Dictionary<string, (byte[] Bytes, EntityTagHeaderValue Tag)> Read()
    {
        var assembly = typeof(Assets).Assembly;
        return assembly.GetManifestResourceNames().Where(name => s_types.ContainsKey(Path.GetExtension(name))).ToDictionary(name => name, name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return (bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(XxHash3.Hash(bytes))}\""));
        });
    }
}
