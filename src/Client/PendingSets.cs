using McCache.Streaming;

namespace McCache.Client;

/// <summary>Sets of a client that its gateway has not made yet, so that they have no version, and the coherent verbs of others that must win over them. Thread-safe; calls nobody that waits.</summary>
internal sealed class PendingSets
{
    private readonly Lock _gate = new();
    private readonly Queue<Set> _sets = new(); // those that are made leave when they come first
    private readonly Dictionary<ulong, int> _keys = [];
    private readonly List<(long After, IAwaited Verb)> _verbs = [];
    private long _count;

    internal Set Add(ulong key)
    {
        lock (_gate)
        {
            var set = new Set(key, ++_count);
            _sets.Enqueue(set);
            _keys[key] = _keys.GetValueOrDefault(key) + 1;
            return set;
        }
    }

    /// <summary>Whether a change by somebody else concerns a key that is being set.</summary>
    internal bool Concerns(CacheOperation operation, ReadOnlySpan<byte> body)
    {
        lock (_gate)
        {
            return _keys.Count > 0 && operation switch
            {
                CacheOperation.Remove => _keys.ContainsKey(KeyHashing.Hash(body)),
                CacheOperation.Set => WireEntry.TryRead(body, out var entry) && _keys.ContainsKey(KeyHashing.Hash(entry.Key)),
                CacheOperation.Clear or CacheOperation.RemoveByTag => true,
                _ => false,
            };
        }
    }

    /// <summary>A verb must be made again, when everything that is being set now has been made.</summary>
    internal void Overrule(IAwaited verb)
    {
        verb.Overrule(Settlement.Overruled);
        lock (_gate)
        {
            if (_sets.Count > 0)
            {
                _verbs.Add((_count, verb));
                return;
            }
        }

        verb.Settle();
    }

    internal void Remove(Set set)
    {
        lock (_gate)
        {
            set.IsMade = true;
            if (--_keys[set.Key] == 0)
                _keys.Remove(set.Key);
            while (_sets.TryPeek(out var first) && first.IsMade)
                _sets.Dequeue();
            var unmade = _sets.TryPeek(out var next) ? next.Number : long.MaxValue;
            foreach (var (_, verb) in _verbs.Where(verb => verb.After < unmade))
                verb.Settle();
            _verbs.RemoveAll(verb => verb.After < unmade);
        }
    }

    /// <summary>One of them.</summary>
    internal sealed class Set(ulong key, long number)
    {
        internal ulong Key => key;

        internal long Number => number;

        internal bool IsMade { get; set; }
    }
}
