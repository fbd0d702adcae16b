using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;

namespace McCache.Dashboard.Tests;

/// <summary>Who gets in.</summary>
public sealed class AccessTests
{
    private static readonly IPAddress s_elsewhere = IPAddress.Parse("203.0.113.7");
    private static readonly string[] s_paths = ["", "app.js", "api/caches", "api/openapi/mccache.json", "events"];

    public static TheoryData<string, string> Headers => new()
    {
        { "Host", "rebound.example" }, { "Host", "127.0.0.1.example" }, { "X-Forwarded-For", "127.0.0.1" }, { "Forwarded", "for=127.0.0.1" }, { "X-Forwarded-Host", "localhost" }, { "Via", "1.1 proxy" },
        { "X-Forwarded-Proto", "https" }, { "X-Original-For", "127.0.0.1:1" }, { "X-Original-Host", "localhost" }, { "X-Real-IP", "127.0.0.1" }, { "CF-Connecting-IP", "127.0.0.1" }, { "Sec-Fetch-Site", "cross-site" },
    };

    [Fact]
    public async Task Without_authorization_callers_of_other_machines_are_told_why_they_do_not_get_in()
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(2, 2), caller: s_elsewhere);
        foreach (var path in s_paths)
        {
            var answer = await site.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
            Assert.Contains("RequireAuthorization", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(0, site.Collector.Asked);
    }

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task Without_authorization_neither_a_rebound_name_nor_a_proxy_gets_in(string header, string value)
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(2, 2));
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/caches");
        Assert.True(request.Headers.TryAddWithoutValidation(header, value));
        Assert.Equal(HttpStatusCode.Forbidden, (await site.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Without_authorization_an_older_protocol_does_not_get_in_and_a_link_of_another_site_does()
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(2, 2));
        using var old = new HttpRequestMessage(HttpMethod.Get, "api/caches") { Version = HttpVersion.Version10 };
        Assert.Equal(HttpStatusCode.Forbidden, (await site.Http.SendAsync(old)).StatusCode);
        using var link = new HttpRequestMessage(HttpMethod.Get, "");
        link.Headers.Add("Sec-Fetch-Site", "cross-site");
        link.Headers.Add("Sec-Fetch-Mode", "navigate");
        Assert.Equal(HttpStatusCode.OK, (await site.Http.SendAsync(link)).StatusCode);
    }

    [Theory]
    [InlineData("::ffff:127.0.0.1", HttpStatusCode.OK)]
    [InlineData("::ffff:203.0.113.7", HttpStatusCode.Forbidden)]
    public async Task An_address_in_the_clothes_of_the_other_family_is_what_it_is(string caller, HttpStatusCode status)
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(2, 2), caller: IPAddress.Parse(caller));
        Assert.Equal(status, (await site.Http.GetAsync("api/caches")).StatusCode);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("mccache.localhost")]
    public async Task Who_sits_at_this_machine_gets_in(string name)
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(2, 2));
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/caches");
        request.Headers.Host = name;
        Assert.Equal(HttpStatusCode.OK, (await site.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task With_authorization_that_decides_alone()
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(2, 2), secure: group => group.RequireAuthorization(), caller: s_elsewhere);
        foreach (var path in s_paths)
            Assert.Equal(HttpStatusCode.Unauthorized, (await site.Http.GetAsync(path)).StatusCode);
        site.Http.DefaultRequestHeaders.Add("X-User", "ada");
        foreach (var path in s_paths.SkipLast(1))
            Assert.Equal(HttpStatusCode.OK, (await site.Http.GetAsync(path)).StatusCode);
        await using var frames = await FrameReader.OpenAsync(site);
        await frames.NextAsync();
        Assert.Equal("ada", JsonSerializer.Deserialize<JsonElement>(await site.Http.GetStringAsync("api/session")).GetProperty("user").GetString());
    }

    [Fact]
    public async Task Anonymous_access_that_was_allowed_again_is_for_this_machine_only()
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(2, 2), secure: group => group.RequireAuthorization().AllowAnonymous(), caller: s_elsewhere);
        Assert.Equal(HttpStatusCode.Forbidden, (await site.Http.GetAsync("api/caches")).StatusCode);
    }

    [Fact]
    public async Task To_act_may_take_more_than_to_look()
    {
        await using var site = await DashboardSite.StartAsync(
            new SimulatedCluster(2, 2), options => (options.AllowActions, options.ActionPolicy) = (true, DashboardSite.AdasPolicy), group => group.RequireAuthorization());
        foreach (var (user, status) in new[] { ("bob", HttpStatusCode.Forbidden), ("ada", HttpStatusCode.OK) })
        {
            site.Http.DefaultRequestHeaders.Remove("X-User");
            site.Http.DefaultRequestHeaders.Add("X-User", user);
            var session = JsonSerializer.Deserialize<JsonElement>(await site.Http.GetStringAsync("api/session"));
            Assert.Equal(status == HttpStatusCode.OK, session.GetProperty("allowActions").GetBoolean());
            using var request = new HttpRequestMessage(HttpMethod.Post, "api/acts/evict") { Content = JsonContent.Create(new { cache = "cache-00", key = "key" }) };
            if (session.GetProperty("token").GetString() is { } token)
                request.Headers.Add(session.GetProperty("tokenHeader").GetString()!, token);
            Assert.Equal(status, (await site.Http.SendAsync(request)).StatusCode);
        }

        var audit = await site.Http.GetStringAsync("api/audit");
        Assert.Contains("\"user\":\"bob\"", audit, StringComparison.Ordinal);
        Assert.Contains("refused: Not authorized", audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_answer_is_strict_about_what_a_browser_may_do()
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(2, 2));
        foreach (var path in (string[])["", "app.css", "favicon.svg", "api/caches", "api/nothing/here"])
        {
            var answer = await site.Http.GetAsync(path);
            if (path.EndsWith("here", StringComparison.Ordinal))
            {
                Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
                continue;
            }

            var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        }
    }

    [Fact]
    public async Task The_page_has_no_script_or_style_of_its_own_and_names_no_other_origin()
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(1, 1));
        var page = await site.Http.GetStringAsync("");
        Assert.DoesNotContain("style=", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("<script(?![^>]* src=)", page);
        Assert.DoesNotMatch(" on[a-z]+=", page);
        foreach (var name in Assets.Names.Append("").Where(name => name != "favicon.svg"))
        {
            var text = await site.Http.GetStringAsync(name);
            Assert.DoesNotContain("innerHTML", text, StringComparison.Ordinal);
            Assert.DoesNotMatch(@"(?<!xmlns=.|= .)https?://(?!www\.w3\.org/2000/svg)", text);
        }
    }

    [Fact]
    public async Task Files_are_not_sent_again_while_they_are_the_same()
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(1, 1));
        var first = await site.Http.GetAsync("app.js");
        using var again = new HttpRequestMessage(HttpMethod.Get, "app.js");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await site.Http.SendAsync(again)).StatusCode);
    }

    [Fact]
    public void A_host_that_lacks_the_services_is_told_which_call_adds_them()
    {
        var application = WebApplication.CreateSlimBuilder().Build();
        var exception = Assert.Throws<InvalidOperationException>(() => application.MapMcCacheDashboard());
        Assert.Contains("AddMcCacheDashboard()", exception.Message, StringComparison.Ordinal);
    }
}
