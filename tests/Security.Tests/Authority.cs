using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace McCache.Security.Tests;

/// <summary>A certificate authority that lives as long as a test, with a folder for what it makes.</summary>
internal sealed class Authority : IDisposable
{
    internal const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    internal const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    private readonly string _folder = Directory.CreateTempSubdirectory("mccache-tls-").FullName;
    private readonly X509Certificate2 _certificate;
    private int _issued;

    /// <param name="parent">Who vouches for it; null for itself.</param>
    internal Authority(Authority? parent = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=Authority {Guid.NewGuid():N}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        var now = DateTimeOffset.UtcNow;
        if (parent is null)
        {
            _certificate = request.CreateSelfSigned(now.AddDays(-10), now.AddDays(10));
        }
        else
        {
            using var signed = request.Create(parent._certificate, now.AddDays(-9), now.AddDays(9), RandomNumberGenerator.GetBytes(8));
            _certificate = signed.CopyWithPrivateKey(key);
        }

        File.WriteAllText(Path, _certificate.ExportCertificatePem());
    }

    /// <summary>Its certificate.</summary>
    internal X509Certificate2 Certificate => _certificate;

    /// <summary>The same as a PEM file.</summary>
    internal string Path => System.IO.Path.Combine(_folder, "authority.crt");

    /// <summary>Makes PEM files.</summary>
    internal CertificateFiles Issue(string[] usages, string name = "silo.test", int validFrom = -1, int validTo = 1)
    {
        using var certificate = Create(usages, name, validFrom, validTo);
        var number = ++_issued;
        var files = new CertificateFiles(System.IO.Path.Combine(_folder, $"{number}.crt"), System.IO.Path.Combine(_folder, $"{number}.key"), Path);
        Write(certificate, files);
        return files;
    }

    internal CertificateFiles IssueSilo(string name = "silo.test") => Issue([ServerUsage, ClientUsage], name);

    internal CertificateFiles IssueClient() => Issue([ClientUsage], "client.test");

    internal X509Certificate2 Create(string[] usages, string name = "silo.test", int validFrom = -1, int validTo = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        if (usages.Length > 0)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. usages.Select(usage => new Oid(usage))], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        using var signed = request.Create(_certificate, now.AddDays(validFrom), now.AddDays(validTo), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    internal static void Write(X509Certificate2 certificate, CertificateFiles files)
    {
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(files.Key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        _certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Paths of PEM files: an own certificate, its key, and whom to trust.</summary>
public sealed record CertificateFiles(string Certificate, string Key, string Authority);
