using System.Security.Cryptography.X509Certificates;

namespace McCache;

/// <summary>
/// Options of mutual TLS, bound from the configuration section <c>McCache:Tls</c> and checked, files and certificates included, when the host starts. Certificates come from PEM files, which are read
/// again when they have changed, or from code.
/// </summary>
/// <remarks>
/// A certificate says by its extended key usages what it is for, and must have that extension: a client's has <c>clientAuth</c>, a silo's has <c>clientAuth</c> and <c>serverAuth</c>, for it does both. So a
/// client's certificate makes nobody a silo.
/// </remarks>
public sealed class McCacheTlsOptions
{
    /// <summary>The configuration section that the options are bound from.</summary>
    public const string Section = "McCache:Tls";

    /// <summary>A PEM file with this process's own certificate, and behind it those between it and the authority, if there are any. Used when <see cref="CertificateSelector"/> is null.</summary>
    public string? CertificatePath { get; set; }

    /// <summary>A PEM file with the private key; null when it is in <see cref="CertificatePath"/>.</summary>
    public string? PrivateKeyPath { get; set; }

    /// <summary>A PEM file with the certificates of the authorities that are trusted, nobody else's being. They come in addition to <see cref="Authorities"/>; at least one of the two is given.</summary>
    public string? AuthorityPath { get; set; }

    /// <summary>Gives this process's own certificate, with its private key. Called for each new connection, from any thread, so that it can be replaced at any time.</summary>
    public Func<X509Certificate2>? CertificateSelector { get; set; }

    /// <summary>The certificates of the authorities that are trusted, besides those of <see cref="AuthorityPath"/>. One that is not self-signed only helps to find the way to one that is.</summary>
    public X509Certificate2Collection Authorities { get; } = [];

    /// <summary>
    /// A DNS name that the certificate of every silo of this cluster has, and those of other clusters of the same authorities have not: nobody else is taken for a silo, here and by clients. Null, the default, for
    /// whatever names.
    /// </summary>
    public string? SiloName { get; set; }

    /// <summary>Whether it is asked if a certificate has been revoked. Default <see cref="X509RevocationMode.NoCheck"/>, for an authority of one's own seldom publishes that; rather let certificates live for hours and replace the files.</summary>
    public X509RevocationMode RevocationMode { get; set; } = X509RevocationMode.NoCheck;
}
