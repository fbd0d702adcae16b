using ZiggyCreatures.Caching.Fusion;

namespace McCache.Bench.Wire.Floods;

/// <summary>
/// FusionCache with a Redis backplane. In a flood it writes to the server in the background, as it notifies in any case, so that it waits for nothing; in a burst, which then would never end, with
/// its options as they are. What has come is counted by its events, called at once.
/// </summary>
internal sealed class FusionFlood : Flood
{
    private static readonly FusionCacheEntryOptions s_here = new(TimeSpan.FromHours(1)) { SkipBackplaneNotifications = true, SkipDistributedCacheRead = true, SkipDistributedCacheWrite = true };
    private static readonly FusionCacheEntryOptions s_quick = new(TimeSpan.FromHours(1)) { AllowBackgroundDistributedCacheOperations = true };
    private readonly bool _hasSecondLevel;
    private readonly Lazy<FusionCache> _fusion;

    public FusionFlood(bool hasSecondLevel, WireSettings settings, Board board)
        : base(settings, board)
    {
        _hasSecondLevel = hasSecondLevel;
        _fusion = new(Make);
    }

    protected override async ValueTask PrepareAsync(int publisher, int keys)
    {
        await base.PrepareAsync(publisher, keys);
        var fusion = _fusion.Value;
        if (publisher == Settings.Number)
            return;
        foreach (var key in FloodKeys.Of(publisher))
            fusion.Set(key, -1L, s_here);
    }

    protected override void Burst(string[] keys, int count)
    {
        for (var i = 0; i < count; i++)
            _fusion.Value.Set(keys[i], (long)i);
    }

    protected override ValueTask<int> CountWrongAsync(int publisher, long written)
    {
        var (keys, wrong) = (FloodKeys.Of(publisher), 0);
        for (var key = 0; key < keys.Length; key++)
        {
            var last = FloodKeys.Last(key, keys.Length, written);
            var held = _fusion.Value.TryGet<long>(keys[key], s_here);
            if (last >= 0 && (_hasSecondLevel ? !held.HasValue || held.Value != last : held.HasValue))
                wrong++;
        }

        return new ValueTask<int>(wrong);
    }

    protected override async ValueTask WriteAsync(string[] keys, long first, int count)
    {
        for (var i = first; i < first + count; i++)
            await _fusion.Value.SetAsync(keys[i % keys.Length], i, s_quick);
    }

    private FusionCache Make()
    {
        var fusion = Fusions.Make(_hasSecondLevel ? "flood-2" : "flood-1", _hasSecondLevel, Settings);
        if (_hasSecondLevel)
            fusion.Events.Memory.Set += (_, set) => Count(set.Key);
        else
            fusion.Events.Backplane.MessageReceived += (_, received) => Count(received.Message.CacheKey);
        return fusion;
    }

    private void Count(string? key)
    {
        if (key is ['p', ..] && FloodKeys.Publisher(key) is var publisher && publisher != Settings.Number)
            Board.AddApplied(Settings.Number, publisher, 1);
    }
}
