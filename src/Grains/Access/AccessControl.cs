using System.Diagnostics.Metrics;
using McCache.Client;
using Microsoft.Extensions.Logging;

namespace McCache.Grains;

/// <summary>Asks the authorizer, and keeps the audit: a log event for every refusal and every administrative change, and a counter for everything.</summary>
internal sealed class AccessControl(IMcCacheAuthorizer authorizer, CacheMember member, ILogger<AccessControl> log) : IDisposable
{
    private readonly Meter _meter = new("McCache");
    private Counter<long>? _counter;

    /// <exception cref="UnauthorizedAccessException">It is refused.</exception>
    internal void Check(McCacheAccess access)
    {
        var isAllowed = Ask(access);
        var (operation, (kind, caller), cache) = access;
        _counter ??= _meter.CreateCounter<long>("mccache.access", "{access}", "What callers wanted to do, by operation, kind of caller and outcome.");
        _counter.Add(
            1,
            new KeyValuePair<string, object?>("mccache.operation", operation.ToString()),
            new KeyValuePair<string, object?>("mccache.caller", kind.ToString()),
            new KeyValuePair<string, object?>("mccache.outcome", isAllowed ? "allowed" : "refused"));
        if (isAllowed)
        {
            if (operation is McCacheOperation.Evict or McCacheOperation.Clear)
                log.Changed(operation, NameOf(cache), kind, caller);
            else if (operation is McCacheOperation.Write or McCacheOperation.Attach && log.IsEnabled(LogLevel.Debug))
                log.Used(operation, NameOf(cache), kind, caller);
            return;
        }

        log.Refused(operation, NameOf(cache), kind, caller);
        throw new UnauthorizedAccessException($"{operation} is refused here to this caller, a {kind}; see {nameof(IMcCacheAuthorizer)}.");
    }

    public void Dispose() => _meter.Dispose();

    private bool Ask(McCacheAccess access)
    {
        try
        {
            return authorizer.IsAllowed(access);
        }
#pragma warning disable CA1031 // The application's code; whatever it throws is no permission.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            log.AuthorizerFailed(exception);
            return false;
        }
    }

    /// <summary>A name that a caller has made up does not get into the log.</summary>
    private string NameOf(string? cache) => cache is null ? "(all)" : member.Has(cache) ? cache : "(unknown)";
}
