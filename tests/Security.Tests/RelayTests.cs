using System.Security.Cryptography;
using McCache.Security.Tests.Processes;

namespace McCache.Security.Tests;

/// <summary>What somebody hears who stands between processes that write and read.</summary>
public sealed class RelayTests : IDisposable
{
    private readonly Authority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData(Protection.Tls)]
    [InlineData(Protection.Sealed)]
    [InlineData(Protection.None)] // or the test would hear nothing whatever was said
    public async Task Traffic_shows_keys_and_values_to_nobody_unless_nothing_protects_it(Protection protection)
    {
        var settings = MemberSettings.Silo(_authority.IssueSilo()) with { Protection = protection, Secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) };
        var (listening, gateway) = (MemberSettings.FreePort(), MemberSettings.FreePort());
        await using var toSilo = new RecordingRelay(listening);
        await using var toGateway = new RecordingRelay(gateway);
        settings = settings with { PrimaryPort = toSilo.Port, SiloPort = toSilo.Port, ListeningPort = listening, GatewayPort = toGateway.Port, ListeningGatewayPort = gateway };
        await using var first = await MemberProcess.StartAsync(settings);
        await using var second = await MemberProcess.StartAsync(settings.Joining());
        await using var client = await MemberProcess.StartAsync(settings.Client() with { Files = _authority.IssueClient() });

        Assert.Equal("done", await second.AskAsync("set KeyOfSilo ValueOfSilo"));
        Assert.Equal("done", await client.AskAsync("set KeyOfClient ValueOfClient"));
        Assert.Equal("ValueOfSilo", await client.AskAsync("read KeyOfSilo"));
        Assert.Equal("ValueOfClient", await second.AskAsync("read KeyOfClient"));

        var isReadable = protection == Protection.None;
        Assert.All(["KeyOfSilo", "ValueOfSilo"], marker => Assert.Equal(isReadable, Contains(toSilo, marker)));
        Assert.All(["KeyOfClient", "ValueOfClient", "KeyOfSilo", "ValueOfSilo"], marker => Assert.Equal(isReadable, Contains(toGateway, marker)));
        Assert.All([toSilo, toGateway], relay => Assert.True(relay.Recorded.Length > 1_000));
    }

    private static bool Contains(RecordingRelay relay, string marker)
        => relay.Recorded.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(marker)) >= 0 || relay.Recorded.AsSpan().IndexOf(System.Text.Encoding.Unicode.GetBytes(marker)) >= 0;
}
