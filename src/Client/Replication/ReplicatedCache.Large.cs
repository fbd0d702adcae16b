using System.Buffers;
using McCache.Core;

namespace McCache.Client;

/// <content>
/// Large values: a descriptor is multicast, and whoever holds the cache pulls the bytes in chunks, a few at a time, from whoever has them; one hash decides over the whole. Until then the key is pending:
/// what it held before is gone, so a coherent verb need not wait for the bytes. Something newer ends the pull.
/// </content>
internal sealed partial class ReplicatedCache<TKey, TValue>
{
    private const int ChunksInFlight = 16;
    private const int MaxPulls = 2;
    private const int MaxWaitingPulls = 10_000;
    private const int RoundsWithoutSource = 3;
    private static readonly TimeSpan s_pullRetry = TimeSpan.FromMilliseconds(100);

    private readonly Lock _largeGate = new();
    private readonly Lock _serializing = new();
    private readonly Dictionary<(ulong Hash, CacheVersion Version), KeptValue> _kept = [];
    private readonly Queue<Pull> _waiting = new();
    private long _keptBytes, _pullingBytes, _pulledValues, _refusedValues;
    private int _pulling;

    /// <summary>What is asked for at once: below the size at which arrays go to the large object heap.</summary>
    internal int ChunkBytes { get; set; } = 64 * 1024;

    /// <summary>How long serialized bytes are kept for others after somebody has asked for them.</summary>
    internal TimeSpan KeptFor { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of large values that are kept for others, or are being put together.</summary>
    internal long LargeBytes
    {
        get
        {
            lock (_largeGate)
                return _keptBytes + _pullingBytes;
        }
    }

    // What others may pull. ---------------------------------------------------------------------------------------------------------------

    /// <summary>Keeps serialized bytes for a while, so that all who pull them share one serialization. Bounded: the oldest leave, and would be serialized again.</summary>
    private void Keep(ulong hash, CacheVersion version, LargeValue value)
    {
        if (!value.TryAcquire())
            return;
        lock (_largeGate)
        {
            while (_keptBytes + value.Length > _options.MaxLargeValueBytes && _kept.Count > 0)
                Discard(_kept.MinBy(kept => kept.Value.UsedAt).Key);
            if (_kept.TryAdd((hash, version), new(value, _time.GetTimestamp())))
            {
                _keptBytes += value.Length;
                return;
            }
        }

        value.Release();
    }

    private void Discard((ulong Hash, CacheVersion Version) key)
    {
        if (!_kept.Remove(key, out var kept))
            return;
        _keptBytes -= kept.Value.Length;
        kept.Value.Release();
    }

    private void DiscardUnused()
    {
        lock (_largeGate)
        {
            foreach (var (key, kept) in _kept)
            {
                if (_time.GetElapsedTime(kept.UsedAt) > KeptFor)
                    Discard(key);
            }
        }
    }

    private void ReleaseLarge()
    {
        lock (_largeGate)
        {
            foreach (var key in _kept.Keys.ToArray())
                Discard(key);
        }
    }

    private byte[] GetChunk(ChunkRequest request)
    {
        if (request.Count <= 0 || request.Count > ChunkBytes || FindLarge(ReadKey(request.Key), KeyHashing.Hash(request.Key), request.Version) is not { } value)
            return [];
        try
        {
            return value.Read(request.Offset, request.Count);
        }
        finally
        {
            value.Release();
        }
    }

    /// <summary>The bytes of one version, owned by the caller; null when they are not here.</summary>
    private LargeValue? FindLarge(TKey key, ulong hash, CacheVersion version)
    {
        if (FindKept(hash, version) is { } kept)
            return kept;
        lock (_serializing)
            return FindKept(hash, version) ?? FindHeld(key, hash, version); // however many ask, it is serialized once
    }

    private LargeValue? FindKept(ulong hash, CacheVersion version)
    {
        lock (_largeGate)
        {
            if (!_kept.TryGetValue((hash, version), out var kept) || !kept.Value.TryAcquire())
                return null;
            kept.UsedAt = _time.GetTimestamp();
            return kept.Value;
        }
    }

    private LargeValue? FindHeld(TKey key, ulong hash, CacheVersion version)
    {
        if (!Local.TryRead(key, out var entry))
            return null;
        if (entry.Version != version || entry.Packed is not null)
        {
            var bytes = entry.Version == version && entry.Packed is LargePackedValue<TValue> { Value: var packed } && packed.TryAcquire() ? packed : null;
            entry.Packed?.LetGo();
            return bytes;
        }

        var value = new LargeValue();
        Values.Write(value, entry.Value!);
        Keep(hash, version, value);
        return value;
    }

    /// <summary>Writes an entry that was asked for.</summary>
    /// <returns>The bytes that had to be serialized and are not in the buffer.</returns>
    private long WriteEntry(OutgoingChange buffer, in EntrySnapshot<TKey, TValue> entry)
    {
        WireEntry.Write(buffer, entry.Place, entry.Terms, Keys, entry.Key);
        buffer.BeginContent(0, _options.MaxInlineValueBytes);
        if (entry.Packed is LargePackedValue<TValue> large)
        {
            buffer.EndContent(large.Descriptor);
            return 0;
        }

        if (entry.Packed is SmallPackedValue<TValue> small)
            buffer.Write(small.Bytes.Span);
        else
            Values.Write(buffer, entry.Value!);
        if (buffer.EndContent() is not { } value)
            return 0;
        Keep(buffer.KeyHash, entry.Version, value);
        return value.Length;
    }

    // What is pulled. ---------------------------------------------------------------------------------------------------------------------

    private Merge MergeLarge(TKey key, byte[] keyBytes, CacheVersion version, Place place, in EntryTerms terms, Descriptor descriptor, bool isLate, SiloAddress? sender)
    {
        var hash = KeyHashing.Hash(keyBytes);
        var fits = descriptor.Length > 0 && descriptor.Length <= _options.MaxLargeValueBytes;
        var merge = Local.MergePending(key, hash, version, place, terms, fits ? descriptor.Length : long.MaxValue, isLate, out var isPending);
        if (!isPending)
            return merge;
        var pull = new Pull(key, keyBytes, version, terms, descriptor, sender, _time.GetTimestamp());
        lock (_largeGate)
        {
            if (_waiting.Count < MaxWaitingPulls)
                _waiting.Enqueue(pull);
            else
                isPending = false;
        }

        if (!isPending)
            Local.AbandonPending(key, version, isElsewhere: true);
        StartPulls();
        return merge;
    }

    /// <summary>A few at a time, and no more bytes than the bound, one value aside.</summary>
    private void StartPulls()
    {
        while (true)
        {
            Pull? pull;
            lock (_largeGate)
            {
                if (_pulling == MaxPulls || !_waiting.TryPeek(out pull) || (_pulling > 0 && _pullingBytes + pull.Descriptor.Length > _options.MaxLargeValueBytes))
                    return;
                _waiting.Dequeue();
                _pulling++;
                _pullingBytes += pull.Descriptor.Length;
            }

            Start(pull);
        }
    }

    /// <summary>Away from the lane and its context.</summary>
    private void Start(Pull pull)
    {
        ITimer? timer = null;
        timer = _time.CreateTimer(
            state =>
            {
                timer?.Dispose();
                _ = PullAsync((Pull)state!);
            },
            pull,
            TimeSpan.Zero,
            Timeout.InfiniteTimeSpan);
    }

    private async Task PullAsync(Pull pull)
    {
        try
        {
            for (var without = 0; without < RoundsWithoutSource && !_isDisposed;)
            {
                var (isPulled, isUnknown) = await PullOnceAsync(pull);
                if (isPulled || !Local.IsPending(pull.Key, pull.Version))
                    return;
                without = isUnknown ? 0 : without + 1;
                await Task.Delay(s_pullRetry, _time);
            }

            Local.AbandonPending(pull.Key, pull.Version, pull.IsElsewhere);
        }
#pragma warning disable CA1031 // As for repairs.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Logger.RepairFailed(exception, Name);
            Local.AbandonPending(pull.Key, pull.Version, isElsewhere: true);
        }
        finally
        {
            pull.Discard();
            lock (_largeGate)
            {
                _pulling--;
                _pullingBytes -= pull.Descriptor.Length;
            }

            StartPulls();
        }
    }

    /// <summary>Asks everybody once.</summary>
    /// <returns>Whether the value is here, and else whether somebody may have it who did not answer.</returns>
    private async Task<(bool IsPulled, bool IsUnknown)> PullOnceAsync(Pull pull)
    {
        var isUnknown = false;
        if (!Local.IsPending(pull.Key, pull.Version))
            return default;
        if (FindLarge(pull.Key, KeyHashing.Hash(pull.KeyBytes), pull.Version) is { } own)
            return (Complete(pull, own), false);
        var others = Channel.ReadMarks().Others.Keys.ToList();
        if (pull.Sender is { } sender && others.Remove(sender))
            others.Insert(0, sender);
        foreach (var other in others)
        {
            try
            {
                if (await PullAsync(pull, other))
                {
                    if (pull.Value.Describe() == pull.Descriptor)
                        return (Complete(pull, pull.Take()), false);
                    Interlocked.Increment(ref _refusedValues);
                    pull.Discard();
                }
            }
#pragma warning disable CA1031 // The network may fail in any way; there may be another who has it, or the same later. What has come stays.
            catch (Exception)
#pragma warning restore CA1031
            {
                isUnknown = true;
            }

            if (!Local.IsPending(pull.Key, pull.Version))
                break;
        }

        return (false, isUnknown);
    }

    private bool Complete(Pull pull, LargeValue value)
    {
        Interlocked.Increment(ref _pulledValues);
        var terms = pull.Terms;
        if (terms.TimeToLive != long.MaxValue)
            terms = terms with { TimeToLive = Math.Max(1, terms.TimeToLive - (long)_time.GetElapsedTime(pull.Since).TotalMilliseconds) }; // counted from the news of it
        Local.CompletePending(pull.Key, pull.Version, new LargePackedValue<TValue>(Values, value, pull.Descriptor), terms); // releases what it does not take
        return true;
    }

    /// <summary>Goes on where the last one who was asked left off. Asks for one part first: the other may have to serialize the value.</summary>
    /// <returns>Whether all bytes have come. False when the other does not have them, sends other than what was asked for, or something newer has come.</returns>
    private async Task<bool> PullAsync(Pull pull, SiloAddress other)
    {
        var flying = new Queue<(Task<byte[]> Chunk, int Count)>();
        try
        {
            var (next, window) = (pull.Value.Length, 1);
            while (pull.Value.Length < pull.Descriptor.Length)
            {
                for (; flying.Count < window && next < pull.Descriptor.Length; next += flying.Last().Count)
                {
                    var count = (int)Math.Min(ChunkBytes, pull.Descriptor.Length - next);
                    flying.Enqueue((Channel.AskAsync(other, Stream, ToBytes(new ChunkRequest(pull.KeyBytes, pull.Version, next, count))).AsTask(), count));
                }

                var (chunk, expected) = flying.Dequeue();
                var bytes = await chunk;
                pull.IsElsewhere |= bytes.Length > 0;
                if (bytes.Length != expected || !Local.IsPending(pull.Key, pull.Version))
                    return false;
                pull.Value.Write(bytes);
                window = ChunksInFlight;
            }

            return true;
        }
        finally
        {
            foreach (var (chunk, _) in flying)
                _ = ObserveAsync(chunk);
        }

        static async Task ObserveAsync(Task chunk)
        {
            try
            {
                await chunk;
            }
#pragma warning disable CA1031 // Nobody needs it any more.
            catch (Exception)
#pragma warning restore CA1031
            {
                // Nor what became of it.
            }
        }
    }

    private sealed class KeptValue(LargeValue value, long usedAt)
    {
        internal LargeValue Value => value;

        internal long UsedAt { get; set; } = usedAt;
    }

    /// <summary>A large value on its way, with what has come of it so far.</summary>
    private sealed record Pull(TKey Key, byte[] KeyBytes, CacheVersion Version, EntryTerms Terms, Descriptor Descriptor, SiloAddress? Sender, long Since)
    {
        private LargeValue? _value;

        internal LargeValue Value => _value ??= new();

        /// <summary>Somebody seems to have it.</summary>
        internal bool IsElsewhere { get; set; }

        /// <summary>The bytes, which are the caller's from now on.</summary>
        internal LargeValue Take()
        {
            var value = Value;
            _value = null;
            return value;
        }

        internal void Discard()
        {
            _value?.Release();
            _value = null;
        }
    }
}
