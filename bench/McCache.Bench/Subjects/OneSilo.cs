namespace McCache.Bench.Subjects;

/// <summary>A silo that has enough caches of ours for a run: each is handed out once.</summary>
internal sealed class OneSilo : IAsyncDisposable
{
    private readonly Dictionary<string, int> _taken = [];
    private readonly Silos _silos;

    private OneSilo(Silos silos) => _silos = silos;

    /// <summary>Starts it with so many caches of each mode, kind of key and capacity; it serves them when this returns.</summary>
    public static async Task<OneSilo> StartAsync(int copies, params int[] capacities) => new(await Silos.StartAsync(1, caches =>
    {
        foreach (var capacity in capacities)
        {
            foreach (var coherence in Enum.GetValues<Coherence>())
            {
                for (var copy = 0; copy < copies; copy++)
                {
                    Add<string>(caches, capacity, coherence, copy);
                    Add<long>(caches, capacity, coherence, copy);
                    Add<PlaceKey>(caches, capacity, coherence, copy);
                }
            }
        }
    }));

    public IMcCache<TKey, string> Take<TKey>(int capacity, Coherence coherence)
        where TKey : notnull
    {
        var name = Name<TKey>(capacity, coherence);
        var copy = _taken[name] = _taken.GetValueOrDefault(name, -1) + 1;
        return _silos.Cache<TKey>(name + copy);
    }

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    private static void Add<TKey>(McCacheBuilder caches, int capacity, Coherence coherence, int copy)
        where TKey : notnull
        => caches.Add<TKey, string>(Name<TKey>(capacity, coherence) + copy, options => (options.MaxEntries, options.Coherence, options.TimeToLive) = (capacity, coherence, Values.TimeToLive));

    private static string Name<TKey>(int capacity, Coherence coherence) => $"{typeof(TKey).Name}-{coherence}-{capacity}-";
}
