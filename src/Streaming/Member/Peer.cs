using System.Collections.Frozen;

namespace McCache.Streaming;

/// <summary>Another silo as this one publishes to it.</summary>
/// <param name="member">This member.</param>
/// <param name="silo">The other.</param>
/// <param name="since">The stamp at which the lane begins; 0 when nothing that concerns replicas was published before.</param>
/// <param name="before">The number of the last frame that was published before.</param>
internal sealed class Peer(SiloMember member, SiloAddress silo, long since, long before) : LaneSender(member, before)
{
    internal SiloAddress Silo => silo;

    /// <summary>The streams that it listens to; null for all. Under the publishing lock.</summary>
    internal FrozenSet<byte[]>? Topics { get; set; }

    /// <summary>What it was told may be lost, and it gets everything until it is told again. Under the publishing lock.</summary>
    internal bool MustTellTopics { get; private set; }

    internal void OnTopicsTold() => MustTellTopics = false;

    private protected override long ReadMark() => member.NextMark();

    private protected override long ReadSettled() => member.SettledEverywhere;

    private protected override TimeSpan? Beat => member.Streams.HasReplicas ? member.Lease.Times.Renewal : null;

    private protected override long LastNumber(OutgoingBatch batch) => batch.Frames.Length == 0 ? batch.Before : batch.Frames[^1].Number;

    private protected override void OnFull()
    {
        member.OnLaneFull(silo.ToString(), silo);
        MustTellTopics = true;
    }

    private protected override ValueTask<Acknowledgement> DeliverAsync(OutgoingBatch batch, byte[] frames, long settled) => member.Transport.DeliverAsync(
        silo, new Batch(
            member.Name, member.Incarnation, batch.First, batch.Frames.Length, batch.Gap, frames, settled, batch.Mark, since, batch.Before, LastNumber(batch)));

    private protected override Acknowledgement OnAnswered(Acknowledgement acknowledgement)
        => acknowledgement is { Overruled: not null } && !member.Stamps.Observe(acknowledgement.Stamp)
            ? acknowledgement with { Stamp = Acknowledgement.OutOfReach }
            : acknowledgement;

    private protected override void OnUnanswered(Exception exception) => member.Log.BatchFailed(exception, member.Name, silo);
}
