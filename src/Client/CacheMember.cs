using System.Collections.Concurrent;
using McCache.Streaming;
using Microsoft.Extensions.Options;

namespace McCache.Client;

/// <summary>The caches of this process: made once from what was registered, found by name, swept once a second.</summary>
internal sealed class CacheMember : IDisposable
{
    /// <summary>The name of the multicast stream provider that caches use, and nobody else.</summary>
    internal const string ProviderName = "McCache";

    /// <summary>The namespace of the streams of caches; a stream's key is its cache's name.</summary>
    internal const string StreamNamespace = "McCache.Caches";

    private const int SweepEntries = 10_000;
    private static readonly TimeSpan s_sweepPeriod = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, ICacheAdministration> _caches = new();
    private readonly Lock _adding = new();
    private readonly ITimer _sweeper;

    public CacheMember(IServiceProvider services, IEnumerable<CacheRegistration> registrations, IOptions<McCacheOptions> options)
    {
        Services = services;
        Options = options.Value;
        Time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        Channel = services.GetRequiredKeyedService<IMulticastChannel>(ProviderName);
        Instruments = new CacheInstruments(this);
        foreach (var registration in registrations)
            _caches[registration.Name] = registration.Create(this);
        _sweeper = Time.CreateTimer(static state => ((CacheMember)state!).Sweep(), this, s_sweepPeriod, s_sweepPeriod);
    }

    internal IServiceProvider Services { get; }

    internal McCacheOptions Options { get; }

    internal TimeProvider Time { get; }

    internal IMulticastChannel Channel { get; }

    internal CacheInstruments Instruments { get; }

    /// <summary>Every cache, in the order of their names.</summary>
    internal IReadOnlyList<ICacheAdministration> Caches => [.. _caches.Values.OrderBy(cache => cache.Name, StringComparer.Ordinal)];

    /// <exception cref="InvalidOperationException">There is no such cache, or it has other types.</exception>
    internal MemberCache<TKey, TValue> Get<TKey, TValue>(string name)
        where TKey : notnull
        => Find(name) as MemberCache<TKey, TValue>
            ?? throw new InvalidOperationException(
                $"Cache '{name}' holds {Find(name).Types}, not {typeof(TKey)} → {typeof(TValue)}. Ask for IMcCache<,> with the types it was added with.");

    /// <exception cref="InvalidOperationException">There is no such cache, or it has other keys.</exception>
    internal ICacheAdministration<TKey> Find<TKey>(string name)
        where TKey : notnull
        => Find(name) as ICacheAdministration<TKey>
            ?? throw new InvalidOperationException($"Cache '{name}' holds {Find(name).Types}; its keys are not {typeof(TKey)}.");

    /// <exception cref="InvalidOperationException">There is no such cache.</exception>
    internal ICacheAdministration Find(string name)
        => _caches.TryGetValue(name, out var cache)
            ? cache
            : throw new InvalidOperationException(
                $"There is no cache '{name}' here. "
                + (_caches.IsEmpty ? "None was added" : $"There are: {string.Join(", ", Caches.Select(known => $"'{known.Name}'"))}")
                + $"; add it with AddMcCache(caches => caches.Add<TKey, TValue>(\"{name}\")).");

    internal bool Has(string name) => _caches.ContainsKey(name);

    /// <summary>The cache, once it may be used: at a client, when the client hears of every change. A client may ask for caches that it has not added.</summary>
    /// <exception cref="InvalidOperationException">There is no such cache, or it has other types.</exception>
    /// <exception cref="TimeoutException">No gateway was found.</exception>
    internal async ValueTask<IMcCache<TKey, TValue>> FindAsync<TKey, TValue>(string name, CancellationToken cancellationToken)
        where TKey : notnull
    {
        if (Channel is IClientChannel channel)
        {
            if (!_caches.ContainsKey(name))
                await AddAsync<TKey, TValue>(channel, name, cancellationToken);
            if (Get<TKey, TValue>(name) is NearCache<TKey, TValue> near)
                await near.BeginAsync(cancellationToken);
        }

        _ = Get<TKey, TValue>(name);
        return Services.GetRequiredKeyedService<IMcCache<TKey, TValue>>(name);
    }

    private async Task AddAsync<TKey, TValue>(IClientChannel channel, string name, CancellationToken cancellationToken)
        where TKey : notnull
    {
        var description = await NearCache<TKey, TValue>.DescribeAsync(channel, StreamId.Create(StreamNamespace, name), Services, cancellationToken)
            ?? throw new InvalidOperationException($"The cluster has no cache '{name}', or its gateway cannot answer now; add it to the silos with AddMcCache(caches => caches.Add<TKey, TValue>(\"{name}\")).");
        description.Check<TKey, TValue>(name);
        var options = Services.GetRequiredService<IOptionsMonitor<CacheOptions>>().Get(name);
        (options.Coherence, options.TimeToLive, options.UpdateMovesToLast) = (description.Coherence, options.TimeToLive ?? description.TimeToLive, description.UpdateMovesToLast);
        lock (_adding)
        {
            if (!_caches.ContainsKey(name)) // somebody may have been quicker
                _caches[name] = new CacheRegistration<TKey, TValue>(name, null).Create(this);
        }
    }

    public void Dispose()
    {
        foreach (var cache in Caches)
            cache.Dispose();
        _sweeper.Dispose();
        Instruments.Dispose();
    }

    private void Sweep()
    {
        foreach (var cache in Caches)
            cache.Sweep(SweepEntries);
    }
}
