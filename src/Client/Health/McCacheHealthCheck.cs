using McCache.Streaming;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace McCache.Client;

/// <summary>Whether this process serves its copies, and whether anything stands in the way of the coherent verbs.</summary>
internal sealed class McCacheHealthCheck(IServiceProvider services) : IHealthCheck
{
    /// <summary>A lane that has failed so often in a row is not just busy.</summary>
    private const int StuckFailures = 3;

    private static readonly TimeSpan s_recent = TimeSpan.FromMinutes(1);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var result = services.GetService<SiloLease>() is { } lease ? CheckSilo(lease)
            : services.GetService<ClientMembers>() is { } clients ? CheckClient(clients)
            : HealthCheckResult.Unhealthy("This process has no caches; AddMcCache was not called.");
        return Task.FromResult(services.GetService<SealedCalls>()?.Refusals.Last(s_recent) is { } refusal
            ? new HealthCheckResult(result.Status == HealthStatus.Healthy ? HealthStatus.Degraded : result.Status, $"{result.Description} {refusal}")
            : result);
    }

    private static HealthCheckResult CheckClient(ClientMembers clients)
    {
        var member = clients.Find(CacheMember.ProviderName);
        return member.Gateway is not { } gateway ? HealthCheckResult.Unhealthy("This client is attached to no gateway: its caches look empty.")
            : member.ValidFor == TimeSpan.Zero ? HealthCheckResult.Unhealthy($"Gateway {gateway} no longer entitles this client to serve its copies.")
            : HealthCheckResult.Healthy($"Attached to gateway {gateway}.");
    }

    private HealthCheckResult CheckSilo(SiloLease lease)
    {
        var held = lease.Read();
        var without = string.Join(", ", held.Promises.Where(promise => promise.Remaining == TimeSpan.Zero).Select(promise => promise.Promiser));
        if (held.IsSelfDead)
            return HealthCheckResult.Unhealthy("The cluster has declared this silo dead: it serves nothing, and nothing it writes completes.");
        if (!held.IsStarted)
            return HealthCheckResult.Unhealthy($"This silo has not started to serve{(without.Length > 0 ? $"; it waits for the promise of {without}" : "")}.");
        if (held.ValidFor == TimeSpan.Zero)
            return HealthCheckResult.Unhealthy($"This silo is not entitled to serve: it lacks the promise of {(without.Length > 0 ? without : "every silo")}, and cannot read the membership table.");
        var problems = Problems(lease, without).ToArray();
        return problems.Length > 0
            ? HealthCheckResult.Degraded(string.Join(' ', problems))
            : HealthCheckResult.Healthy($"Serving, with the promises of {held.Promises.Count} other silos.");
    }

    private IEnumerable<string> Problems(SiloLease lease, string without)
    {
        if (without.Length > 0)
            yield return $"No promise of {without}: this silo serves by the membership table alone, and coherent verbs wait for that silo.";
        foreach (var lane in services.GetRequiredService<MulticastMembers>().All.SelectMany(member => member.ReadLanes()).Where(lane => lane.Failures >= StuckFailures))
            yield return $"The lane of '{lane.Provider}' to {lane.Silo} does not get through: {lane.Failures} attempts in a row, {lane.Depth} frames wait.";
        foreach (var cache in services.GetService<CacheMember>()?.Caches.Where(cache => !cache.IsWhole) ?? [])
            yield return $"Cache '{cache.Name}' lacks changes and serves nothing until they are mended.";
        var since = lease.Clock.Time.GetUtcNow() - s_recent;
        foreach (var kind in lease.Events.After(0).Where(one => one.Time > since && one.Kind is not CoherenceEventKind.Membership).GroupBy(one => (one.Kind, one.Cause, one.Silo)))
            yield return $"{kind.Key.Kind} in the last minute ({kind.Sum(one => one.Count)}): {kind.Key.Cause}{(kind.Key.Silo is { } silo ? $", {silo}" : "")}.";
    }
}
