using System.Text.Json;

namespace McCache.Demo.Tests;

/// <summary>The demo's promise: silo processes, a real trace, every read checked.</summary>
public sealed class ReplayTests
{
    [Fact(Timeout = 180_000)]
    public async Task Replay_has_hits_and_no_stale_read_and_multicasts_writes_only()
    {
        await using var demo = DemoProcess.Start("--seconds", "3", "--json");
        var (exitCode, output, errors) = await demo.EndAsync();

        Assert.True(exitCode == 0, errors);
        var result = Result(output);
        Assert.Equal(3, result.GetProperty("silos").GetInt32());
        Assert.Equal(0, result.GetProperty("staleReads").GetInt64());
        Assert.Equal(0, result.GetProperty("fillsMulticast").GetInt64());
        Assert.InRange(result.GetProperty("hitRatio").GetDouble(), 0.001, 0.999);
        Assert.InRange(result.GetProperty("updates").GetInt64(), 1, result.GetProperty("requests").GetInt64());
        Assert.Equal(result.GetProperty("updates").GetInt64(), result.GetProperty("coherentVerbs").GetInt64());
        Assert.InRange(result.GetProperty("visibleMicrosecondsP50").GetInt64(), 1, result.GetProperty("visibleMicrosecondsP99").GetInt64());
        Assert.Equal("invalidate", result.GetProperty("coherence").GetString());
        Assert.Equal(JsonValueKind.Null, result.GetProperty("digestsEqual").ValueKind);
        Assert.Equal(0, result.GetProperty("incoherentKeys").GetInt32());
    }

    [Fact(Timeout = 180_000)]
    public async Task The_dashboard_has_the_totals_that_the_result_has()
    {
        await using var demo = DemoProcess.Start("--seconds", "3", "--hold", "120", "--json");
        var address = await demo.SayingAsync("McCache dashboard: ");
        await demo.SayingAsync("Holding for ");
        using var http = new HttpClient { BaseAddress = new Uri(address) };
        var totals = JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync("api/caches")).GetProperty("totals");
        var silos = JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync("api/silos")).GetProperty("silos");
        Assert.Contains("<title>McCache</title>", await http.GetStringAsync(""), StringComparison.Ordinal);
        Assert.True((await http.GetAsync(new Uri("/orleans/", UriKind.Relative))).IsSuccessStatusCode);
        demo.Terminate();
        var (_, output, _) = await demo.EndAsync();
        var result = Result(output);
        Assert.Equal(3, silos.GetArrayLength());
        Assert.Equal(result.GetProperty("coherentVerbs").GetInt64(), totals.GetProperty("coherentVerbs").GetInt64());
        Assert.Equal(result.GetProperty("requests").GetInt64(), totals.GetProperty("hits").GetInt64() + totals.GetProperty("misses").GetInt64());
        Assert.Equal(result.GetProperty("hitRatio").GetDouble(), totals.GetProperty("hitRatio").GetDouble(), 4);
    }

    [Fact(Timeout = 180_000)]
    public async Task Replay_that_replicates_ends_with_the_same_pages_in_the_same_order_on_all_silos()
    {
        await using var demo = DemoProcess.Start("--seconds", "3", "--coherence", "replicate", "--json");
        var (exitCode, output, errors) = await demo.EndAsync();

        Assert.True(exitCode == 0, errors);
        var result = Result(output);
        Assert.Equal("replicate", result.GetProperty("coherence").GetString());
        Assert.Equal(0, result.GetProperty("staleReads").GetInt64());
        Assert.Equal(0, result.GetProperty("fillsMulticast").GetInt64());
        Assert.True(result.GetProperty("digestsEqual").GetBoolean());
        Assert.True(result.GetProperty("sequencesEqual").GetBoolean());
        Assert.Equal(0, result.GetProperty("incoherentKeys").GetInt32());
        Assert.InRange(result.GetProperty("replicatedKeys").GetInt32(), 1, result.GetProperty("updates").GetInt32());
    }

    [Fact(Timeout = 180_000)]
    public async Task Updates_that_nobody_tells_the_caches_are_found_and_fail_the_run()
    {
        await using var demo = DemoProcess.Start("--seconds", "3", "--json", "--sabotage");
        var (exitCode, output, errors) = await demo.EndAsync();

        Assert.True(exitCode == 1, errors);
        Assert.NotEqual(0, Result(output).GetProperty("staleReads").GetInt64());
        Assert.Contains("stale reads. The first: ", errors, StringComparison.Ordinal);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("invalidate", "2")]
    [InlineData("replicate", "1")]
    public async Task Clients_replay_too_and_end_with_what_the_silos_hold(string coherence, string clients)
    {
        await using var demo = DemoProcess.Start("--seconds", "4", "--silos", "2", "--clients", clients, "--coherence", coherence, "--json");
        var (exitCode, output, errors) = await demo.EndAsync();

        Assert.True(exitCode == 0, errors);
        var result = Result(output);
        Assert.Equal(int.Parse(clients), result.GetProperty("clients").GetInt32());
        Assert.Equal(0, result.GetProperty("staleReads").GetInt64());
        Assert.Equal(0, result.GetProperty("incoherentKeys").GetInt32());
        Assert.InRange(result.GetProperty("clientRequests").GetInt64(), 1, result.GetProperty("requests").GetInt64() - 1);
        if (result.GetProperty("gatewaysLost").GetInt32() > 0)
            return; // the machine had no time for the client, whose cache was empty for a while
        Assert.Equal(0, result.GetProperty("fillsMulticast").GetInt64());
        Assert.InRange(result.GetProperty("clientHitRatio").GetDouble(), 0.001, 0.999);
        Assert.InRange(result.GetProperty("clientKeys").GetInt32(), 1, 20_484);
    }

    [Fact(Timeout = 180_000)]
    public async Task Updates_that_nobody_tells_the_caches_are_found_in_clients()
    {
        await using var demo = DemoProcess.Start("--seconds", "5", "--silos", "1", "--clients", "1", "--updates", "0.3", "--json", "--sabotage");
        var (exitCode, output, errors) = await demo.EndAsync();

        Assert.True(exitCode == 1, errors);
        Assert.NotEqual(0, Result(output).GetProperty("clientStaleReads").GetInt64());
    }

    [Fact(Timeout = 180_000)]
    public async Task One_silo_alone_replays_too()
    {
        await using var demo = DemoProcess.Start("--seconds", "1", "--silos", "1", "--json");
        var (exitCode, output, errors) = await demo.EndAsync();

        Assert.True(exitCode == 0, errors);
        Assert.Equal(1, Result(output).GetProperty("silos").GetInt32());
    }

    private static JsonElement Result(string output)
        => JsonSerializer.Deserialize<JsonElement>(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
}
