using McCache.Core;
using McCache.Streaming;

namespace McCache.Client;

/// <summary>A cache whose members take what one writes: the newest version of each key wins, so all end with the same entries in the same order.</summary>
/// <remarks>
/// <para><b>Versions</b> are the stamps of frames. A verb gets its own under the memory's lock, so that lanes, versions and memory have one order.</para>
/// <para><b>Coherent verbs</b> win over whatever had been applied anywhere before they began, whatever the clocks say: when a receiver holds something newer, the verb is made again, and its
/// version is then later than that. When a place has gone, or what was sent to it was lost, nobody knows what was there; what it had told others is known to them when the verb has been made again.</para>
/// <para><b>Before the start</b> this member may not have heard every other's clock, and would write versions that others take for past. So changes are kept, and made when it starts. By then another
/// member's coherent verb may have superseded a value whose dictionary verb has returned: of that only a removal is kept. The value of a coherent verb, which has not returned, is set.</para>
/// </remarks>
internal sealed partial class ReplicatedCache<TKey, TValue> : MemberCache<TKey, TValue>
    where TKey : notnull
{
    private const int MaxEarlyChanges = 10_000;
    private const int MaxEarlyBytes = 16 * 1024 * 1024;

    private readonly McCacheOptions _options;
    private readonly Lock _earlyGate = new();
    private Queue<EarlyChange>? _early = new();
    private long _earlyBytes, _repeats;
    private bool _isMakingEarlyChanges;

    internal ReplicatedCache(LocalCache<TKey, TValue> local, CacheMember member, CacheOptions options)
        : base(local, member, options)
    {
        _options = member.Options;
        local.ExpiryMargin = (long)_options.MaxClockSkew.TotalMilliseconds;
        _time = member.Time;
        _timer = member.Time.CreateTimer(static cache => _ = ((ReplicatedCache<TKey, TValue>)cache!).RepairAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Channel.Attach(Stream, this);
        Rearm(TimeSpan.Zero);
    }

    public override bool IsReplica => true;

    /// <summary>Whether what is written is still kept for the start.</summary>
    internal bool IsEarly => Volatile.Read(ref _early) is not null;

    private new IReplicaChannel Channel => (IReplicaChannel)base.Channel;

    // Verbs. ------------------------------------------------------------------------------------------------------------------------------

    internal override OutgoingChange SetChange(TKey key, TValue value, CacheEntryOptions? options)
    {
        var terms = EntryTerms.Of(options, Local.DefaultTimeToLive);
        var change = NewChange(CacheOperation.Set, 0, static (_, _) => { });
        try
        {
            WireEntry.Write(change, default, terms, Keys, key);
            CacheFrame.CheckSize(change.Written.Length, "key"); // with its tags
            change.BeginContent(CacheFrame.HeaderSize, _options.MaxInlineValueBytes);
            Values.Write(change, value);
            return change.EndContent() is not { } large || large.Length <= _options.MaxLargeValueBytes
                ? change
                : throw new ArgumentException(
                    $"The value takes {large.Length} bytes; in replicated cache '{Name}' it may take at most McCacheOptions.{nameof(McCacheOptions.MaxLargeValueBytes)}, which is {_options.MaxLargeValueBytes}. Nothing was changed.",
                    nameof(value));
        }
        catch
        {
            change.Dispose();
            throw;
        }
    }

    internal override OutgoingChange MoveChange(TKey key, bool isLast) => KeyChange(isLast ? CacheOperation.MoveToLast : CacheOperation.MoveToFirst, key);

    public override CacheVersion Send(OutgoingChange change)
    {
        lock (_earlyGate)
        {
            if (_early is not null)
            {
                KeepEarly(_early, change);
                return default;
            }
        }

        var stamp = Publish(change);
        if (stamp == 0)
            return default;
        var version = new CacheVersion(stamp, Channel.Member);
        if (change.Large is { } large)
            Keep(change.KeyHash, version, large);
        return version;
    }

    private protected override async ValueTask CompleteAsync(OutgoingChange change, Action make)
    {
        using (change)
        {
            for (var isInformed = false; ;)
            {
                var met = await change.Settled;
                if (met == Settlement.OutOfReach)
                    throw new InvalidOperationException(
                        $"Another member's version of what was written to cache '{Name}' is further ahead of this member's wall clock than McCacheOptions.{nameof(McCacheOptions.MaxClockSkew)} ({_options.MaxClockSkew}), and holds there. Set the clocks right.");
                if (met == Settlement.Clean || (met == Settlement.Overruled && isInformed))
                {
                    EndVerb(change);
                    return;
                }

                isInformed = met == Settlement.Overruled; // then every place has told what it held, and this member's clock is past it
                change.Settled = default; // if nothing is sent this time, nothing is to be waited for
                change.OnBehalfOf = null; // its client may have read what somebody else wrote meanwhile
                if (change.Again is { } again)
                {
                    again();
                    return;
                }

                make();
                OnMadeAgain();
            }
        }
    }

    private protected override void OnMadeAgain() => Interlocked.Increment(ref _repeats);

    // Before the start. ---------------------------------------------------------------------------------------------------------------------

    private void KeepEarly(Queue<EarlyChange> early, OutgoingChange change)
    {
        if (early.Count == MaxEarlyChanges || _earlyBytes + change.Written.Length + (change.IsAwaited ? change.Large?.Length ?? 0 : 0) > MaxEarlyBytes)
            throw new InvalidOperationException($"Too much was written to cache '{Name}' before this member had started. Nothing was changed.");
        var payload = change.Written.ToArray();
        if (!change.IsAwaited && payload[0] == (byte)CacheOperation.Set && WireEntry.TryRead(payload.AsSpan(CacheFrame.HeaderSize), out var entry))
            payload = [(byte)CacheOperation.Remove, .. entry.Key];
        else
            change.Large?.TryAcquire();
        var kept = new EarlyChange(payload, change.IsAwaited ? change.Large : null, change.KeyHash, change.IsAwaited ? new(TaskCreationOptions.RunContinuationsAsynchronously) : null, change.Token);
        if (kept.Settled is { } settled)
            change.Settled = new(settled.Task.WaitAsync(change.Token));
        early.Enqueue(kept);
        _earlyBytes += kept.Payload.Length + (kept.Large?.Length ?? 0);
    }

    /// <summary>Makes the changes that were kept, as this member's own, one after another; those that come meanwhile queue behind them.</summary>
    private void MakeEarlyChanges()
    {
        if (Volatile.Read(ref _early) is null)
            return;
        Volatile.Write(ref _isMakingEarlyChanges, true);
        while (TryTake(out var change))
        {
            try
            {
                Make(change);
            }
#pragma warning disable CA1031 // A frame may be larger than a lane; whoever waits is told.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                change.Settled?.TrySetException(exception);
                _ = change.Settled?.Task.Exception;
            }

            change.Large?.Release();
        }

        Volatile.Write(ref _isMakingEarlyChanges, false);

        void Make(in EarlyChange change)
        {
            long stamp;
            if (change.Settled is { } settled)
            {
                var publication = Channel.PublishAsync(StreamName, change.Payload, null, change.Token);
                stamp = publication.Stamp;
                _ = ForwardAsync(publication.Settled, settled);
            }
            else
            {
                stamp = Channel.Publish(StreamName, change.Payload)?.Stamp ?? 0;
            }

            if (stamp == 0)
                return;
            if (change.Large is not null)
                Keep(change.KeyHash, new CacheVersion(stamp, Channel.Member), change.Large);
            ((IFrameHandler)this).Apply(new ReceivedFrame { Payload = change.Payload, Stamp = stamp, Member = Channel.Member });
        }

        bool TryTake(out EarlyChange change)
        {
            lock (_earlyGate)
            {
                if (_early is not null && _early.TryDequeue(out change))
                    return true;
                (_early, change) = (null, default);
                return false;
            }
        }

        static async Task ForwardAsync(ValueTask<Settlement> from, TaskCompletionSource<Settlement> to)
        {
            try
            {
                to.TrySetResult(await from);
            }
#pragma warning disable CA1031 // It goes to whoever waits.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                to.TrySetException(exception);
                _ = to.Task.Exception;
            }
        }
    }

    /// <summary>This member ends without having started.</summary>
    private void FailEarlyChanges()
    {
        lock (_earlyGate)
        {
            while (_early?.TryDequeue(out var change) == true)
            {
                change.Large?.Release();
                change.Settled?.TrySetException(new InvalidOperationException($"This member has ended before it had started; nothing that was written to cache '{Name}' has been told."));
                _ = change.Settled?.Task.Exception;
            }
        }
    }

    private readonly record struct EarlyChange(byte[] Payload, LargeValue? Large, ulong KeyHash, TaskCompletionSource<Settlement>? Settled, CancellationToken Token);

    // What others tell. ---------------------------------------------------------------------------------------------------------------------

    private protected override FrameOutcome Apply(in ReceivedFrame frame, CacheOperation operation, ReadOnlySpan<byte> body)
    {
        if (frame.Stamp <= 0 || !Channel.Stamps.Observe(frame.Stamp))
            return FrameOutcome.Refused; // further ahead than MaxClockSkew
        var version = new CacheVersion(frame.Stamp, frame.Member);
        switch (operation)
        {
            case CacheOperation.Remove:
                return Outcome(Local.MergeRemoval(ReadKey(body), KeyHashing.Hash(body), version, frame.IsLate));
            case CacheOperation.RemoveByTag:
                return Outcome(Local.MergeTagRemoval(CacheFrame.Utf8.GetString(body), version));
            case CacheOperation.Clear:
                return Outcome(Local.MergeClear(version));
            case CacheOperation.MoveToLast:
            case CacheOperation.MoveToFirst:
                Local.MergeMove(ReadKey(body), operation == CacheOperation.MoveToLast ? Place.AtEnd(version) : Place.AtFront(version));
                return FrameOutcome.Applied;
            default:
                return WireEntry.TryRead(body, out var entry) ? Outcome(Merge(entry, version, frame.IsLate, frame.Sender)) : FrameOutcome.Refused;
        }
    }

    private Merge Merge(in WireEntry entry, CacheVersion version, bool isLate, SiloAddress? sender)
    {
        var key = ReadKey(entry.Key);
        var place = entry.Place == default ? Place.AtEnd(version) : entry.Place;
        return entry.IsLarge
            ? MergeLarge(key, entry.Key.ToArray(), version, place, entry.Terms, Descriptor.Read(entry.Content), isLate, sender)
            : Local.MergeValue(key, KeyHashing.Hash(entry.Key), version, place, new SmallPackedValue<TValue>(Values, entry.Content.ToArray()), entry.Terms, isLate);
    }

    private static FrameOutcome Outcome(Merge merge) => merge == Core.Merge.Overruled ? FrameOutcome.Overruled : FrameOutcome.Applied;

    public override ulong Digest() => Local.ReplicaDigest;

    public override ReplicaCounts Replica => new(
        Volatile.Read(ref _repeats), Volatile.Read(ref _holes), Volatile.Read(ref _lostHoles), Volatile.Read(ref _reconciliations), Volatile.Read(ref _pulledValues), Volatile.Read(ref _refusedValues), LargeBytes);

    public override void Sweep(int maxEntries)
    {
        base.Sweep(maxEntries);
        DiscardUnused();
    }

    public override void Dispose()
    {
        base.Dispose();
        FailEarlyChanges();
        _isDisposed = true;
        _timer.Dispose();
        ReleaseLarge();
    }
}
