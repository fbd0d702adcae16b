using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace McCache.Dashboard;

/// <summary>What can be asked. Names that may have any character in them travel as query parameters.</summary>
internal static class Queries
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        Get("/session", GetSessionAsync, "What this caller may do").Produces<SessionView>();
        Get("/overview", async (Collector collector, CancellationToken token) => Ok(OverviewView.Of(await collector.ReadAsync(null, token))), "The cluster: silos, caches, promises").Produces<OverviewView>();
        Get("/caches", GetCachesAsync, "The caches, each on all silos together").Produces<CachesView>();
        Get("/silos", GetSilosAsync, "The silos").Produces<SilosView>();
        Get("/cache", GetCacheAsync, "One cache on every silo, with its digests").Produces<CacheView>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        Get("/silo", GetSiloAsync, "One silo: its promises, lanes and caches").Produces<SiloView>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        Get("/chart", (Collector collector, string? cache) => Ok(collector.History.Read(cache ?? History.All)), "The last moments of a cache, or of all together; empty unless somebody watches").Produces<Point[]>();
        Get("/events", GetEventsAsync, "What has happened lately to what the silos serve, newest first").Produces<EventRow[]>();
        Get("/audit", (Audit audit) => Ok(audit.Read()), "What was done from this host's dashboard, newest first").Produces<AuditRow[]>();
        Get("/keys", GetKeysAsync, "Keys of one silo's copy, values aside").Produces<KeyPage>().ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound);
        Get("/key", GetKeyAsync, "What every silo knows of a key").Produces<KeyRow[]>().ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound);

        RouteHandlerBuilder Get(string pattern, Delegate handler, string summary) => api.MapGet(pattern, handler).WithSummary(summary).ProducesProblem(StatusCodes.Status403Forbidden);
    }

    /// <summary>Server-sent events: a frame for each state of the cluster. The first is whole, the next ones say what has changed.</summary>
    internal static IResult Stream(Collector collector, IHostApplicationLifetime host, string? cache, string? silo, CancellationToken cancellationToken)
    {
        SiloAddress? address = null;
        return silo is not null && !TryParse(silo, out address)
            ? Problems.Of(StatusCodes.Status400BadRequest, "No silo", "The parameter silo must be an address as /api/silos has it.")
            : TypedResults.ServerSentEvents(FramesAsync(collector, cache, address, host.ApplicationStopping, cancellationToken));
    }

    internal static bool TryParse(string silo, out SiloAddress? address)
    {
        try
        {
            address = SiloAddress.FromParsableString(silo);
            return true;
        }
#pragma warning disable CA1031 // The parser throws what it comes upon.
        catch (Exception)
#pragma warning restore CA1031
        {
            address = null;
            return false;
        }
    }

    internal static IResult Ok<T>(T value) => TypedResults.Json(value, Json.Options);

    /// <summary>Ends with the request, or with the host, whose stop no open page may hold up.</summary>
    private static async IAsyncEnumerable<SseItem<string>> FramesAsync(
        Collector collector, string? cache, SiloAddress? silo, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        using var watch = collector.Open(cache);
        var frames = new Frames(collector, cache, silo);
        while (await watch.NextAsync(either.Token) is { } state)
            yield return new(frames.Next(state), "state");
    }

    private static async Task<IResult> GetSessionAsync(HttpContext context, IOptions<McCacheDashboardOptions> options, IAntiforgery antiforgery)
    {
        var may = options.Value.AllowActions && await Access.MayActAsync(context, options.Value);
        var tokens = may ? antiforgery.GetAndStoreTokens(context) : null;
        context.Response.Headers.CacheControl = "no-store";
        return Ok(new SessionView(
            may,
            options.Value.ShowKeys,
            Access.User(context),
            options.Value.RefreshPeriod.TotalSeconds,
            (Collector.Patience + options.Value.RefreshPeriod).TotalSeconds,
            options.Value.Links,
            tokens?.HeaderName,
            tokens?.RequestToken));
    }

    private static async Task<IResult> GetCachesAsync(Collector collector, CancellationToken token)
    {
        var state = await collector.ReadAsync(null, token);
        return Ok(new CachesView(state.Time, state.Error, OverviewView.Together(state), state.Caches));
    }

    private static async Task<IResult> GetSilosAsync(Collector collector, CancellationToken token)
    {
        var state = await collector.ReadAsync(null, token);
        return Ok(new SilosView(state.Time, state.Error, state.MembershipChanged, state.Silos));
    }

    private static async Task<IResult> GetCacheAsync(Collector collector, string name, CancellationToken token)
    {
        var state = await collector.ReadAsync(name, token);
        if (CacheView.Of(state, name) is { } view)
            return Ok(view);
        return state.IsComplete ? Problems.Of(StatusCodes.Status404NotFound, "No such cache", "No silo has a cache of that name.") : NotKnown(state);
    }

    private static async Task<IResult> GetSiloAsync(Collector collector, string address, CancellationToken token)
    {
        if (TryParse(address, out var silo))
        {
            var state = await collector.ReadAsync(null, token);
            if (SiloView.Of(state, silo!) is { } view)
                return Ok(view);
            if (state.Error is not null)
                return NotKnown(state);
        }

        return Problems.Of(StatusCodes.Status404NotFound, "No such silo", "There is no silo of that address.");
    }

    private static IResult NotKnown(ClusterState state) => Problems.Of(StatusCodes.Status503ServiceUnavailable, "Not known", state.Error ?? "Not all silos have answered.");

    private static async Task<IResult> GetEventsAsync(Collector collector, CancellationToken token)
    {
        await collector.ReadAsync(null, token);
        return Ok(collector.Events.Read(500));
    }

    private static Task<IResult> GetKeysAsync(
        HttpContext context, IAdministrationSource source, IOptions<McCacheDashboardOptions> options, string cache, string silo, int skip = 0, int count = 50, CancellationToken token = default)
        => WithKeysAsync(context, options, async () =>
        {
            if (!TryParse(silo, out var address))
                return Problems.Of(StatusCodes.Status400BadRequest, "No silo", "The parameter silo must be an address as /api/silos has it.");
            var result = await source.Get().GetKeysAsync(cache, address!, skip, count, token);
            return result.IsSuccess ? Ok(result.Value) : Problems.Of(StatusCodes.Status504GatewayTimeout, "No answer", Reading.Describe(result.Error));
        });

    private static Task<IResult> GetKeyAsync(HttpContext context, IAdministrationSource source, IOptions<McCacheDashboardOptions> options, string cache, string key, CancellationToken token)
        => WithKeysAsync(context, options, async () => Ok<KeyRow[]>(
            [.. (await source.Get().GetMetadataByTextAsync(cache, key, token)).Select(row => new KeyRow(ClusterState.Id(row.Silo), row.Value, row.IsSuccess ? null : Reading.Describe(row.Error)))]));

    /// <summary>Keys go into no cache of a browser or a proxy.</summary>
    private static async Task<IResult> WithKeysAsync(HttpContext context, IOptions<McCacheDashboardOptions> options, Func<Task<IResult>> query)
    {
        context.Response.Headers.CacheControl = "no-store";
        return options.Value.ShowKeys
            ? await Failures.CatchAsync(query)
            : Problems.Of(StatusCodes.Status403Forbidden, "Keys are not shown", $"{McCacheDashboardOptions.Section}:{nameof(McCacheDashboardOptions.ShowKeys)} is false, since keys may be personal data.");
    }
}

/// <summary>What a silo knows of a key.</summary>
/// <param name="Silo">The silo.</param>
/// <param name="Metadata">What it knows; null when its copy does not have it.</param>
/// <param name="Error">Why it has not answered.</param>
internal sealed record KeyRow(string Silo, CacheEntryMetadata? Metadata, string? Error);

/// <summary>What the administration throws, as an answer.</summary>
internal static class Failures
{
    internal static async Task<IResult> CatchAsync(Func<Task<IResult>> action)
    {
        try
        {
            return await action();
        }
        catch (ArgumentException exception)
        {
            return Problems.Of(StatusCodes.Status400BadRequest, "Refused", exception.Message);
        }
        catch (InvalidOperationException exception)
        {
            return Problems.Of(StatusCodes.Status404NotFound, "Refused", exception.Message);
        }
        catch (UnauthorizedAccessException exception)
        {
            return Problems.Of(StatusCodes.Status403Forbidden, "The silos refuse it", $"{exception.Message} See {nameof(IMcCacheAuthorizer)}: by default clients, of which this host is one, may look only.");
        }
        catch (TimeoutException)
        {
            return Problems.Of(StatusCodes.Status504GatewayTimeout, "No answer in time", "What was sent takes its course.");
        }
        catch (OrleansException exception)
        {
            return Problems.Of(StatusCodes.Status503ServiceUnavailable, "The cluster does not answer", $"{Reading.Describe(exception)} What was sent takes its course.");
        }
    }
}
