using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace McCache.Security;

/// <summary>Decides whether the other end of a connection is who it must be: by a chain to an authority of our own, the system's not counting, valid now, for the role that it takes, and by the name of our silos.</summary>
internal sealed class RemoteCertificates(IOptions<McCacheTlsOptions> options, CredentialSource credentials, TimeProvider time, ILogger<RemoteCertificates> log) : IDisposable
{
    private static readonly long s_logPeriod = TimeSpan.FromSeconds(10).Ticks;
    private readonly Meter _meter = new("McCache");
    private Counter<long>? _refused;
    private long _nextLog = long.MinValue;

    /// <param name="certificate">What the other end has shown.</param>
    /// <param name="sent">The chain that was tried with the system's trust, for the certificates that the other end has sent along.</param>
    /// <param name="role">What the other end must be.</param>
    internal bool IsTrusted(X509Certificate2 certificate, X509Chain? sent, TlsRole role)
    {
        if (FindProblem(certificate, sent, role) is not { } problem)
            return true;
        _refused ??= _meter.CreateCounter<long>("mccache.tls.refused", "{connection}", "Connections refused for the certificate of the other end.");
        _refused.Add(1);
        var now = time.GetUtcNow().UtcTicks;
        if (Volatile.Read(ref _nextLog) is var next && now >= next && Interlocked.CompareExchange(ref _nextLog, now + s_logPeriod, next) == next)
            log.RemoteRefused(certificate.Thumbprint, role, problem);
        return false;
    }

    public void Dispose() => _meter.Dispose();

    private string? FindProblem(X509Certificate2 certificate, X509Chain? sent, TlsRole role)
    {
        var current = credentials.Current;
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(current.Roots);
        policy.ExtraStore.AddRange(current.Intermediates);
        if (sent is not null)
            policy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        policy.RevocationMode = options.Value.RevocationMode;
        policy.RevocationFlag = X509RevocationFlag.ExcludeRoot;
        policy.DisableCertificateDownloads = true; // the other end does not choose where this process connects to
        policy.VerificationTime = time.GetUtcNow().UtcDateTime;
        foreach (var usage in KeyUsages.Of(role))
            policy.ApplicationPolicy.Add(new Oid(usage));
        if (!chain.Build(certificate))
            return string.Join(", ", chain.ChainStatus.Select(status => status.Status));
        if (!Credentials.HasUsages(certificate, role))
            return "its extended key usages are not those of the role";
        return role == TlsRole.Silo && options.Value.SiloName is { } name && !certificate.MatchesHostname(name, allowWildcards: false, allowCommonName: false)
            ? $"it is not for {McCacheTlsOptions.Section}:{nameof(McCacheTlsOptions.SiloName)}"
            : null;
    }
}
