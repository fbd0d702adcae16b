using System.Globalization;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace McCache.Dashboard;

/// <summary>What is to be done.</summary>
/// <param name="Cache">The name of the cache.</param>
/// <param name="Key">The key's text, where one is meant.</param>
/// <param name="Tag">The tag, where one is meant.</param>
/// <param name="Silo">The one silo; null for all.</param>
internal sealed record ActRequest(string Cache, string? Key = null, string? Tag = null, string? Silo = null);

/// <summary>What came of an act.</summary>
/// <param name="Act">What was done.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Silos">What came of it on each silo.</param>
internal sealed record ActResult(string Act, double Seconds, IReadOnlyList<ActRow> Silos);

/// <param name="Silo">The silo.</param>
/// <param name="IsDone">Whether it has done it.</param>
/// <param name="Outcome">What came of it, in words.</param>
internal sealed record ActRow(string Silo, bool IsDone, string Outcome);

/// <summary>What can be done, where it is allowed: everything goes through <see cref="IMcCacheAdministration"/>, carries an antiforgery token, and is audited.</summary>
internal sealed class Acts(
    IAdministrationSource source, IOptions<McCacheDashboardOptions> options, IAntiforgery antiforgery, Audit audit, TimeProvider time, ILogger<Acts> log)
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        Post("evict", "Lets all silos, or one, drop their copy of a key", (acts, request, silo, token) => acts.EvictAsync(request, silo, token));
        Post("remove", "Removes a key coherently, everywhere", (acts, request, _, token)
            => acts.RunCoherentAsync(request, administration => administration.RemoveByTextAsync(request.Cache, Needed(request.Key, "key"), token), token));
        Post("remove-by-tag", "Removes every entry with a tag coherently, everywhere", (acts, request, _, token)
            => acts.RunCoherentAsync(request, administration => administration.RemoveByTagAsync(request.Cache, Needed(request.Tag, "tag"), token), token));
        Post("clear", "Clears a cache coherently, everywhere; or lets one silo drop its copy", (acts, request, silo, token) => silo is null
            ? acts.RunCoherentAsync(request, administration => administration.ClearAsync(request.Cache, token), token)
            : acts.EvictAllAsync(request, silo, token));
        Post("repair", "Mends the copies of a cache on all silos, or on one", (acts, request, silo, token) => acts.RepairAsync(request, silo, token));

        void Post(string act, string summary, Func<Acts, ActRequest, SiloAddress?, CancellationToken, Task<IReadOnlyList<ActRow>>> run)
            => api.MapPost($"/acts/{act}", (Acts acts, HttpContext context, ActRequest request, CancellationToken token) => acts.RunAsync(context, act, request, run, token))
                .WithSummary(summary).Produces<ActResult>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden)
                .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable).ProducesProblem(StatusCodes.Status504GatewayTimeout);
    }

    private async Task<IResult> RunAsync(
        HttpContext context, string act, ActRequest request, Func<Acts, ActRequest, SiloAddress?, CancellationToken, Task<IReadOnlyList<ActRow>>> run, CancellationToken token)
    {
        if (!options.Value.AllowActions)
            return Refuse(context, act, StatusCodes.Status403Forbidden, "Not allowed", $"{McCacheDashboardOptions.Section}:{nameof(McCacheDashboardOptions.AllowActions)} is false: this dashboard only looks.");
        if (!await Access.MayActAsync(context, options.Value))
            return Refuse(context, act, StatusCodes.Status403Forbidden, "Not authorized", "You may look, but not act.");
        if (!await antiforgery.IsRequestValidAsync(context))
            return Refuse(context, act, StatusCodes.Status400BadRequest, "No valid antiforgery token", "Get one from /api/session, and send it in the header that it names, with the cookie.");
        if (string.IsNullOrEmpty(request.Cache))
            return Refuse(context, act, StatusCodes.Status400BadRequest, "No cache", "The name of the cache is needed.");
        SiloAddress? silo = null;
        if (request.Silo is not null && !Queries.TryParse(request.Silo, out silo))
            return Refuse(context, act, StatusCodes.Status400BadRequest, "No silo", "The silo must be an address as /api/silos has it.");
        var (user, cache, scope) = (Access.User(context), Access.Plain(request.Cache), silo is null ? "all silos" : ClusterState.Id(silo));
        var begun = time.GetTimestamp();
        return await Failures.CatchAsync(async () =>
        {
            var outcome = "";
            try
            {
                var rows = await run(this, request, silo, token);
                outcome = string.Create(CultureInfo.InvariantCulture, $"done on {rows.Count(row => row.IsDone)} of {rows.Count} silos");
                return Queries.Ok(new ActResult(act, time.GetElapsedTime(begun).TotalSeconds, rows));
            }
            catch (Exception exception)
            {
                outcome = exception switch
                {
                    UnauthorizedAccessException => "refused by the silos",
                    TimeoutException or OperationCanceledException or OrleansException => "not known: it may have been done",
                    _ => $"failed: {exception.GetType().Name}",
                };
                throw;
            }
            finally
            {
                audit.Add(new(time.GetUtcNow(), user, act, cache, scope, outcome));
                log.Acted(user, act, cache, scope, outcome);
            }
        });
    }

    private IResult Refuse(HttpContext context, string act, int status, string title, string reason)
    {
        var user = Access.User(context);
        audit.AddRefusal(new(time.GetUtcNow(), user, act, "", "", $"refused: {title}"));
        log.ActRefused(user, act, title);
        return Problems.Of(status, title, reason);
    }

    private async Task<IReadOnlyList<ActRow>> EvictAsync(ActRequest request, SiloAddress? silo, CancellationToken token) => Rows(
        await source.Get().EvictByTextAsync(request.Cache, Needed(request.Key, "key"), silo, token), had => had ? "dropped" : "did not have it");

    private async Task<IReadOnlyList<ActRow>> EvictAllAsync(ActRequest request, SiloAddress silo, CancellationToken token) => Rows(
        [await source.Get().EvictAllAsync(request.Cache, silo, token)], entries => string.Create(CultureInfo.InvariantCulture, $"dropped, entries: {entries:N0}"));

    private async Task<IReadOnlyList<ActRow>> RepairAsync(ActRequest request, SiloAddress? silo, CancellationToken token) => Rows(
        await source.Get().RepairAsync(request.Cache, silo, token), isWhole => isWhole ? "mended: nothing is missing" : "something is still missing");

    /// <summary>A coherent verb: when it returns, every silo that may serve has followed. What each held before and holds now is told beside it.</summary>
    private async Task<IReadOnlyList<ActRow>> RunCoherentAsync(ActRequest request, Func<IMcCacheAdministration, ValueTask> verb, CancellationToken token)
    {
        var administration = source.Get();
        var before = (await administration.GetStatisticsAsync(token)).ToDictionary(row => row.Silo, Entries);
        await verb(administration);
        return
        [
            .. (await administration.GetStatisticsAsync(token)).Select(row => new ActRow(
                ClusterState.Id(row.Silo),
                row.IsSuccess,
                !row.IsSuccess ? $"followed, or serves nothing. {Reading.Describe(row.Error)}"
                    : Entries(row) is { } now ? string.Create(CultureInfo.InvariantCulture, $"followed: entries {before.GetValueOrDefault(row.Silo):N0} before, {now:N0} now")
                    : "does not have the cache")),
        ];

        int? Entries(SiloResult<IReadOnlyList<CacheStatistics>> row) => row.Value?.FirstOrDefault(cache => cache.Name == request.Cache)?.Entries;
    }

    private static ActRow[] Rows<T>(IReadOnlyList<SiloResult<T>> results, Func<T, string> describe)
        => [.. results.Select(row => new ActRow(ClusterState.Id(row.Silo), row.IsSuccess, row.IsSuccess ? describe(row.Value!) : Reading.Describe(row.Error)))];

    private static string Needed(string? text, string name) => string.IsNullOrEmpty(text) ? throw new ArgumentException($"A {name} is needed.", name) : text;
}
