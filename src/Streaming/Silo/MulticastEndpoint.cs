using Microsoft.Extensions.Logging;

namespace McCache.Streaming;

/// <inheritdoc cref="IMulticastEndpoint"/>
/// <remarks>Its turns are short and call no user code: frame handlers apply at once, everything else goes to the queue of a subscription.</remarks>
internal sealed class MulticastEndpoint(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, MulticastMembers members, SealedCalls calls)
    : GrainService(id, silo, loggers), IMulticastEndpoint
{
    private readonly byte[] _label = SealedCalls.Label(silo.SiloAddress);

    public ValueTask<Acknowledgement> Deliver(Batch batch)
    {
        calls.TakePlain();
        return new(members.Receive(batch));
    }

    public async ValueTask<byte[]> Ask(string provider, byte[] stream, byte[] request)
    {
        calls.TakePlain();
        return await AnswerAsync(provider, stream, request);
    }

    public Task Settled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
    {
        calls.TakePlain();
        members.Find(provider)?.OnSettled(publisher, receiver, acknowledgement);
        return Task.CompletedTask;
    }

    public ValueTask<byte[]> Sealed(byte[] envelope) => calls.AnswerAsync(_label, envelope, async message => message switch
    {
        Batch batch => members.Receive(batch),
        AskMessage asked => await AnswerAsync(asked.Provider, asked.Stream, asked.Request),
        _ => throw new NotSupportedException(),
    });

    public Task SealedOneWay(byte[] envelope)
    {
        if (calls.Open(_label, envelope) is SettledMessage settled)
            members.Find(settled.Provider)?.OnSettled(settled.Publisher, settled.Receiver, settled.Acknowledgement);
        return Task.CompletedTask;
    }

    /// <summary>Answers on the thread pool: an answer may take longer than a turn of the endpoint should.</summary>
    private Task<byte[]> AnswerAsync(string provider, byte[] stream, byte[] request) => Task.Run(() => members.Find(provider)?.Answer(stream, request) ?? []);
}
