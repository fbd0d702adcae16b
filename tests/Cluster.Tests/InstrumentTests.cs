using System.Diagnostics;
using System.Diagnostics.Metrics;
using McCache.Client;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.TestingHost;

namespace McCache.Cluster.Tests;

/// <summary>What a cluster tells of itself: snapshots, spans, metrics, health.</summary>
public sealed class InstrumentTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_snapshot_of_every_silo_has_its_promises_lanes_verbs_and_events()
    {
        await using var cluster = await CacheCluster.StartAsync(3);
        for (var i = 0; i < 20; i++)
            await cluster.Cache(0).SetAsync($"{i}", i, Token);
        var administration = cluster.Host.Client.GetMcCacheAdministration();
        var snapshots = await administration.GetSnapshotsAsync(new SnapshotRequest { DigestsOf = ["cache", "unknown"] }, Token);
        Assert.All(snapshots, result => Assert.True(result.IsSuccess, $"{result.Error}"));
        Assert.Equal(3, snapshots.Count);
        var silos = snapshots.ToDictionary(result => result.Silo, result => result.Value!);
        Assert.All(silos, silo =>
        {
            Assert.True(silo.Value.IsStarted);
            Assert.InRange(silo.Value.ValidFor, TimeSpan.FromTicks(1), silo.Value.LeaseDuration);
            Assert.Equal(silos.Keys.Where(other => !other.Equals(silo.Key)).Order(), silo.Value.Promises.Select(promise => promise.Promiser));
            Assert.Equal(silos.Keys.Where(other => !other.Equals(silo.Key)).Order(), silo.Value.Lanes.Select(lane => lane.Silo));
            Assert.All(silo.Value.Lanes, lane => Assert.Equal((0, 0L), (lane.Failures, lane.Gaps)));
            Assert.InRange(silo.Value.HeapBytes, 1, long.MaxValue);
            Assert.NotNull(Assert.Single(silo.Value.Caches).Digest);
            Assert.Contains(silo.Value.Events, one => one.Kind == CoherenceEventKind.Membership);
        });
        var first = silos[cluster.Silos[0].SiloAddress];
        Assert.Equal(20, first.Caches[0].CoherentVerbs.Count);
        Assert.InRange(first.Caches[0].CoherentVerbs.Percentile(0.5)!.Value, TimeSpan.FromMicroseconds(1), TimeSpan.FromSeconds(10));
        Assert.InRange(first.Providers.Single().RoundTrips.Count, 1, long.MaxValue);

        var last = snapshots.ToDictionary(result => result.Silo, result => result.Value!.Events[^1].Number);
        var later = await administration.GetSnapshotsAsync(new SnapshotRequest { EventsAfter = last }, Token);
        Assert.All(later, result => Assert.DoesNotContain(result.Value!.Events, one => one.Number <= last[result.Silo]));
        Assert.All(later, result => Assert.Null(result.Value!.Caches[0].Digest));
    }

    [Fact]
    public async Task The_span_of_a_coherent_verb_names_the_slowest_silo()
    {
        List<Activity> spans = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "McCache",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                lock (spans)
                    spans.Add(span);
            },
        };
        await using var cluster = await CacheCluster.StartAsync(2, silo => silo.AddMcCache(caches => caches.Add<string, int>("traced")));
        ActivitySource.AddActivityListener(listener);
        var cache = CacheCluster.Cache<string, int>(cluster.Silos[0], "traced");
        await cache.RemoveAsync("a", Token);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.ClearAsync(cancelled.Token).AsTask());
        Activity[] mine;
        lock (spans)
            mine = [.. spans.Where(span => (string?)span.GetTagItem("mccache.cache") == "traced")];
        Assert.Equal(["mccache.remove", "mccache.clear"], mine.Select(span => span.OperationName));
        Assert.Equal(cluster.Silos[1].SiloAddress.ToString(), mine[0].GetTagItem("mccache.silo.slowest"));
        Assert.Equal([ActivityStatusCode.Unset, ActivityStatusCode.Error], mine.Select(span => span.Status));
        Assert.DoesNotContain(mine.SelectMany(span => span.TagObjects), tag => Equals(tag.Value, "a"));
    }

    [Fact]
    public async Task Coherent_verbs_are_timed_on_the_meter()
    {
        double seconds = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "McCache", Name: "mccache.coherent.duration", Unit: "s" })
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
        {
            if (tags.ToArray().Contains(new("mccache.cache", "timed")))
                seconds += value;
        });
        listener.Start();
        await using var cluster = await CacheCluster.StartAsync(2, silo => silo.AddMcCache(caches => caches.Add<string, int>("timed")));
        await CacheCluster.Cache<string, int>(cluster.Silos[0], "timed").RemoveAsync("a", Token);
        Assert.InRange(seconds, 1e-7, 60);
    }

    [Fact]
    public async Task Health_says_which_silo_is_missed()
    {
        await using var cluster = await ExternalCluster.StartAsync(3);
        var (asked, missed, gate) = (cluster.Silos[0], cluster.Silos[2].SiloAddress, cluster.Gates[2]);
        Assert.Equal("Serving, with the promises of 2 other silos.", (await CheckAsync(asked)).Description);
        gate.Shut("IPromiseEndpoint"); // it hangs at what it is asked to promise
        var degraded = await UntilAsync(isMissing: true);
        Assert.Equal(HealthStatus.Degraded, degraded.Status);
        gate.Open();
        await UntilAsync(isMissing: false);

        asked.ServiceProvider.GetRequiredService<SiloLease>().Events.Add(CoherenceEventKind.Gap, "a lane from here was full", missed);
        var lossy = await CheckAsync(asked);
        Assert.Equal(HealthStatus.Degraded, lossy.Status);
        Assert.Contains($"a lane from here was full, {missed}", lossy.Description, StringComparison.Ordinal);

        async Task<HealthCheckResult> UntilAsync(bool isMissing)
        {
            for (var i = 0; i < 3_000; i++)
            {
                if (await CheckAsync(asked) is { Description: { } description } result && description.Contains($"No promise of {missed}:", StringComparison.Ordinal) == isMissing)
                    return result;
                await Task.Delay(TimeSpan.FromMilliseconds(10), Token);
            }

            throw new InvalidOperationException($"In vain: {(await CheckAsync(asked)).Description}");
        }
    }

    [Fact]
    public async Task A_process_without_caches_is_not_healthy()
    {
        await using var services = new ServiceCollection().AddLogging().AddHealthChecks().AddMcCacheHealthChecks().Services.BuildServiceProvider();
        var report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token);
        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        Assert.Contains("AddMcCache", report.Entries["mccache"].Description, StringComparison.Ordinal);
    }

    private static Task<HealthCheckResult> CheckAsync(InProcessSiloHandle silo) => new McCacheHealthCheck(silo.ServiceProvider).CheckHealthAsync(new HealthCheckContext(), Token);
}
