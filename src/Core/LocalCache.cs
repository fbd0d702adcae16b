using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace McCache.Core;

/// <summary>One member's memory of one cache: an ordered, bounded, expiring dictionary with single-flight fills. Thread-safe; knows nothing of other members.</summary>
/// <remarks>
/// <para><b>Readers</b> take no lock. They look an entry up in a <see cref="Table"/> and compare one clock reading with two ends: the entry's own, and that of the time for
/// which the cache may serve (<see cref="Serve"/>). They read the expiry before the value. An update puts a successor in the entry's place, or, where a value is written in one piece,
/// writes the value before the expiry: so what a reader gets is the one value or the other whole, and had not expired when it came in. Only a value that another member sent comes packed, and is unpacked by its first reader.</para>
/// <para><b>Writers</b> take one lock. Under it they keep four things in step: the map, the list that holds the order, the eviction policy's queues, and the sum of bytes
/// (<see cref="Check"/> compares them). No user code runs under it (comparers of keys aside): values are measured, factories called and callbacks notified outside.</para>
/// <para><b>Coherence.Replicate</b>: every entry but a fill has registers with versions, by which all members come to the same; see LocalCache.Registers.cs.</para>
/// <para><b>Fills</b> are fenced by their flights, see LocalCache.Fills.cs.</para>
/// <para><b>Visible</b> is an entry that a reader would find now: unexpired, while the cache may serve. To every verb that reads, what is not visible is not there.</para>
/// </remarks>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
internal sealed partial class LocalCache<TKey, TValue>
    where TKey : notnull
{
    private readonly Table _map = new();
    private readonly MonotonicClock _clock;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private long _serveUntil;

    /// <summary>Makes a cache that may not serve yet.</summary>
    /// <param name="name">The name under which it was added.</param>
    /// <param name="options">Its options; copied.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="measure">The bytes that a key and a value take, at least 1; null for <see cref="SizeEstimate"/>.</param>
    /// <param name="logger">Gets the exceptions of change callbacks.</param>
    /// <exception cref="OptionsValidationException">An option is out of its legal range.</exception>
    internal LocalCache(string name, CacheOptions options, TimeProvider? time = null, Func<TKey, TValue, long>? measure = null, ILogger? logger = null)
    {
        var validation = new OptionsValidation().Validate(name, options);
        if (validation.Failed)
        {
            throw new OptionsValidationException(name, typeof(CacheOptions), validation.Failures);
        }

        Name = name;
        _time = time ?? TimeProvider.System;
        _clock = new(time);
        _logger = logger ?? NullLogger.Instance;
        _measure = measure;
        _maxEntries = options.MaxEntries;
        _maxBytes = options.MaxBytes ?? long.MaxValue;
        _timeToLive = EntryTerms.ToMilliseconds(options.TimeToLive) ?? Never;
        _updateMovesToLast = options.UpdateMovesToLast;
        _changeWindow = (long)options.ChangeWindow.TotalMilliseconds;
        _topKeys = options.TopKeys > 0 ? new(options.TopKeys) : null;
        _notesReads = _changeWindow > 0 || _topKeys is not null;
        _replicates = options.Coherence == Coherence.Replicate;
        _buckets = _replicates ? new Register?[Buckets] : [];
        _digests = _replicates ? new ulong[Buckets] : [];
        _policy = new();
    }

    internal string Name { get; }

    /// <summary>What an entry's options leave open, in milliseconds; <see cref="long.MaxValue"/> for ever.</summary>
    internal long DefaultTimeToLive => _timeToLive;

    /// <summary>The time by which <see cref="Serve"/> counts, in milliseconds.</summary>
    internal long Now => _clock.Now;

    /// <summary>The number of visible entries. Those that have expired since the last sweep are dropped first, so that it is what <see cref="ToArray"/> gives: collections are copied by it.</summary>
    internal int Count
    {
        get
        {
            long now = _clock.Now;
            if (!Serves(now))
            {
                return 0;
            }

            if (now >= Volatile.Read(ref _nextExpiry))
            {
                Sweep(int.MaxValue);
            }

            return _map.Count;
        }
    }

    /// <summary>Says how long the cache may serve: 0 for not at all, a time on <see cref="Now"/>'s clock, or <see cref="long.MaxValue"/> for always.</summary>
    /// <remarks>
    /// <para>At 0 (the member has not started, has stopped, or its copies have a hole) everything is dropped, and writes store nothing, for changes of other members may
    /// be missed. A replicating cache drops its fills only, and goes on storing what has a version: a reconciliation mends what was missed. A validity that has merely run out keeps the entries, unseen, and writes are applied: every change still arrives, and what is written is seen once the
    /// cache serves again.</para>
    /// <para>Extending a validity that has run out begins a new epoch, which breaks every flight: one that began before it may have read from the
    /// source what a write, completed without this member meanwhile, has superseded.</para>
    /// </remarks>
    internal void Serve(long until)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(until);
        lock (_lock)
        {
            if (until == 0)
            {
                Hide();
            }
            else if (!Serves(_clock.Now))
            {
                BreakFlights();
            }

            Volatile.Write(ref _serveUntil, until);
        }
    }

    /// <summary>Serving has ended: drops what could be stale when it begins again, and breaks every flight.</summary>
    private void Hide()
    {
        if (_replicates)
        {
            BreakFlights();
            if (_serveUntil != 0)
            {
                DropFills();
            }
        }
        else
        {
            DiscardAll(CacheChangeKind.Invalidated);
        }
    }

    private bool Serves(long now) => now < Volatile.Read(ref _serveUntil);

    private bool IsVisible(Entry entry, long now) => now < Volatile.Read(in entry.Expires) && Serves(now);

    /// <summary>The visible entry of a key, or null. Its value may be packed still. Takes no lock and counts nothing.</summary>
    private Entry? Find(TKey key) => _map.Find(key) is { } entry && IsVisible(entry, _clock.Now) ? entry : null;

    private bool TryFind(TKey key, long now, [NotNullWhen(true)] out Entry? entry) => _map.TryGetValue(key, out entry) && IsVisible(entry, now);
}
