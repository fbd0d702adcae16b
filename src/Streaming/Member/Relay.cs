using System.Collections.Concurrent;

namespace McCache.Streaming;

/// <summary>
/// Rule 6: a silo has died, perhaps half-way through telling the others something. What it has not said they all have is told them by everyone who has it; what was not kept is a gap for
/// them. It may be much, so it is done on the thread pool.
/// </summary>
internal sealed class Relay(SiloMember member) : KickedWork(member.Lease.Queue)
{
    private readonly ConcurrentQueue<UnsettledBatches> _queue = new();

    internal void Add(UnsettledBatches unsettled)
    {
        _queue.Enqueue(unsettled);
        Kick();
    }

    protected override void Run()
    {
        while (_queue.TryDequeue(out var unsettled))
            Tell(unsettled);
    }

    private void Tell(UnsettledBatches unsettled)
    {
        if (unsettled.HasDiscarded)
        {
            foreach (var name in member.Streams.Handled)
                member.Send(new Frame(FrameKind.Lost, false, name, []), null, isLocal: false);
        }

        var streams = new StreamCursor(member.Streams);
        foreach (var batch in unsettled.Batches)
        {
            var reader = new FrameReader(batch.Frames);
            while (reader.TryRead(out var frame))
            {
                if (frame.Number <= unsettled.Settled || frame.Kind is FrameKind.Completed or FrameKind.Error or FrameKind.Superseded || streams.Find(frame.Name) is { Handler: null, Clients.IsEmpty: true })
                    continue;
                Interlocked.Increment(ref member.Counters.Relayed);
                var told = frame.Kind switch
                {
                    FrameKind.Lost or FrameKind.Gap => new Frame(FrameKind.Lost, false, streams.Name, []),
                    FrameKind.Relayed => new Frame(FrameKind.Relayed, false, streams.Name, frame.Payload),
                    _ => new Frame(FrameKind.Relayed, false, streams.Name, new Origin(batch.Publisher.Id, frame.Stamp).Before(frame.Payload)),
                };
                member.Send(told, null, isLocal: false);
            }
        }
    }
}
