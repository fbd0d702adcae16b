using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace McCache.Client.Tests;

/// <summary>A difference between copies that nothing on its way explains is told to people; one that explains itself is not.</summary>
public sealed class IncoherenceTests
{
    private readonly Network _network = new();
    private readonly Network.Member _one;
    private readonly Network.Member _two;
    private Func<ulong> _difference = static () => 0;

    public IncoherenceTests()
    {
        (_one, _two) = (_network.JoinReplica<string, string>(), _network.JoinReplica<string, string>());
        _one.Get<string, string>()["key"] = "value";
        var (requests, answers) = (_two.Services.GetRequiredService<Serializer<CacheRequest>>(), _two.Services.GetRequiredService<Serializer<DigestAnswer>>());
        _two.Channel.Asking = (_, request, ask) =>
        {
            var answer = ask();
            if (requests.Deserialize(request) is not DigestRequest)
                return new(answer);
            var digests = answers.Deserialize(answer)!;
            digests.Buckets[0] += _difference();
            return new(answers.SerializeToArray(digests));
        };
        _network.Pass(3_000);
    }

    private CoherenceEvent[] Told => [.. _two.Channel.Events.After(0).Where(told => told.Kind == CoherenceEventKind.Incoherence)];

    [Fact]
    public void Copies_that_stay_different_are_told_with_the_other_silo_and_the_cache()
    {
        Assert.Empty(Told);
        _difference = static () => 1;
        _network.Pass(5_000);
        Assert.NotEmpty(Told);
        Assert.All(Told, told => Assert.Equal((_one.Channel.Silo, "cache"), (told.Silo, told.Cache)));

        _difference = static () => 0;
        _network.Pass(5_000);
        var before = Told.Length;
        _network.Pass(5_000);
        Assert.Equal(before, Told.Length); // it is over
    }

    [Fact]
    public void Copies_that_are_being_written_are_not_told_of()
    {
        var compared = 0UL;
        _difference = () => ++compared;
        _network.Pass(5_000);
        Assert.True(compared > 3);
        Assert.Empty(Told);
    }
}
