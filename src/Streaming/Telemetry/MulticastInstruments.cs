using System.Diagnostics.Metrics;

namespace McCache.Streaming;

/// <summary>The instruments of multicast streams on the meter "McCache": read from the members' own counters when somebody collects.</summary>
internal sealed class MulticastInstruments : IDisposable
{
    private const string ProviderTag = "mccache.provider";
    private readonly Meter _meter = new("McCache");

    /// <summary>Those of a silo.</summary>
    internal MulticastInstruments(MulticastMembers members, SiloLease lease, SealedCalls calls)
        : this(members.All, calls)
    {
        _meter.CreateObservableUpDownCounter(
            "mccache.multicast.lane.depth", () => members.All.Select(member => Measure(member, member.LaneDepth)), "{frame}", "Frames that wait on the lanes.");
        _meter.CreateObservableUpDownCounter(
            "mccache.multicast.clients", () => members.All.Select(member => Measure(member, member.Clients)), "{client}", "Clients outside the cluster that are attached to this silo.");
        _meter.CreateObservableGauge("mccache.lease.remaining", () => lease.ValidFor.TotalSeconds, "s", "How long this silo may still serve if nobody answers it any more; 0 while it may not.");
        _meter.CreateObservableCounter("mccache.lease.refused", () => Volatile.Read(ref lease.RefusedAsks), "{promise}", "Promises that were refused to other silos.");
        _meter.CreateObservableCounter("mccache.clock.breaks", () => Volatile.Read(ref lease.ClockBreaks), "{break}", "Times that wall and monotonic clock have parted.");
        _meter.CreateObservableCounter("mccache.clock.refused", () => lease.Stamps.Refused, "{stamp}", "Stamps further ahead of this silo's wall clock than MaxClockSkew.");
        _meter.CreateObservableGauge(
            "mccache.clock.skew",
            () => lease.Skews.Select(skew => new Measurement<double>(skew.Value / 1e3, new KeyValuePair<string, object?>("mccache.silo", skew.Key.ToString()))),
            "s",
            "How far the wall clock of another silo is ahead of this one's.");
        _meter.CreateObservableCounter("mccache.multicast.unknown", () => members.UnknownBatches, "{batch}", "Batches for providers that the silo does not have.");
    }

    /// <summary>Those of a client.</summary>
    internal MulticastInstruments(IReadOnlyCollection<ClientMember> members, SealedCalls calls)
        : this((IEnumerable<MulticastMember>)members, calls)
    {
        _meter.CreateObservableGauge(
            "mccache.lease.remaining", () => members.Select(member => new Measurement<double>(member.ValidFor.TotalSeconds, new KeyValuePair<string, object?>(ProviderTag, member.Name))), "s",
            "How long this client may still serve if its gateway does not answer any more; 0 while it may not.");
    }

    private MulticastInstruments(IEnumerable<MulticastMember> members, SealedCalls calls)
    {
        Counter("mccache.multicast.published", "{frame}", "Frames published.", counters => counters.Published);
        Counter("mccache.multicast.applied", "{frame}", "Frames of other members accepted.", counters => counters.Applied);
        Counter("mccache.multicast.relayed", "{frame}", "Frames of silos that died half-way, told on to the others.", counters => counters.Relayed);
        Counter("mccache.multicast.batches", "{batch}", "Batches sent.", counters => counters.Batches);
        Counter("mccache.multicast.retries", "{batch}", "Batches sent again.", counters => counters.Retries);
        Counter("mccache.multicast.refused", "By", "Bytes that made no sense.", counters => counters.RefusedBytes);
        Counter("mccache.multicast.handler.failures", "{item}", "Items that an observer or a handler threw for.", counters => counters.HandlerFailures);
        Counter("mccache.multicast.throttled", "{batch}", "Batches and questions of clients that had to wait, for they were over their limits; at a client, its own.", counters => counters.Throttled);
        Counter("mccache.multicast.clients.refused", "{client}", "Clients that could not attach, for there were too many.", counters => counters.RefusedClients);
        Counter("mccache.multicast.unreadable", "{item}", "Items that could not be deserialized.", counters => counters.UnreadableItems);
        _meter.CreateObservableCounter(
            "mccache.seal.refused",
            () => SealRefusals.Reasons.Select(reason => new Measurement<long>(calls.Refusals.Count(reason), new KeyValuePair<string, object?>("mccache.reason", reason.ToString()))),
            "{message}",
            "Messages of other members that were refused because of how they were sealed.");
        _meter.CreateObservableCounter("mccache.multicast.gaps", () => members.SelectMany(Gaps), "{gap}", "Losses noted.");

        void Counter(string name, string unit, string description, Func<MulticastCounters, long> read)
            => _meter.CreateObservableCounter(name, () => members.Select(member => Measure(member, read(member.Counters))), unit, description);
    }

    public void Dispose() => _meter.Dispose();

    private static Measurement<long> Measure(MulticastMember member, long value) => new(value, new KeyValuePair<string, object?>(ProviderTag, member.Name));

    private static IEnumerable<Measurement<long>> Gaps(MulticastMember member) => MulticastCounters.Reasons.Select(reason => new Measurement<long>(
        member.Counters.Gaps(reason),
        new KeyValuePair<string, object?>(ProviderTag, member.Name),
        new KeyValuePair<string, object?>("mccache.reason", reason.ToString())));
}
