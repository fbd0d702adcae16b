namespace McCache.Bench.Wire.Paths;

/// <summary>A cache of the product. In <see cref="Coherence.Invalidate"/> keys that the others hold are removed; in <see cref="Coherence.Replicate"/> values that they hold are replaced.</summary>
internal sealed class CachePath(PathName name, IMcCache<string, Item> cache, Board board, int silo) : WirePath(name)
{
    private readonly bool _isReplica = name.Coherence == Coherence.Replicate;
    private IDisposable? _watching;

    public override async ValueTask BeginAsync(bool isWriter)
    {
        if (_isReplica && isWriter)
        {
            foreach (var key in Keys.Measured)
                cache[key] = Item.Make(0);
            await cache.SetAsync(Keys.Measured[0], Item.Make(0));
        }

        if (!_isReplica && !isWriter)
        {
            foreach (var key in Keys.Measured)
                cache.GetOrAdd(key, static _ => Item.Make(0));
        }

        if (Name.IsOnChange && !isWriter)
            _watching = cache.OnChange(_ => Observe());
    }

    public override ValueTask EndAsync(bool isWriter)
    {
        _watching?.Dispose();
        return default;
    }

    public override ValueTask WriteAsync(long number)
    {
        var key = Keys.Of(number);
        if (Name.IsRoundTrip)
            return _isReplica ? cache.SetAsync(key, Item.Make(number)) : cache.RemoveAsync(key);
        if (_isReplica)
            cache[key] = Item.Make(number);
        else
            cache.Remove(key, out _);
        return default;
    }

    public override void Load(long number) => cache[Keys.Load[number % Keys.Load.Length]] = Item.Make(number);

    /// <summary>Reads the key of the write that is expected, and notes when the read yields what it should.</summary>
    public void Observe()
    {
        var number = board.Expected(Index);
        if (number == 0)
            return;
        var isHeld = cache.TryGetValue(Keys.Of(number), out var item);
        if (_isReplica ? isHeld && item!.Number == number : !isHeld)
            board.Note(silo, Index, number);
    }
}
