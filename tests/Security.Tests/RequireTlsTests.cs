using System.Net;
using McCache.Security.Tests.Processes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace McCache.Security.Tests;

/// <summary><see cref="McCacheOptions.RequireTls"/>.</summary>
public sealed class RequireTlsTests : IDisposable
{
    private readonly Authority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Silo_without_TLS_does_not_start_and_says_why()
    {
        using var host = Build(isTls: false);
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("McCache:RequireTls is True, but UseMcCacheTls was not called", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_with_TLS_starts()
    {
        using var host = Build(isTls: true);
        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Client_without_TLS_does_not_start_and_says_why()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client => client
            .UseStaticClustering(new IPEndPoint(IPAddress.Loopback, MemberSettings.FreePort()))
            .AddMcCache(caches => caches.Configure(options => options.RequireTls = true)));
        using var host = builder.Build();
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("McCache:RequireTls is True", failure.ToString(), StringComparison.Ordinal);
    }

    private IHost Build(bool isTls)
    {
        var files = _authority.IssueSilo();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(MemberSettings.FreePort(), MemberSettings.FreePort());
            silo.AddMcCache(caches => caches.Configure(options => (options.RequireTls, options.SingleSilo) = (true, true)));
            if (isTls)
                silo.UseMcCacheTls(tls => (tls.CertificatePath, tls.PrivateKeyPath, tls.AuthorityPath) = (files.Certificate, files.Key, files.Authority));
        });
        return builder.Build();
    }
}
