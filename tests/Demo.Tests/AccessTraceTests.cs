using System.IO.Compression;
using McCache.Demo.Command;
using McCache.Demo.Shared;

namespace McCache.Demo.Tests;

public sealed class AccessTraceTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Bundled_trace_is_the_whole_one()
    {
        var trace = AccessTrace.Read(DemoOptions.BundledTrace);

        Assert.Equal(("web07", 76_118, 20_484, 5_121), (trace.Name, trace.Requests.Count, trace.Pages.Count, trace.CacheCapacity(Coherence.Invalidate)));
        Assert.Equal(20_484, trace.CacheCapacity(Coherence.Replicate));
    }

    [Fact]
    public void Plain_text_is_read_and_blank_lines_are_skipped()
    {
        File.WriteAllText(_file, "b\n\na\r\n b \n");

        var trace = AccessTrace.Read(_file);

        Assert.Equal(["b", "a"], trace.Pages);
        Assert.Equal([0, 1, 0], trace.Requests);
        Assert.Equal(1, trace.IndexOf("a"));
    }

    [Fact]
    public void Gzip_is_told_by_its_content_not_by_its_name()
    {
        using (var gzip = new GZipStream(File.Create(_file), CompressionMode.Compress))
            gzip.Write("x\ny\n"u8);

        Assert.Equal(["x", "y"], AccessTrace.Read(_file).Pages);
    }
}
