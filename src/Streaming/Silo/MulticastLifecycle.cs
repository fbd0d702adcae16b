using Microsoft.Extensions.Options;

namespace McCache.Streaming;

/// <summary>
/// Starts and stops the silo's members. From the earliest stage on they follow the cluster's membership, so that what is published early goes out. As soon as the
/// silo is active it asks for promises, so that a start-up task may await what it publishes; rule 5 says when the silo has started. When it begins to stop it serves nothing any more; when the grains are deactivated its members end and
/// it says goodbye.
/// </summary>
internal sealed class MulticastLifecycle(
    MulticastMembers members, SiloLease lease, MulticastInstruments instruments, IClusterMembershipService membership, IOptions<McCacheOptions> options)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    internal const int StartStage = ServiceLifecycleStage.Active + 1;
    internal const int CloseStage = ServiceLifecycleStage.GrainDeactivation - 1;
    private static readonly TimeSpan s_closeTime = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _watching = new();
    private Task _watch = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe<MulticastLifecycle>(ServiceLifecycleStage.RuntimeInitialize, OnInitialize, OnTerminate);
        lifecycle.Subscribe<MulticastLifecycle>(ServiceLifecycleStage.Active, OnActive);
        lifecycle.Subscribe<MulticastLifecycle>(StartStage, lease.Started.WaitAsync, OnStop);
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

    private async Task OnActive(CancellationToken cancellationToken)
    {
        if (options.Value.SingleSilo)
            await lease.BeginAloneAsync(cancellationToken);
        else
            lease.Begin();
    }

    private Task OnStop(CancellationToken cancellationToken)
    {
        foreach (var member in members.All)
            member.BeginStop();
        return Task.CompletedTask;
    }

    private async Task OnClose(CancellationToken cancellationToken)
    {
        var clients = Task.WhenAll(members.All.Select(member => member.ClientsGone)); // at the latest when their leases have run out
        await clients.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await WithinAsync(token => Task.WhenAll(members.All.Select(member => member.CloseAsync(token))));
        if (clients.IsCompleted)
            await WithinAsync(token => lease.SayGoodbyeAsync(members.All.All(member => member.IsDrained), token)); // else others wait for this silo as for one that has died

        async Task WithinAsync(Func<CancellationToken, Task> action)
        {
            using var timeout = new CancellationTokenSource(s_closeTime, lease.Clock.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            await action(either.Token);
        }
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
                lease.Observe(LeaseNetwork.ToRows(view));
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }
}
