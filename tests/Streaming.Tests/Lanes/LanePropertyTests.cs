using CsCheck;

namespace McCache.Streaming.Tests;

/// <summary>What holds for lanes under any schedule. A failure prints the seed.</summary>
public sealed class LanePropertyTests
{
    [Fact]
    public void Lanes_deliver_in_order_exactly_once_or_a_gap_and_settle_truly()
        => Gen.UInt.Sample(LaneSimulation.Run, iter: 1_000);

    [Fact]
    public void A_ring_is_a_queue_and_knows_what_each_frame_takes_behind_the_one_before()
        => Gen.Select(Gen.Int[0, 40], Gen.Int[0, 40], Gen.Long).Array[0, 20].Sample(steps =>
        {
            var (ring, queue) = (new FrameRing(), new Queue<Frame>());
            foreach (var (add, remove, number) in steps)
            {
                for (var i = 0; i < add; i++)
                {
                    var frame = new Frame(FrameKind.Item, false, StreamId.Create("s", i / 3 % 2), new byte[i]);
                    frame.SetNumber(i % 5 == 0 ? number : i, i % 7 == 0 ? number : i * 1_000);
                    ring.Add(frame);
                    queue.Enqueue(frame);
                }

                var count = Math.Min(remove, queue.Count);
                ring.RemoveFirst(count);
                for (var i = 0; i < count; i++)
                    queue.Dequeue();
                Assert.Equal(queue, Enumerable.Range(0, ring.Count).Select(i => ring[i]));
                Assert.Equal(queue.Sum(frame => (long)frame.Size), ring.Bytes);
                for (var i = 1; i < ring.Count; i++)
                    Assert.Equal(FrameWriter.GetLength(ring[i - 1], ring[i]), ring.PackedLengthOf(i));
            }
        });
}
