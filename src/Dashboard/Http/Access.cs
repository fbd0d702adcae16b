using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace McCache.Dashboard;

/// <summary>
/// Who gets in, and the headers that every answer has. Where the route group requires authorization, that decides. Where it does not, only who sits at this machine gets in: a loopback address, by a loopback
/// name (so that no page elsewhere can have its own name point here), for no page of another site, and through no proxy that shows (which would be on this machine for anybody).
/// </summary>
internal static class Access
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly string[] s_forwarding = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-For", "X-Original-Host", "X-Real-IP", "CF-Connecting-IP", "Via"];

    internal static async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-cache";
        return IsAuthorized(context) || Refusal(context) is not { } refusal ? await next(invocation) : Problems.Of(StatusCodes.Status403Forbidden, "Only from this machine", refusal);
    }

    /// <summary>Whether the group requires authorization: then the middleware has let this caller through.</summary>
    internal static bool IsAuthorized(HttpContext context)
        => context.GetEndpoint()?.Metadata is { } metadata
            && (metadata.GetMetadata<IAuthorizeData>() is not null || metadata.GetMetadata<AuthorizationPolicy>() is not null)
            && metadata.GetMetadata<IAllowAnonymous>() is null;

    /// <summary>Why somebody who need not be authorized does not get in; null if he does.</summary>
    private static string? Refusal(HttpContext context)
    {
        const string Remedy = "The dashboard was mapped without authorization, so it answers on this machine only. Add RequireAuthorization(...) to what MapMcCacheDashboard returns.";
        if (context.Connection.RemoteIpAddress is not { } address || !IPAddress.IsLoopback(address))
            return $"This request comes from another machine, or it cannot be told from where. {Remedy}";
        if (s_forwarding.FirstOrDefault(context.Request.Headers.ContainsKey) is { } header)
            return $"This request comes through a proxy (it has the header {header}). {Remedy}";
        if (HttpProtocol.IsHttp10(context.Request.Protocol))
            return $"This request is made in HTTP/1.0, as some proxies do. {Remedy}";
        if (context.Request.Headers["Sec-Fetch-Site"] == "cross-site" && context.Request.Headers["Sec-Fetch-Mode"] != "navigate")
            return $"This request comes from a page of another site. {Remedy}";
        if (!IsLoopbackName(context.Request.Host.Host))
            return $"This request is for another host name than localhost. {Remedy}";
        return null;
    }

    private static bool IsLoopbackName(string host)
        => host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    /// <summary>Whether a caller who got in may also act.</summary>
    internal static async ValueTask<bool> MayActAsync(HttpContext context, McCacheDashboardOptions options)
        => options.ActionPolicy is not { } policy
            || (await context.RequestServices.GetRequiredService<IAuthorizationService>().AuthorizeAsync(context.User, policy)).Succeeded;

    /// <summary>Who acts, for the audit.</summary>
    internal static string User(HttpContext context) => Plain(context.User.Identity is { IsAuthenticated: true, Name: { Length: > 0 } name } ? name : $"anonymous at {context.Connection.RemoteIpAddress}");

    /// <summary>A text that somebody has sent, for a log: a line has one line.</summary>
    internal static string Plain(string text) => new([.. text.Take(200).Select(character => char.IsControl(character) ? '?' : character)]);
}

/// <summary>What is said when something is not done (RFC 9457).</summary>
internal static class Problems
{
    internal static IResult Of(int status, string title, string detail) => TypedResults.Problem(detail, statusCode: status, title: title);
}
