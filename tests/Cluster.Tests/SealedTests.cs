using System.Reflection;
using System.Security.Cryptography;
using McCache.Client;
using McCache.Streaming;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace McCache.Cluster.Tests;

/// <summary>Members that seal what they send each other: everything works as without, and nobody without the secret takes part.</summary>
public sealed class SealedTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly string _secret = NewSecret();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silos_and_clients_with_the_secret_keep_each_other_coherent()
    {
        await using var cluster = await ClientCluster.StartAsync(3, silo => Use(silo.Services, _secret));
        var client = await cluster.AddClientAsync(client => Use(client.Services, _secret));
        var near = await client.GetMcCacheAsync<string, string>("replica", Token);
        var large = new string('x', 500_000);
        for (var silo = 0; silo < 3; silo++)
        {
            await cluster.Cache<string, string>(silo, "replica").SetAsync("a", $"{silo}", Token);
            await near.SetAsync("b", $"{silo}", Token);
            await near.SetAsync("c", large, Token);
            for (var other = 0; other < 3; other++)
            {
                Assert.Equal($"{silo}", cluster.Cache<string, string>(other, "replica")["a"]);
                Assert.Equal($"{silo}", cluster.Cache<string, string>(other, "replica")["b"]);
                var pulled = cluster.Cache<string, string>(other, "replica");
                await UntilAsync(() => pulled.TryGetValue("c", out var value) && value == large);
            }

            Assert.Equal($"{silo}", await near.GetOrAddAsync("a", (_, _) => throw new InvalidOperationException(), Token));
            await near.RemoveAsync("c", Token);
        }

        await cluster.AddSiloAsync();
        Assert.Equal("2", cluster.Cache<string, string>(3, "replica")["a"]);
        Assert.All(cluster.Silos, silo => Assert.Equal((0, 0, 0), Refusals(silo.Services)));
    }

    [Fact]
    public async Task A_client_without_the_secret_is_told_why_it_finds_no_gateway()
    {
        await using var cluster = await ClientCluster.StartAsync(1, silo => Use(silo.Services, _secret));
        var without = await cluster.AddClientAsync(client => client.Configure<Orleans.Configuration.ClientMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(2)));
        var failure = await Assert.ThrowsAsync<TimeoutException>(async () => await without.GetMcCacheAsync<string, int>("cache", Token));
        Assert.Contains("McCache:EncryptionKeys has to be set on all members", failure.Message, StringComparison.Ordinal);
        var wrong = await cluster.AddClientAsync(client =>
        {
            client.Configure<Orleans.Configuration.ClientMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(2));
            Use(client.Services, NewSecret());
        });
        failure = await Assert.ThrowsAsync<TimeoutException>(async () => await wrong.GetMcCacheAsync<string, int>("cache", Token));
        Assert.Contains("sealed with a secret that the other member does not have", failure.Message, StringComparison.Ordinal);
        Assert.True(Refusals(cluster.Silos[0].Services) is { Mode: > 0, UnknownKey: > 0 });
        var (silo, client) = (await CheckAsync(cluster.Silos[0].Services), await CheckAsync(without.ServiceProvider));
        Assert.Equal((HealthStatus.Degraded, HealthStatus.Unhealthy), (silo.Status, client.Status));
        Assert.Contains("McCache:EncryptionKeys", silo.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_hears_its_own_gateway_only_and_each_of_its_members_for_itself()
    {
        await using var cluster = await ClientCluster.StartAsync(2, silo => Use(silo.Services, _secret));
        var client = await cluster.AddClientAsync(client => Use(client.Services, _secret));
        await client.GetMcCacheAsync<string, int>("cache", Token);
        var member = ClientCluster.Member(client);
        var session = (GatewaySession)typeof(ClientMember).GetField("_session", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(member)!;
        foreach (var silo in new[] { 0, 1 }.Select(number => cluster.Member(number).Silo)) // somebody may have brought another silo a copy of what the client asked
        {
            var answer = await ((IMulticastClientObserver)member).Deliver(new Batch(CacheMember.ProviderName, new Incarnation(silo, session.Id), session.Receiver.Applied + 1, 0, null, []));
            Assert.Equal(silo.Equals(session.Attachment.Silo) ? session.Id : 0, answer.Receiver);
        }

        var (gateway, own) = (cluster.Silos[0].Services.GetRequiredService<SealedCalls>(), client.ServiceProvider.GetRequiredService<SealedCalls>());
        var (one, other) = (new SealedClient(member, own), new SealedClient(member, own));
        var envelope = gateway.Seal(one.Label, new ClientObserverDetachMessage(0));
        await Assert.ThrowsAsync<SealRefusedException>(async () => await other.Ask(envelope));
        await one.Ask(envelope);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_silo_without_the_secret_never_starts_to_serve_and_reads_nothing(bool hasAnother)
    {
        var silos = 0;
        await using var cluster = await ClientCluster.StartAsync(1, silo =>
        {
            if (Interlocked.Increment(ref silos) == 1)
                Use(silo.Services, _secret);
            else if (hasAnother)
                Use(silo.Services, NewSecret());
        });
        var starting = cluster.AddSiloAsync(); // waits for a promise
        await UntilAsync(() => Refusals(cluster.Silos[0].Services) is (> 0, _, _) or (_, > 0, _));
        Assert.False(starting.IsCompleted);
        Assert.False(cluster.Member(0).Lease.MayComplete && cluster.Member(0).Lease.ValidFor == TimeSpan.Zero);
        _ = starting.ContinueWith(static task => task.Exception, TaskScheduler.Default);
    }

    [Fact]
    public async Task A_secret_changes_under_load_without_a_gap()
    {
        var secret = NewSecret();
        string[][] steps = [[_secret], [_secret, secret], [secret, _secret], [secret]];
        List<Secrets> configurations = [];
        await using var cluster = await ClientCluster.StartAsync(2, silo =>
        {
            configurations.Add(new Secrets(steps[0]));
            silo.Services.AddSingleton<IConfiguration>(new ConfigurationRoot([configurations[^1]]));
        });
        using var stop = new CancellationTokenSource();
        var writes = 0;
        var load = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                cluster.Cache<string, int>(1, "cache").GetOrAdd("a", _ => writes);
                await cluster.Cache<string, int>(0, "cache").SetAsync("a", ++writes, Token);
                Assert.False(cluster.Cache<string, int>(1, "cache").ContainsKey("a"));
            }
        }, Token);
        foreach (var step in steps.Skip(1))
        {
            foreach (var configuration in configurations)
            {
                configuration.Change(["no secret"]); // which is refused, and changes nothing
                configuration.Change(step);
                var seen = Volatile.Read(ref writes);
                await UntilAsync(() => Volatile.Read(ref writes) > seen + 100 || load.IsCompleted);
            }
        }

        await stop.CancelAsync();
        await load;
        Assert.All(cluster.Silos, silo => Assert.Equal((0, 0, 0), Refusals(silo.Services)));
        Assert.All([0, 1], silo => Assert.Equal(0, cluster.Member(silo).GetStatistics().Gaps));
    }

    private static Task<HealthCheckResult> CheckAsync(IServiceProvider services) => new McCacheHealthCheck(services).CheckHealthAsync(new(), Token);

    private static void Use(IServiceCollection services, string secret) => services.Configure<McCacheOptions>(options => options.EncryptionKeys.Add(secret));

    private static string NewSecret() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private static (long Mode, long UnknownKey, long Forged) Refusals(IServiceProvider services)
    {
        var calls = services.GetRequiredService<SealedCalls>();
        return (calls.Refusals.Count(SealRefusal.Mode), calls.Refusals.Count(SealRefusal.UnknownKey), calls.Refusals.Count(SealRefusal.Forged) + calls.Refusals.Count(SealRefusal.Replayed));
    }

    /// <summary>A configuration that changes while it is used.</summary>
    private sealed class Secrets : ConfigurationProvider
    {
        internal Secrets(string[] secrets) => Set(secrets);

        internal void Change(string[] secrets)
        {
            Set(secrets);
            OnReload();
        }

        private void Set(string[] secrets)
            => Data = secrets.Select((secret, i) => KeyValuePair.Create($"McCache:EncryptionKeys:{i}", (string?)secret)).ToDictionary(StringComparer.OrdinalIgnoreCase);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(s_limit);
        while (!condition())
            await Task.Delay(10, timeout.Token);
    }
}
