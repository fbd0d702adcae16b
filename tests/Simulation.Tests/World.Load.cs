using McCache.Streaming;

namespace McCache.Simulation.Tests;

internal enum WriteKind
{
    Remove,
    Set,
    Tag,
    Clear,
}

/// <summary>A change that is in the database.</summary>
internal sealed record Write(SimulatedMember Member, WriteKind Kind, int Key, int Value)
{
    internal bool Changes(int key) => Kind switch
    {
        WriteKind.Clear => true,
        WriteKind.Tag => key % 2 == Key % 2,
        _ => key == Key,
    };
}

/// <content>The database, and what programs do. Values are the numbers of the writes, so that of two values the newer is the larger.</content>
internal sealed partial class World
{
    internal const int Keys = 16;
    internal const double LoadEnd = 108;
    private readonly Random _load;
    private readonly Write?[] _locks = new Write?[Keys];
    private readonly Dictionary<(long Stamp, ulong Member), Write> _sent = [];
    private readonly Dictionary<(SiloAddress Client, long Stamp), Write> _told = [];
    private readonly HashSet<(AttachedClient Attachment, long Stamp)> _made = [];
    private int _commits;

    internal int[] Database { get; } = new int[Keys];

    /// <summary>For each key the newest write whose coherent verb has returned.</summary>
    internal int[] Completed { get; } = new int[Keys];

    /// <summary>Changes the database. A write that sets a value has its key to itself, as a program that does so must see to: else its value may be set after a newer one.</summary>
    /// <returns>Null when somebody else has the key.</returns>
    internal Write? TryCommit(SimulatedMember member, WriteKind kind, int key)
    {
        var write = new Write(member, kind, key, _commits + 1);
        for (var i = 0; i < Keys; i++)
        {
            if (write.Changes(i) && _locks[i] is { } held && !held.Member.IsCrashed)
                return null;
        }

        _commits++;
        for (var i = 0; i < Keys; i++)
        {
            if (write.Changes(i))
                Database[i] = write.Value;
        }

        if (kind == WriteKind.Set)
            _locks[key] = write;
        return write;
    }

    /// <summary>The program lets others have the key.</summary>
    internal void Unlock(Write write)
    {
        if (_locks[write.Key] == write)
            _locks[write.Key] = null;
    }

    internal void Complete(Write write)
    {
        Tally.Add(Seen.VerbCompleted);
        for (var key = 0; key < Keys; key++)
        {
            if (write.Changes(key))
                Completed[key] = Math.Max(Completed[key], write.Value);
        }
    }

    /// <summary>Remembers what a frame stands for.</summary>
    internal void Note(long stamp, ulong member, Write write) => _sent.TryAdd((stamp, member), write);

    internal Write? Find(long stamp, ulong member) => _sent.GetValueOrDefault((stamp, member));

    /// <summary>Remembers what a client's frame stands for.</summary>
    internal void NoteTold(SiloAddress client, long stamp, Write? write)
    {
        if (stamp != 0 && write is not null)
            _told.TryAdd((client, stamp), write);
    }

    internal Write? FindTold(SiloAddress client, long stamp) => _told.GetValueOrDefault((client, stamp));

    /// <summary>P4: a gateway makes a client's change once, whatever comes twice.</summary>
    internal void NoteMade(SiloAddress client, AttachedClient attachment, long stamp)
    {
        Tally.Add(Seen.MadeForClient);
        if (!_made.Add((attachment, stamp)))
            Violate($"P4: the gateway of {client} has made its change {stamp} twice");
    }

    /// <summary>One step of the load after the other. Each draws the same numbers whoever is there to take it.</summary>
    internal void Load()
    {
        var (which, kind, seconds) = (_load.NextDouble(), _load.NextDouble(), _load.NextDouble() * Pick(_load, [0.1, 0.1, 0.2, 1, 5]));
        var key = (int)(Keys * _load.NextDouble() * _load.NextDouble());
        if (Choose<SimulatedMember>([.. Alive, .. AliveClients.Where(client => client.HasCache)], which) is { } member)
            member.Run(() => Step(member, kind, key, seconds));
        if (Queue.Now < TimeSpan.FromSeconds(LoadEnd))
            After(Between(_load, 0, 0.08), Load);
    }

    /// <summary>In a replicated cache values come in by writes, and moves are told.</summary>
    private void WriteReplica(SimulatedMember member, double kind, int key, double seconds)
    {
        switch (kind)
        {
            case < 0.1:
                Do(member.WriteCoherentlyAsync(WriteKind.Set, key, seconds / 5));
                break;
            case < 0.13:
                member.Set(key);
                break;
            case < 0.145:
                member.Remove(key);
                break;
            case < 0.15:
                member.Pop(seconds < 0.1);
                break;
            case < 0.175:
                member.Move(key, seconds < 0.1);
                break;
            default:
                member.Enumerate((int)(kind * 10_000));
                break;
        }
    }

    private void Step(SimulatedMember member, double kind, int key, double seconds)
    {
        switch (kind)
        {
            case < 0.002:
                Do(member.WriteCoherentlyAsync(WriteKind.Clear, key, seconds / 5));
                break;
            case < 0.005:
                Do(member.WriteCoherentlyAsync(WriteKind.Tag, key, seconds / 5));
                break;
            case < 0.06:
                Do(member.WriteCoherentlyAsync(WriteKind.Remove, key, seconds / 5));
                break;
            case < 0.07:
                Do(member.WriteCoherentlyAsync(WriteKind.Set, key, seconds / 5));
                break;
            case < 0.2 when Plan.IsReplicated:
                WriteReplica(member, kind, key, seconds);
                break;
            case < 0.08:
                member.Remove(key);
                break;
            case < 0.12:
                member.Enumerate((int)(kind * 10_000));
                break;
            case < 0.125:
                member.Pop(seconds < 0.1);
                break;
            case < 0.14:
                member.Move(key, seconds < 0.1);
                break;
            case < 0.18:
                member.ReadSynchronously(key);
                break;
            default:
                Do(member.ReadAsync(key, seconds));
                break;
        }
    }
}
