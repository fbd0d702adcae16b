using McCache.Stress.Shared;

namespace McCache.Stress.Run;

/// <summary>
/// A place in the run, at one address, and the silo or client processes that hold it one after another. A process that ends without having been killed is replaced: Orleans ends
/// a silo that was declared dead.
/// </summary>
internal sealed class MemberSlot(Place place, Func<ChildStart, ChildProcess> start, SharedKeys keys, Action<MemberSlot, StaleRead> onStale)
{
    private const int MaxHits = 60_000;
    private const int MaxRestarts = 50;
    private static readonly TimeSpan s_restartDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<(int Process, HitBucket Bucket)> _hits = [];
    private ChildProcess? _child;
    private Numbers _latest = new();
    private Numbers _ended = new();
    private bool _isClosing;

    internal Place Place => place;

    /// <summary>The number of the process that holds the place now; process numbers are unique within the run.</summary>
    internal int Process { get; private set; }

    internal string State { get; private set; } = "down";

    internal bool IsUp => State == "up";

    internal bool IsLoading { get; set; }

    /// <summary>Processes that ended although nobody had killed them.</summary>
    internal int Restarts { get; private set; }

    /// <summary>Processes that ended before they were up.</summary>
    internal int FailedStarts { get; private set; }

    internal MemoryHistory Memory { get; } = new();

    /// <summary>Of the present process.</summary>
    internal Numbers Latest => _latest;

    /// <summary>Of all processes that held the place.</summary>
    internal Numbers Total => Sum(_ended, _latest);

    internal void Start()
    {
        lock (_gate)
        {
            if (_isClosing)
                return;
            (_ended, _latest, State) = (Sum(_ended, _latest), new Numbers(), "starting");
            _child = start(new ChildStart(place, OnReport));
            Process = _child.Number;
            _ = FollowAsync(_child);
        }
    }

    internal async Task KillAsync()
    {
        State = "killed";
        await _child!.KillAsync();
    }

    internal void Pause()
    {
        State = "paused";
        Signals.Pause(_child!.Id);
    }

    internal void Continue()
    {
        Signals.Continue(_child!.Id);
        if (State == "paused")
            State = "up";
    }

    /// <summary>Orders, and waits for the answer.</summary>
    /// <returns>Null when the process ended before, or did not answer in time.</returns>
    internal async Task<Answer?> TryAskAsync(Order order, TimeSpan timeout)
    {
        try
        {
            return await _child!.AskAsync(order, timeout);
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
        {
            return null;
        }
    }

    internal void SampleMemory(long now)
    {
        if (_child?.ResidentBytes is { } bytes)
            Memory.Add(Process, now, bytes);
    }

    /// <summary>How the stable keys fared in a span of time, if one process held the place throughout.</summary>
    internal (long Hits, long Misses) HitsBetween(int process, long from, long to)
    {
        lock (_gate)
        {
            var within = _hits.Where(hit => hit.Process == process && hit.Bucket.At >= from && hit.Bucket.At < to);
            return within.Aggregate((0L, 0L), static (sum, hit) => (sum.Item1 + hit.Bucket.Hits, sum.Item2 + hit.Bucket.Misses));
        }
    }

    /// <summary>Lets the process stop in its own time, but no longer than this.</summary>
    internal async Task CloseAsync(TimeSpan patience)
    {
        lock (_gate)
            _isClosing = true;
        if (_child is null)
            return;
        _child.CloseInput();
        await Task.WhenAny(_child.Ended, Task.Delay(patience));
        _child.Dispose();
    }

    private void OnReport(int process, Report report)
    {
        if (report.Stale is { } stale)
            onStale(this, stale);
        if (report.Numbers is not { } numbers)
            return;
        lock (_gate)
        {
            if (process != Process)
                return;
            _latest = numbers;
            foreach (var bucket in numbers.Hits)
            {
                if (_hits.Count == MaxHits)
                    _hits.Dequeue();
                _hits.Enqueue((process, bucket));
            }
        }
    }

    private async Task FollowAsync(ChildProcess child)
    {
        try
        {
            await child.Ready;
            State = "up";
            if (IsLoading)
                await child.AskAsync(new Order(Orders.Load), TimeSpan.FromSeconds(30));
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
        {
            // It has ended, which is noticed below.
        }

        await child.Ended;
        keys.ReleaseLocksOf(child.Number);
        lock (_gate)
        {
            if (_isClosing || child.IsKilled)
                return;
            if (State == "starting")
                FailedStarts++;
            else
                Restarts++;
            State = "ended";
        }

        child.Dispose();
        await Task.Delay(s_restartDelay);
        if (Restarts + FailedStarts <= MaxRestarts)
            Start();
    }

    internal static Numbers Sum(Numbers a, Numbers b) => b with
    {
        Operations = a.Operations + b.Operations,
        Mutations = a.Mutations + b.Mutations,
        Reads = a.Reads + b.Reads,
        CoherentVerbs = a.CoherentVerbs + b.CoherentVerbs,
        FailedVerbs = a.FailedVerbs + b.FailedVerbs,
        StaleReads = a.StaleReads + b.StaleReads,
        Drops = a.Drops + b.Drops,
        Published = a.Published + b.Published,
        Applied = a.Applied + b.Applied,
        Gaps = a.Gaps + b.Gaps,
        Moves = a.Moves + b.Moves,
        LongestVerbSeconds = Math.Max(a.LongestVerbSeconds, b.LongestVerbSeconds),
        Hits = [],
    };
}

/// <summary>Whose process to start, and who takes its reports (with the number of its process).</summary>
internal sealed record ChildStart(Place Place, Action<int, Report> OnReport);
