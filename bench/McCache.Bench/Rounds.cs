using System.Diagnostics;

namespace McCache.Bench;

/// <summary>Something to measure: a loop of <see cref="Rounds.Operations"/> operations from a position on, and another one for the second thread, if that is to do something else, uncounted.</summary>
internal sealed record Candidate(string Name, Action<int> Loop, Action<int>? Beside = null)
{
    /// <summary>Where the next turn begins, so that keys that are used in turn go on from turn to turn.</summary>
    public int Position { get; set; }
}

/// <summary>What a candidate has taken: medians over the rounds. The ratio is the median of each round's own.</summary>
internal sealed record Figure(string Name, int Threads, double NsPerOperation, double Ratio, double BytesPerOperation);

/// <summary>Measures candidates in turn, again and again, in short turns, so that whatever else the machine does falls on all of them; the first is the baseline.</summary>
internal sealed class Rounds(bool quick)
{
    /// <summary>What a loop does between two looks at the clock.</summary>
    public const int Operations = 2_048;

    /// <summary>Positions come round after so many operations.</summary>
    public const int Cycle = 1 << 16;

    // Tiered compilation is left as programs have it. The highest tier comes in the background, once nothing new has been compiled for 100 ms: hence two turns of warm-up, and long ones.
    private const int WarmUpTurns = 2;

    // Short, so that most turns are not interrupted even where others work as well: then the medians are those of undisturbed turns.
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(10);
    private readonly TimeSpan _warmUpTurn = TimeSpan.FromMilliseconds(quick ? 250 : 500);
    private readonly int _rounds = quick ? 21 : 101;

    // A machine with much else to do makes fewer rounds of it.
    private const int MinRounds = 5;
    private readonly TimeSpan _patience = TimeSpan.FromSeconds(quick ? 3 : 18);

    /// <summary>All candidates on each of the numbers of threads.</summary>
    public IReadOnlyList<Figure> Measure(string scenario, IReadOnlyList<Candidate> candidates, params int[] threads)
    {
        Console.Error.WriteLine(scenario);
        for (var turn = 0; turn < WarmUpTurns; turn++)
        {
            foreach (var candidate in candidates)
                Run(candidate, threads[^1], _warmUpTurn);
        }

        return [.. threads.SelectMany(count => Measure(candidates, count))];
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private IEnumerable<Figure> Measure(IReadOnlyList<Candidate> candidates, int threads)
    {
        var turns = candidates.Select(_ => new List<Turn>()).ToArray();
        var start = Stopwatch.GetTimestamp();
        for (var round = 0; round < _rounds && (round < MinRounds || Stopwatch.GetElapsedTime(start) < _patience); round++)
        {
            for (var i = 0; i < candidates.Count; i++)
            {
                var candidate = (i + round) % candidates.Count; // none always comes after the same other
                turns[candidate].Add(Run(candidates[candidate], threads, s_turn));
            }
        }

        return candidates.Zip(turns, (candidate, own) => new Figure(
            candidate.Name,
            threads,
            Math.Round(Median(own.Select(turn => turn.Nanoseconds)), 2),
            Math.Round(Median(own.Zip(turns[0], (turn, baseline) => turn.Nanoseconds / baseline.Nanoseconds)), 3),
            Math.Round(Median(own.Select(turn => turn.Bytes)), 1)));
    }

    /// <summary>One turn. Each thread goes on until the time is over, so that none is ever alone; time is per operation of a thread.</summary>
    private static Turn Run(Candidate candidate, int threads, TimeSpan time)
    {
        using var barrier = new Barrier(threads);
        var counted = new Turn[candidate.Beside is null ? threads : 1];
        var others = Enumerable.Range(1, threads - 1).Select(thread => new Thread(() => RunThread(thread))).ToArray();
        Array.ForEach(others, other => other.Start());
        RunThread(0);
        Array.ForEach(others, other => other.Join());
        return new Turn(counted.Average(turn => turn.Nanoseconds), counted.Average(turn => turn.Bytes));

        void RunThread(int thread)
        {
            var isCounted = thread < counted.Length;
            var loop = isCounted ? candidate.Loop : candidate.Beside!;
            var position = (candidate.Position + (thread * Cycle / threads)) % Cycle;
            var operations = 0L;
            barrier.SignalAndWait();
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            TimeSpan elapsed;
            do
            {
                loop(position);
                position = (position + Operations) % Cycle;
                operations += Operations;
                elapsed = Stopwatch.GetElapsedTime(start);
            }
            while (elapsed < time);
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            if (isCounted)
                counted[thread] = new Turn(elapsed.TotalNanoseconds / operations, (double)bytes / operations);
            if (thread == 0)
                candidate.Position = position;
        }
    }

    private readonly record struct Turn(double Nanoseconds, double Bytes);
}
