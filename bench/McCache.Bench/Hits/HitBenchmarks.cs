using BenchmarkDotNet.Attributes;

namespace McCache.Bench.Hits;

/// <summary>One look-up or write at a time, on keys drawn by Zipf's law from a thousand strings, on one thread and on two.</summary>
/// <typeparam name="TSubject">The cache.</typeparam>
[GenericTypeArguments(typeof(ConcurrentDictionarySubject))]
[GenericTypeArguments(typeof(McCacheSubject))]
[GenericTypeArguments(typeof(ConcurrentLruSubject))]
[GenericTypeArguments(typeof(ConcurrentTLruSubject))]
[GenericTypeArguments(typeof(MemoryCacheSubject))]
[MemoryDiagnoser]
public class HitBenchmarks<TSubject>
    where TSubject : struct, ISubject
{
    private const int Keys = 1_000;
    private const int Draws = 1 << 16;
    private static readonly string[] s_keys = [.. Enumerable.Range(0, Keys).Select(i => $"key:{i:D8}")];
    private static readonly string[] s_absent = [.. Enumerable.Range(0, Draws).Select(i => $"absent:{i:D8}")];
    private readonly string[] _draws = Zipf();
    private TSubject _subject;

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _subject = New();
        foreach (var key in s_keys)
            _subject.Set(key, key);
    }

    [Benchmark(OperationsPerInvoke = Draws)]
    public void Hit() => OnThreads(offset =>
    {
        var found = 0;
        for (var i = 0; i < Draws; i++)
            found += _subject.TryGet(_draws[(i + offset) & (Draws - 1)], out _) ? 1 : 0;
        return found;
    });

    [Benchmark(OperationsPerInvoke = Draws)]
    public void Miss() => OnThreads(offset =>
    {
        var found = 0;
        for (var i = 0; i < Draws; i++)
            found += _subject.TryGet(s_absent[(i + offset) & (Draws - 1)], out _) ? 1 : 0;
        return found;
    });

    [Benchmark(OperationsPerInvoke = Draws)]
    public void Set() => OnThreads(offset =>
    {
        for (var i = 0; i < Draws; i++)
        {
            var key = _draws[(i + offset) & (Draws - 1)];
            _subject.Set(key, key);
        }

        return 0;
    });

    /// <summary>A miss, a factory, an insertion, and where there is a bound an eviction: 65,536 keys in turn through room for 1,000.</summary>
    [Benchmark(OperationsPerInvoke = Draws)]
    public void Fill()
    {
        if (typeof(TSubject) == typeof(ConcurrentDictionarySubject))
            _subject = New(); // unbounded: it would be full of hits the second time
        OnThreads(offset =>
        {
            for (var i = 0; i < Draws; i++)
                _subject.GetOrAdd(s_absent[(i + offset) & (Draws - 1)]);
            return 0;
        });
    }

    private static TSubject New()
    {
        var subject = default(TSubject);
        subject.Create(Keys);
        return subject;
    }

    // Each thread does all the draws, so nanoseconds are those that a thread waits for one operation.
    private void OnThreads(Func<int, int> work)
    {
        if (Threads == 1)
        {
            work(0);
            return;
        }

        var other = Task.Factory.StartNew(() => work(Draws / 2), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        work(0);
        other.GetAwaiter().GetResult();
    }

    private static string[] Zipf()
    {
        var random = new Random(42);
        var weights = new double[Keys];
        var sum = 0.0;
        for (var i = 0; i < Keys; i++)
            weights[i] = sum += 1.0 / (i + 1);
        return [.. Enumerable.Range(0, Draws).Select(_ =>
        {
            var index = Array.BinarySearch(weights, random.NextDouble() * sum);
            return s_keys[Math.Min(index < 0 ? ~index : index, Keys - 1)];
        })];
    }
}
