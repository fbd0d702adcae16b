using McCache.Client;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds McCache to the health checks of a host.</summary>
public static class McCacheHealthCheckExtensions
{
    /// <summary>
    /// Adds a check of this silo, or of this client. Unhealthy: it serves no copies, since it has not started, is not entitled to, was declared dead, or has no gateway. Degraded: it serves, but a
    /// promise is missing, a lane does not get through, a replicated cache lacks changes, or something was lost in the last minute. The description says which silo, lane or cache.
    /// </summary>
    /// <remarks>Cheap: it looks at what the member knows, and asks nobody.</remarks>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="tags">Tags by which checks are chosen, such as "ready".</param>
    /// <example>
    /// <code>
    /// builder.Services.AddHealthChecks().AddMcCacheHealthChecks(tags: ["ready"]);
    /// </code>
    /// </example>
    public static IHealthChecksBuilder AddMcCacheHealthChecks(this IHealthChecksBuilder builder, string name = "mccache", IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(name, services => new McCacheHealthCheck(services), failureStatus: null, tags));
    }
}
