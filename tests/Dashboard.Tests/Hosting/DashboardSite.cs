using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace McCache.Dashboard.Tests;

/// <summary>A web application of its own, on a port of loopback, with the dashboard in it.</summary>
internal sealed class DashboardSite : IAsyncDisposable
{
    /// <summary>A policy that one user meets.</summary>
    public const string AdasPolicy = "ada only";

    private DashboardSite(WebApplication application)
    {
        Application = application;
        Address = new Uri(application.Urls.First().Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + "/mccache/");
        Http = new HttpClient { BaseAddress = Address };
    }

    public WebApplication Application { get; }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public Collector Collector => Application.Services.GetRequiredService<Collector>();

    public static Task<DashboardSite> StartAsync(SimulatedCluster cluster, Action<McCacheDashboardOptions>? configure = null, Action<RouteGroupBuilder>? secure = null, IPAddress? caller = null)
        => StartAsync(services => services.AddSingleton<IAdministrationSource>(cluster), configure, secure, caller);

    /// <param name="register">Registers what the dashboard asks.</param>
    /// <param name="configure">Sets options.</param>
    /// <param name="secure">Requires authorization; whoever sends the header X-User is authenticated by that name.</param>
    /// <param name="caller">Where every request is made to seem to come from.</param>
    public static async Task<DashboardSite> StartAsync(
        Action<IServiceCollection> register, Action<McCacheDashboardOptions>? configure = null, Action<RouteGroupBuilder>? secure = null, IPAddress? caller = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRouting().AddAuthorization(options => options.AddPolicy(AdasPolicy, policy => policy.RequireUserName("ada"))).AddAuthentication(HeaderAuthentication.Scheme).AddScheme<AuthenticationSchemeOptions, HeaderAuthentication>(HeaderAuthentication.Scheme, null);
        register(builder.Services);
        builder.Services.AddMcCacheDashboard(configure);
        var application = builder.Build();
        if (caller is not null)
        {
            application.Use((context, next) =>
            {
                context.Connection.RemoteIpAddress = caller;
                return next(context);
            });
        }

        application.UseRouting();
        application.UseAuthentication();
        application.UseAuthorization();
        var group = application.MapMcCacheDashboard();
        secure?.Invoke(group);
        await application.StartAsync();
        return new DashboardSite(application);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Application.DisposeAsync();
    }

    private sealed class HeaderAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
    {
        public new const string Scheme = "Header";

        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
            Request.Headers["X-User"] is [{ } name]
                ? AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, name)], Scheme)), Scheme))
                : AuthenticateResult.NoResult());
    }
}
