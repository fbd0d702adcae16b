using McCache.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace McCache.Cluster.Tests;

/// <summary>Who may do what from outside a silo.</summary>
public sealed class AccessTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_reads_writes_and_asks_but_does_not_administer_by_default()
    {
        var log = new LogRecord();
        await using var cluster = await ClientCluster.StartAsync(1, silo => silo.Services.AddSingleton<ILoggerProvider>(log));
        var client = await cluster.AddClientAsync();
        var (door, administration) = (client.GetCacheGrain<string, int>("cache"), client.GetMcCacheAdministration());
        var extension = door.AsReference<ICacheExtension>();
        await door.SetAsync("secretKey", 1, cancellationToken: Token);
        Assert.Equal(1, (await administration.GetStatisticsAsync(Token))[0].Value!.Single(cache => cache.Name == "cache").Entries);
        Assert.NotNull((await administration.GetMetadataAsync("cache", "secretKey", Token))[0].Value);
        Assert.NotEqual(0ul, await extension.GetDigestAsync("cache"));

        Func<Task>[] refused =
        [
            () => administration.EvictAsync("cache", "secretKey", Token).AsTask(),
            () => administration.EvictAllAsync("cache", Token).AsTask(),
            () => administration.ClearAsync("cache", Token).AsTask(),
            () => extension.EvictAsync("cache", "secretKey").AsTask(),
            () => extension.ClearAsync("cache").AsTask(),
            () => administration.ClearAsync("made up", Token).AsTask(),
        ];
        foreach (var call in refused)
            await Assert.ThrowsAsync<UnauthorizedAccessException>(call);
        Assert.True((await door.TryGetAsync("secretKey")).Found);
        var audit = log.Entries.Where(entry => entry.Event == 4002).ToArray();
        Assert.Equal(refused.Length, audit.Length);
        Assert.Equal(4, audit.Count(entry => entry.Text.StartsWith("Audit: Evict of cache 'cache' by Client sys.client", StringComparison.Ordinal)));
        Assert.Contains(audit, entry => entry.Text.StartsWith("Audit: Clear of cache '(unknown)' by Client", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Entries, entry => entry.Text.Contains("secretKey", StringComparison.Ordinal));

        var inside = cluster.Silos[0].Services.GetRequiredService<IGrainFactory>().GetMcCacheAdministration(); // code of a silo that is no grain
        Assert.Equal(1, (await inside.EvictAllAsync("cache", Token))[0].Value);
        Assert.Contains(log.Entries, entry => entry.Event == 4001 && entry.Text.StartsWith("Audit: Evict of cache 'cache' by Silo", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Policy_decides_by_cache_operation_and_caller()
    {
        var policy = new Policy();
        await using var cluster = await ClientCluster.StartAsync(1, silo => silo.Services.AddSingleton<IMcCacheAuthorizer>(policy));
        var client = await cluster.AddClientAsync();
        var (door, other) = (client.GetCacheGrain<string, int>("cache"), client.GetCacheGrain<string, string>("replica"));
        await door.SetAsync("a", 1, cancellationToken: Token);

        policy.Rule = access => access is not { Operation: McCacheOperation.Read, Cache: "cache" };
        Func<Task>[] reads =
        [
            () => door.TryGetAsync("a").AsTask(), () => door.ContainsKeyAsync("a").AsTask(), () => door.GetRangeAsync(["a"]).AsTask(), () => door.CountAsync().AsTask(),
            async () => await door.EnumerateAsync(Token).CountAsync(Token),
        ];
        foreach (var read in reads)
            await Assert.ThrowsAsync<UnauthorizedAccessException>(read);
        await other.SetAsync("a", "b", cancellationToken: Token);
        Assert.Equal(1, await other.EnumerateAsync(Token).CountAsync(Token));

        policy.Rule = access => access.Operation != McCacheOperation.Write;
        Func<Task>[] writes =
        [
            () => door.SetAsync("a", 2, cancellationToken: Token).AsTask(), () => door.SetRangeAsync([new("a", 2)], Token).AsTask(), () => door.RemoveAsync("a", Token).AsTask(),
            () => door.RemoveByTagAsync("t", Token).AsTask(), () => door.ClearAsync(Token).AsTask(),
        ];
        foreach (var write in writes)
            await Assert.ThrowsAsync<UnauthorizedAccessException>(write);
        Assert.Equal(1, (await door.TryGetAsync("a")).Value);
        Assert.All(policy.Asked, access => Assert.Equal(McCacheCallerKind.Client, access.Caller.Kind));
        Assert.Single(policy.Asked.Select(access => access.Caller.Id).Distinct());

        policy.Rule = _ => throw new InvalidOperationException();
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => door.TryGetAsync("a").AsTask());
    }

    [Fact]
    public async Task Keys_in_a_snapshot_are_decided_by_cache()
    {
        var policy = new Policy();
        await using var cluster = await ClientCluster.StartAsync(1, silo => silo.Services.AddSingleton<IMcCacheAuthorizer>(policy));
        var administration = (await cluster.AddClientAsync()).GetMcCacheAdministration();
        policy.Rule = access => access is not { Operation: McCacheOperation.ReadMetadata, Cache: not "cache" };
        Assert.True((await AskAsync())[0].IsSuccess);
        Assert.True((await AskAsync("cache"))[0].IsSuccess);
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => AskAsync("cache", "replica").AsTask());
        policy.Rule = access => access.Operation != McCacheOperation.ReadStatistics;
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => AskAsync("cache").AsTask());

        ValueTask<IReadOnlyList<SiloResult<SiloSnapshot>>> AskAsync(params string[] keysOf) => administration.GetSnapshotsAsync(new SnapshotRequest { TopKeysOf = keysOf }, Token);
    }

    [Fact]
    public async Task Client_has_no_copies_of_a_cache_that_it_may_not_read()
    {
        var policy = new Policy { Rule = access => access is not { Operation: McCacheOperation.Read, Cache: "cache" } };
        await using var cluster = await ClientCluster.StartAsync(1, silo => silo.Services.AddSingleton<IMcCacheAuthorizer>(policy));
        var client = await cluster.AddClientAsync();
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => client.GetMcCacheAsync<string, int>("cache", Token).AsTask());
        var replica = await client.GetMcCacheAsync<string, string>("replica", Token);
        await replica.SetAsync("a", "b", Token);
        Assert.Equal("b", cluster.Cache<string, string>(0, "replica")["a"]);
    }

    [Fact]
    public async Task What_a_client_may_not_write_is_refused_and_changes_nothing_anywhere()
    {
        var policy = new Policy { Rule = access => access is not { Operation: McCacheOperation.Write, Cache: "replica" } };
        await using var cluster = await ClientCluster.StartAsync(1, silo => silo.Services.AddSingleton<IMcCacheAuthorizer>(policy));
        var here = cluster.Cache<string, string>(0, "replica");
        await here.SetAsync("a", "b", Token);
        var near = await (await cluster.AddClientAsync()).GetMcCacheAsync<string, string>("replica", Token);
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => near.SetAsync("a", "c", Token).AsTask());
        Assert.Contains("Write is refused", refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(() => near.ClearAsync(Token).AsTask());
        Assert.Equal("b", here["a"]);
        Assert.Equal("b", await near.GetOrAddAsync("a", (_, _) => Task.FromResult("made here"), Token));
        Assert.InRange(policy.Asked.Count(access => access.Operation == McCacheOperation.Write), 1, policy.Asked.Count(access => access.Operation == McCacheOperation.Attach)); // once for each attachment
    }

    [Fact]
    public async Task Client_that_may_not_attach_is_told_why()
    {
        var policy = new Policy { Rule = access => access.Operation != McCacheOperation.Attach };
        await using var cluster = await ClientCluster.StartAsync(1, silo => silo.Services.AddSingleton<IMcCacheAuthorizer>(policy));
        var client = await cluster.AddClientAsync(client => client.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(2)));
        var failure = await Assert.ThrowsAsync<TimeoutException>(() => client.GetMcCacheAsync<string, int>("cache", Token).AsTask());
        Assert.Contains("Attach is refused", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, cluster.Member(0).Clients);
    }

    [Fact]
    public async Task What_silos_call_of_each_other_a_client_may_not()
    {
        await using var cluster = await ClientCluster.StartAsync(1);
        var silo = cluster.Silos[0].Services;
        var endpoint = silo.GetRequiredService<AdministrationClient>()[silo.GetRequiredService<ILocalSiloDetails>().SiloAddress];
        Assert.Equal(0, await endpoint.EvictAll("cache"));
        var client = await cluster.AddClientAsync();
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => client.GetGrain<IAdministrationEndpoint>(endpoint.GetGrainId()).EvictAll("cache").AsTask());
    }

    [Theory]
    [InlineData(typeof(ICacheGrain<string, int>))]
    [InlineData(typeof(ICacheExtension))]
    [InlineData(typeof(IMcCacheAdministration))]
    public void Every_method_has_its_operation(Type type) => Assert.Equal(type.GetMethods().Select(method => method.Name).Distinct().Order(), AccessTable.Find(type)!.Keys.Order());
}
