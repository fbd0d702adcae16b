using System.Net.Security;
using McCache;
using McCache.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Connections.Security;

namespace Orleans.Hosting;

/// <summary>Mutual TLS for silos and clients.</summary>
public static class McCacheTlsExtensions
{
    /// <summary>
    /// Protects every connection of a silo, to other silos and to clients, by TLS 1.2 or 1.3 with certificates on both ends. Whoever has none from the authorities that are trusted, or one that is not valid now, is
    /// refused before a byte of a message is read. May be called more than once: options add up.
    /// </summary>
    /// <remarks>Not to be combined with Orleans' own <c>UseTls</c>, on which it stands. All silos and clients of the cluster have it, or none.</remarks>
    /// <param name="builder">The silo.</param>
    /// <param name="configure">Sets options; configuration under <c>McCache:Tls</c> has the last word.</param>
    /// <example>
    /// <code>
    /// silo.UseMcCacheTls(tls => (tls.CertificatePath, tls.PrivateKeyPath, tls.AuthorityPath) = ("silo.crt", "silo.key", "ca.crt"));
    /// </code>
    /// </example>
    public static ISiloBuilder UseMcCacheTls(this ISiloBuilder builder, Action<McCacheTlsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.Services.TryAddTls(TlsRole.Silo, configure))
        {
            builder.Configure<SiloConnectionOptions>(options =>
            {
                options.ConfigureSiloInboundConnection(connection => connection.Accept(TlsRole.Silo));
                options.ConfigureGatewayInboundConnection(connection => connection.Accept(TlsRole.Client));
                options.ConfigureSiloOutboundConnection(Connect);
            });
        }

        return builder;
    }

    /// <summary>Protects every connection of a client by mutual TLS: it connects to silos only, by their certificates, and shows its own.</summary>
    /// <inheritdoc cref="UseMcCacheTls(ISiloBuilder, Action{McCacheTlsOptions}?)" path="/remarks"/>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Sets options; configuration under <c>McCache:Tls</c> has the last word.</param>
    public static IClientBuilder UseMcCacheTls(this IClientBuilder builder, Action<McCacheTlsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.Services.TryAddTls(TlsRole.Client, configure))
            builder.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(Connect));
        return builder;
    }

    private static bool TryAddTls(this IServiceCollection services, TlsRole role, Action<McCacheTlsOptions>? configure)
    {
        if (configure is not null)
            services.Configure(configure);
        if (services.Any(service => service.ServiceType == typeof(CredentialSource)))
            return false;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new CredentialSource(
            provider.GetRequiredService<IOptions<McCacheTlsOptions>>(), role, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<Microsoft.Extensions.Logging.ILogger<CredentialSource>>()));
        services.AddSingleton<RemoteCertificates>();
        services.AddSingleton(provider => new TlsOptionsSetup(provider, role, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IPostConfigureOptions<McCacheTlsOptions>>(provider => provider.GetRequiredService<TlsOptionsSetup>());
        services.AddSingleton<IValidateOptions<McCacheTlsOptions>>(provider => provider.GetRequiredService<TlsOptionsSetup>());
        services.AddOptions<McCacheTlsOptions>().ValidateOnStart();
        services.Configure<McCacheOptions>(options => options.HasTls = true);
        return true;
    }

    private static void Accept(this IConnectionBuilder connection, TlsRole role)
    {
        var credentials = connection.ApplicationServices.GetRequiredService<CredentialSource>();
        var options = CreateOptions(connection, role);
        options.OnAuthenticateAsServer = (_, authentication) =>
        {
            authentication.ServerCertificateSelectionCallback = null; // the context has the certificates in between besides
            ((SslServerAuthenticationOptions)authentication.SslServerAuthenticationOptions).ServerCertificateContext = credentials.Current.Context;
        };
        connection.UseServerTls(options);
    }

    private static void Connect(IConnectionBuilder connection)
    {
        var credentials = connection.ApplicationServices.GetRequiredService<CredentialSource>();
        var siloName = connection.ApplicationServices.GetRequiredService<IOptions<McCacheTlsOptions>>().Value.SiloName;
        var options = CreateOptions(connection, TlsRole.Silo);
        options.OnAuthenticateAsClient = (_, authentication) =>
        {
            authentication.TargetHost = siloName ?? "";
            ((SslClientAuthenticationOptions)authentication.SslClientAuthenticationOptions).ClientCertificateContext = credentials.Current.Context;
        };
        connection.UseClientTls(options);
    }

    private static TlsOptions CreateOptions(IConnectionBuilder connection, TlsRole remote)
    {
        var (credentials, certificates) = (connection.ApplicationServices.GetRequiredService<CredentialSource>(), connection.ApplicationServices.GetRequiredService<RemoteCertificates>());
        return new TlsOptions
        {
            LocalServerCertificateSelector = (_, _) => credentials.Current.Own,
            RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
            RemoteCertificateValidation = (certificate, sent, _) => certificates.IsTrusted(certificate, sent, remote),
        };
    }
}
