using System.Security.Cryptography;

namespace McCache.Streaming;

/// <summary>What a gateway calls of a client, where calls are sealed.</summary>
internal sealed class SealedClient(IMulticastClientObserver member, SealedCalls calls) : ISealedObserver
{
    /// <summary>Who it is: what is for it opens nowhere else, not at another member of this process either.</summary>
    internal byte[] Label { get; } = RandomNumberGenerator.GetBytes(Envelope.ChannelLength);

    public ValueTask<byte[]> Ask(byte[] envelope) => calls.AnswerAsync(Label, envelope, async message =>
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
        => calls.Open(Label, envelope) is ClientObserverSettledMessage settled ? member.Settled(settled.Id, settled.Acknowledgement) : Task.CompletedTask;
}
