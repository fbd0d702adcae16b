namespace McCache.Streaming;

/// <content>What it hears, and what its gateway calls.</content>
internal sealed partial class ClientMember
{
    public override void Attach(StreamId stream, IFrameHandler handler)
    {
        base.Attach(stream, handler);
        Begin();
        _ = HearQuietlyAsync();
    }

    public Task ListenAsync(StreamId stream, CancellationToken cancellationToken) => ListenAsync(StreamNames.Of(stream)).WaitAsync(cancellationToken);

    public Task AttachedAsync(CancellationToken cancellationToken) => FindSessionAsync().WaitAsync(cancellationToken);

    internal override async Task ListenAsync(byte[] stream)
    {
        for (var failures = 0; ; failures++)
        {
            var session = await FindSessionAsync();
            try
            {
                if (await HearAsync(session))
                    return;
            }
#pragma warning disable CA1031 // Whatever went wrong, the session goes on, or there will be another.
            catch (Exception exception) when (failures < 10)
#pragma warning restore CA1031
            {
                Log.GatewayUnanswered(exception, Name);
            }

            await Task.Delay(MinAttachDelay, Clock.Time);
        }
    }

    internal override void OnForsaken(byte[] stream) => _ = HearQuietlyAsync();

    public async ValueTask<byte[]> AskGatewayAsync(StreamId stream, byte[] request, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _session) is not { } session)
            return [];
        await session.AppliedAsync().WaitAsync(cancellationToken);
        return await session.Gateway.Ask(session.Attachment, StreamNames.Of(stream), request).AsTask().WaitAsync(cancellationToken);
    }

    private Interest NextInterest()
    {
        lock (_interestGate) // of two, the one with the larger version was read later
            return new(++_interest, [.. Streams.All.Select(stream => stream.Key)]);
    }

    private async Task<bool> HearAsync(GatewaySession session)
    {
        var interest = NextInterest();
        if (!await session.Gateway.Listen(session.Attachment, interest))
        {
            End(session);
            return false;
        }

        foreach (var stream in interest.Streams.Where(stream => !session.Hears(stream)))
            Lose(Streams.Find(stream) with { Subscriptions = [] }, SiloAddress.Zero, 0); // what it was told before it could hear
        session.Hear(interest);
        Serve();
        return true;
    }

    private async Task HearQuietlyAsync()
    {
        if (Volatile.Read(ref _session) is not { } session)
            return; // whoever attaches names all streams
        try
        {
            await HearAsync(session);
        }
#pragma warning disable CA1031 // It is tried again with the next renewal.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.GatewayUnanswered(exception, Name);
        }
    }

    private async Task<GatewaySession> FindSessionAsync()
    {
        Begin();
        Task<GatewaySession> attached;
        lock (_gate)
            attached = _session is not null ? Task.FromResult(_session) : _attached.Task;
        try
        {
            return await attached.WaitAsync(_patience, Clock.Time);
        }
        catch (TimeoutException)
        {
            throw NoGateway();
        }
    }

    private TimeoutException NoGateway() => new(
        $"Multicast provider '{Name}': no gateway that is entitled to serve was found within {_patience}.{(Volatile.Read(ref _lastFailure) is { } failure ? $" The last one that was asked: {failure.Message}" : "")}", _lastFailure);

    private protected override long ServeUntil(byte[] stream)
        => Volatile.Read(ref _isClosed) || !Volatile.Read(ref _wasAttached) ? 0
            : Volatile.Read(ref _session) is { } session && session.Hears(stream) ? Clock.ToTicks(session.Until)
            : 1; // a time that has passed

    ValueTask<Acknowledgement> IMulticastClientObserver.Deliver(Batch batch)
    {
        if (Find(batch.Publisher.Id) is not { } session || !session.IsFrom(batch.Publisher.Silo))
            return new(Acknowledgement.None);
        var acknowledgement = Receive(session.Receiver, batch);
        session.OnHeard();
        return new(acknowledgement);
    }

    Task IMulticastClientObserver.Settled(ulong id, Acknowledgement acknowledgement)
    {
        Find(id)?.Sender.OnSettled(acknowledgement);
        return Task.CompletedTask;
    }

    ValueTask IMulticastClientObserver.Detach(ulong id)
    {
        if (Find(id) is { } session)
        {
            session.Expire(); // also if its grant is still on the way
            End(session);
        }

        return default;
    }

    private GatewaySession? Find(ulong id)
    {
        lock (_gate)
            return _session?.Id == id ? _session : _attaching?.Id == id ? _attaching : null;
    }
}
