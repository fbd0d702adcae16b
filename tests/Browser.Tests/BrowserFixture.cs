using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(McCache.Browser.Tests.BrowserFixture))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace McCache.Browser.Tests;

/// <summary>One Chromium for all tests: the one that is installed, never one that is downloaded.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private static readonly string[] s_places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Where pictures of the pages are written.</summary>
    internal static string Pictures { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;

    public async ValueTask InitializeAsync()
    {
        var path = Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } named ? named : s_places.FirstOrDefault(File.Exists);
        if (path is null || !File.Exists(path))
            throw new InvalidOperationException("No Chromium was found; install it with: apt-get install -y chromium (or set CHROMIUM to the path of one).");
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = path,
            Headless = true,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        });
    }

    /// <summary>Opens a page of the dashboard, which is then watched; see <see cref="WatchedPage"/>.</summary>
    internal async Task<WatchedPage> OpenAsync(Uri site, string hash = "", int width = 1440, int height = 900, ColorScheme scheme = ColorScheme.Light, string? user = null)
    {
        var context = await _browser!.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = scheme,
            ReducedMotion = ReducedMotion.Reduce,
            Locale = "en-GB",
            ExtraHTTPHeaders = user is null ? null : new Dictionary<string, string> { ["X-User"] = user },
        });
        var page = new WatchedPage(await context.NewPageAsync(), site);
        await page.Page.GotoAsync($"{site}{hash}");
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
