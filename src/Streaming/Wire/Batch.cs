namespace McCache.Streaming;

/// <summary>One life of a member: a silo, and a random number that no other life of it has.</summary>
[GenerateSerializer, Immutable, Alias(WireAliases.Incarnation)]
internal readonly record struct Incarnation([property: Id(0)] SiloAddress Silo, [property: Id(1)] ulong Id);

/// <summary>Frames that travel together on a lane. One without frames probes how far the receiver is, or carries a gap.</summary>
/// <param name="Provider">The name of the provider whose lane this is.</param>
/// <param name="Publisher">Who sends.</param>
/// <param name="First">The lane's sequence number of the first frame; without frames, of the frame that would come next. From 1.</param>
/// <param name="Count">The number of frames.</param>
/// <param name="Gap">When not null: whatever was before <paramref name="First"/> and has not been applied is lost.</param>
/// <param name="Frames">The frames, one after another, see <see cref="FrameWriter"/>.</param>
/// <param name="Settled">The number up to which every live member has those of the publisher's frames that concern it. Whatever is above is kept by its receivers, see <see cref="UnsettledBatches"/>.</param>
/// <param name="Mark">The watermark, a stamp: whatever still comes on this lane is newer.</param>
/// <param name="Since">The stamp at which the lane began: what the publisher published up to it was never on the lane. 0 when there was nothing.</param>
/// <param name="Before">The number of the frame before the first, on the lane or before that began; 0 for none.</param>
/// <param name="Last">The number of the last frame; without frames, <paramref name="Before"/>.</param>
[GenerateSerializer, Immutable, Alias(WireAliases.Batch)]
internal sealed record Batch(
    [property: Id(0)] string Provider,
    [property: Id(1)] Incarnation Publisher,
    [property: Id(2)] long First,
    [property: Id(3)] int Count,
    [property: Id(4)] Gap? Gap,
    [property: Id(5)] byte[] Frames,
    [property: Id(6)] long Settled = 0,
    [property: Id(7)] long Mark = 0,
    [property: Id(8)] long Since = 0,
    [property: Id(9)] long Before = 0,
    [property: Id(10)] long Last = 0);

/// <summary>Which streams' frames are lost.</summary>
/// <param name="Streams">The names of the streams, see <see cref="StreamNames"/>; null for all of them.</param>
[GenerateSerializer, Immutable, Alias(WireAliases.Gap)]
internal sealed record Gap([property: Id(0)] byte[][]? Streams)
{
    internal static readonly Gap All = new((byte[][]?)null);
}

/// <summary>
/// How far a receiver is with a publisher's lane. A frame is <em>applied</em> when its sequence number is at most <see cref="Applied"/>. It is <em>settled</em> when it
/// is applied and its number is below its stream's <see cref="Lag.Lowest"/>, or, for a stream that is not listed, at most <see cref="Floor"/>.
/// </summary>
/// <param name="Receiver">A random number that the receiver drew when it first heard of the publisher: another one means that it has forgotten everything.</param>
/// <param name="Applied">Every frame up to this number has been accepted in order, or its loss noted.</param>
/// <param name="Floor">What is settled in streams that are not listed. Smaller than <see cref="Applied"/> only when the list was too long.</param>
/// <param name="Lagging">The streams whose subscribers have not yet handled all awaited frames; null for none.</param>
/// <param name="Overruled">The sequence numbers of awaited frames that met something newer here; null for none.</param>
/// <param name="Stamp">With <paramref name="Overruled"/>: the receiver's clock, which is past everything that it holds.</param>
/// <param name="Unknown">The sequence numbers of awaited frames of which it is not known what they have met: a client of the receiver has gone without a word; null for none.</param>
/// <param name="Sent">A gateway to its client: the number of the last frame on the lane to the client when the batch had been applied. What comes on it up to there is older than what the client has published.</param>
/// <param name="IsThrottled">A gateway to its client: the batch was not looked at, for the client publishes too much; it is to come again later.</param>
/// <param name="Refused">A gateway to its client: awaited frames that were refused; null for none.</param>
[GenerateSerializer, Immutable, Alias(WireAliases.Acknowledgement)]
internal sealed record Acknowledgement(
    [property: Id(0)] ulong Receiver, [property: Id(1)] long Applied, [property: Id(2)] long Floor, [property: Id(3)] Lag[]? Lagging,
    [property: Id(4)] long[]? Overruled = null, [property: Id(5)] long Stamp = 0, [property: Id(6)] Refusal[]? Refused = null, [property: Id(7)] long[]? Unknown = null, [property: Id(8)] long Sent = 0, [property: Id(9)] bool IsThrottled = false)
{
    /// <summary>Of a receiver that does not know the lane.</summary>
    internal static readonly Acknowledgement None = new(0, 0, 0, null);

    /// <summary>In place of a stamp, at the publisher only: it is so far ahead that the publisher cannot get past it.</summary>
    internal const long OutOfReach = long.MaxValue;
}

/// <summary>A frame that was refused.</summary>
/// <param name="Sequence">The lane's sequence number of the frame.</param>
/// <param name="Reason">Why, in words for the program that has published it.</param>
[GenerateSerializer, Immutable, Alias(WireAliases.Refusal)]
internal readonly record struct Refusal([property: Id(0)] long Sequence, [property: Id(1)] string Reason);

/// <summary>A stream with unsettled frames.</summary>
/// <param name="Stream">Its name.</param>
/// <param name="Lowest">The sequence number of the first frame that is not settled.</param>
[GenerateSerializer, Immutable, Alias(WireAliases.Lag)]
internal readonly record struct Lag([property: Id(0)] byte[] Stream, [property: Id(1)] long Lowest);
