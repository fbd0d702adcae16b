using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace McCache.Security;

/// <summary>
/// The credentials for the next connection. Files are looked at again at most once a second; what cannot be read, or used, leaves those before it in force, so that files may be replaced one after
/// another.
/// </summary>
internal sealed class CredentialSource(IOptions<McCacheTlsOptions> options, TlsRole role, TimeProvider time, ILogger<CredentialSource> log)
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Credentials? _current;
    private Material? _material;
    private long _lookedAt;
    private bool _hasFailed;

    internal Credentials Current
    {
        get
        {
            lock (_gate)
            {
                if (_current is null || options.Value.CertificateSelector is not null || time.GetElapsedTime(_lookedAt) >= s_period)
                    Look();
                return _current!;
            }
        }
    }

    /// <summary>Reads what the options name.</summary>
    /// <exception cref="Exception">It cannot be read, or used: an <see cref="InvalidOperationException"/> that says why, or what reading has thrown.</exception>
    internal static Credentials Load(McCacheTlsOptions options, TlsRole role, DateTimeOffset now) => Create(options, Material.Read(options), role, now);

    private void Look()
    {
        _lookedAt = time.GetTimestamp();
        try
        {
            var material = Material.Read(options.Value);
            if (_material is not null && _material.Equals(material))
                return;
            _current = Create(options.Value, material, role, time.GetUtcNow());
            _material = material;
            _hasFailed = false;
            log.CertificateUsed(_current.Own.Thumbprint, _current.Own.NotAfter);
        }
#pragma warning disable CA1031 // Files and callbacks may fail in any way.
        catch (Exception exception) when (_current is not null)
#pragma warning restore CA1031
        {
            if (!_hasFailed)
                log.CertificateUnusable(exception, _current.Own.NotAfter);
            _hasFailed = true;
        }
    }

    private static Credentials Create(McCacheTlsOptions options, Material material, TlsRole role, DateTimeOffset now)
    {
        var (own, between) = material.Selected is { } selected ? (selected, []) : ReadOwn(material);
        if (!own.HasPrivateKey)
            throw new InvalidOperationException("the certificate has no private key");
        X509Certificate2Collection authorities = [.. options.Authorities];
        authorities.ImportFromPem(Encoding.UTF8.GetString(material.Authorities));
        var credentials = new Credentials(own, between, authorities);
        return credentials.FindProblem(role, now) is { } problem ? throw new InvalidOperationException(problem) : credentials;
    }

    private static (X509Certificate2 Own, X509Certificate2Collection Between) ReadOwn(Material material)
    {
        var certificates = Encoding.UTF8.GetString(material.Certificate);
        X509Certificate2Collection all = [];
        all.ImportFromPem(certificates);
        var own = X509Certificate2.CreateFromPem(certificates, Encoding.UTF8.GetString(material.PrivateKey));
        if (OperatingSystem.IsWindows()) // where TLS cannot use a key that was never stored
            own = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
        return (own, [.. all.Skip(1)]);
    }

    /// <summary>What credentials are made from: compared byte by byte, since a mounted secret is replaced without its file's time changing.</summary>
    private sealed record Material(X509Certificate2? Selected, byte[] Certificate, byte[] PrivateKey, byte[] Authorities)
    {
        internal static Material Read(McCacheTlsOptions options)
        {
            var certificate = options.CertificateSelector is null ? File.ReadAllBytes(options.CertificatePath!) : [];
            var key = options.CertificateSelector is not null ? [] : options.PrivateKeyPath is { } path ? File.ReadAllBytes(path) : certificate;
            return new(options.CertificateSelector?.Invoke(), certificate, key, options.AuthorityPath is { } authorities ? File.ReadAllBytes(authorities) : []);
        }

        public bool Equals(Material? other) => other is not null && ReferenceEquals(Selected, other.Selected)
            && Certificate.AsSpan().SequenceEqual(other.Certificate) && PrivateKey.AsSpan().SequenceEqual(other.PrivateKey) && Authorities.AsSpan().SequenceEqual(other.Authorities);

        public override int GetHashCode() => Certificate.Length;
    }
}
