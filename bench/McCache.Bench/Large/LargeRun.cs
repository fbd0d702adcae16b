using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HdrHistogram;

namespace McCache.Bench.Large;

/// <summary>
/// One run: three silo processes, two processes for the raw copy, and all sizes in turn. Rounds of both kinds alternate, so that whatever else the machine does falls on both.
/// </summary>
internal sealed class LargeRun
{
    private const int Silos = 3;
    private const int WarmUpRounds = 2;
    private const int Slices = 2;
    private const double SliceSeconds = 2;
    private const long MaxMicroseconds = 120_000_000;
    private const double MiB = 1024 * 1024;

    private readonly Child[] _silos;
    private readonly Child _sender;
    private long _round;

    private LargeRun(Child[] silos, Child sender) => (_silos, _sender) = (silos, sender);

    /// <exception cref="ChildFailedException">A process has ended, or could not do what it was told.</exception>
    /// <exception cref="TimeoutException">A value did not come.</exception>
    public static async Task<IReadOnlyCollection<LargeRow>> RunAsync(long[] sizes, int rounds, CancellationToken cancellationToken)
    {
        await using var children = new Children();
        var run = await StartAsync(children);
        List<LargeRow> rows = [];
        foreach (var bytes in sizes)
        {
            await Console.Error.WriteLineAsync($"{bytes:N0} bytes");
            rows.Add(await run.MeasureAsync(bytes, rounds, cancellationToken));
        }

        return rows;
    }

    private static async Task<LargeRun> StartAsync(Children children)
    {
        var (ports, cluster) = (FreePorts(Silos), $"bench-{Guid.NewGuid():N}");
        var receiver = children.Start("The receiver", RawChild.Name, "");
        var sender = children.Start("The sender", RawChild.Name, "");
        var silos = new Child[Silos];
        for (var silo = 0; silo < Silos; silo++)
        {
            silos[silo] = children.Start($"Silo {silo + 1}", SiloChild.Name, new SiloSettings(silo + 1, Silos, cluster, ports[silo], ports[0]));
            if (silo == 0)
                await silos[0].Up;
        }

        await Task.WhenAll(silos.Select(silo => silo.Up));
        await sender.Up;
        await sender.AskAsync(new Order(0, Order.Connect, Port: (int)(await receiver.Up).Number));
        await Task.WhenAll(silos.Select(silo => silo.AskAsync(new Order(0, Order.Ping))));
        return new LargeRun(silos, sender);
    }

    private async Task<LargeRow> MeasureAsync(long bytes, int rounds, CancellationToken cancellationToken)
    {
        var (cache, raw) = (new List<double>(), new List<double>());
        for (var round = -WarmUpRounds; round < rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rawSeconds = await CopyAsync(bytes);
            var cacheSeconds = await ReplicateAsync(bytes);
            if (round < 0)
                await CheckAsync();
            else
                (raw, cache) = ([.. raw, rawSeconds], [.. cache, cacheSeconds]);
        }

        var (beside, besideRaw) = (new LongHistogram(1, MaxMicroseconds, 3), new LongHistogram(1, MaxMicroseconds, 3));
        for (var slice = 0; slice < Slices; slice++)
        {
            await VerbsAsync(besideRaw, () => CopyAsync(bytes), cancellationToken);
            await VerbsAsync(beside, () => ReplicateAsync(bytes), cancellationToken);
        }

        await _silos[0].AskAsync(new Order(0, Order.Remove));
        var (seconds, rawMebibytes) = (Median(cache), bytes / MiB / Median(raw));
        return new LargeRow(
            bytes,
            Math.Round(seconds, 6),
            Math.Round(bytes / MiB / seconds, 2),
            Math.Round(rawMebibytes, 2),
            Math.Round(bytes / MiB / seconds / rawMebibytes, 4),
            beside.GetValueAtPercentile(99),
            besideRaw.GetValueAtPercentile(99),
            (int)(await _silos[0].AskAsync(new Order(0, Order.Suspected))).Number);
    }

    private async Task<double> CopyAsync(long bytes)
    {
        var copied = await _sender.AskAsync(new Order(0, Order.Send, bytes));
        return Stopwatch.GetElapsedTime(copied.Start, copied.End).TotalSeconds;
    }

    /// <summary>From just before the first silo calls <c>SetAsync</c> until a read has yielded the value in every silo process.</summary>
    private async Task<double> ReplicateAsync(long bytes)
    {
        var round = ++_round;
        var others = _silos[1..].Select(silo => silo.AskAsync(new Order(0, Order.Await, bytes, round))).ToArray();
        await Task.WhenAll(_silos[1..].Select(silo => silo.AskAsync(new Order(0, Order.Ping)))); // they look out for it
        var put = await _silos[0].AskAsync(new Order(0, Order.Put, bytes, round));
        var served = (await Task.WhenAll(others)).Max(answer => answer.End);
        return Stopwatch.GetElapsedTime(put.Start, Math.Max(put.End, served)).TotalSeconds;
    }

    private async Task CheckAsync()
    {
        var hashes = await Task.WhenAll(_silos.Select(silo => silo.AskAsync(new Order(0, Order.Check))));
        if (hashes.Any(hash => hash.Number != hashes[0].Number))
            throw new ChildFailedException("The silos serve different values.");
    }

    /// <summary>Small coherent verbs from a silo that sets no large values, one at a time, while something else goes on without a pause.</summary>
    private async Task VerbsAsync(LongHistogram times, Func<Task> work, CancellationToken cancellationToken)
    {
        var verbs = _silos[1].AskAsync(new Order(0, Order.Verbs, Seconds: SliceSeconds));
        while (!verbs.IsCompleted)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await work();
        }

        var measured = (await verbs).Times!;
        for (var i = 0; i < measured.Length; i += 2)
            times.RecordValueWithCount(Math.Min(measured[i], MaxMicroseconds), measured[i + 1]);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }

    internal static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        try
        {
            Array.ForEach(listeners, listener => listener.Start()); // all are held until the last is found, so that they differ
            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            Array.ForEach(listeners, listener => listener.Dispose());
        }
    }

    /// <summary>The processes of a run; none is left after it.</summary>
    private sealed class Children : IAsyncDisposable
    {
        private readonly Stack<Child> _started = [];

        public Child Start(string name, string command, object settings)
        {
            _started.Push(Child.Start(name, command, settings));
            return _started.Peek();
        }

        /// <summary>The primary goes after the other silos: they take their leave in its membership table.</summary>
        public async ValueTask DisposeAsync()
        {
            while (_started.TryPop(out var child))
                await child.DisposeAsync();
        }
    }
}

/// <summary>What was measured for a size.</summary>
/// <param name="Bytes">The size of the value.</param>
/// <param name="Seconds">From <c>SetAsync</c> on one silo until all three have served it; the median of the rounds.</param>
/// <param name="MebibytesPerSecond">Bytes by seconds, though the value went to two others.</param>
/// <param name="RawTcpMebibytesPerSecond">The same bytes, once, from process to process.</param>
/// <param name="Ratio">The one by the other.</param>
/// <param name="SmallVerbP99">In microseconds: <c>SetAsync</c> of 64 bytes from another silo, while values of the size flow.</param>
/// <param name="SmallVerbP99BesideRaw">In microseconds: the same while only the raw copy runs.</param>
/// <param name="Suspected">Votes of silos against each other until then, and silos that have been declared dead.</param>
internal sealed record LargeRow(
    long Bytes,
    double Seconds,
    double MebibytesPerSecond,
    double RawTcpMebibytesPerSecond,
    double Ratio,
    long SmallVerbP99,
    long SmallVerbP99BesideRaw,
    int Suspected);
