using Microsoft.Extensions.Logging;

namespace McCache.Security;

/// <summary>What is logged. Event ids 5000 to 5999 belong to this project and never change their meaning.</summary>
internal static partial class Log
{
    [LoggerMessage(5001, LogLevel.Information, "TLS uses the certificate {Thumbprint}, valid until {Until:u}.")]
    internal static partial void CertificateUsed(this ILogger log, string thumbprint, DateTime until);

    [LoggerMessage(5002, LogLevel.Warning, "The certificates that McCache:Tls names have changed and cannot be used; the ones before them stay, until {Until:u}.")]
    internal static partial void CertificateUnusable(this ILogger log, Exception exception, DateTime until);

    [LoggerMessage(5003, LogLevel.Warning, "A connection was refused: the certificate {Thumbprint} of the other end, which must be a {Role}, is not trusted ({Problem}). Said at most once in ten seconds; mccache.tls.refused counts.")]
    internal static partial void RemoteRefused(this ILogger log, string thumbprint, TlsRole role, string problem);
}
