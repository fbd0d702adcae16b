using System.Text;
using McCache.Streaming;

namespace McCache.Client.Tests;

/// <summary>A client's sets on their way to the gateway, and the coherent verbs of others.</summary>
public sealed class PendingSetsTests
{
    private static readonly byte[] s_key = Encoding.UTF8.GetBytes("key");
    private readonly PendingSets _sets = new();

    [Fact]
    public void A_verb_is_overruled_at_once_and_settled_when_all_that_was_being_set_has_been_made()
    {
        var (first, second) = (_sets.Add(1), _sets.Add(2));
        var verb = new Verb();
        _sets.Overrule(verb);
        var later = _sets.Add(3);
        Assert.Equal(Settlement.Overruled, verb.Settlement);
        _sets.Remove(second);
        Assert.False(verb.IsSettled);
        _sets.Remove(first);
        Assert.True(verb.IsSettled);
        _sets.Remove(later);
        Assert.Equal(1, verb.Settled);
    }

    [Fact]
    public void When_it_has_been_made_meanwhile_the_verb_is_settled_at_once()
    {
        _sets.Remove(_sets.Add(1));
        var verb = new Verb();
        _sets.Overrule(verb);
        Assert.True(verb.IsSettled);
    }

    [Fact]
    public void Only_changes_of_a_key_that_is_being_set_are_concerned_and_those_of_many_keys()
    {
        Assert.False(_sets.Concerns(CacheOperation.Clear, []));
        var set = _sets.Add(KeyHashing.Hash(s_key));
        Assert.True(_sets.Concerns(CacheOperation.Remove, s_key));
        Assert.False(_sets.Concerns(CacheOperation.Remove, [.. s_key, 1]));
        Assert.True(_sets.Concerns(CacheOperation.Clear, []));
        Assert.True(_sets.Concerns(CacheOperation.RemoveByTag, s_key));
        Assert.False(_sets.Concerns(CacheOperation.MoveToLast, s_key));
        var again = _sets.Add(KeyHashing.Hash(s_key));
        _sets.Remove(set);
        Assert.True(_sets.Concerns(CacheOperation.Remove, s_key));
        _sets.Remove(again);
        Assert.False(_sets.Concerns(CacheOperation.Remove, s_key));
    }

    private sealed class Verb : IAwaited
    {
        internal Settlement Settlement { get; private set; }

        internal int Settled { get; private set; }

        internal bool IsSettled => Settled > 0;

        public bool IsAbandoned => false;

        public void Hold()
        {
        }

        public void Overrule(Settlement by) => Settlement = by;

        public void Refuse(string reason)
        {
        }

        public void Settle() => Settled++;
    }
}
