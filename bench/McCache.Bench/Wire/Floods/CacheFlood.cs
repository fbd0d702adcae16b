using System.Diagnostics;

namespace McCache.Bench.Wire.Floods;

/// <summary>A cache of the product: dictionary verbs, and every so often a coherent verb that is awaited before the next such, so that a lane holds two windows at most.</summary>
internal sealed class CacheFlood(IMcCache<string, long> cache, Coherence coherence, WireSettings settings, Board board) : Flood(settings, board)
{
    private readonly string _fence = $"fence-{settings.Number}";
    private readonly string _probe = $"probe-{settings.Number}";
    private Task _window = Task.CompletedTask;
    private long _fenced;

    protected override async ValueTask PrepareAsync(int publisher, int keys)
    {
        await base.PrepareAsync(publisher, keys);
        var held = FloodKeys.Of(publisher);
        if (publisher == Settings.Number || coherence == Coherence.Replicate)
            return;
        while (!Serves() || !cache.ContainsKey(held[^1]))
        {
            foreach (var key in held)
                cache.GetOrAdd(key, static _ => -1);
            await Task.Delay(1);
        }
    }

    protected override void Burst(string[] keys, int count)
    {
        for (var i = 0; i < count; i++)
            cache[keys[i]] = i;
    }

    /// <summary>Of a silo that may not serve just now, and so looks empty, nothing can be said: what is counted was served before and after.</summary>
    protected override async ValueTask<int> CountWrongAsync(int publisher, long written)
    {
        int wrong;
        do
        {
            while (!Serves())
                await Task.Delay(1);
            wrong = CountWrong(publisher, written);
        }
        while (!Serves());
        return wrong;
    }

    protected override ValueTask WriteAsync(string[] keys, long first, int count)
    {
        for (var i = first; i < first + count; i++)
            cache[keys[i % keys.Length]] = i;
        return default;
    }

    protected override async ValueTask ThrottleAsync(long before, long written)
    {
        if (written - _fenced < Window)
            return;
        _fenced = written;
        await _window;
        _window = FenceAsync();
    }

    protected override async ValueTask<(long Drained, long Lost)> DrainAsync(long before, long written)
    {
        await _window;
        (_window, _fenced) = (Task.CompletedTask, 0);
        await FenceAsync();
        return (Stopwatch.GetTimestamp(), 0);
    }

    /// <summary>A fill is kept while the silo serves.</summary>
    private bool Serves()
    {
        cache.GetOrAdd(_probe, static _ => 0);
        return cache.ContainsKey(_probe);
    }

    private int CountWrong(int publisher, long written)
    {
        var (keys, wrong) = (FloodKeys.Of(publisher), 0);
        for (var key = 0; key < keys.Length; key++)
        {
            var last = FloodKeys.Last(key, keys.Length, written);
            var isHeld = cache.TryGetValue(keys[key], out var value);
            if (last >= 0 && (coherence == Coherence.Replicate ? !isHeld || value != last : isHeld))
                wrong++;
        }

        return wrong;
    }

    private async Task FenceAsync()
    {
        if (coherence == Coherence.Replicate)
            await cache.SetAsync(_fence, 0);
        else
            await cache.RemoveAsync(_fence);
    }
}
