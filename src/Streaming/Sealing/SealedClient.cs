namespace McCache.Streaming;

/// <summary>What a gateway calls of a client, where calls are sealed.</summary>
internal sealed class SealedClient(IMulticastClientObserver member, SealedCalls calls) : ISealedObserver
{
    public ValueTask<byte[]> Ask(byte[] envelope) => calls.AnswerAsync(calls.Own, envelope, async message =>
    {
        switch (message)
        {
            case Batch batch:
                return await member.Deliver(batch);
            case ClientObserverDetachMessage detach:
                await member.Detach(detach.Id);
                return true;
            default:
                throw new NotSupportedException();
        }
    });

    public Task Tell(byte[] envelope)
        => calls.Open(calls.Own, envelope) is ClientObserverSettledMessage settled ? member.Settled(settled.Id, settled.Acknowledgement) : Task.CompletedTask;
}
