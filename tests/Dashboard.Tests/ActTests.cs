using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace McCache.Dashboard.Tests;

/// <summary>What can be done from the page, to real silos.</summary>
public sealed class ActTests(ActTests.Fixture fixture) : IClassFixture<ActTests.Fixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RealCluster Cluster => fixture.Cluster;

    [Fact]
    public async Task A_key_is_evicted_on_one_silo_or_on_all()
    {
        for (var silo = 0; silo < 2; silo++)
            Cluster.Cache<string, int>(silo, "products").GetOrAdd("a", _ => 1);
        var one = await ActAsync("evict", new { cache = "products", key = "a", silo = Address(0) });
        Assert.Equal("dropped", Assert.Single(one.GetProperty("silos").EnumerateArray()).GetProperty("outcome").GetString());
        Assert.Equal([false, true], [Holds(0), Holds(1)]);
        var all = await ActAsync("evict", new { cache = "products", key = "a" });
        Assert.Equal(["did not have it", "dropped"], all.GetProperty("silos").EnumerateArray().Select(row => row.GetProperty("outcome").GetString()).Order());
        Assert.False(Holds(1));

        bool Holds(int silo) => Cluster.Cache<string, int>(silo, "products").ContainsKey("a");
    }

    [Fact]
    public async Task Keys_and_tags_are_removed_everywhere()
    {
        var cache = Cluster.Cache<string, int>(0, "assets");
        await cache.ClearAsync(Token);
        foreach (var (key, tag) in new[] { ("a", "red"), ("b", "red"), ("c", "blue") })
            await cache.SetAsync(key, 1, new CacheEntryOptions { Tags = [tag] }, Token);
        await ActAsync("remove-by-tag", new { cache = "assets", tag = "red" });
        Assert.Equal(["c"], Cluster.Cache<string, int>(1, "assets").Keys);
        var removed = await ActAsync("remove", new { cache = "assets", key = "c" });
        Assert.Empty(Cluster.Cache<string, int>(1, "assets"));
        Assert.All(removed.GetProperty("silos").EnumerateArray(), row => Assert.Equal("followed: entries 1 before, 0 now", row.GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task A_cache_is_cleared_on_one_silo_or_coherently_everywhere_and_repaired()
    {
        for (var silo = 0; silo < 2; silo++)
            Cluster.Cache<long, string>(silo, "numbers").GetOrAdd(1, _ => "one");
        var one = await ActAsync("clear", new { cache = "numbers", silo = Address(1) });
        Assert.Equal("dropped, entries: 1", Assert.Single(one.GetProperty("silos").EnumerateArray()).GetProperty("outcome").GetString());
        Assert.Equal([1, 0], [Cluster.Cache<long, string>(0, "numbers").Count, Cluster.Cache<long, string>(1, "numbers").Count]);
        await ActAsync("clear", new { cache = "numbers" });
        Assert.Empty(Cluster.Cache<long, string>(0, "numbers"));

        Cluster.Cache<long, string>(0, "numbers").GetOrAdd(2, _ => "two");
        var repaired = await ActAsync("repair", new { cache = "numbers" });
        Assert.Equal(2, repaired.GetProperty("silos").GetArrayLength());
        Assert.Empty(Cluster.Cache<long, string>(0, "numbers")); // the copies of an invalidating cache are dropped
        await Cluster.Cache<string, int>(0, "assets").SetAsync("kept", 1, Token);
        var whole = await ActAsync("repair", new { cache = "assets" });
        Assert.All(whole.GetProperty("silos").EnumerateArray(), row => Assert.Equal("mended: nothing is missing", row.GetProperty("outcome").GetString()));
        Assert.Contains("kept", Cluster.Cache<string, int>(1, "assets").Keys);
    }

    [Fact]
    public async Task What_was_done_and_refused_is_in_the_audit_without_keys()
    {
        await ActAsync("evict", new { cache = "products", key = "secret-key" });
        Assert.Equal(HttpStatusCode.BadRequest, (await fixture.Site.Http.PostAsJsonAsync("api/acts/evict", new { cache = "products", key = "secret-key" }, Token)).StatusCode);
        var audit = await fixture.Site.Http.GetStringAsync("api/audit", Token);
        Assert.DoesNotContain("secret-key", audit, StringComparison.Ordinal);
        var rows = JsonSerializer.Deserialize<JsonElement>(audit).EnumerateArray().ToArray();
        Assert.Contains(rows, row => row.GetProperty("act").GetString() == "evict" && row.GetProperty("outcome").GetString() == "done on 2 of 2 silos" && row.GetProperty("user").GetString()!.StartsWith("anonymous at ", StringComparison.Ordinal));
        Assert.Contains(rows, row => row.GetProperty("outcome").GetString() == "refused: No valid antiforgery token");
    }

    [Fact]
    public async Task Nothing_is_done_where_acts_are_not_allowed_or_make_no_sense()
    {
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync("clear", new { cache = "nothing" }));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync("evict", new { cache = "numbers", key = "three" }));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync("evict", new { cache = "numbers" }));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync("evict", new { key = "three" }));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync("clear", new { cache = "numbers", silo = "nonsense" }));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync("clear", new { cache = "numbers", silo = "127.0.0.1:1@1" }));

        await using var site = await Cluster.ServeAsync();
        Cluster.Cache<string, int>(0, "products").GetOrAdd("kept", _ => 1);
        var answer = await site.Http.PostAsJsonAsync("api/acts/clear", new { cache = "products" }, Token);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("AllowActions", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.True(Cluster.Cache<string, int>(0, "products").ContainsKey("kept"));
    }

    [Fact]
    public async Task What_the_silos_do_not_let_this_host_do_is_refused_and_says_so()
    {
        await using var cluster = await RealCluster.StartAsync(1, mayClientsAct: false);
        await using var site = await cluster.ServeAsync(options => options.AllowActions = true);
        cluster.Cache<string, int>(0, "products").GetOrAdd("kept", _ => 1);
        foreach (var (act, body) in new (string, object)[] { ("clear", new { cache = "products" }), ("remove", new { cache = "products", key = "kept" }), ("evict", new { cache = "products", key = "kept" }), ("repair", new { cache = "products" }) })
        {
            var answer = await PostAsync(act, body, site);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Contains("IMcCacheAuthorizer", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        Assert.True(cluster.Cache<string, int>(0, "products").ContainsKey("kept"));
    }

    [Fact]
    public async Task A_silo_that_does_not_say_how_it_followed_is_not_counted_as_done()
    {
        var cluster = new SimulatedCluster(3, "a");
        cluster.Silent = [cluster.Silos[1]];
        await using var site = await DashboardSite.StartAsync(cluster, options => options.AllowActions = true);
        var answer = await PostAsync("remove-by-tag", new { cache = "a", tag = "red" }, site);
        var rows = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync(Token)).GetProperty("silos").EnumerateArray();
        Assert.Equal([true, false, true], rows.Select(row => row.GetProperty("isDone").GetBoolean()));
        Assert.Equal("done on 2 of 3 silos", Assert.Single(await AuditAsync(site)).GetProperty("outcome").GetString());
    }

    [Theory]
    [InlineData(typeof(TimeoutException), HttpStatusCode.GatewayTimeout, "not known: it may have been done")]
    [InlineData(typeof(SiloUnavailableException), HttpStatusCode.ServiceUnavailable, "not known: it may have been done")]
    [InlineData(typeof(UnauthorizedAccessException), HttpStatusCode.Forbidden, "refused by the silos")]
    [InlineData(typeof(InvalidOperationException), HttpStatusCode.NotFound, "failed: InvalidOperationException")]
    public async Task What_came_of_an_act_is_audited_as_far_as_it_is_known(Type failure, HttpStatusCode status, string outcome)
    {
        var cluster = new SimulatedCluster(3, "a") { ActFailure = (Exception)Activator.CreateInstance(failure)! };
        await using var site = await DashboardSite.StartAsync(cluster, options => options.AllowActions = true);
        var answer = await PostAsync("remove-by-tag", new { cache = "a", tag = "red" }, site);
        Assert.Equal((status, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Equal(outcome, Assert.Single(await AuditAsync(site)).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task Who_may_not_act_drives_nothing_out_of_the_audit()
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(1, "a"), options => options.AllowActions = true);
        await PostAsync("remove-by-tag", new { cache = "a", tag = "red" }, site);
        for (var i = 0; i < 250; i++)
            await site.Http.PostAsJsonAsync("api/acts/evict", new { cache = $"{i}", key = "a" }, Token);
        Assert.Equal(["refused: No valid antiforgery token", "done on 1 of 1 silos"], (await AuditAsync(site)).Select(row => row.GetProperty("outcome").GetString()));
    }

    private static async Task<JsonElement[]> AuditAsync(DashboardSite site) => [.. JsonSerializer.Deserialize<JsonElement>(await site.Http.GetStringAsync("api/audit", Token)).EnumerateArray()];

    private string Address(int silo) => Cluster.Silos[silo].SiloAddress.ToParsableString();

    private async Task<JsonElement> ActAsync(string act, object body)
    {
        var answer = await PostAsync(act, body);
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    private async Task<HttpStatusCode> StatusAsync(string act, object body) => (await PostAsync(act, body)).StatusCode;

    private async Task<HttpResponseMessage> PostAsync(string act, object body, DashboardSite? site = null)
    {
        site ??= fixture.Site;
        var session = JsonSerializer.Deserialize<JsonElement>(await site.Http.GetStringAsync("api/session", Token));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"api/acts/{act}") { Content = JsonContent.Create(body) };
        request.Headers.Add(session.GetProperty("tokenHeader").GetString()!, session.GetProperty("token").GetString());
        return await site.Http.SendAsync(request, Token);
    }

    public sealed class Fixture : IAsyncLifetime
    {
        internal RealCluster Cluster { get; private set; } = null!;

        internal DashboardSite Site { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Cluster = await RealCluster.StartAsync(2);
            Site = await Cluster.ServeAsync(options => options.AllowActions = true);
        }

        public async ValueTask DisposeAsync()
        {
            await Site.DisposeAsync();
            await Cluster.DisposeAsync();
        }
    }
}
