using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace McCache.Security;

/// <summary>Binds <see cref="McCacheTlsOptions"/> from the configuration, and checks them by loading what they name: a process whose certificate nobody would accept does not start.</summary>
internal sealed class TlsOptionsSetup(IServiceProvider services, TlsRole role, TimeProvider time) : IPostConfigureOptions<McCacheTlsOptions>, IValidateOptions<McCacheTlsOptions>
{
    public void PostConfigure(string? name, McCacheTlsOptions options) => services.GetService<IConfiguration>()?.GetSection(McCacheTlsOptions.Section).Bind(options);

    public ValidateOptionsResult Validate(string? name, McCacheTlsOptions options)
    {
        if (options is { CertificateSelector: null, CertificatePath: null })
            return Fail($"{nameof(options.CertificatePath)} is not set; it must name a PEM file, unless {nameof(options.CertificateSelector)} gives the certificate.");
        if (options is { AuthorityPath: null, Authorities.Count: 0 })
            return Fail($"{nameof(options.AuthorityPath)} is not set; it must name a PEM file, unless {nameof(options.Authorities)} has the authorities.");
        try
        {
            CredentialSource.Load(options, role, time.GetUtcNow());
            return ValidateOptionsResult.Success;
        }
#pragma warning disable CA1031 // Files and callbacks may fail in any way; all of them mean that the process cannot start.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return ValidateOptionsResult.Fail($"{McCacheTlsOptions.Section}: {exception.Message.TrimEnd('.')}.");
        }
    }

    private static ValidateOptionsResult Fail(string problem) => ValidateOptionsResult.Fail($"{McCacheTlsOptions.Section}:{problem}");
}
