using McCache.Stress.Shared;

namespace McCache.Stress.Member;

/// <summary>Mutual TLS with the certificates of the run; nothing starts without.</summary>
internal static class Tls
{
    internal static void Configure(McCacheTlsOptions options, MemberSettings settings)
    {
        options.CertificatePath = RunFiles.Certificate(settings.Folder, settings.Place.IsClient);
        options.PrivateKeyPath = RunFiles.PrivateKey(settings.Folder, settings.Place.IsClient);
        options.AuthorityPath = RunFiles.Authority(settings.Folder);
    }
}
