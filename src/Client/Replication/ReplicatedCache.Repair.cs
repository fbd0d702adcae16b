using System.Runtime.InteropServices;
using McCache.Core;
using McCache.Streaming;
using Orleans.Serialization;

namespace McCache.Client;

/// <content>
/// Holes and differences, and their one repair. A member whose changes were lost on the way, or that was there before this one, is <em>missing</em> up to a stamp: the cache shows nothing, and
/// its floor stands still, until the state of a member that has those changes has been merged. The state of another member is also merged wherever digests differ.
/// </content>
internal sealed partial class ReplicatedCache<TKey, TValue>
{
    private const int MaxBucketsPerRound = 16;
    private const int MaxRounds = 16;
    private const int MaxKeysPerPage = 2_000;
    private const int MaxAnswerBytes = 192 * 1024;
    private const int MaxRequestBytes = 64 * 1024;
    private const long MaxSerializedBytes = 8 * 1024 * 1024;
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(50);

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<SiloAddress, long> _missing = [];
    private long _until;
    private bool _isUnheard = true; // somebody has not been heard yet
    private bool _isRepairing, _isKicked, _isDisposed;
    private long _holes, _reconciliations, _lostHoles;
    private (SiloAddress? Other, ulong Mine, ulong Theirs) _difference; // the last comparison, if it found one

    /// <summary>Whether nothing is missing.</summary>
    public override bool IsWhole
    {
        get
        {
            lock (_gate)
                return _missing.Count == 0 && !_isUnheard;
        }
    }

    public override void OnGap(SiloAddress publisher, long upTo)
    {
        if (publisher.Equals(Channel.Silo))
            return; // what this member has published is here
        lock (_gate)
        {
            _missing[publisher] = Math.Max(upTo, _missing.GetValueOrDefault(publisher));
            ServeNow();
        }

        Interlocked.Increment(ref _holes);
        Channel.Events?.Add(CoherenceEventKind.Hole, "changes were lost on the way; it serves nothing until they are mended", publisher, Name);
        Kick();
    }

    private protected override void Serve(long until)
    {
        if (until > 0)
        {
            MakeEarlyChanges();
            NoteMarks();
        }

        lock (_gate)
        {
            _until = until;
            ServeNow();
        }
    }

    /// <summary>Under the gate, so that the memory hears of it in order.</summary>
    private void ServeNow() => Local.Serve(_missing.Count == 0 && !_isUnheard ? _until : 0);

    // Whom to ask what, and when. ---------------------------------------------------------------------------------------------------------

    private void Kick()
    {
        lock (_gate)
        {
            _isKicked = true;
            if (_isRepairing)
                return;
        }

        Rearm(TimeSpan.Zero);
    }

    private void Rearm(TimeSpan due)
    {
        if (!_isDisposed)
            _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private async Task RepairAsync()
    {
        lock (_gate)
        {
            if (_isRepairing)
                return;
            (_isRepairing, _isKicked) = (true, false);
        }

        try
        {
            var marks = NoteMarks();
            if (marks.Others.Count > 0)
                await RepairAsync(marks);
            NoteMarks();
        }
#pragma warning disable CA1031 // Whatever went wrong, it is tried again with somebody else.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Logger.RepairFailed(exception, Name);
        }
        finally
        {
            lock (_gate)
            {
                _isRepairing = false;
                Rearm(_isKicked ? TimeSpan.Zero : _missing.Count > 0 || _isUnheard ? s_retry : Channel.Renewal * Jitter());
            }
        }
    }

    /// <summary>Takes note of how far this member is: who has gone, and the floor.</summary>
    private Marks NoteMarks()
    {
        List<long> lost = [];
        Marks marks;
        lock (_gate)
        {
            marks = Channel.ReadMarks(); // a hole is told before its mark is, and a member is known before its hole is
            foreach (var (silo, upTo) in _missing)
            {
                if (!marks.Others.ContainsKey(silo) && !marks.Departed.ContainsKey(silo) && _missing.Remove(silo))
                    lost.Add(upTo);
            }

            _isUnheard = marks.IsUnheard || marks.Others.Values.Contains(0);
            foreach (var upTo in lost)
            {
                Local.MergeClear(new CacheVersion(upTo, ulong.MaxValue));
                _lostHoles++;
            }

            if (_until > 0 && _missing.Count == 0 && !_isUnheard) // before the start there may be members that this one does not know yet
                Local.RaiseFloor(Math.Min(marks.Settled, marks.Others.Values.DefaultIfEmpty(marks.Own).Min()));
            ServeNow();
        }

        if (marks.IsOver)
            FailEarlyChanges();
        if (lost.Count > 0)
        {
            Logger.HoleLost(Name);
            Channel.Events?.Add(CoherenceEventKind.HoleLost, "nobody has the changes of a member that has gone", cache: Name);
        }

        return marks;
    }

    private async Task RepairAsync(Marks marks)
    {
        SiloAddress[] others = [.. marks.Others.Keys];
        SiloAddress[] missing;
        bool hasHoles, isUnheard;
        lock (_gate)
        {
            missing = [.. _missing.Keys.Where(marks.Others.ContainsKey)];
            (hasHoles, isUnheard) = (_missing.Count > 0, _isUnheard);
        }

        if (hasHoles)
        {
            // The one whose changes are missing has them; somebody else may have them, too, and be reachable.
            await PullAsync(Choose(missing.Length > 0 && Channel.Random.Next(2) == 0 ? missing : others), 0, ulong.MaxValue, mendsHole: true);
            return;
        }

        if (isUnheard)
            return;
        await CompareAsync(Choose(others));
    }

    /// <summary>Mends a hole, if there is one, then merges what differs from any other member.</summary>
    public override async ValueTask<bool> MendAsync()
    {
        await RepairAsync();
        foreach (var other in IsWhole ? NoteMarks().Others.Keys : [])
        {
            for (var round = 0; round < MaxRounds && await CompareAsync(other) > 0; round++)
            {
                // The next buckets.
            }
        }

        return IsWhole;
    }

    /// <summary>Merges what differs, a number of buckets at most.</summary>
    /// <returns>How many buckets were merged.</returns>
    private async Task<int> CompareAsync(SiloAddress other)
    {
        if (await AskAsync<DigestAnswer>(other, new DigestRequest()) is not { } theirs || theirs.Buckets.Length != LocalCache<TKey, TValue>.Buckets)
            return 0;
        var mine = Local.BucketDigests();
        NoteDifference(other, mine, theirs);
        var first = Channel.Random.Next(mine.Length);
        int[] differing = [.. Enumerable.Range(first, mine.Length).Select(i => i % mine.Length).Where(i => mine[i] != theirs.Buckets[i]).Take(Local.IsPartial || theirs.IsPartial ? 1 : MaxBucketsPerRound)];
        foreach (var bucket in differing)
            await PullAsync(other, (ulong)bucket << 56, ((ulong)bucket << 56) | (ulong.MaxValue >> 8), mendsHole: false);
        return differing.Length;
    }

    /// <summary>Tells people of a difference that was there before, too, with the same copies on both sides: nothing on its way explains it.</summary>
    private void NoteDifference(SiloAddress other, ulong[] mine, DigestAnswer theirs)
    {
        var differs = !Local.IsPartial && !theirs.IsPartial && !mine.AsSpan().SequenceEqual(theirs.Buckets);
        var digests = differs ? (other, KeyHashing.Hash(MemoryMarshal.AsBytes(mine.AsSpan())), KeyHashing.Hash(MemoryMarshal.AsBytes(theirs.Buckets.AsSpan()))) : default;
        if (differs && digests == _difference)
            Channel.Events?.Add(CoherenceEventKind.Incoherence, "copies differ although nothing is written", other, Name);
        _difference = digests;
    }

#pragma warning disable CA5394 // Who is asked, and when, is no secret.
    private SiloAddress Choose(SiloAddress[] silos) => silos[Channel.Random.Next(silos.Length)];

    private double Jitter() => 0.75 + (Channel.Random.NextDouble() / 2);
#pragma warning restore CA5394

    /// <summary>Merges what another member has in a range of keys, page by page.</summary>
    private async Task PullAsync(SiloAddress other, ulong from, ulong to, bool mendsHole)
    {
        Knowledge[]? knows = null;
        for (var next = from; ;)
        {
            if (await AskAsync<StateAnswer>(other, new StateRequest(next, to)) is not { } answer || answer.To < next || answer.To > to)
                return;
            if (!Channel.Stamps.Observe(answer.Floor))
                return;
            var page = ToPage(answer, next);
            if (page.Keys.Any(key => !Channel.Stamps.Observe(key.Version.Timestamp)) || !Channel.Stamps.Observe(page.Clear.Timestamp))
                return; // further ahead than MaxClockSkew
            knows ??= answer.Knows; // of the first page: the later ones know at least that
            if (mendsHole && !knows.Any(Fills))
                return;
            var lacked = Lacks(other, answer.Knows);
            if (lacked.Count > 0 && !mendsHole)
                return; // until it lacks nothing
            var reconciled = Local.Reconcile(page, mendsHole);
            if (lacked.Count > 0 && reconciled.Wanted.Count > 0)
            {
                Lack(lacked);
                knows = [.. knows.ExceptBy(lacked.Select(hole => hole.Silo), known => known.Silo)];
            }

            await FetchAsync(other, reconciled.Wanted);
            if (reconciled.Wanted.Count + reconciled.Dropped + reconciled.Removed > 0)
                Channel.TellClients(Stream); // who hear of frames only
            if (answer.To == to)
                break;
            next = answer.To + 1;
        }

        Interlocked.Increment(ref _reconciliations);
        lock (_gate)
        {
            foreach (var known in mendsHole ? knows : [])
            {
                if (Fills(known))
                    _missing.Remove(known.Silo);
            }
        }

        bool Fills(Knowledge known)
        {
            lock (_gate)
                return _missing.TryGetValue(known.Silo, out var hole) && known.UpTo >= hole;
        }
    }

    /// <summary>The members of whose changes another lacks some, each with the stamp up to which they are here.</summary>
    private List<Knowledge> Lacks(SiloAddress other, Knowledge[] knows)
        => [.. Channel.ReadMarks().Others.Where(mark => !mark.Key.Equals(other) && mark.Value > 0 && !Array.Exists(knows, known => known.Silo.Equals(mark.Key))).Select(mark => new Knowledge(mark.Key, mark.Value))];

    /// <summary>Whoever takes values from a member that lacks changes lacks them, too: what they had superseded may have come back, and that they had done so may be forgotten here.</summary>
    private void Lack(List<Knowledge> lacked)
    {
        lock (_gate)
        {
            foreach (var (silo, upTo) in lacked)
                _missing[silo] = Math.Max(upTo, _missing.GetValueOrDefault(silo));
            ServeNow();
        }
    }

    /// <summary>Fetches entries and merges them in their order.</summary>
    private async Task FetchAsync(SiloAddress other, IReadOnlyList<TKey> wanted)
    {
        byte[][] keys = [.. wanted.Select(KeyBytes)];
        while (keys.Length > 0)
        {
            var (count, bytes) = (0, 0);
            while (count < keys.Length && (count == 0 || bytes + keys[count].Length <= MaxRequestBytes))
                bytes += keys[count++].Length;
            if (await AskAsync<EntriesAnswer>(other, new EntriesRequest(keys[..count])) is not { } answer || answer.Done < 1 || answer.Done > count || answer.Entries.Length > answer.Done)
                throw new InvalidDataException("The answer to a question for entries makes no sense.");
            Merge(answer.Entries, other);
            keys = keys[answer.Done..];
        }
    }

    private void Merge(WireVersioned[] entries, SiloAddress other)
    {
        foreach (var (version, bytes) in entries.OrderBy(entry => PlaceOf(entry.Entry)))
        {
            if (!Channel.Stamps.Observe(version.Timestamp) || !WireEntry.TryRead(bytes, out var entry))
                throw new InvalidDataException("An entry that was asked for makes no sense."); // passed over, it would count as seen
            Merge(entry, version, isLate: true, other);
        }

        static Place PlaceOf(byte[] bytes) => WireEntry.TryRead(bytes, out var entry) ? entry.Place : default;
    }

    private StatePage<TKey> ToPage(StateAnswer answer, ulong from) => new(
        from,
        answer.To,
        answer.Floor,
        answer.Clear,
        [.. answer.Tags.Select(tag => (tag.Tag, tag.Version))],
        [.. answer.Keys.Select(key => new KeyState<TKey>(ReadKey(key.Key), KeyHashing.Hash(key.Key), key.Fate, key.Version, new Place(key.PlaceMajor, key.PlaceMinor)))],
        answer.Evicted);

    private async ValueTask<TAnswer?> AskAsync<TAnswer>(SiloAddress other, CacheRequest request)
        where TAnswer : class
    {
        var answer = await Channel.AskAsync(other, Stream, ToBytes(request));
        return answer.Length == 0 ? null : Services.GetRequiredService<Serializer<TAnswer>>().Deserialize(answer);
    }

    // Answers. --------------------------------------------------------------------------------------------------------------------------

    private protected override byte[] Answer(CacheRequest request) => request switch
    {
        DigestRequest => Pack(new DigestAnswer(Local.BucketDigests(), Local.IsPartial)),
        StateRequest state when state.From <= state.To && GetState(state) is { } answer => Pack(answer),
        EntriesRequest entries => Pack(GetEntries(entries.Keys)),
        ChunkRequest chunk => GetChunk(chunk),
        ReadRequest read when Local.ContainsKey(ReadKey(read.Key)) => Pack(GetEntries([read.Key])),
        _ => [],
    };

    private StateAnswer? GetState(StateRequest request)
    {
        var marks = Channel.ReadMarks(); // before the page: whatever they speak of is in it
        if (Volatile.Read(ref _isMakingEarlyChanges))
            return null; // which have their stamps before they are in the memory
        Knowledge[] knows;
        lock (_gate)
        {
            knows =
            [
                .. marks.Others.Concat(marks.Departed).Where(mark => mark.Value > 0 && !_missing.ContainsKey(mark.Key)).Select(mark => new Knowledge(mark.Key, mark.Value)),
                new Knowledge(Channel.Silo, marks.Own),
            ];
        }

        var page = Local.Collect(request.From, request.To, MaxKeysPerPage);
        return new(
            page.To,
            page.Floor,
            page.Clear,
            [.. page.Tags.Select(tag => new TagRemoval(tag.Tag, tag.Version))],
            [.. page.Keys.Select(key => new WireKey(KeyBytes(key.Key), key.Fate, key.Version, key.Place.Major, key.Place.Minor))],
            knows,
            page.Evicted);
    }

    private EntriesAnswer GetEntries(byte[][] keys)
    {
        List<WireVersioned> entries = [];
        var (done, bytes, serialized) = (0, 0, 0L);
        for (; done < keys.Length && bytes < MaxAnswerBytes && serialized < MaxSerializedBytes; done++)
        {
            if (!Local.TryRead(ReadKey(keys[done]), out var entry))
                continue;
            using var buffer = OutgoingChange.Rent();
            try
            {
                serialized += WriteEntry(buffer, entry);
            }
            finally
            {
                entry.Packed?.LetGo();
            }

            entries.Add(new(entry.Version, buffer.Written.ToArray()));
            bytes += buffer.Written.Length;
        }

        return new(done, [.. entries]);
    }
}
