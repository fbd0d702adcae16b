using System.Diagnostics;
using McCache.Bench.Subjects;

namespace McCache.Bench.Memory;

/// <summary>What a filled cache keeps alive, keys and values aside, and how long an insertion took.</summary>
internal readonly record struct Retained(int Count, double BytesPerEntry, double NanosecondsPerInsertion)
{
    public const int Entries = 100_000;
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(100);
    private static readonly string[] s_keys = [.. Enumerable.Range(0, Entries).Select(Keys.Text)];

    public static Retained By<TSubject>(Func<TSubject> create)
        where TSubject : struct, IStringSubject
    {
        _ = s_keys; // made before memory is first looked at
        var before = Live();
        var subject = create();
        var start = Stopwatch.GetTimestamp();
        Loops.Filled(subject, s_keys);
        var time = Stopwatch.GetElapsedTime(start);
        var bytes = Live() - before;
        var count = subject.Count;
        GC.KeepAlive(subject);
        return new(count, (double)bytes / count, time.TotalNanoseconds / Entries);
    }

    /// <summary>Some keep their books in the background, and what was measured before may still be held there: so it is looked at until it no longer changes.</summary>
    private static long Live()
    {
        for (var last = long.MaxValue; ;)
        {
            Thread.Sleep(s_settling);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var live = GC.GetTotalMemory(forceFullCollection: false);
            if (Math.Abs(live - last) < Entries)
                return live;
            last = live;
        }
    }
}
