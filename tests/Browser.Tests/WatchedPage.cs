using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace McCache.Browser.Tests;

/// <summary>A page that takes note of every complaint of the browser, and of every request that leaves the origin.</summary>
internal sealed class WatchedPage : IAsyncDisposable
{
    private readonly List<string> _complaints = [];
    private readonly List<string> _expected = [];

    internal WatchedPage(IPage page, Uri site)
    {
        Page = page;
        page.Console += (_, message) => Note(message.Type is "error" or "warning" ? $"console {message.Type}: {message.Text}" : null);
        page.PageError += (_, error) => Note($"error: {error}");
        page.Dialog += (_, dialog) => Note($"dialog: {dialog.Message}");
        page.Request += (_, request) => Note(new Uri(request.Url).Authority == site.Authority ? null : $"request to {request.Url}");
    }

    public IPage Page { get; }

    /// <summary>A complaint that is part of the test: a refused act is an error in the browser's console, too.</summary>
    public void Expect(string part) => _expected.Add(part);

    public ILocator Row(string table, string text) => Page.GetByRole(AriaRole.Region, new() { Name = table, Exact = true }).Locator("tbody tr").Filter(new() { HasText = text });

    /// <summary>The number of a tile, as it is read.</summary>
    public ILocator Tile(string name) => Page.Locator(".tile").Filter(new() { Has = Page.Locator("dt", new() { HasTextRegex = new Regex($"^{Regex.Escape(name)}$") }) }).Locator(".value");

    /// <summary>Presses Tab until something has the focus.</summary>
    public async Task TabToAsync(ILocator target)
    {
        for (var i = 0; i < 60 && !await target.EvaluateAsync<bool>("target => target === document.activeElement"); i++)
            await Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(target).ToBeFocusedAsync();
    }

    public Task LiveAsync() => Assertions.Expect(Page.Locator("#status")).ToHaveTextAsync("Live", new() { Timeout = 20_000 });

    public Task PictureAsync(string name) => Page.ScreenshotAsync(new() { Path = Path.Combine(BrowserFixture.Pictures, $"{name}.png"), FullPage = true });

    /// <summary>Closes it. Nothing that was not expected may have been complained of.</summary>
    public async ValueTask DisposeAsync()
    {
        await Page.Context.CloseAsync();
        lock (_complaints)
            Assert.DoesNotContain(_complaints, complaint => !_expected.Any(part => complaint.Contains(part, StringComparison.Ordinal)));
    }

    private void Note(string? complaint)
    {
        lock (_complaints)
        {
            if (complaint is not null)
                _complaints.Add(complaint);
        }
    }
}
