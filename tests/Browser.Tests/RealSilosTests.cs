using System.Globalization;
using McCache.Dashboard.Tests;
using Microsoft.Playwright;

namespace McCache.Browser.Tests;

/// <summary>The page in front of real silos: what it says is so, and what it does is done.</summary>
[Trait("Lane", "browser")]
public sealed class RealSilosTests(BrowserFixture browser)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Numbers_on_the_page_are_those_in_the_silos()
    {
        await using var cluster = await RealCluster.StartAsync(3);
        await using var site = await cluster.ServeAsync();
        for (var silo = 0; silo < 3; silo++)
        {
            var cache = cluster.Cache<string, int>(silo, "products");
            for (var key = 0; key < 100 + silo; key++)
                cache.GetOrAdd($"{key}", _ => 1);
        }

        await using var page = await browser.OpenAsync(site.Address);
        await page.LiveAsync();
        await Assertions.Expect(page.Tile("Silos serving")).ToHaveTextAsync("3 of 3");
        await Assertions.Expect(page.Tile("Entries")).ToHaveTextAsync("303");
        var statistics = (await cluster.Client.GetMcCacheAdministration().GetStatisticsAsync(Token)).Select(row => row.Value!.Single(cache => cache.Name == "products")).ToArray();
        var cells = await page.Row("Caches", "products").Locator("td").AllInnerTextsAsync();
        Assert.Contains(statistics.Sum(cache => cache.Entries).ToString("N0", CultureInfo.InvariantCulture), cells);

        await page.Page.GetByRole(AriaRole.Link, new() { Name = "products" }).ClickAsync();
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Heading, new() { Name = "products", Level = 1 })).ToBeVisibleAsync();
        await Assertions.Expect(page.Tile("Entries")).ToHaveTextAsync("303");
        var detail = page.Page.Locator(".tile").Filter(new() { HasText = "Reads" }).Locator(".detail");
        await Assertions.Expect(detail).ToHaveTextAsync($"{statistics.Sum(cache => cache.Hits):N0} hits, {statistics.Sum(cache => cache.Misses):N0} misses");
        for (var silo = 0; silo < 3; silo++)
            await Assertions.Expect(page.Row("Silos", Endpoint(cluster, silo))).ToContainTextAsync($"{100 + silo}");
    }

    [Fact]
    public async Task A_killed_silo_shows_within_seconds()
    {
        await using var cluster = await RealCluster.StartAsync(3);
        await using var site = await cluster.ServeAsync();
        await using var page = await browser.OpenAsync(site.Address);
        await page.LiveAsync();
        await Assertions.Expect(page.Tile("Silos serving")).ToHaveTextAsync("3 of 3");
        var endpoint = Endpoint(cluster, 2);
        await cluster.Host.KillSiloAsync(cluster.Silos[2]);
        await Assertions.Expect(page.Row("Silos", endpoint).Locator(".badge")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("No answer|Gone"), new() { Timeout = 15_000 });
        await Assertions.Expect(page.Row("Silos", endpoint).Locator(".badge")).ToHaveTextAsync("Gone", new() { Timeout = 30_000 });
        await Assertions.Expect(page.Tile("Silos serving")).ToHaveTextAsync("2 of 2", new() { Timeout = 15_000 });
        await Assertions.Expect(page.Row("Events", "2 live").First).ToBeVisibleAsync(new() { Timeout = 15_000 });
        await page.PictureAsync("silo-killed");
    }

    [Fact]
    public async Task An_act_is_confirmed_done_and_told_silo_by_silo()
    {
        await using var cluster = await RealCluster.StartAsync(2);
        await using var site = await cluster.ServeAsync(options => options.AllowActions = true);
        for (var silo = 0; silo < 2; silo++)
            cluster.Cache<string, int>(silo, "products").GetOrAdd("pear", _ => 1);
        await using var page = await browser.OpenAsync(site.Address, "#/cache/products");
        await page.LiveAsync();

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Clear" }).ClickAsync();
        await page.Page.Keyboard.PressAsync("Escape"); // thought better of
        Assert.Equal(2, cluster.Cache<string, int>(0, "products").Count + cluster.Cache<string, int>(1, "products").Count);

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Evict key" }).ClickAsync();
        await page.Page.GetByLabel("Key", new() { Exact = true }).FillAsync("pear");
        await page.Page.GetByLabel("Where").SelectOptionAsync(cluster.Silos[0].SiloAddress.ToParsableString());
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Evict key now" }).ClickAsync();
        await Assertions.Expect(page.Row("What came of it", Endpoint(cluster, 0))).ToContainTextAsync("dropped");
        Assert.Empty(cluster.Cache<string, int>(0, "products"));
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Clear" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Clear now" }).ClickAsync();
        await Assertions.Expect(page.Row("What came of it", Endpoint(cluster, 1))).ToContainTextAsync("followed: entries 1 before, 0 now");
        Assert.Empty(cluster.Cache<string, int>(1, "products"));
        await page.PictureAsync("act");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Events" }).ClickAsync();
        await Assertions.Expect(page.Row("Audit", "clear")).ToContainTextAsync("done on 2 of 2 silos");
    }

    [Fact]
    public async Task What_is_not_allowed_is_not_offered_and_refused_all_the_same()
    {
        await using var cluster = await RealCluster.StartAsync(1);
        await using var site = await cluster.ServeAsync();
        cluster.Cache<string, int>(0, "products").GetOrAdd("pear", _ => 1);
        await using var page = await browser.OpenAsync(site.Address, "#/cache/products");
        await page.LiveAsync();
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Group, new() { Name = "Acts" })).ToBeHiddenAsync();
        page.Expect("403");
        var status = await page.Page.EvaluateAsync<int>(
            "async () => (await fetch('api/acts/clear', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ cache: 'products' }) })).status");
        Assert.Equal(403, status);
        Assert.Single(cluster.Cache<string, int>(0, "products"));
    }

    [Fact]
    public async Task An_act_can_be_done_by_keyboard_alone()
    {
        await using var cluster = await RealCluster.StartAsync(1);
        await using var site = await cluster.ServeAsync(options => options.AllowActions = true);
        cluster.Cache<string, int>(0, "products").GetOrAdd("pear", _ => 1);
        await using var page = await browser.OpenAsync(site.Address, "#/cache/products");
        await page.LiveAsync();
        var clear = page.Page.GetByRole(AriaRole.Button, new() { Name = "Clear" });
        await Assertions.Expect(clear).ToBeVisibleAsync();
        await page.TabToAsync(clear);
        await page.Page.Keyboard.PressAsync("Enter");
        await page.TabToAsync(page.Page.GetByRole(AriaRole.Button, new() { Name = "Clear now" }));
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Row("What came of it", Endpoint(cluster, 0))).ToContainTextAsync("followed: entries 1 before, 0 now");
        Assert.Empty(cluster.Cache<string, int>(0, "products"));
        await page.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(clear).ToBeFocusedAsync(); // where it was before
    }

    private static string Endpoint(RealCluster cluster, int silo) => cluster.Silos[silo].SiloAddress.Endpoint.ToString();
}
