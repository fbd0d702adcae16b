using System.Diagnostics;
using McCache.Bench.Processes;

namespace McCache.Bench.Wire.Floods;

/// <summary>
/// A way to make as many writes as a publisher can: of its own keys, in turn, each with the number of the write for a value. Every silo has its end of it. What its publisher can't know is known from the
/// board: no more than a window of writes is on its way.
/// </summary>
internal abstract class Flood(WireSettings settings, Board board)
{
    public const int Window = 20_000;
    private const int WritesPerTurn = 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    protected WireSettings Settings => settings;

    protected Board Board => board;

    public async Task<Answer> CarryOutAsync(Order order)
    {
        switch (order.Do)
        {
            case WireOrder.Prepare:
                await PrepareAsync((int)order.Round, order.Count);
                return new Answer(0);
            case WireOrder.Flood:
                return await RunAsync(TimeSpan.FromSeconds(order.Seconds));
            case WireOrder.Burst:
                return await Task.Run(() =>
                {
                    var start = Stopwatch.GetTimestamp();
                    Burst(FloodKeys.Of(settings.Number), order.Count);
                    return new Answer(0, start, Stopwatch.GetTimestamp());
                });
            case WireOrder.Check:
                return new Answer(0, Number: (ulong)await CountWrongAsync((int)order.Round, order.Bytes));
            default:
                return new Answer(0);
        }
    }

    /// <summary>Makes the keys of a publisher, and lets its receivers hold them.</summary>
    protected virtual ValueTask PrepareAsync(int publisher, int keys)
    {
        if (FloodKeys.Of(publisher).Length != keys)
            FloodKeys.Make(publisher, keys);
        return default;
    }

    /// <summary>Writes as fast as it goes, then waits until everything has come, or nothing has come for a while.</summary>
    /// <returns>From the first write to the last; how many; when the last had come, and how many had not.</returns>
    private async Task<Answer> RunAsync(TimeSpan time)
    {
        await Task.Yield();
        var keys = FloodKeys.Of(settings.Number);
        var before = Applied();
        var start = Stopwatch.GetTimestamp();
        long written = 0;
        for (; Stopwatch.GetElapsedTime(start) < time; written += WritesPerTurn)
        {
            await WriteAsync(keys, written, WritesPerTurn);
            await ThrottleAsync(before, written + WritesPerTurn);
        }

        Flush();
        var stop = Stopwatch.GetTimestamp();
        var (drained, lost) = await DrainAsync(before, written);
        return new Answer(0, start, stop, (ulong)written, [drained, lost]);
    }

    /// <summary>Writes one after the other, synchronously.</summary>
    protected abstract void Burst(string[] keys, int count);

    /// <summary>How many keys of a publisher are not as its writes have left them; of a flood whose receivers keep nothing, none.</summary>
    protected virtual ValueTask<int> CountWrongAsync(int publisher, long written) => new(0);

    protected abstract ValueTask WriteAsync(string[] keys, long first, int count);

    protected virtual void Flush()
    {
    }

    protected virtual async ValueTask ThrottleAsync(long before, long written)
    {
        while (written - (Applied() - before) > Window)
            await Task.Delay(1);
    }

    protected virtual async ValueTask<(long Drained, long Lost)> DrainAsync(long before, long written)
    {
        var (applied, since) = (Applied() - before, Stopwatch.GetTimestamp());
        while (applied < written && Stopwatch.GetElapsedTime(since) < s_patience)
        {
            await Task.Delay(1);
            var now = Applied() - before;
            if (now != applied)
                (applied, since) = (now, Stopwatch.GetTimestamp());
        }

        return (since, written - applied);
    }

    /// <summary>How many of this silo's writes have come at the slowest of the others.</summary>
    private long Applied() => Enumerable.Range(1, settings.Silos).Where(silo => silo != settings.Number).Min(silo => board.Applied(silo, settings.Number));
}

/// <summary>A flood as all processes know it.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Coherence">Of the cache, or what comes nearest to it in another; null for what is no cache.</param>
internal sealed record FloodName(string Name, Coherence? Coherence = null)
{
    public static readonly FloodName Invalidating = new("mccache", McCache.Coherence.Invalidate);
    public static readonly FloodName Replicating = new("mccache", McCache.Coherence.Replicate);
    public static readonly FloodName Batches = new("grain service batches of 100");
    public static readonly FloodName Single = new("grain service single");
    public static readonly FloodName Tcp = new("tcp batches");
    public static readonly FloodName Backplane = new("fusioncache backplane", McCache.Coherence.Invalidate);
    public static readonly FloodName SecondLevel = new("fusioncache second level", McCache.Coherence.Replicate);

    /// <summary>In the order in which they take their turns.</summary>
    public static readonly FloodName[] All = [Invalidating, Replicating, Batches, Single, Tcp, Backplane, SecondLevel];

    public int Index => Array.IndexOf(All, this);
}

/// <summary>The keys of floods: 16 characters, made beforehand.</summary>
internal static class FloodKeys
{
    private static readonly string[][] s_keys = [.. Enumerable.Range(0, 8).Select(_ => Array.Empty<string>())];

    public static string[] Of(int publisher) => s_keys[publisher];

    public static void Make(int publisher, int count) => s_keys[publisher] = Keys.Make($"p{publisher}:", count);

    /// <summary>Whose a key is.</summary>
    public static int Publisher(string key) => key[1] - '0';

    /// <summary>The number of the last write of a key, or -1, when they are written in turn.</summary>
    public static long Last(int key, int keys, long written) => key >= written ? -1 : key + ((written - 1 - key) / keys * keys);
}
