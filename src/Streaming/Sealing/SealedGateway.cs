using Orleans.Concurrency;

namespace McCache.Streaming;

/// <inheritdoc cref="ISealedGateway"/>
[StatelessWorker(1, false)]
[Reentrant]
internal sealed class SealedGateway(GatewayCalls gateway, SealedCalls calls) : Grain, ISealedGateway
{
    public ValueTask<byte[]> Ask(byte[] envelope) => calls.AnswerAsync(SealedCalls.Gateway, envelope, async message =>
    {
        switch (message)
        {
            case AttachMessage attach:
                return await gateway.AttachAsync(attach.Provider, attach.Id, attach.Duration, attach.Interest, new SealedObserver(attach.Client, attach.Label, calls));
            case RenewMessage renew:
                return gateway.Renew(renew.Attachment, renew.Duration);
            case ListenMessage listen:
                return await gateway.ListenAsync(listen.Attachment, listen.Interest);
            case ClientBatchMessage deliver:
                return gateway.Deliver(deliver.Attachment, deliver.Batch);
            case ClientAskMessage ask:
                return await gateway.AskAsync(ask.Attachment, ask.Stream, ask.Request);
            case DetachMessage detach:
                gateway.Detach(detach.Attachment);
                return true;
            default:
                throw new NotSupportedException();
        }
    });

    public Task Tell(byte[] envelope)
    {
        if (calls.Open(SealedCalls.Gateway, envelope) is ClientSettledMessage settled)
            gateway.Settled(settled.Attachment, settled.Acknowledgement);
        return Task.CompletedTask;
    }
}
