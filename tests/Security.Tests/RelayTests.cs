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

        await ShareAsync("KeyOfSilo", "ValueOfSilo", second, client);
        await ShareAsync("KeyOfClient", "ValueOfClient", client, second);

        var isReadable = protection == Protection.None;
        Assert.All(["KeyOfSilo", "ValueOfSilo"], marker => Assert.Equal(isReadable, Contains(toSilo, marker)));
        Assert.All(["KeyOfClient", "ValueOfClient", "KeyOfSilo", "ValueOfSilo"], marker => Assert.Equal(isReadable, Contains(toGateway, marker)));
        Assert.All([toSilo, toGateway], relay => Assert.True(relay.Recorded.Length > 1_000));
    }

    /// <summary>A process that may not serve for a moment, on a busy machine, has no copy, and a gateway that could not set what its client wants has removed it: then it is done again.</summary>
    private static async Task ShareAsync(string key, string value, MemberProcess from, MemberProcess to)
    {
        string read;
        var tries = 0;
        do
        {
            Assert.Equal("done", await from.AskAsync($"set {key} {value}"));
            read = await to.AskAsync($"read {key}");
        }
        while (read != value && ++tries < 50);
        Assert.Equal(value, read);
    }

    private static bool Contains(RecordingRelay relay, string marker)
        => relay.Recorded.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(marker)) >= 0 || relay.Recorded.AsSpan().IndexOf(System.Text.Encoding.Unicode.GetBytes(marker)) >= 0;
}
