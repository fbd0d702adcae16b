using System.Diagnostics;
using System.Runtime.CompilerServices;
using McCache.Bench.Subjects;

namespace McCache.Bench.Memory;

/// <summary>What a filled cache keeps alive, keys and values aside, and how long an insertion took.</summary>
internal readonly record struct Retained(int Count, double BytesPerEntry, double NanosecondsPerInsertion)
{
    public const int Entries = 100_000;
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);
    private static readonly string[] s_keys = [.. Enumerable.Range(0, Entries).Select(Keys.Text)];

    public static Retained By<TSubject>(Func<TSubject> create)
        where TSubject : struct, IStringSubject
    {
        _ = s_keys; // made before memory is first looked at
        var before = Live();
        var retained = Fill(create, before);
        AwaitRelease(before);
        return retained;
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // nothing of the cache stays on the caller's stack
    private static Retained Fill<TSubject>(Func<TSubject> create, long before)
        where TSubject : struct, IStringSubject
    {
        var subject = create();
        var start = Stopwatch.GetTimestamp();
        Loops.Filled(subject, s_keys);
        var time = Stopwatch.GetElapsedTime(start);
        var bytes = Live() - before;
        var count = subject.Count;
        GC.KeepAlive(subject);
        return new(count, (double)bytes / count, time.TotalNanoseconds / Entries);
    }

    /// <summary>A cache whose timers hold it for a while must not leave while the next one is measured. Those of the silo stay.</summary>
    private static void AwaitRelease(long before)
    {
        var start = Stopwatch.GetTimestamp();
        while (Live() - before > 10 * Entries && Stopwatch.GetElapsedTime(start) < s_patience)
        {
            // It is there still.
        }
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
