using ZiggyCreatures.Caching.Fusion;

namespace McCache.Bench.Wire.Paths;

/// <summary>
/// FusionCache with a Redis backplane. Without a second level keys that the others hold are removed; with it values that they hold are replaced, which they fetch from there. Observed by
/// its own events, called at once; a read there yields it.
/// </summary>
internal sealed class FusionPath(bool hasSecondLevel, WireSettings settings, Board board) : WirePath(hasSecondLevel ? PathName.SecondLevel : PathName.Backplane)
{
    private static readonly FusionCacheEntryOptions s_here = new(TimeSpan.FromHours(1)) { SkipBackplaneNotifications = true, SkipDistributedCacheRead = true, SkipDistributedCacheWrite = true };
    private readonly Lazy<FusionCache> _fusion = new(() => Fusions.Make(hasSecondLevel ? "items-2" : "items-1", hasSecondLevel, settings));

    public override ValueTask BeginAsync(bool isWriter)
    {
        if (!_fusion.IsValueCreated && !isWriter)
        {
            _fusion.Value.Events.Memory.Remove += (_, _) => Observe();
            _fusion.Value.Events.Memory.Expire += (_, _) => Observe();
            _fusion.Value.Events.Memory.Set += (_, _) => Observe();
        }

        if (!isWriter)
        {
            foreach (var key in Keys.Measured)
                _fusion.Value.Set(key, Item.Make(0), s_here);
        }

        return default;
    }

    public override ValueTask WriteAsync(long number)
        => hasSecondLevel ? _fusion.Value.SetAsync(Keys.Of(number), Item.Make(number)) : _fusion.Value.RemoveAsync(Keys.Of(number));

    private void Observe()
    {
        var number = board.Expected(Index);
        if (number == 0)
            return;
        var item = _fusion.Value.TryGet<Item>(Keys.Of(number), s_here);
        if (hasSecondLevel ? item.HasValue && item.Value.Number == number : !item.HasValue)
            board.Note(settings.Number, Index, number);
    }
}
