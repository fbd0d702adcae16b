using System.Net.Sockets;
using McCache.Demo.Command;
using McCache.Demo.Shared;
using Microsoft.Extensions.DependencyInjection;

namespace McCache.Demo.Member;

/// <summary>The main of a silo or client process: start, meet the others, replay, wait for the others, leave.</summary>
internal static class MemberProgram
{
    public static async Task<int> RunAsync()
    {
        using var parent = ParentPipe.TryOpen();
        if (parent is not null)
            return await RunAsync(parent);
        await Console.Error.WriteLineAsync($"'{CommandLine.MemberCommand}' is how the demo starts its own processes; start the demo without it.");
        return ExitCodes.BadOptions;
    }

    private static async Task<int> RunAsync(ParentPipe parent)
    {
        try
        {
            await LiveAsync(parent);
            return parent.IsLeftAlone ? ExitCodes.Interrupted : ExitCodes.Success;
        }
        catch (Exception exception) when (IsPortTaken(exception))
        {
            return ExitCodes.PortTaken;
        }
    }

    private static async Task LiveAsync(ParentPipe parent)
    {
        var settings = parent.Settings;
        var trace = AccessTrace.Read(settings.Trace);
        using var board = new VersionBoard(settings.Workspace.Board);
        using var multicast = new MulticastGauge();
        using var losses = new GatewayLosses();
        using var host = MemberHost.Build(settings, trace, losses);
        await host.StartAsync();
        parent.Report(new MemberReport { Phase = MemberPhase.Started });
        var cache = await JoinAsync(host.Services, settings);
        parent.Report(new MemberReport { Phase = MemberPhase.Ready });
        await parent.Replay;

        using var visibility = new VisibilityGauge(settings, cache, trace, board);
        using var replay = new Replay(settings, trace, cache, board);
        var reporter = new Reporter(parent, cache, replay, multicast, visibility, losses);
        try
        {
            await reporter.RunAsync(replay.RunAsync(parent.Finish));
        }
        catch (Exception exception)
        {
            // The last words of the log, before a member that leaves in disorder has its own.
            await Console.Error.WriteLineAsync(exception.ToString());
            Environment.Exit(ExitCodes.Failure);
        }

        var copy = Copy.Of(settings, cache, host.Services.GetRequiredService<IGrainFactory>(), trace, board);
        await foreach (var isByPage in parent.Comparisons)
            reporter.Report(await copy.ReadAsync(isByPage));
        reporter.Report(); // what the others' last verbs have done here
        await host.StopAsync();
    }

    /// <summary>The cache, once this silo sees all others, or this client hears of every change.</summary>
    private static async Task<IMcCache<string, Page>> JoinAsync(IServiceProvider services, MemberSettings settings)
    {
        if (settings.IsClient)
            return await services.GetRequiredService<IClusterClient>().GetMcCacheAsync<string, Page>(MemberHost.CacheName);
        await SeeAllAsync(services.GetRequiredService<IClusterMembershipService>(), settings.Silos);
        return services.GetRequiredKeyedService<IMcCache<string, Page>>(MemberHost.CacheName);
    }

    /// <summary>Waits until this silo's view of the cluster shows all silos active.</summary>
    private static async Task SeeAllAsync(IClusterMembershipService membership, int silos)
    {
        await foreach (var view in membership.MembershipUpdates)
        {
            if (view.Members.Values.Count(member => member.Status == SiloStatus.Active) == silos)
                return;
        }
    }

    private static bool IsPortTaken(Exception? exception) => exception switch
    {
        null => false,
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => true,
        AggregateException many => many.InnerExceptions.Any(IsPortTaken),
        _ => IsPortTaken(exception.InnerException),
    };
}
