using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace McCache.Dashboard.Tests;

/// <summary>What an open page is sent, of a cluster that is numbers only.</summary>
public sealed class StreamTests
{
    private static readonly Action<McCacheDashboardOptions> s_quick = options => options.RefreshPeriod = TimeSpan.FromMilliseconds(250);

    [Fact]
    public async Task The_first_frame_is_whole_and_the_next_say_what_has_changed()
    {
        var cluster = new SimulatedCluster(3, "still", "moving");
        await using var site = await DashboardSite.StartAsync(cluster, s_quick);
        await using var frames = await FrameReader.OpenAsync(site);
        var first = await frames.NextAsync();
        Assert.Equal(3, first.GetProperty("silos").GetProperty("changed").GetArrayLength());
        Assert.Equal(["moving", "still"], first.GetProperty("caches").GetProperty("changed").EnumerateArray().Select(row => row.GetProperty("id").GetString()));
        Assert.Equal(JsonValueKind.Array, first.GetProperty("series").ValueKind);
        Assert.Single(first.GetProperty("events").GetProperty("changed").EnumerateArray());

        var second = await frames.NextAsync();
        Assert.False(second.TryGetProperty("series", out _));
        Assert.False(second.TryGetProperty("events", out _));
        Assert.True(second.TryGetProperty("point", out var point));
        Assert.InRange(point.GetProperty("reads").GetDouble(), 5_999, 6_001); // 2 caches on 3 silos, 1,000 reads a step, and a step is a second of theirs
        Assert.Equal(0.9, point.GetProperty("hitRatio").GetDouble(), 3);
        Assert.True(second.GetProperty("version").GetInt64() > first.GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task A_silo_that_has_gone_is_shown_as_gone_and_its_lanes_are_taken_away()
    {
        var cluster = new SimulatedCluster(3, 1);
        await using var site = await DashboardSite.StartAsync(cluster, s_quick);
        await using var overview = await FrameReader.OpenAsync(site);
        await using var silo = await FrameReader.OpenAsync(site, $"?silo={Uri.EscapeDataString(cluster.Silos[0].ToParsableString())}");
        await overview.NextAsync();
        Assert.Equal(2, (await silo.NextAsync()).GetProperty("lanes").GetProperty("changed").GetArrayLength());
        var killed = cluster.Silos[2];
        cluster.Kill(killed);

        var row = await FindAsync(overview, frame => frame.TryGetProperty("silos", out var silos)
            ? silos.GetProperty("changed").EnumerateArray().FirstOrDefault(row => row.GetProperty("id").GetString() == killed.ToParsableString() && row.GetProperty("state").GetString() == "gone")
            : default);
        Assert.Equal(JsonValueKind.String, row.GetProperty("since").ValueKind);
        await FindAsync(silo, frame => frame.TryGetProperty("lanes", out var lanes)
            ? lanes.GetProperty("removed").EnumerateArray().FirstOrDefault(id => id.GetString()!.EndsWith(killed.ToParsableString(), StringComparison.Ordinal))
            : default);
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_is_told_with_what_was_true_before()
    {
        var cluster = new SimulatedCluster(2, 1);
        await using var site = await DashboardSite.StartAsync(cluster, s_quick);
        await using var frames = await FrameReader.OpenAsync(site);
        await frames.NextAsync();
        cluster.Failure = new InvalidOperationException("nobody is there");
        var error = await FindAsync(frames, frame => frame.GetProperty("error") is { ValueKind: JsonValueKind.String } text ? text : default);
        Assert.Contains("nobody is there", error.GetString(), StringComparison.Ordinal);
        var now = JsonSerializer.Deserialize<JsonElement>(await site.Http.GetStringAsync("api/silos"));
        Assert.Equal(2, now.GetProperty("silos").GetArrayLength());
        cluster.Failure = null;
        await FindAsync(frames, frame => frame.GetProperty("error").ValueKind == JsonValueKind.Null ? frame : default);
    }

    [Fact]
    public async Task What_is_not_known_is_not_told_as_nothing()
    {
        var cluster = new SimulatedCluster(3, "a") { Failure = new InvalidOperationException("nobody is there") };
        await using var site = await DashboardSite.StartAsync(cluster, s_quick);
        await using var frames = await FrameReader.OpenAsync(site, "?cache=a");
        var first = await frames.NextAsync();
        Assert.False(first.GetProperty("complete").GetBoolean());
        Assert.Equal(JsonValueKind.Null, first.GetProperty("cache").ValueKind);
        foreach (var path in (string[])["api/cache?name=a", $"api/silo?address={Uri.EscapeDataString(cluster.Silos[0].ToParsableString())}"])
        {
            var answer = await site.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("nobody is there", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        cluster.Failure = null;
        var found = await FindAsync(frames, frame => frame.TryGetProperty("cache", out var cache) ? frame : default);
        Assert.Equal("a", found.GetProperty("cache").GetProperty("id").GetString());
        Assert.True(found.GetProperty("complete").GetBoolean());
        Assert.Equal(HttpStatusCode.NotFound, (await site.Http.GetAsync("api/cache?name=b")).StatusCode);
    }

    [Fact]
    public async Task A_silent_silo_has_no_numbers_and_its_copy_may_differ()
    {
        var cluster = new SimulatedCluster(3, "a");
        await using var site = await DashboardSite.StartAsync(cluster, s_quick);
        await using var frames = await FrameReader.OpenAsync(site, "?cache=a");
        Assert.False((await frames.NextAsync()).GetProperty("agree").GetBoolean()); // the second silo's copy differs
        cluster.Silent = [cluster.Silos[1]];
        Assert.Equal(JsonValueKind.Null, (await FindAsync(frames, frame => frame.TryGetProperty("agree", out _) ? frame : default)).GetProperty("agree").ValueKind);
        var silo = await GetAsync(site, $"api/silo?address={Uri.EscapeDataString(cluster.Silos[1].ToParsableString())}");
        Assert.Equal("silent", silo.GetProperty("silo").GetProperty("state").GetString());
        foreach (var number in (string[])["uptimeSeconds", "heapBytes", "workingSetBytes", "clients", "entries", "bytes", "laneDepth", "laneFailures", "retries", "gaps", "membershipVersion"])
            Assert.Equal(JsonValueKind.Null, silo.GetProperty("silo").GetProperty(number).ValueKind);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await site.Http.GetAsync("api/cache?name=b")).StatusCode); // the second silo may have it
    }

    [Fact]
    public async Task A_cache_of_silos_that_fall_silent_comes_back_with_its_charts()
    {
        var cluster = new SimulatedCluster(2, "a");
        await using var site = await DashboardSite.StartAsync(cluster, s_quick);
        await using var frames = await FrameReader.OpenAsync(site, "?cache=a");
        await FindAsync(frames, frame => frame.TryGetProperty("point", out _) ? frame : default);
        cluster.Silent = cluster.Silos;
        var gone = await FindAsync(frames, frame => frame.TryGetProperty("cache", out var cache) && cache.ValueKind == JsonValueKind.Null ? frame : default);
        Assert.Equal(JsonValueKind.Null, gone.GetProperty("error").ValueKind);
        Assert.Equal(2, gone.GetProperty("caches").GetProperty("removed").GetArrayLength());
        Assert.NotEqual(0, (await GetAsync(site, "api/chart?cache=a")).GetArrayLength());
        cluster.Silent = [];
        var back = await FindAsync(frames, frame => frame.TryGetProperty("cache", out _) ? frame : default);
        Assert.Equal(JsonValueKind.Object, back.GetProperty("cache").ValueKind);
        Assert.Equal(2, back.GetProperty("caches").GetProperty("changed").GetArrayLength());
    }

    [Fact]
    public async Task While_nothing_changes_next_to_nothing_is_sent()
    {
        var cluster = new SimulatedCluster(100, 50) { IsStill = true };
        await using var site = await DashboardSite.StartAsync(cluster, options => (options.RefreshPeriod, options.ShowKeys) = (TimeSpan.FromMilliseconds(250), true));
        foreach (var query in (string[])["", "?cache=cache-07", $"?silo={Uri.EscapeDataString(cluster.Silos[9].ToParsableString())}"])
        {
            await using var frames = await FrameReader.OpenAsync(site, query);
            await frames.NextAsync();
            Assert.InRange(frames.Length, 10_000, int.MaxValue);
            await frames.NextAsync(); // may have the digests, if the first was of a state without them
            await frames.NextAsync();
            Assert.InRange(frames.Length, 1, 200);
        }
    }

    [Fact]
    public async Task Pages_share_the_questions_and_nobody_is_asked_when_the_last_one_has_closed()
    {
        var cluster = new SimulatedCluster(2, 2);
        await using var site = await DashboardSite.StartAsync(cluster, s_quick);
        Assert.Equal(0, cluster.Asked);
        var opened = Stopwatch.GetTimestamp();
        await using (var one = await FrameReader.OpenAsync(site))
        await using (var two = await FrameReader.OpenAsync(site, "?cache=cache-01"))
        {
            for (var i = 0; i < 4; i++)
            {
                await one.NextAsync();
                await two.NextAsync();
            }

            Assert.InRange(cluster.Asked, 4, 3 + (Stopwatch.GetElapsedTime(opened) / TimeSpan.FromMilliseconds(250))); // pages that did not share would make twice as many
            Assert.All(cluster.LastRequest!.TopKeysOf, _ => Assert.Fail("keys are not shown"));
        }

        await UntilAsync(() => !site.Collector.IsWatched);
        var asked = cluster.Asked;
        await Task.Delay(TimeSpan.FromMilliseconds(800)); // three periods in which nothing may happen
        Assert.InRange(cluster.Asked, asked, asked + 1); // one may have been under way
    }

    [Fact]
    public async Task A_hundred_silos_with_fifty_caches_fit_into_frames_of_a_bounded_size()
    {
        var cluster = new SimulatedCluster(100, 50);
        await using var site = await DashboardSite.StartAsync(cluster);
        foreach (var (query, most) in new[] { ("", 160_000), ("?cache=cache-07", 120_000), ($"?silo={Uri.EscapeDataString(cluster.Silos[9].ToParsableString())}", 120_000) })
        {
            await using var frames = await FrameReader.OpenAsync(site, query);
            for (var i = 0; i < 3; i++)
            {
                await frames.NextAsync();
                Assert.InRange(frames.Length, 1_000, most);
            }
        }

        var caches = JsonSerializer.Deserialize<JsonElement>(await site.Http.GetStringAsync("api/caches"));
        Assert.Equal(50, caches.GetProperty("caches").GetArrayLength());
        Assert.Equal(100, caches.GetProperty("caches")[0].GetProperty("silos").GetInt32());
    }

    [Fact]
    public async Task Digests_and_keys_are_asked_for_only_of_the_cache_that_is_looked_at()
    {
        var cluster = new SimulatedCluster(3, "a", "b");
        await using var site = await DashboardSite.StartAsync(cluster, options => options.ShowKeys = true);
        await using var frames = await FrameReader.OpenAsync(site, "?cache=b");
        var first = await frames.NextAsync();
        Assert.Equal(["b"], cluster.Requests.First().DigestsOf);
        Assert.Equal(["b"], cluster.Requests.First().TopKeysOf);
        Assert.False(first.GetProperty("agree").GetBoolean());
        Assert.Equal("key", first.GetProperty("topKeys")[0].GetProperty("key").GetString());
        await frames.NextAsync();
        Assert.Empty(cluster.Requests.ElementAt(1).DigestsOf); // a digest may be a walk over all keys, so it is asked for less often
    }

    [Fact]
    public async Task An_open_page_does_not_hold_up_the_stop_of_its_host()
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(2, 2));
        await using var frames = await FrameReader.OpenAsync(site);
        await frames.NextAsync();
        await site.Application.StopAsync().WaitAsync(TimeSpan.FromSeconds(10)); // the server would give it half a minute
    }

    private static async Task<JsonElement> GetAsync(DashboardSite site, string path) => JsonSerializer.Deserialize<JsonElement>(await site.Http.GetStringAsync(path));

    private static async Task<JsonElement> FindAsync(FrameReader frames, Func<JsonElement, JsonElement> find)
    {
        for (var i = 0; i < 40; i++)
        {
            if (find(await frames.NextAsync()) is { ValueKind: not JsonValueKind.Undefined } found)
                return found;
        }

        throw new InvalidOperationException("It did not come.");
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 200 && !condition(); i++)
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        Assert.True(condition());
    }
}
