using System.Collections.Frozen;
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

    private readonly FrozenDictionary<string, CacheRegistration> _registrations;
    private readonly FrozenDictionary<string, ICacheAdministration> _caches;
    private readonly ITimer _sweeper;

    public CacheMember(IServiceProvider services, IEnumerable<CacheRegistration> registrations, IOptions<McCacheOptions> options)
    {
        Services = services;
        Options = options.Value;
        Time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        Channel = services.GetRequiredKeyedService<IMulticastChannel>(ProviderName);
        _registrations = registrations.ToFrozenDictionary(registration => registration.Name);
        _caches = _registrations.Values.ToFrozenDictionary(registration => registration.Name, registration => registration.Create(this));
        Caches = [.. _caches.Values.OrderBy(cache => cache.Name, StringComparer.Ordinal)];
        _sweeper = Time.CreateTimer(static state => ((CacheMember)state!).Sweep(), this, s_sweepPeriod, s_sweepPeriod);
        Instruments = new CacheInstruments(this);
    }

    internal IServiceProvider Services { get; }

    internal McCacheOptions Options { get; }

    internal TimeProvider Time { get; }

    internal IMulticastChannel Channel { get; }

    private CacheInstruments Instruments { get; }

    /// <summary>Every cache, in the order of their names.</summary>
    internal IReadOnlyList<ICacheAdministration> Caches { get; }

    /// <exception cref="InvalidOperationException">There is no such cache, or it has other types.</exception>
    internal MemberCache<TKey, TValue> Get<TKey, TValue>(string name)
        where TKey : notnull
        => Find(name) as MemberCache<TKey, TValue>
            ?? throw new InvalidOperationException(
                $"Cache '{name}' holds {_registrations[name]}, not {typeof(TKey)} → {typeof(TValue)}. Ask for IMcCache<,> with the types it was added with.");

    /// <exception cref="InvalidOperationException">There is no such cache, or it has other keys.</exception>
    internal ICacheAdministration<TKey> Find<TKey>(string name)
        where TKey : notnull
        => Find(name) as ICacheAdministration<TKey>
            ?? throw new InvalidOperationException($"Cache '{name}' holds {_registrations[name]}; its keys are not {typeof(TKey)}.");

    /// <exception cref="InvalidOperationException">There is no such cache.</exception>
    internal ICacheAdministration Find(string name)
        => _caches.TryGetValue(name, out var cache)
            ? cache
            : throw new InvalidOperationException(
                $"There is no cache '{name}' here. "
                + (_caches.Count == 0 ? "None was added" : $"There are: {string.Join(", ", Caches.Select(known => $"'{known.Name}'"))}")
                + $"; add it with AddMcCache(caches => caches.Add<TKey, TValue>(\"{name}\")).");

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
