using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McCache.Cluster.Tests;

/// <summary>Keys, values and tags are in no log, metric, trace or exception, whatever is done and whatever fails.</summary>
public sealed class PrivacyTests
{
    private const string Marker = "MARKER";
    private const string Key = "key" + Marker;
    private const string Value = "value" + Marker;

    private static readonly CacheEntryOptions s_tagged = new() { Tags = ["tag" + Marker] };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keys_values_and_tags_are_told_to_nobody()
    {
        var log = new LogRecord();
        var told = new ConcurrentQueue<string>();
        using var activities = Listen(told);
        using var meters = new MeterListener { InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        meters.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Note(instrument, tags));
        meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Note(instrument, tags));
        meters.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Note(instrument, tags));
        meters.Start();

        await using var cluster = await ClientCluster.StartAsync(2, silo =>
        {
            silo.Services.AddSingleton<ILoggerProvider>(log);
            silo.AddActivityPropagation();
            silo.AddMcCache(caches => caches
                .Add<string, string>("small", options => options.MaxBytes = 100)
                .Add<string, object>("objects", options => options.Coherence = Coherence.Replicate));
        });
        var client = await cluster.AddClientAsync(client => client.Services.AddSingleton<ILoggerProvider>(log).AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace)));
        var silo = cluster.Silos[1].Services;
        IMcCache<string, string>[] caches =
        [
            cluster.Cache<string, string>(0, "replica"), cluster.Cache<string, string>(1, "replica"), cluster.Cache<string, string>(0, "small"),
            await client.GetMcCacheAsync<string, string>("replica", Token),
        ];
        foreach (var cache in caches)
            await UseAsync(cache, told);
        await UseAsync(client.GetCacheGrain<string, string>("replica"), told);
        await UseAsync(client.GetMcCacheAdministration(), told);
        await UseAsync(silo.GetRequiredService<IGrainFactory>().GetMcCacheAdministration(), told);
        await TryAsync(told, () => silo.GetRequiredKeyedService<IMcCache<string, object>>("objects").SetAsync(Key, new Unserializable(Value), Token));
        await TryAsync(told, () => client.GetCacheGrain<string, int>("replica").SetAsync(Key, 1, cancellationToken: Token));
        await TryAsync(told, () => client.GetCacheGrain<string, string>("nothing").SetAsync(Key, Value, cancellationToken: Token));
        meters.RecordObservableInstruments();

        Assert.NotEmpty(log.Entries);
        Assert.True(told.Count > 50);
        Assert.DoesNotContain(log.Entries, entry => entry.Text.Contains(Marker, StringComparison.Ordinal));
        Assert.DoesNotContain(told, text => text.Contains(Marker, StringComparison.Ordinal));

        void Note(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) => told.Enqueue($"{instrument.Meter.Name} {instrument.Name} {string.Join(',', tags.ToArray())}");
    }

    private static async Task UseAsync(IMcCache<string, string> cache, ConcurrentQueue<string> told)
    {
        await TryAsync(told, () => cache.SetAsync(Key, Value, s_tagged, Token));
        await TryAsync(told, () => cache.SetAsync(Key, new string('x', 1_000) + Marker, Token));
        await TryAsync(told, () => new(cache.GetOrAddAsync(Key + "2", (_, _) => Task.FromException<string>(new IOException("The source is away.")), Token).AsTask()));
        await TryAsync(told, () => new(cache.GetOrAddAsync(Key + "3", (_, _) => Task.FromResult(Value), Token).AsTask()));
        Action[] verbs =
        [
            () => cache.Add(Key, Value), () => cache.Add(Key, Value), () => cache[Key] = Value, () => _ = cache[Key + "4"], () => cache.TryAdd(Key, Value), () => cache.TryUpdate(Key, Value, Value),
            () => cache.AddOrUpdate(Key, Value, (_, _) => Value), () => cache.MoveToLast(Key), () => cache.MoveToFirst(Key), () => cache.Remove(Key), () => cache.MoveToLast(Key), () => cache.Set(Key, Value, new() { Tags = [null!, Marker] }),
            () => cache.Set(Key, Value, new() { Size = -1 }), () => cache.GetAt(1_000), () => cache.TryPopFirst(out _), () => cache.Clear(), () => _ = cache.First, () => _ = cache[null!],
        ];
        foreach (var verb in verbs)
        {
            await TryAsync(told, () =>
            {
                verb();
                return default;
            });
        }

        await TryAsync(told, () => cache.RemoveAsync(Key, Token));
        await TryAsync(told, () => cache.RemoveAsync(Key, new CancellationToken(canceled: true)));
        await TryAsync(told, () => cache.RemoveByTagAsync("tag" + Marker, Token));
        await TryAsync(told, () => cache.ClearAsync(Token));
    }

    private static async Task UseAsync(ICacheGrain<string, string> door, ConcurrentQueue<string> told)
    {
        await TryAsync(told, () => door.SetAsync(Key, Value, s_tagged, Token));
        await TryAsync(told, () => door.SetRangeAsync([new(Key, Value), new(null!, Value)], Token));
        await TryAsync(told, async () => _ = await door.GetRangeAsync([Key, null!]));
        await TryAsync(told, async () => _ = await door.EnumerateAsync(Token).CountAsync(Token));
        await TryAsync(told, () => door.SetAsync(Key, Value, new() { Size = -1, Tags = [Marker] }, Token));
        await TryAsync(told, () => door.RemoveByTagAsync("tag" + Marker, Token));
        await TryAsync(told, () => door.RemoveAsync(Key, Token));
    }

    private static async Task UseAsync(IMcCacheAdministration administration, ConcurrentQueue<string> told)
    {
        await TryAsync(told, async () => _ = await administration.GetMetadataAsync("replica", Key, Token));
        await TryAsync(told, async () => _ = await administration.EvictAsync("replica", Key, Token));
        await TryAsync(told, async () => _ = await administration.EvictAsync("cache", Guid.NewGuid(), Token));
        await TryAsync(told, () => administration.ClearAsync("replica", Token));
    }

    private static async Task TryAsync(ConcurrentQueue<string> told, Func<ValueTask> call)
    {
        try
        {
            await call();
        }
        catch (Exception exception)
        {
            told.Enqueue(exception.ToString());
        }
    }

    private static ActivityListener Listen(ConcurrentQueue<string> told)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => told.Enqueue(
                $"{activity.DisplayName} {activity.StatusDescription} {string.Join(',', activity.TagObjects)} {string.Join(',', activity.Baggage)} {string.Join(',', activity.Events.SelectMany(happened => happened.Tags))}"),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    /// <summary>No serializer knows it.</summary>
    private sealed class Unserializable(string content)
    {
        public override string ToString() => content;
    }
}
