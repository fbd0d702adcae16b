using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace McCache.Streaming;

/// <summary>The members of this client, one for each provider. They look for a gateway when somebody needs them, and end before the client's connections do.</summary>
internal sealed class ClientMembers : ILifecycleParticipant<IClusterClientLifecycle>, IDisposable
{
    private static readonly TimeSpan s_closeTime = TimeSpan.FromSeconds(1);
    private readonly FrozenDictionary<string, ClientMember> _members;
    private readonly List<SealedClient> _sealed = []; // which nobody else keeps
    private readonly MulticastInstruments _instruments;
    private readonly TimeProvider _time;

    public ClientMembers(
        IEnumerable<MulticastRegistration> registrations,
        IOptionsMonitor<MulticastOptions> options,
        IOptions<McCacheOptions> shared,
        IOptions<ClientMessagingOptions> messaging,
        SealedCalls calls,
        IServiceProvider services,
        TimeProvider time,
        ILogger<MulticastMember> log)
    {
        _time = time;
        var grains = new Lazy<IGrainFactory>(services.GetRequiredService<IGrainFactory>); // which itself needs the lifecycle's participants
        _members = registrations.ToFrozenDictionary(registration => registration.Name, registration => new ClientMember(
            registration.Name,
            options.Get(registration.Name),
            new LeaseTimes(shared.Value.LeaseDuration, shared.Value.LeaseRenewal),
            messaging.Value.ResponseTimeout,
            shared.Value.MaxClockSkew,
            key => calls.AreOn ? new SealedGatewayLink(grains.Value.GetGrain<ISealedGateway>(key), calls) : new GatewayLink(grains.Value.GetGrain<IMulticastGateway>(key)),
            member => calls.AreOn ? Seal(member) : grains.Value.CreateObjectReference<IMulticastClientObserver>(member),
            time,
            Random.Shared,
            log));
        _instruments = new MulticastInstruments(_members.Values, calls);

        SealedObserver Seal(IMulticastClientObserver member)
        {
            var client = new SealedClient(member, calls);
            lock (_sealed)
                _sealed.Add(client);
            return new SealedObserver(grains.Value.CreateObjectReference<ISealedObserver>(client), client.Label, calls);
        }
    }

    internal ClientMember Find(string name) => _members[name];

    public void Participate(IClusterClientLifecycle lifecycle)
        => lifecycle.Subscribe<ClientMembers>(ServiceLifecycleStage.Active, static _ => Task.CompletedTask, OnStop);

    public void Dispose()
    {
        foreach (var member in _members.Values)
            member.Dispose();
        _instruments.Dispose();
    }

    private async Task OnStop(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(s_closeTime, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        await Task.WhenAll(_members.Values.Select(member => member.CloseAsync(either.Token)));
    }
}
