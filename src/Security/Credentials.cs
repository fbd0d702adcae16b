using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace McCache.Security;

/// <summary>A process's own certificate, and whom it trusts, as of one moment.</summary>
internal sealed class Credentials
{
    /// <param name="own">The own certificate, with its private key.</param>
    /// <param name="between">Those between it and the authority, which are sent with it.</param>
    /// <param name="authorities">Whom to trust.</param>
    internal Credentials(X509Certificate2 own, X509Certificate2Collection between, X509Certificate2Collection authorities)
    {
        Own = own;
        Context = SslStreamCertificateContext.Create(own, between, offline: true);
        Roots = [.. authorities.Where(IsSelfIssued)];
        Intermediates = [.. authorities.Where(authority => !IsSelfIssued(authority))];
    }

    internal X509Certificate2 Own { get; }

    internal SslStreamCertificateContext Context { get; }

    internal X509Certificate2Collection Roots { get; }

    internal X509Certificate2Collection Intermediates { get; }

    /// <summary>Why a process cannot be what it is with these; null when it can.</summary>
    internal string? FindProblem(TlsRole role, DateTimeOffset now)
    {
        var usages = HasUsages(Own, role);
        return now < Own.NotBefore ? $"the certificate is not valid before {Own.NotBefore:u}"
            : now > Own.NotAfter ? $"the certificate has expired at {Own.NotAfter:u}"
            : !usages ? $"the extended key usages of the certificate of a {(role == TlsRole.Silo ? "silo are clientAuth and serverAuth" : "client include clientAuth")}"
            : Roots.Count == 0 ? "no authority is self-signed, so nobody could be trusted"
            : null;
    }

    /// <summary>Whether a certificate says that it is for a role. One that says nothing is for nothing.</summary>
    internal static bool HasUsages(X509Certificate2 certificate, TlsRole role)
    {
        var usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
            .SelectMany(extension => extension.EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>())
            .Select(usage => usage.Value)
            .ToHashSet();
        return KeyUsages.Of(role).All(usages.Contains);
    }

    private static bool IsSelfIssued(X509Certificate2 certificate)
        => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
