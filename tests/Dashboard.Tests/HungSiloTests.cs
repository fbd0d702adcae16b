using System.Text.Json;

namespace McCache.Dashboard.Tests;

/// <summary>One of three real silos hangs.</summary>
public sealed class HungSiloTests
{
    [Fact]
    public async Task A_silo_that_hangs_is_silent_and_the_page_of_the_others_stays_live()
    {
        await using var cluster = await RealCluster.StartAsync(3);
        await using var site = await cluster.ServeAsync(options => options.RefreshPeriod = TimeSpan.FromMilliseconds(250));
        var stale = TimeSpan.FromSeconds(JsonSerializer.Deserialize<JsonElement>(await site.Http.GetStringAsync("api/session", TestContext.Current.CancellationToken)).GetProperty("staleSeconds").GetDouble());
        Assert.Equal(Collector.Patience + TimeSpan.FromMilliseconds(250), stale);
        await using var frames = await FrameReader.OpenAsync(site);
        Dictionary<string, string> states = [];
        for (var i = 0; i < 5; i++)
        {
            if (i == 1)
                cluster.Hang(2);
            var begun = TimeProvider.System.GetTimestamp();
            var frame = await frames.NextAsync();
            Assert.InRange(TimeProvider.System.GetElapsedTime(begun), TimeSpan.Zero, stale);
            Assert.Equal(JsonValueKind.Null, frame.GetProperty("error").ValueKind);
            if (frame.TryGetProperty("silos", out var silos))
            {
                foreach (var row in silos.GetProperty("changed").EnumerateArray())
                    states[row.GetProperty("id").GetString()!] = row.GetProperty("state").GetString()!;
            }
        }

        Assert.Equal([ClusterState.Id(cluster.Silos[2].SiloAddress)], states.Where(state => state.Value == "silent").Select(state => state.Key));
        Assert.Equal(2, states.Values.Count(state => state == "serving"));
    }
}
