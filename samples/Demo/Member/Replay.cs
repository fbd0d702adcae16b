using System.Diagnostics;
using McCache.Demo.Shared;

namespace McCache.Demo.Member;

/// <summary>
/// Replays this member's share of the trace: of N silos and clients, the first takes lines 1, N + 1, 2N + 1 and so on, and after the last line the trace begins again. A line is a
/// request for a page through the cache; some are followed by an update of the page.
/// </summary>
internal sealed class Replay(MemberSettings settings, AccessTrace trace, IMcCache<string, Page> cache, VersionBoard board) : IDisposable
{
    /// <summary>Requests in flight. A hit needs no company; loads and coherent verbs are waited for side by side.</summary>
    public const int Workers = 4;

    /// <summary>How many requests a worker makes, when all are hits, before it lets others have the thread.</summary>
    private const int RequestsPerTurn = 32;

    /// <summary>SQLite lets in one writer at a time. Those of this process queue here, without a thread, not in SQLite's loop of sleeping and looking again.</summary>
    private readonly SemaphoreSlim _writer = new(1);

    private readonly int _members = settings.Silos + settings.Clients;
    private long _line = settings.Number - 1 - settings.Silos - settings.Clients;
    private long _started, _finished;
    private long _requests, _originLoads, _updates, _coherentVerbs, _staleReads;
    private string? _firstStaleRead;

    /// <summary>Runs until the time is up or it is told to finish; every request and verb that has begun is then completed.</summary>
    public async Task RunAsync(CancellationToken finish)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(finish);
        until.CancelAfter(TimeSpan.FromSeconds(settings.Seconds));
        Volatile.Write(ref _started, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(worker, until.Token), CancellationToken.None)));
        Volatile.Write(ref _finished, Stopwatch.GetTimestamp());
    }

    /// <summary>What has been counted so far.</summary>
    public MemberReport Read() => new()
    {
        Phase = _finished == 0 ? MemberPhase.Replaying : MemberPhase.Finished,
        Seconds = _started == 0 ? 0 : Stopwatch.GetElapsedTime(_started, _finished == 0 ? Stopwatch.GetTimestamp() : _finished).TotalSeconds,
        Requests = Volatile.Read(ref _requests),
        OriginLoads = Volatile.Read(ref _originLoads),
        Updates = Volatile.Read(ref _updates),
        CoherentVerbs = Volatile.Read(ref _coherentVerbs),
        StaleReads = Volatile.Read(ref _staleReads),
        FirstStaleRead = Volatile.Read(ref _firstStaleRead),
    };

    public void Dispose() => _writer.Dispose();

    private async Task WorkAsync(int worker, CancellationToken until)
    {
        using var origin = new Origin(settings.Workspace.Database);
        var random = new Random((settings.Number * Workers) + worker);
        for (var request = 1; !until.IsCancellationRequested; request++)
        {
            var page = trace.Requests[(int)(Interlocked.Add(ref _line, _members) % trace.Requests.Count)];
            await ReadAsync(page, origin);
            if (random.NextDouble() < settings.Updates)
                await UpdateAsync(page, origin);
            if (request % RequestsPerTurn == 0)
                await Task.Yield();
        }
    }

    /// <summary>A request for a page. It is stale if it yields a version older than one whose coherent verb had completed, anywhere, before it began.</summary>
    private async Task ReadAsync(int page, Origin origin)
    {
        var completed = board.Completed(page);
        var read = await cache.GetOrAddAsync(trace.Pages[page], (Replay: this, origin), static (key, state, _) => state.Replay.LoadAsync(key, state.origin));
        Interlocked.Increment(ref _requests);
        if (read.Version >= completed)
            return;
        Interlocked.Increment(ref _staleReads);
        var what = $"page {trace.Pages[page]} was read at version {read.Version} after the coherent verb for version {completed} had completed";
        Interlocked.CompareExchange(ref _firstStaleRead, what, null);
    }

    /// <summary>Runs within the request of the worker that owns the connection.</summary>
    private ValueTask<Page> LoadAsync(string key, Origin origin)
    {
        Interlocked.Increment(ref _originLoads);
        return new(origin.Load(key));
    }

    /// <summary>Writes to the database first, then tells the caches. Once that has completed, nobody may serve an older version: the board says so to all.</summary>
    private async Task UpdateAsync(int page, Origin origin)
    {
        if (settings.Coherence == Coherence.Invalidate)
        {
            await WriteAsync(page, origin);
        }
        else if (board.TryBeginWrite(page, settings.Number)) // else somebody is just updating it
        {
            try
            {
                await WriteAsync(page, origin);
            }
            finally
            {
                board.EndWrite(page, settings.Number);
            }
        }
    }

    private async Task WriteAsync(int page, Origin origin)
    {
        var key = trace.Pages[page];
        var updated = await UpdateOriginAsync(key, origin);
        Interlocked.Increment(ref _updates);
        if (!settings.Sabotage)
        {
            board.StampWrite(page);
            await (settings.Coherence == Coherence.Invalidate ? cache.RemoveAsync(key) : cache.SetAsync(key, updated));
            Interlocked.Increment(ref _coherentVerbs);
        }

        board.Complete(page, updated.Version);
    }

    private async Task<Page> UpdateOriginAsync(string key, Origin origin)
    {
        await _writer.WaitAsync();
        try
        {
            return origin.Update(key);
        }
        finally
        {
            _writer.Release();
        }
    }
}
