using System.Net.ServerSentEvents;
using System.Text.Json;

namespace McCache.Dashboard.Tests;

/// <summary>A page without a browser: reads the server-sent events.</summary>
internal sealed class FrameReader : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly IAsyncEnumerator<SseItem<string>> _items;

    private FrameReader(Stream stream)
    {
        _stream = stream;
        _items = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();
    }

    /// <summary>How many characters the last frame had.</summary>
    public int Length { get; private set; }

    public static async Task<FrameReader> OpenAsync(DashboardSite site, string query = "") => new(await site.Http.GetStreamAsync($"events{query}"));

    public async Task<JsonElement> NextAsync()
    {
        Assert.True(await _items.MoveNextAsync());
        Assert.Equal("state", _items.Current.EventType);
        Length = _items.Current.Data.Length;
        return JsonSerializer.Deserialize<JsonElement>(_items.Current.Data);
    }

    public async ValueTask DisposeAsync() => await _stream.DisposeAsync();
}
