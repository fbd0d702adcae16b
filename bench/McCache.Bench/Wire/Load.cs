using System.Diagnostics;
using McCache.Bench.Wire.Paths;

namespace McCache.Bench.Wire;

/// <summary>The second writer: as many writes as are due, on a thread of its own, which then sleeps for a millisecond.</summary>
internal sealed class Load : IDisposable
{
    public const int WritesPerSecond = 20_000;
    private readonly Thread _thread;
    private volatile bool _isOver;

    public Load(WirePath path)
    {
        _thread = new Thread(() => Run(path)) { IsBackground = true, Name = "Load" };
        _thread.Start();
    }

    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
    }

    private void Run(WirePath path)
    {
        var start = Stopwatch.GetTimestamp();
        for (long written = 0; !_isOver; Thread.Sleep(1))
        {
            for (var due = (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * WritesPerSecond); written < due; written++)
                path.Load(written);
        }
    }
}
