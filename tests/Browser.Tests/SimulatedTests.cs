using System.Text.Json;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using McCache.Dashboard.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;

namespace McCache.Browser.Tests;

/// <summary>The page in front of a cluster that is numbers only: looks, size, names that are markup, and what happens when nobody answers.</summary>
[Trait("Lane", "browser")]
public sealed class SimulatedTests(BrowserFixture browser, ITestOutputHelper output)
{
    private const string Markup = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&amp;";

    public static TheoryData<string> Pages => ["", "#/cache/products", "#/events", "#/silo/10.0.0.1:11111@1000"];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task An_accessibility_check_finds_nothing_serious(string hash)
    {
        await using var site = await DashboardSite.StartAsync(Ordinary(), All);
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await using var page = await browser.OpenAsync(site.Address, hash, scheme: scheme);
            await page.LiveAsync();
            await Assertions.Expect(page.Page.Locator("tbody tr").First).ToBeVisibleAsync();
            var found = await page.Page.RunAxe();
            var serious = found.Violations.Where(violation => violation.Impact is "serious" or "critical").ToArray();
            Assert.True(serious.Length == 0, Describe(serious));
            output.WriteLine($"{hash} {scheme}: {Describe(found.Violations)}");
        }
    }

    [Fact]
    public async Task An_accessibility_check_finds_nothing_serious_in_a_dialog()
    {
        await using var site = await DashboardSite.StartAsync(Ordinary(), All);
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await using var page = await browser.OpenAsync(site.Address, "#/cache/products", scheme: scheme);
            await page.LiveAsync();
            await page.Page.GetByRole(AriaRole.Button, new() { Name = "Evict key" }).ClickAsync();
            await Assertions.Expect(page.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
            var serious = (await page.Page.RunAxe()).Violations.Where(violation => violation.Impact is "serious" or "critical").ToArray();
            Assert.True(serious.Length == 0, Describe(serious));
        }
    }

    [Fact]
    public async Task Charts_move()
    {
        await using var site = await DashboardSite.StartAsync(Ordinary(), Quick);
        await using var page = await browser.OpenAsync(site.Address);
        await page.LiveAsync();
        var line = page.Page.Locator(".chart .line-0").First;
        await Assertions.Expect(line).ToHaveAttributeAsync("d", new System.Text.RegularExpressions.Regex("^M.+L"), new() { Timeout = 15_000 });
        var before = await line.GetAttributeAsync("d");
        await Assertions.Expect(line).Not.ToHaveAttributeAsync("d", before!, new() { Timeout = 15_000 });
        await Assertions.Expect(page.Tile("Reads")).ToContainTextAsync("/s");
    }

    [Fact]
    public async Task Names_keys_and_tags_made_of_markup_are_text()
    {
        var cluster = new SimulatedCluster(2, Markup) { Keys = [Markup], Tags = [Markup] };
        await using var site = await DashboardSite.StartAsync(cluster, All);
        await using var page = await browser.OpenAsync(site.Address);
        await page.LiveAsync();
        await Assertions.Expect(page.Row("Caches", Markup)).ToBeVisibleAsync();
        await page.Page.GetByRole(AriaRole.Link, new() { Name = Markup }).ClickAsync();
        await Assertions.Expect(page.Page.Locator("h1")).ToHaveTextAsync(Markup);
        await Assertions.Expect(page.Row("Keys that are read most", Markup)).ToBeVisibleAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Browse" }).ClickAsync();
        await Assertions.Expect(page.Row("Keys", Markup)).ToBeVisibleAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Evict key" }).ClickAsync();
        await Assertions.Expect(page.Page.Locator("dialog .subject")).ToHaveTextAsync(Markup);
        Assert.Equal(0, await page.Page.Locator("main img, main script, dialog img, dialog script").CountAsync());
    }

    [Fact]
    public async Task A_hundred_silos_with_fifty_caches_are_drawn_and_updated_smoothly()
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(100, 50));
        await using var page = await browser.OpenAsync(site.Address);
        await page.LiveAsync();
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Region, new() { Name = "Silos", Exact = true }).Locator("tbody tr")).ToHaveCountAsync(100);
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Region, new() { Name = "Caches", Exact = true }).Locator("tbody tr")).ToHaveCountAsync(50);
        await Assertions.Expect(page.Page.Locator(".matrix .summary")).ToContainTextAsync("9,900 promises are held");

        // Tasks that hold the page up, as the browser itself counts them, while five states come in.
        var longest = await page.Page.EvaluateAsync<double>(
            """
            () => new Promise(resolve => {
              let longest = 0;
              new PerformanceObserver(list => list.getEntries().forEach(task => longest = Math.max(longest, task.duration))).observe({ type: 'longtask' });
              setTimeout(() => resolve(longest), 5500);
            })
            """);
        output.WriteLine($"The longest task took {longest} ms.");
        Assert.InRange(longest, 0, 400); // on a machine that others use, too
        await page.PictureAsync("overview-100x50");
        await using var cache = await browser.OpenAsync(site.Address, "#/cache/cache-07");
        await cache.LiveAsync();
        await Assertions.Expect(cache.Page.GetByRole(AriaRole.Region, new() { Name = "Silos", Exact = true }).Locator("tbody tr")).ToHaveCountAsync(100);
        await Assertions.Expect(cache.Page.Locator(".head .badge").Nth(1)).ToHaveTextAsync("Copies differ");
        await cache.PictureAsync("cache-100x50");
    }

    [Fact]
    public async Task Silence_and_loss_are_said_and_overcome()
    {
        var cluster = Ordinary();
        var site = await DashboardSite.StartAsync(cluster, Quick);
        await using var page = await browser.OpenAsync(site.Address);
        await page.LiveAsync();
        cluster.Failure = new InvalidOperationException("the cluster is away");
        await Assertions.Expect(page.Page.Locator("#status")).ToHaveTextAsync("No answer", new() { Timeout = 10_000 });
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("the cluster is away");
        await Assertions.Expect(page.Tile("Silos serving")).ToHaveTextAsync("3 of 3"); // what was true then
        await page.PictureAsync("cluster-away");
        cluster.Failure = null;
        await page.LiveAsync();
        page.Expect("ERR_"); // the browser complains of the server that is gone
        await site.DisposeAsync();
        await Assertions.Expect(page.Page.Locator("#status")).ToHaveTextAsync("Disconnected", new() { Timeout = 10_000 });
        await page.PictureAsync("disconnected");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_first_contact_that_fails_is_not_told_as_an_empty_cluster_and_is_overcome(string hash)
    {
        var cluster = Ordinary();
        cluster.Failure = new InvalidOperationException("nobody is there");
        await using var site = await DashboardSite.StartAsync(cluster, Quick);
        await using var page = await browser.OpenAsync(site.Address, hash);
        await Assertions.Expect(page.Page.Locator("#status")).ToHaveTextAsync("No answer", new() { Timeout = 10_000 });
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("nobody is there");
        await Assertions.Expect(page.Page.GetByText("Not known: no answer.").First).ToBeVisibleAsync();
        var text = await page.Page.Locator("main").InnerTextAsync();
        foreach (var claim in (string[])["Loading", "No silo has a cache", "Nothing has happened", "alone", "nobody’s promise", "No lanes", "no caches", "none yet", " 0 "])
            Assert.DoesNotContain(claim, text, StringComparison.Ordinal);
        await page.PictureAsync($"unreachable-{Name(hash)}");
        cluster.Failure = null;
        await page.LiveAsync();
        await Assertions.Expect(page.Page.Locator("tbody tr").First).ToBeVisibleAsync();
        await Assertions.Expect(page.Page.Locator("main")).Not.ToContainTextAsync(new System.Text.RegularExpressions.Regex("Not known:|It is not known"), new() { UseInnerText = true });
    }

    [Fact]
    public async Task A_cache_that_silos_do_not_have_and_one_that_comes_back()
    {
        var cluster = Ordinary();
        await using var site = await DashboardSite.StartAsync(cluster, Quick);
        await using var none = await browser.OpenAsync(site.Address, "#/cache/nothing");
        await none.LiveAsync();
        await Assertions.Expect(none.Page.GetByText("No silo has a cache of this name.")).ToBeVisibleAsync();
        await Assertions.Expect(none.Page.GetByText("Loading")).ToHaveCountAsync(0);
        await none.PictureAsync("cache-missing");

        await using var page = await browser.OpenAsync(site.Address, "#/cache/assets");
        await Assertions.Expect(page.Page.Locator(".head .badge").Nth(1)).ToHaveTextAsync("Copies differ");
        cluster.Silent = [cluster.Silos[1]];
        await Assertions.Expect(page.Page.Locator(".head .badge").Nth(1)).ToHaveTextAsync("Not all silos answer");
        cluster.Silent = cluster.Silos;
        await Assertions.Expect(page.Page.GetByText("It is not known whether a silo has a cache of this name")).ToBeVisibleAsync();
        await Assertions.Expect(page.Tile("Entries")).ToHaveTextAsync("–");
        cluster.Silent = [];
        await Assertions.Expect(page.Page.GetByText("It is not known")).ToBeHiddenAsync();
        await Assertions.Expect(page.Tile("Entries")).Not.ToHaveTextAsync("–");
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Region, new() { Name = "Silos", Exact = true }).Locator("tbody tr")).ToHaveCountAsync(3);
    }

    [Fact]
    public async Task A_silent_silo_shows_no_numbers()
    {
        var cluster = Ordinary();
        await using var site = await DashboardSite.StartAsync(cluster, Quick);
        await using var overview = await browser.OpenAsync(site.Address);
        await overview.LiveAsync();
        cluster.Silent = [cluster.Silos[0]];
        await Assertions.Expect(overview.Row("Silos", "10.0.0.1:").Locator(".more")).ToContainTextAsync(" since ");
        await Assertions.Expect(overview.Page.Locator(".matrix .summary")).ToContainTextAsync("2 of 6 promises are not known: 10.0.0.1");
        await overview.PictureAsync("silo-silent");
        await using var page = await browser.OpenAsync(site.Address, "#/silo/10.0.0.1:11111@1000");
        await page.LiveAsync();
        await Assertions.Expect(page.Page.GetByText("It has not answered in time. Last heard at")).ToBeVisibleAsync();
        foreach (var tile in (string[])["Valid for", "Memory", "CPU", "Reads", "Lanes", "Clients"])
            await Assertions.Expect(page.Tile(tile)).ToHaveTextAsync("–");
        await Assertions.Expect(page.Page.GetByText("Not known: no answer.").Filter(new() { Visible = true })).ToHaveCountAsync(4);
        await page.PictureAsync("silent");
    }

    [Fact]
    public async Task A_page_that_hears_nothing_says_that_it_is_stale()
    {
        await using var site = await DashboardSite.StartAsync(Ordinary(), options => options.RefreshPeriod = TimeSpan.FromMinutes(1));
        await using var page = await browser.OpenAsync(site.Address);
        await page.LiveAsync();
        await page.Page.Clock.InstallAsync();
        await page.Page.ReloadAsync();
        await page.LiveAsync();
        await page.Page.Clock.FastForwardAsync("01:00");
        await page.LiveAsync(); // a period may pass
        await page.Page.Clock.FastForwardAsync("00:10");
        await Assertions.Expect(page.Page.Locator("#status")).ToHaveTextAsync("Stale");
        var banner = page.Page.GetByRole(AriaRole.Alert);
        await Assertions.Expect(banner).ToContainTextAsync("Nothing was heard since");
        var text = await banner.TextContentAsync();
        await page.Page.Clock.FastForwardAsync("00:05");
        await Assertions.Expect(banner).ToHaveTextAsync(text!); // an alert whose text changes is read out again
        await page.PictureAsync("stale");
    }

    [Fact]
    public async Task A_tab_that_nobody_looks_at_asks_nobody()
    {
        await using var site = await DashboardSite.StartAsync(Ordinary(), Quick);
        await using var page = await browser.OpenAsync(site.Address);
        await page.LiveAsync();
        await page.Page.Clock.InstallAsync();
        await page.Page.ReloadAsync();
        await page.LiveAsync();
        await HideAsync(true);
        await page.Page.Clock.FastForwardAsync("00:20");
        for (var i = 0; i < 200 && site.Collector.IsWatched; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(50)); // the server hears of it in its own time
        Assert.False(site.Collector.IsWatched);
        await HideAsync(false);
        await page.LiveAsync();
        Assert.True(site.Collector.IsWatched);

        Task HideAsync(bool isHidden) => page.Page.EvaluateAsync(
            "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }", isHidden);
    }

    [Fact]
    public async Task Charts_are_drawn_at_the_longest_period_and_have_a_gap_where_nobody_watched()
    {
        await using var site = await DashboardSite.StartAsync(Ordinary(), Quick);
        await using var page = await browser.OpenAsync(site.Address);
        var strokes = await page.Page.EvaluateAsync<int[]>(
            """
            async () => {
              const { charts } = await import(new URL('overview.js', document.baseURI));
              const point = time => ({ time: time * 1000, reads: 1, hitRatio: 1, verbs: 1, p50: 1, p99: 1 });
              const strokes = (refreshSeconds, times) => {
                const all = charts({ refreshSeconds });
                all.update(times.map(point));
                return all.root.querySelector('.line-0').getAttribute('d').split('M').length - 1;
              };
              return [strokes(60, [60, 120, 180, 240]), strokes(1, [60, 61, 62, 80, 81])];
            }
            """);
        Assert.Equal([1, 2], strokes);
    }

    [Fact]
    public async Task The_same_at_the_same_time_is_one_line_of_however_many_silos()
    {
        await using var site = await DashboardSite.StartAsync(Ordinary(), Quick);
        await using var page = await browser.OpenAsync(site.Address);
        var lines = await page.Page.EvaluateAsync<string[]>(
            """
            async () => {
              const { newest } = await import(new URL('overview.js', document.baseURI));
              const event = (silo, number, second, count, cause) => [`${silo}/${number}`, { id: `${silo}/${number}`, silo, number, count, cause, kind: 'gap', time: new Date(second * 1000).toISOString() }];
              const lines = newest(new Map([
                event('a', 130, 140, 130, 'lost'), event('b', 7, 138, 2, 'lost'), event('b', 9, 139, 1, 'lost'),
                event('b', 5, 60, 1, 'lost'), event('b', 10, 139, 1, 'sent twice'),
              ]));
              return lines.map(line => `${line.cause} ${line.count} on ${line.silos}: ${[...line.on]}`);
            }
            """);
        Assert.Equal(["lost 133 on 2: a,b", "sent twice 1 on 1: b", "lost 1 on 1: b"], lines);
    }

    [Fact]
    public async Task Two_keys_with_the_same_text_are_two_rows()
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(2, "products") { Keys = ["pear", "pear"] }, All);
        await using var page = await browser.OpenAsync(site.Address, "#/cache/products");
        await page.LiveAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Browse" }).ClickAsync();
        await Assertions.Expect(page.Row("Keys", "pear")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task A_cluster_without_caches_says_what_to_do()
    {
        await using var site = await DashboardSite.StartAsync(new SimulatedCluster(1, 0), Quick);
        await using var page = await browser.OpenAsync(site.Address);
        await page.LiveAsync();
        await Assertions.Expect(page.Page.GetByText("No silo has a cache.")).ToBeVisibleAsync();
        await page.PictureAsync("empty");
    }

    [Fact]
    public async Task Everything_can_be_reached_by_keyboard()
    {
        await using var site = await DashboardSite.StartAsync(Ordinary(), All);
        await using var page = await browser.OpenAsync(site.Address);
        await page.LiveAsync();
        await Assertions.Expect(page.Row("Caches", "products")).ToBeVisibleAsync();
        await page.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.Page.Locator(":focus")).ToHaveTextAsync("Skip to content");
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Page.Locator("main")).ToBeFocusedAsync();
        Assert.Equal(site.Address.ToString(), page.Page.Url); // that it was followed is not in the address, to which a reload goes back
        var link = page.Page.GetByRole(AriaRole.Link, new() { Name = "products" });
        await page.TabToAsync(link);
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Page.Locator("h1")).ToHaveTextAsync("products");
    }

    [Theory]
    [InlineData("ada", true)]
    [InlineData("bob", false)]
    public async Task Acts_are_offered_to_whom_the_policy_allows_them(string user, bool mayAct)
    {
        await using var site = await DashboardSite.StartAsync(
            Ordinary(), options => (options.AllowActions, options.ActionPolicy) = (true, DashboardSite.AdasPolicy), group => group.RequireAuthorization());
        await using var page = await browser.OpenAsync(site.Address, "#/cache/products", user: user);
        await page.LiveAsync();
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Heading, new() { Name = "products", Level = 1 })).ToBeVisibleAsync();
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Group, new() { Name = "Acts" })).ToBeVisibleAsync(new() { Visible = mayAct });
    }

    [Fact]
    public async Task A_phone_shows_everything_without_scrolling_sideways()
    {
        await using var site = await DashboardSite.StartAsync(Ordinary(), All);
        foreach (var hash in Pages.Select(page => page.Data))
        {
            await using var page = await browser.OpenAsync(site.Address, hash, 390, 844);
            await page.LiveAsync();
            await Assertions.Expect(page.Page.Locator("tbody tr").First).ToBeVisibleAsync();
            Assert.Equal(390, await page.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        }
    }

    [Fact]
    public async Task Pictures_for_people()
    {
        await using var site = await DashboardSite.StartAsync(Ordinary(), All);
        await using var first = await browser.OpenAsync(site.Address); // gathers while the others open
        await first.LiveAsync();
        await first.Page.WaitForFunctionAsync("() => document.querySelectorAll('.chart .line-0')[0]?.getAttribute('d')?.split('L').length > 12", null, new() { Timeout = 60_000 });
        foreach (var (size, width, height) in new[] { ("desktop", 1440, 900), ("phone", 390, 844) })
        {
            foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
            {
                foreach (var hash in Pages.Select(page => page.Data))
                {
                    await using var page = await browser.OpenAsync(site.Address, hash, width, height, scheme);
                    await page.LiveAsync();
                    await Assertions.Expect(page.Page.Locator("tbody tr").First).ToBeVisibleAsync();
                    await page.PictureAsync($"{Name(hash)}-{size}-{scheme.ToString().ToLowerInvariant()}");
                }
            }
        }

        output.WriteLine($"Pictures: {BrowserFixture.Pictures}");
    }

    private static string Name(string hash) => hash.Length == 0 ? "overview" : hash.Split('/')[1];

    private static SimulatedCluster Ordinary() => new(3, "products", "assets", "sessions", "prices") { Keys = ["pear", "apple", "quince"], Tags = ["fruit"] };

    private static void Quick(McCacheDashboardOptions options) => options.RefreshPeriod = TimeSpan.FromMilliseconds(500);

    private static void All(McCacheDashboardOptions options)
    {
        Quick(options);
        (options.AllowActions, options.ShowKeys) = (true, true);
        options.Links["Orleans Dashboard"] = "/orleans";
    }

    private static string Describe(IEnumerable<AxeResultItem> violations)
        => string.Join('\n', violations.Select(violation => $"{violation.Impact} {violation.Id}: {violation.Help}: {JsonSerializer.Serialize(violation.Nodes.Select(node => node.Html).Take(3))}"));
}
