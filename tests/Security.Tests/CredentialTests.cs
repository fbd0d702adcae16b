using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace McCache.Security.Tests;

/// <summary>Which certificates are one's own, and whose are trusted.</summary>
public sealed class CredentialTests : IDisposable
{
    private static readonly string[] s_both = [Authority.ServerUsage, Authority.ClientUsage];

    private readonly Authority _authority = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void Certificate_is_trusted_for_the_role_that_its_usages_name_and_no_other()
    {
        Assert.True(IsTrusted(_authority.Create(s_both), TlsRole.Silo));
        Assert.True(IsTrusted(_authority.Create(s_both), TlsRole.Client));
        Assert.True(IsTrusted(_authority.Create([Authority.ClientUsage]), TlsRole.Client));
        Assert.False(IsTrusted(_authority.Create([Authority.ClientUsage]), TlsRole.Silo));
        Assert.False(IsTrusted(_authority.Create([Authority.ServerUsage]), TlsRole.Silo));
        Assert.False(IsTrusted(_authority.Create([Authority.ServerUsage]), TlsRole.Client));
        Assert.False(IsTrusted(_authority.Create([]), TlsRole.Client));
    }

    [Fact]
    public void Certificate_of_another_authority_is_not_trusted()
    {
        using var stranger = new Authority();
        Assert.False(IsTrusted(stranger.Create(s_both), TlsRole.Silo));
        Assert.False(IsTrusted(stranger.Certificate, TlsRole.Silo));
    }

    [Fact]
    public void Certificate_is_trusted_while_it_is_valid_only()
    {
        var certificate = _authority.Create(s_both, validFrom: 1, validTo: 3);
        Assert.False(IsTrusted(certificate, TlsRole.Silo));
        _time.Advance(TimeSpan.FromDays(2));
        Assert.True(IsTrusted(certificate, TlsRole.Silo, _authority.Create(s_both, validTo: 9)));
        _time.Advance(TimeSpan.FromDays(2));
        Assert.False(IsTrusted(certificate, TlsRole.Silo, _authority.Create(s_both, validTo: 9)));
    }

    [Fact]
    public void Silo_is_known_by_the_name_when_there_is_one_and_a_client_is_not()
    {
        Assert.True(IsTrusted(_authority.Create(s_both, "silo.one"), TlsRole.Silo, name: "silo.one"));
        Assert.False(IsTrusted(_authority.Create(s_both, "silo.two"), TlsRole.Silo, name: "silo.one"));
        Assert.False(IsTrusted(_authority.Create(s_both, "*.one"), TlsRole.Silo, name: "silo.one"));
        Assert.True(IsTrusted(_authority.Create([Authority.ClientUsage], "client"), TlsRole.Client, name: "silo.one"));
    }

    [Fact]
    public void Authority_between_helps_to_find_the_way_and_is_not_trusted_by_itself()
    {
        using var between = new Authority(_authority);
        var leaf = between.Create(s_both);
        Assert.False(IsTrusted(leaf, TlsRole.Silo));
        Assert.True(IsTrusted(leaf, TlsRole.Silo, authorities: [between.Certificate, _authority.Certificate]));
        using var sent = new X509Chain();
        sent.ChainPolicy.ExtraStore.Add(between.Certificate);
        Assert.True(IsTrusted(leaf, TlsRole.Silo, sent: sent));
        Assert.Contains("self-signed", Problem(new() { CertificateSelector = () => leaf, Authorities = { between.Certificate } }), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_have_changed_are_used_for_the_next_connection_and_bad_ones_are_not()
    {
        var files = _authority.IssueSilo();
        var source = Source(Options(files));
        var first = source.Current.Own.Thumbprint;
        using var second = _authority.Create(s_both);
        File.WriteAllText(files.Certificate, second.ExportCertificatePem()); // its key has not come yet
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(first, source.Current.Own.Thumbprint);
        Authority.Write(second, files);
        Assert.Equal(first, source.Current.Own.Thumbprint); // looked at a moment ago
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(second.Thumbprint, source.Current.Own.Thumbprint);
        File.Delete(files.Key);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(second.Thumbprint, source.Current.Own.Thumbprint);
    }

    [Fact]
    public void Selector_is_asked_for_each_connection()
    {
        var certificates = new Queue<X509Certificate2>([_authority.Create(s_both), _authority.Create(s_both)]);
        var expected = certificates.Select(certificate => certificate.Thumbprint).ToArray();
        var source = Source(new() { CertificateSelector = certificates.Dequeue, Authorities = { _authority.Certificate } });
        Assert.Equal(expected[0], source.Current.Own.Thumbprint);
        Assert.Equal(expected[1], source.Current.Own.Thumbprint);
    }

    [Fact]
    public void What_cannot_work_is_refused_with_the_reason()
    {
        var silo = _authority.IssueSilo();
        Assert.Contains("McCache:Tls:CertificatePath is not set", Problem(new()), StringComparison.Ordinal);
        Assert.Contains("McCache:Tls:AuthorityPath is not set", Problem(new() { CertificatePath = silo.Certificate, PrivateKeyPath = silo.Key }), StringComparison.Ordinal);
        Assert.Contains("missing.crt", Problem(Options(silo with { Certificate = "missing.crt" })), StringComparison.Ordinal);
        Assert.Contains("McCache:Tls: ", Problem(Options(silo with { Key = _authority.IssueSilo().Key })), StringComparison.Ordinal);
        Assert.Contains("has expired", Problem(Options(_authority.Issue(s_both, validFrom: -3, validTo: -1))), StringComparison.Ordinal);
        Assert.Contains("not valid before", Problem(Options(_authority.Issue(s_both, validFrom: 1, validTo: 3))), StringComparison.Ordinal);
        Assert.Contains("clientAuth and serverAuth", Problem(Options(_authority.IssueClient())), StringComparison.Ordinal);
        Assert.Contains("no private key", Problem(new() { CertificateSelector = () => X509CertificateLoader.LoadCertificate(_authority.Create(s_both).RawData), Authorities = { _authority.Certificate } }), StringComparison.Ordinal);
        Assert.Equal("", Problem(Options(silo)));
        Assert.Equal("", Problem(Options(_authority.IssueClient()), TlsRole.Client));
    }

    private static McCacheTlsOptions Options(CertificateFiles files) => new() { CertificatePath = files.Certificate, PrivateKeyPath = files.Key, AuthorityPath = files.Authority };

    private string Problem(McCacheTlsOptions options, TlsRole role = TlsRole.Silo)
        => string.Join(' ', new TlsOptionsSetup(new ServiceCollection().BuildServiceProvider(), role, _time).Validate(null, options).Failures ?? []);

    private CredentialSource Source(McCacheTlsOptions options) => new(Microsoft.Extensions.Options.Options.Create(options), TlsRole.Silo, _time, NullLogger<CredentialSource>.Instance);

    private bool IsTrusted(X509Certificate2 certificate, TlsRole role, X509Certificate2? own = null, string? name = null, X509Certificate2Collection? authorities = null, X509Chain? sent = null)
    {
        own ??= _authority.Create(s_both);
        var options = new McCacheTlsOptions { CertificateSelector = () => own, SiloName = name };
        options.Authorities.AddRange(authorities ?? [_authority.Certificate]);
        using var certificates = new RemoteCertificates(Microsoft.Extensions.Options.Options.Create(options), Source(options), _time, NullLogger<RemoteCertificates>.Instance);
        using var bare = X509CertificateLoader.LoadCertificate(certificate.RawData);
        return certificates.IsTrusted(bare, sent, role);
    }
}
