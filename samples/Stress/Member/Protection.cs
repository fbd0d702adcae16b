using McCache.Stress.Shared;

namespace McCache.Stress.Member;

/// <summary>What protects the members of a run: mutual TLS with the certificates of the run, without which nothing starts, and the secret that they seal with.</summary>
internal static class Protection
{
    internal static void Configure(McCacheOptions options, MemberSettings settings)
    {
        options.RequireTls = settings.Tls;
        if (settings.Seals)
            options.EncryptionKeys.Add(File.ReadAllText(RunFiles.Secret(settings.Folder)));
    }

    internal static void Configure(McCacheTlsOptions options, MemberSettings settings)
    {
        options.CertificatePath = RunFiles.Certificate(settings.Folder, settings.Place.IsClient);
        options.PrivateKeyPath = RunFiles.PrivateKey(settings.Folder, settings.Place.IsClient);
        options.AuthorityPath = RunFiles.Authority(settings.Folder);
    }
}
