using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;

namespace McCache.Dashboard.Tests;

/// <summary>The JSON, of real silos that a client outside asks.</summary>
public sealed class ApiTests(ApiTests.Fixture fixture) : IClassFixture<ApiTests.Fixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RealCluster Cluster => fixture.Cluster;

    [Fact]
    public async Task Totals_are_those_of_the_silos()
    {
        for (var silo = 0; silo < 3; silo++)
        {
            var cache = Cluster.Cache<string, int>(silo, "products");
            for (var key = 0; key < 10; key++)
                cache.GetOrAdd($"{silo}/{key}", _ => 1);
            cache.TryGetValue($"{silo}/0", out _);
            await cache.RemoveAsync("nobody has it", Token);
        }

        var expected = (await Cluster.Client.GetMcCacheAdministration().GetStatisticsAsync(Token)).Select(row => row.Value!.Single(cache => cache.Name == "products")).ToArray();
        var caches = await GetAsync("api/caches");
        var row = caches.GetProperty("caches").EnumerateArray().Single(cache => cache.GetProperty("id").GetString() == "products");
        Assert.Equal(expected.Sum(cache => cache.Hits), row.GetProperty("hits").GetInt64());
        Assert.Equal(expected.Sum(cache => cache.Misses), row.GetProperty("misses").GetInt64());
        Assert.Equal(expected.Sum(cache => cache.Entries), row.GetProperty("entries").GetInt64());
        Assert.Equal(expected.Sum(cache => cache.Bytes), row.GetProperty("bytes").GetInt64());
        Assert.InRange(row.GetProperty("coherentVerbs").GetInt64(), 3, long.MaxValue);
        Assert.InRange(row.GetProperty("p50Seconds").GetDouble(), 0, row.GetProperty("p99Seconds").GetDouble());
        Assert.Equal(3, row.GetProperty("silos").GetInt32());
        Assert.Equal(3, caches.GetProperty("totals").GetProperty("silos").GetInt32());
        Assert.Equal(caches.GetProperty("caches").EnumerateArray().Sum(cache => cache.GetProperty("hits").GetInt64()), caches.GetProperty("totals").GetProperty("hits").GetInt64());
    }

    [Fact]
    public async Task Silos_hold_each_others_promises_and_have_lanes_to_each_other()
    {
        var overview = await GetAsync("api/overview");
        Assert.All(overview.GetProperty("promises").EnumerateArray(), row => Assert.Matches("^[0-9]*-[0-9]*$", row.GetProperty("cells").GetString()!));
        var silos = overview.GetProperty("silos").EnumerateArray().ToArray();
        Assert.Equal(3, silos.Length);
        Assert.All(silos, silo => Assert.Equal("serving", silo.GetProperty("state").GetString()));
        var silo = await GetAsync($"api/silo?address={Uri.EscapeDataString(silos[0].GetProperty("id").GetString()!)}");
        Assert.Equal(2, silo.GetProperty("promises").GetArrayLength());
        Assert.All(silo.GetProperty("promises").EnumerateArray(), promise => Assert.InRange(promise.GetProperty("remainingSeconds").GetDouble(), 0.01, 2));
        Assert.Equal(2, silo.GetProperty("lanes").GetArrayLength());
        Assert.Equal(3, silo.GetProperty("caches").GetArrayLength());
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.Site.Http.GetAsync("api/silo?address=127.0.0.1:1@1", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.Site.Http.GetAsync("api/silo?address=nonsense", Token)).StatusCode);
    }

    [Fact]
    public async Task One_cache_has_its_digests_and_says_whether_they_agree()
    {
        await Cluster.Cache<string, int>(0, "assets").SetAsync("a", 1, Token);
        var agreeing = await GetAsync("api/cache?name=assets");
        Assert.True(agreeing.GetProperty("agree").GetBoolean());
        Assert.Single(agreeing.GetProperty("silos").EnumerateArray().Select(silo => silo.GetProperty("digest").GetString()).Distinct());
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.Site.Http.GetAsync("api/cache?name=nothing", Token)).StatusCode);
    }

    [Fact]
    public async Task Keys_are_shown_in_order_with_what_is_known_of_them()
    {
        var cache = Cluster.Cache<long, string>(1, "numbers");
        for (var key = 0; key < 7; key++)
            cache.Set(key, "value", new CacheEntryOptions { Tags = [$"tag-{key % 2}"] });
        var silo = Uri.EscapeDataString(Cluster.Silos[1].SiloAddress.ToParsableString());
        var page = await GetAsync($"api/keys?cache=numbers&silo={silo}&skip=2&count=3");
        Assert.Equal(7, page.GetProperty("total").GetInt32());
        Assert.Equal(["2", "3", "4"], page.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("key").GetString()));
        Assert.Equal("tag-0", page.GetProperty("keys")[0].GetProperty("metadata").GetProperty("tags")[0].GetString());
        Assert.DoesNotContain("value", page.GetRawText(), StringComparison.Ordinal);

        var everywhere = await GetAsync("api/key?cache=numbers&key=3");
        Assert.Single(everywhere.EnumerateArray(), row => row.GetProperty("metadata").ValueKind != JsonValueKind.Null);
        Assert.Equal(HttpStatusCode.BadRequest, (await fixture.Site.Http.GetAsync("api/key?cache=numbers&key=three", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await fixture.Site.Http.GetAsync($"api/keys?cache=numbers&silo={silo}&count=501", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.Site.Http.GetAsync($"api/keys?cache=nothing&silo={silo}", Token)).StatusCode);
    }

    [Fact]
    public async Task Keys_are_not_shown_unless_that_was_asked_for()
    {
        await using var site = await Cluster.ServeAsync();
        foreach (var path in (string[])["api/keys?cache=numbers&silo=127.0.0.1:1@1", "api/key?cache=numbers&key=3"])
        {
            var answer = await site.Http.GetAsync(path, Token);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Contains("ShowKeys", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_keys_that_are_read_most_are_found()
    {
        var cache = Cluster.Cache<string, int>(2, "products");
        cache.GetOrAdd("hot", _ => 1);
        cache.GetOrAdd("warm", _ => 1);
        for (var i = 0; i < 3_000; i++)
        {
            cache.TryGetValue("hot", out _);
            if (i % 4 == 0)
                cache.TryGetValue("warm", out _);
        }

        var top = (await GetAsync("api/cache?name=products")).GetProperty("topKeys").EnumerateArray().Select(key => key.GetProperty("key").GetString()).ToArray();
        Assert.Equal(["hot", "warm"], top.Take(2));
    }

    [Fact]
    public async Task Membership_is_among_the_events_and_everything_is_described()
    {
        Assert.Contains((await GetAsync("api/events")).EnumerateArray(), one => one.GetProperty("kind").GetString() == "membership");
        var description = await GetAsync("api/openapi/mccache.json");
        var paths = description.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToArray();
        Assert.Contains("/mccache/api/caches", paths);
        Assert.Contains("/mccache/api/acts/clear", paths);
        Assert.All(paths, path => Assert.StartsWith("/mccache/api/", path, StringComparison.Ordinal));
        var kinds = description.GetProperty("components").GetProperty("schemas").GetProperty("CoherenceEventKind");
        Assert.Equal("string", kinds.GetProperty("type").GetString());
        Assert.Equal(["gap", "hole", "holeLost", "incoherence", "lapse", "membership"], kinds.GetProperty("enum").EnumerateArray().Select(kind => kind.GetString()));
    }

    [Fact]
    public async Task The_description_is_in_no_document_of_the_host_and_shows_none_of_them()
    {
        Func<IServiceCollection, string, IServiceCollection> add = OpenApiServiceCollectionExtensions.AddOpenApi; // a call would be taken for one of a web application
        await using var site = await DashboardSite.StartAsync(services => add(services.AddSingleton(Cluster.Client), "theirs"));
        Assert.Empty((await site.Application.Services.GetRequiredKeyedService<IOpenApiDocumentProvider>("theirs").GetOpenApiDocumentAsync(Token)).Paths);
        Assert.Equal(HttpStatusCode.NotFound, (await site.Http.GetAsync("api/openapi/theirs.json", Token)).StatusCode);
    }

    private async Task<JsonElement> GetAsync(string path) => JsonSerializer.Deserialize<JsonElement>(await fixture.Site.Http.GetStringAsync(path, Token));

    public sealed class Fixture : IAsyncLifetime
    {
        internal RealCluster Cluster { get; private set; } = null!;

        internal DashboardSite Site { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Cluster = await RealCluster.StartAsync(3);
            Site = await Cluster.ServeAsync(options => options.ShowKeys = true);
        }

        public async ValueTask DisposeAsync()
        {
            await Site.DisposeAsync();
            await Cluster.DisposeAsync();
        }
    }
}
