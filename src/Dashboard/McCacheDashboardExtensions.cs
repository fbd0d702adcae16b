using McCache;
using McCache.Dashboard;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds the dashboard of McCache to a web application: a silo's, or that of a client outside the cluster.</summary>
public static class McCacheDashboardExtensions
{
    private const string Document = "mccache";

    /// <summary>Adds what the dashboard needs: an <see cref="IClusterClient"/> is all that it takes from the host, which <c>UseOrleans</c> and <c>UseOrleansClient</c> both bring. May be called more than once.</summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">Sets options; configuration under <c>McCache:Dashboard</c> has the last word.</param>
    public static IServiceCollection AddMcCacheDashboard(this IServiceCollection services, Action<McCacheDashboardOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (configure is not null)
            services.Configure(configure);
        if (services.Any(service => service.ServiceType == typeof(Collector)))
            return services;
        services.AddOptions<McCacheDashboardOptions>()
            .PostConfigure<IServiceProvider>((options, provider) => provider.GetService<IConfiguration>()?.GetSection(McCacheDashboardOptions.Section).Bind(options))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<McCacheDashboardOptions>, DashboardOptionsValidation>();
        services.AddAntiforgery();
        services.AddAuthorization(); // with less, a WebApplication would not start
        services.AddOpenApi(Document, options =>
        {
            options.ShouldInclude = description => description.GroupName == Document;
            options.AddSchemaTransformer(Json.DescribeAsync);
        });
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IAdministrationSource, AdministrationSource>();
        services.AddSingleton<Collector>();
        services.AddSingleton<Audit>();
        services.AddSingleton<Acts>();
        return services;
    }

    /// <summary>
    /// Maps the dashboard: the page, JSON under <c>/api</c> (described by <c>/api/openapi/mccache.json</c>) and server-sent events at <c>/events</c>. Without <c>RequireAuthorization</c> on what is returned it
    /// answers callers on this machine only, and tells others why.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">Where, such as "/mccache".</param>
    /// <returns>The group of routes.</returns>
    /// <exception cref="InvalidOperationException"><see cref="AddMcCacheDashboard"/> was not called.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddMcCacheDashboard(options => options.AllowActions = true);
    /// // ...
    /// app.MapMcCacheDashboard("/mccache").RequireAuthorization("operators");
    /// </code>
    /// </example>
    public static RouteGroupBuilder MapMcCacheDashboard(this IEndpointRouteBuilder endpoints, string pattern = "/mccache")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        if (endpoints.ServiceProvider.GetService<Collector>() is null)
            throw new InvalidOperationException("The dashboard lacks its services; call builder.Services.AddMcCacheDashboard() before the application is built.");
        var group = endpoints.MapGroup(pattern);
        group.AddEndpointFilter(Access.FilterAsync);
        group.MapGet("/", (HttpContext context) => context.Request.Path.Value!.EndsWith('/')
            ? Assets.Get("index.html")
            : TypedResults.Redirect($"{context.Request.PathBase}{context.Request.Path}/{context.Request.QueryString}")).ExcludeFromDescription();
        foreach (var name in Assets.Names)
            group.MapGet($"/{name}", () => Assets.Get(name)).ExcludeFromDescription();
        group.MapGet("/events", Queries.Stream).ExcludeFromDescription();
        var api = group.MapGroup("/api");
        api.WithGroupName(Document).WithTags("McCache"); // a group of its own keeps it out of the host's documents
        api.MapOpenApi("/openapi/{documentName}.json").AddEndpointFilter(async (invocation, next) =>
            invocation.HttpContext.Request.RouteValues["documentName"] is Document ? await next(invocation) : TypedResults.NotFound());
        Queries.Map(api);
        Acts.Map(api);
        return group;
    }
}
