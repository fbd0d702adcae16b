using Microsoft.Extensions.Logging;

namespace McCache.Streaming;

/// <summary>
/// Starts and stops the silo's members. From the earliest stage on they follow the cluster's membership, so that what is published early goes out. Just after the silo
/// has become active, every live silo is asked for a lane; when each has answered or died, the members start. When the silo begins to stop they serve nothing any more; when
/// the grains are deactivated they end.
/// </summary>
internal sealed class MulticastLifecycle(
    MulticastMembers members, MulticastInstruments instruments, EndpointClient endpoints, IClusterMembershipService membership, ILocalSiloDetails silo, ILogger<MulticastMember> log)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    internal const int StartStage = ServiceLifecycleStage.Active + 1;
    internal const int CloseStage = ServiceLifecycleStage.GrainDeactivation - 1;
    private static readonly TimeSpan s_closeTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_minRetryDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_maxRetryDelay = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _watching = new();
    private Task _watch = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe<MulticastLifecycle>(ServiceLifecycleStage.RuntimeInitialize, OnInitialize, OnTerminate);
        lifecycle.Subscribe<MulticastLifecycle>(StartStage, OnStart, OnStop);
        lifecycle.Subscribe<MulticastLifecycle>(CloseStage, static _ => Task.CompletedTask, OnClose);
    }

    public void Dispose()
    {
        _watching.Dispose();
        instruments.Dispose();
    }

    private Task OnInitialize(CancellationToken cancellationToken)
    {
        _watch = Task.Run(WatchAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task OnStart(CancellationToken cancellationToken)
    {
        await membership.Refresh(cancellationToken: cancellationToken);
        HashSet<SiloAddress> attached = [];
        for (var delay = s_minRetryDelay; ; delay = delay * 2 < s_maxRetryDelay ? delay * 2 : s_maxRetryDelay)
        {
            var view = membership.CurrentSnapshot;
            members.Observe(view);
            var missing = view.Members.Values
                .Where(member => MulticastMember.IsLive(member.Status) && member.SiloAddress != silo.SiloAddress && !attached.Contains(member.SiloAddress))
                .Select(member => member.SiloAddress)
                .ToArray();
            if (missing.Length == 0)
                break;
            var answers = await Task.WhenAll(missing.Select(other => AttachAsync(other, view.Version)));
            attached.UnionWith(missing.Where((_, i) => answers[i]));
            if (!Array.TrueForAll(answers, answer => answer))
                await Task.Delay(delay, members.Time, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }

        foreach (var member in members.All)
            member.Start();
    }

    private async Task<bool> AttachAsync(SiloAddress other, MembershipVersion version)
    {
        try
        {
            return await endpoints[other].Attach(silo.SiloAddress, version);
        }
#pragma warning disable CA1031 // Whatever went wrong, the other silo has not answered; it is asked until it does or is declared dead.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            log.AttachFailed(exception, other);
            return false;
        }
    }

    private Task OnStop(CancellationToken cancellationToken)
    {
        foreach (var member in members.All)
            member.BeginStop();
        return Task.CompletedTask;
    }

    private async Task OnClose(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(s_closeTime, members.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        await Task.WhenAll(members.All.Select(member => member.CloseAsync(either.Token)));
    }

    private async Task OnTerminate(CancellationToken cancellationToken)
    {
        await _watching.CancelAsync();
        await _watch;
    }

    private async Task WatchAsync()
    {
        try
        {
            await foreach (var view in membership.MembershipUpdates.WithCancellation(_watching.Token))
                members.Observe(view);
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }
}
