using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Connections.Security;

namespace McCache.Security.Tests.Processes;

/// <summary>A silo or client in a process of its own: says what happens on standard output, does what is asked on standard input, and ends with it.</summary>
internal sealed class Member(MemberSettings settings)
{
    internal const string Cache = "cache";

    private TimeSpan Patience => settings.Patience ?? Timeout.InfiniteTimeSpan;

    internal static async Task<int> RunAsync(string settings)
    {
        var member = new Member(JsonSerializer.Deserialize<MemberSettings>(settings)!);
        using var host = member.Build();
        try
        {
            await host.StartAsync().WaitAsync(member.Patience);
        }
        catch (Exception exception)
        {
            Say($"failed {exception.GetType().Name}: {exception.Message}");
            return 1;
        }

        Say("ready");
        while (await Console.In.ReadLineAsync() is { } line)
            Say($"answer {await AnswerAsync(host.Services, line.Split(' '))}");
        using var quick = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await host.StopAsync(quick.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return 0;
    }

    private static async Task<string> AnswerAsync(IServiceProvider services, string[] words)
    {
        try
        {
            switch (words)
            {
                case ["silos"]:
                    return string.Join(',', services.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members.Values
                        .Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress.Endpoint.Port));
                case ["set", var key, var value]:
                    await (await CacheAsync(services)).SetAsync(key, value);
                    return "done";
                case ["get", var key]:
                    return await services.GetRequiredService<IClusterClient>().GetCacheGrain<string, string>(Cache).TryGetAsync(key) is { Found: true, Value: var found } ? found! : "nothing";
                case ["read", var key]:
                    return await (await CacheAsync(services)).GetOrAddAsync(key, static (_, _) => throw new InvalidOperationException("There is no copy."));
                default:
                    return "what?";
            }
        }
        catch (Exception exception)
        {
            return $"{exception.GetType().Name}: {exception.Message}";
        }
    }

    private static async ValueTask<IMcCache<string, string>> CacheAsync(IServiceProvider services)
        => await services.GetRequiredService<IClusterClient>().GetMcCacheAsync<string, string>(Cache);

    private static void Say(string line) => Console.Out.WriteLine(line.ReplaceLineEndings(" "));

    private IHost Build()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddFilter(level => level >= LogLevel.Warning).AddProvider(new Refusals());
        if (settings.IsClient)
            builder.UseOrleansClient(Configure);
        else
            builder.UseOrleans(Configure);
        return builder.Build();
    }

    private void Configure(ISiloBuilder silo)
    {
        silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, new IPEndPoint(IPAddress.Loopback, settings.PrimaryPort), settings.Cluster, settings.Cluster);
        if (settings.ListeningPort is { } port)
            silo.Configure<EndpointOptions>(options => options.SiloListeningEndpoint = new IPEndPoint(IPAddress.Loopback, port));
        if (settings.ListeningGatewayPort is { } gateway)
            silo.Configure<EndpointOptions>(options => options.GatewayListeningEndpoint = new IPEndPoint(IPAddress.Loopback, gateway));
        silo.AddMcCache(caches => caches
            .Configure(options => (options.LeaseDuration, options.LeaseRenewal) = (TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(500))) // a busy machine costs no lease
            .Add<string, string>(Cache, options => options.Coherence = Coherence.Replicate));
        if (settings.Protection == Protection.Tls)
            silo.UseMcCacheTls(Configure);
        if (settings.Protection == Protection.Unchecked)
            silo.UseTls(Unchecked);
        if (settings.Protection == Protection.Sealed)
            silo.Configure<McCacheOptions>(options => options.EncryptionKeys.Add(settings.Secret!));
        silo.Configure<SiloConnectionOptions>(options =>
        {
            options.ConfigureSiloInboundConnection(SayAccepted);
            options.ConfigureGatewayInboundConnection(SayAccepted);
        });
    }

    private void Configure(IClientBuilder client)
    {
        client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, settings.GatewayPort));
        client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (settings.Cluster, settings.Cluster));
        client.AddMcCache();
        if (settings.Protection == Protection.Tls)
            client.UseMcCacheTls(Configure);
        if (settings.Protection == Protection.Unchecked)
            client.UseTls(Unchecked);
        if (settings.Protection == Protection.Sealed)
            client.Configure<McCacheOptions>(options => options.EncryptionKeys.Add(settings.Secret!));
    }

    /// <summary>Behind TLS: whoever gets here may say something.</summary>
    private static void SayAccepted(IConnectionBuilder connection) => connection.Use(next => context =>
    {
        Say("accepted");
        return next(context);
    });

    private void Configure(McCacheTlsOptions options)
    {
        var files = settings.Files!;
        (options.CertificatePath, options.PrivateKeyPath, options.AuthorityPath, options.SiloName) = (files.Certificate, files.Key, files.Authority, settings.SiloName);
    }

    private void Unchecked(TlsOptions options)
    {
        using var self = new Authority();
        var own = settings.Files is { } files ? System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(files.Certificate, files.Key) : null;
        var any = self.Create([Authority.ServerUsage]);
        options.LocalServerCertificateSelector = (_, _) => own ?? any;
        options.LocalClientCertificateSelector = (_, _, _, _, _) => own;
        options.ClientCertificateMode = RemoteCertificateMode.AllowCertificate;
        options.AllowAnyRemoteCertificate();
    }

    /// <summary>Says when a connection was refused.</summary>
    private sealed class Refusals : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("Orleans.Connections.Security", StringComparison.Ordinal) ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Say($"refused {exception?.Message}");

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public void Dispose()
        {
        }
    }
}
