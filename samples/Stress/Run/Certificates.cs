using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McCache.Stress.Shared;

namespace McCache.Stress.Run;

/// <summary>The certificates of a run, of an authority whose key is never stored: one for all silos, one for all clients. And the secret that all seal with.</summary>
internal static class Certificates
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    internal static void Write(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=McCache stress run", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        var now = DateTimeOffset.UtcNow;
        using var authority = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(2)); // a run takes a day at most
        WriteFile(RunFiles.Authority(folder), authority.ExportCertificatePem());
        Issue(authority, folder, isClient: false);
        Issue(authority, folder, isClient: true);
    }

    internal static void WriteSecret(string folder) => WriteFile(RunFiles.Secret(folder), Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

    private static void Issue(X509Certificate2 authority, string folder, bool isClient)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(isClient ? "CN=client" : "CN=silo", key, HashAlgorithmName.SHA256);
        OidCollection usages = [new Oid(ClientAuthentication)];
        if (!isClient)
            usages.Add(new Oid(ServerAuthentication));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        using var certificate = request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        WriteFile(RunFiles.Certificate(folder, isClient), certificate.ExportCertificatePem());
        WriteFile(RunFiles.PrivateKey(folder, isClient), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>For this user's eyes only, from the moment it exists.</summary>
    private static void WriteFile(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new StreamWriter(path, options);
        file.Write(text);
    }
}
