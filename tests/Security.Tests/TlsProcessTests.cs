using McCache.Security.Tests.Processes;

namespace McCache.Security.Tests;

/// <summary>A silo with TLS, in a process of its own, and processes that come to it with and without the right certificate.</summary>
public sealed class TlsProcessTests(TlsProcessTests.Fixture fixture) : IClassFixture<TlsProcessTests.Fixture>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    private MemberProcess Silo => fixture.Silo;

    /// <summary>What one may come with.</summary>
    public enum Credential
    {
        NoTls,
        NoCertificate,
        WrongAuthority,
        Expired,
        NotYetValid,
        NoUsage,
        ClientsCertificate,
    }

    [Theory]
    [InlineData(Credential.NoTls)]
    [InlineData(Credential.NoCertificate)]
    [InlineData(Credential.WrongAuthority)]
    [InlineData(Credential.Expired)]
    [InlineData(Credential.NotYetValid)]
    [InlineData(Credential.NoUsage)]
    public async Task Client_without_the_right_certificate_is_refused_at_the_gateway(Credential credential)
    {
        Silo.ForgetConnections();
        await using var client = new MemberProcess(Bad(Silo.Settings.Client() with { Patience = s_patience }, credential));
        TestContext.Current.TestOutputHelper!.WriteLine(await Silo.RefusedAsync());
        Assert.StartsWith(nameof(TimeoutException), await client.Started, StringComparison.Ordinal);
        Assert.Equal(0, Silo.Accepted);
    }

    [Theory]
    [InlineData(Credential.NoTls)]
    [InlineData(Credential.NoCertificate)]
    [InlineData(Credential.WrongAuthority)]
    [InlineData(Credential.Expired)]
    [InlineData(Credential.ClientsCertificate)]
    public async Task Silo_without_the_right_certificate_does_not_join(Credential credential)
    {
        Silo.ForgetConnections();
        await using var joining = new MemberProcess(Bad(Silo.Settings.Joining(), credential));
        TestContext.Current.TestOutputHelper!.WriteLine(await Silo.RefusedAsync());
        await Silo.RefusedAsync(); // it tries again
        Assert.Equal($"{Silo.Settings.SiloPort}", await Silo.AskAsync("silos"));
        Assert.True(joining.IsStarting);
        Assert.Equal(0, Silo.Accepted);
    }

    [Fact]
    public async Task Client_refuses_a_silo_of_another_authority()
    {
        await using var impostor = await MemberProcess.StartAsync(MemberSettings.Silo(fixture.Stranger.IssueSilo()) with { Protection = Protection.Unchecked });
        await using var client = new MemberProcess(impostor.Settings.Client() with { Patience = s_patience, Protection = Protection.Tls, Files = fixture.Authority.IssueClient() });
        Assert.NotEqual("", await client.RefusedAsync());
        Assert.StartsWith(nameof(TimeoutException), await client.Started, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_and_client_with_the_right_certificates_are_members()
    {
        await using var joined = await MemberProcess.StartAsync(MemberSettings.Silo(fixture.Authority.IssueSilo()) with { SiloName = "silo.test" });
        await using var second = await MemberProcess.StartAsync(joined.Settings.Joining());
        await using var client = await MemberProcess.StartAsync(joined.Settings.Client() with { Files = fixture.Authority.IssueClient() });
        Assert.Equal(2, (await joined.AskAsync("silos")).Split(',').Length);
        await client.AssertReachesAsync(second, "key", "fromClient");
        await second.AssertReachesAsync(client, "key", "fromSilo");
    }

    private MemberSettings Bad(MemberSettings settings, Credential credential) => credential switch
    {
        Credential.NoTls => settings with { Protection = Protection.None },
        Credential.NoCertificate => settings with { Protection = Protection.Unchecked, Files = null },
        _ => settings with
        {
            Protection = Protection.Unchecked,
            Files = credential switch
            {
                Credential.WrongAuthority => fixture.Stranger.IssueSilo(),
                Credential.Expired => fixture.Authority.Issue([Authority.ServerUsage, Authority.ClientUsage], validFrom: -3, validTo: -1),
                Credential.NotYetValid => fixture.Authority.Issue([Authority.ServerUsage, Authority.ClientUsage], validFrom: 1, validTo: 3),
                Credential.NoUsage => fixture.Authority.Issue([]),
                _ => fixture.Authority.IssueClient(),
            },
        },
    };

    public sealed class Fixture : IAsyncLifetime
    {
        internal Authority Authority { get; } = new();

        internal Authority Stranger { get; } = new();

        internal MemberProcess Silo { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Silo = await MemberProcess.StartAsync(MemberSettings.Silo(Authority.IssueSilo()));

        public async ValueTask DisposeAsync()
        {
            await Silo.DisposeAsync();
            Authority.Dispose();
            Stranger.Dispose();
        }
    }
}
