using McCache.Demo.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Dashboard;

namespace McCache.Demo.Member;

/// <summary>The first silo with a web server in it, for people: McCache's dashboard beside the official one of Orleans. On this machine only, since neither asks who comes.</summary>
internal static class DashboardHost
{
    public const string Path = "/mccache";

    private const string OrleansPath = "/orleans";

    public static IHost Build(MemberSettings settings, Action<IHostApplicationBuilder> configure)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenLocalhost(settings.DashboardPort));
        builder.Services.AddRouting();
        configure(builder);
        builder.Services.AddMcCacheDashboard(options =>
        {
            (options.AllowActions, options.ShowKeys) = (settings.AllowActs, true); // the keys are pages of a public trace
            options.Links["Orleans Dashboard"] = OrleansPath;
        });
        var app = builder.Build();
        app.MapMcCacheDashboard(Path);
        app.MapOrleansDashboard(OrleansPath);
        return app;
    }

    public static string Address(int port, bool isOrleans = false) => $"http://localhost:{port}{(isOrleans ? OrleansPath : Path)}/";
}
