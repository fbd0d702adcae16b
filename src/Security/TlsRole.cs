namespace McCache.Security;

/// <summary>What a process is, by the certificate it must have.</summary>
internal enum TlsRole
{
    /// <summary>Outside the cluster: it connects.</summary>
    Client,

    /// <summary>It connects, and is connected to.</summary>
    Silo,
}

internal static class KeyUsages
{
    internal const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    internal const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    internal static IEnumerable<string> Of(TlsRole role) => role == TlsRole.Silo ? [ClientAuthentication, ServerAuthentication] : [ClientAuthentication];
}
