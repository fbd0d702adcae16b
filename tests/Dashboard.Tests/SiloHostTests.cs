using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace McCache.Dashboard.Tests;

/// <summary>The dashboard in the host of a silo, as most who have one host would serve it.</summary>
public sealed class SiloHostTests
{
    [Fact]
    public async Task A_silo_serves_its_own_dashboard()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRouting();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(FreePort(), 0, serviceId: "dashboard", clusterId: Guid.NewGuid().ToString("N"))
            .AddMcCache(caches => caches.Configure(options => options.SingleSilo = true).Add<string, int>("products")));
        builder.Services.AddMcCacheDashboard();
        await using var application = builder.Build();
        application.MapMcCacheDashboard("/deep/down");
        await application.StartAsync(TestContext.Current.CancellationToken);
        application.Services.GetRequiredKeyedService<IMcCache<string, int>>("products")["pear"] = 1;

        using var http = new HttpClient { BaseAddress = new Uri(application.Urls.First()) };
        var page = await http.GetAsync("deep/down", TestContext.Current.CancellationToken);
        Assert.Equal("/deep/down/", page.RequestMessage!.RequestUri!.AbsolutePath); // its files are beside it
        Assert.Contains("<main", await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        JsonElement overview = default;
        for (var i = 0; i < 10 && (i == 0 || overview.GetProperty("error").ValueKind != JsonValueKind.Null); i++) // a machine that is busy may take longer than the dashboard has patience
            overview = JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync("deep/down/api/overview", TestContext.Current.CancellationToken));
        Assert.True(overview.GetProperty("totals").ValueKind == JsonValueKind.Object, overview.GetRawText());
        Assert.Equal(1, overview.GetProperty("totals").GetProperty("entries").GetInt64());
        Assert.Equal("-", Assert.Single(overview.GetProperty("promises").EnumerateArray()).GetProperty("cells").GetString());
        Assert.Equal(JsonValueKind.Null, Assert.Single(overview.GetProperty("silos").EnumerateArray()).GetProperty("validForSeconds").ValueKind); // for ever, as the only silo
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
