namespace McCache.Streaming;

/// <summary>Another silo as this one hears it.</summary>
internal sealed class Publisher(SiloMember member, Incarnation incarnation, ulong receiver) : LaneReceiver(member, incarnation, receiver)
{
    private readonly UnsettledBatches _unsettled = new(member.Options.MaxLaneBytes);

    /// <inheritdoc cref="UnsettledBatches.SettledStamp"/>
    internal long SettledStamp
    {
        get
        {
            lock (Gate)
                return _unsettled.SettledStamp;
        }
    }

    /// <summary>The publisher is dead or has left: nothing more is accepted, and nothing returned here changes any more.</summary>
    /// <returns>What others may lack.</returns>
    internal UnsettledBatches Close()
    {
        Stop();
        return _unsettled;
    }

    private protected override void OnAdmitted(Batch batch, Admission admission)
    {
        if (admission.IsAccepted)
            _unsettled.Hear(batch.Last);
        if (admission.IsAccepted && batch.Count > admission.Skip && member.Streams.HasHandlers)
            _unsettled.Add(batch);
        _unsettled.SettleTo(batch.Settled);
    }

    protected override void Run() => member.Transport.SendSettled(member.Name, Incarnation, member.Incarnation.Silo, Acknowledge());
}
