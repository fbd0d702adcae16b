using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using McCache.Client;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace McCache.Cluster.Tests;

/// <summary>A member that sends nonsense at full speed, and types that nobody has listed: refused, counted, and nobody else's matter.</summary>
public sealed class MalformedTests(ITestOutputHelper output)
{
    private const int Frames = 1_000_000;
    private const int Together = 3; // what is told relative to the frame before must have one
    private const string Replica = "replica";
    private const string ListedName = "McCache.Tests.Listed.Under.This.Very.Name";
    private const string OtherListedName = "McCache.Tests.AnotherListed.Under.ThisOne";
    private const string UnlistedName = "System.IO.FileInfo,System.Private.CoreLib";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_million_malformed_frames_are_refused_and_nobody_else_notices()
    {
        await using var cluster = await CacheCluster.StartAsync(3, silo =>
        {
            silo.AddMcCache(caches => caches.Add<string, string>(Replica, options => options.Coherence = Coherence.Replicate));
            silo.Services.AddSingleton<IMulticastTransport>(services => new Recorder(services.GetRequiredService<EndpointClient>()));
        });
        var (one, two, rogue) = (cluster.Silos[0], cluster.Silos[1], cluster.Silos[2]);
        var recorder = (Recorder)one.ServiceProvider.GetRequiredService<IMulticastTransport>();
        await WriteAsync(CacheCluster.Cache<string, string>(one, Replica));
        await cluster.Cache(0).RemoveAsync("a", Token);
        byte[][] real = [.. recorder.Take().Chunk(Together).Where(frames => frames.Length == Together).Select(frames => FrameWriter.Pack(frames, frames.Sum(frame => frame.Size)))];
        Assert.NotEmpty(real);
        var members = two.ServiceProvider.GetRequiredService<MulticastMembers>();
        var member = members.Find(CacheMember.ProviderName)!;
        var address = rogue.ServiceProvider.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        var (seed, verbs, done) = (Random.Shared.Next(), 0, false);
        output.WriteLine($"seed {seed}");
        var others = Task.Run(async () =>
        {
            for (; !Volatile.Read(ref done) || verbs < 100; verbs++)
            {
                cluster.Cache(1).GetOrAdd("a", _ => verbs);
                await cluster.Cache(0).SetAsync("a", verbs, Token);
                Assert.False(cluster.Cache(1).ContainsKey("a"));
                await Task.Delay(1, Token); // the flood is what is measured
            }
        }, Token);

        var mutator = new Mutator(seed);
        var (before, began, incarnation) = (GC.GetTotalMemory(forceFullCollection: true), Stopwatch.GetTimestamp(), new Incarnation(address, 666));
        var (allocated, refused, refusedBytes) = (GC.GetAllocatedBytesForCurrentThread(), 0, 0L);
        for (var (i, sequence) = (0, 1L); i < Frames; i++)
        {
            var bytes = mutator.Mutate(real[i % real.Length]);
            var last = sequence + Together - 1;
            sequence = members.Receive(new Batch(CacheMember.ProviderName, incarnation, sequence, Together, null, bytes, sequence - 1, sequence - 1, 0, sequence - 1, last)).Applied + 1; // from 1 again when the silo's own beat has come in between
            refused += Volatile.Read(ref member.Counters.RefusedBytes) == refusedBytes ? 0 : 1;
            refusedBytes = Volatile.Read(ref member.Counters.RefusedBytes);
        }

        var each = (GC.GetAllocatedBytesForCurrentThread() - allocated) / Frames;
        Volatile.Write(ref done, true);
        await others;
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{each} bytes a frame, {grown} more in the end, {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s, {verbs} verbs of others");
        Assert.InRange(refused, Frames / 4, Frames); // what was changed is mostly no frame any more
        Assert.InRange(each, 0, 20_000);
        Assert.InRange(grown, long.MinValue, member.Options.MaxLaneBytes * 3); // what is kept of a publisher that may die half-way is bounded by a lane
        await WriteAsync(CacheCluster.Cache<string, string>(one, Replica));
    }

    [Fact]
    public async Task A_type_that_is_not_listed_is_not_deserialized()
    {
        await using var cluster = await CacheCluster.StartAsync(1);
        var serializer = cluster.Silos[0].ServiceProvider.GetRequiredService<Serializer>();
        var bytes = serializer.SerializeToArray<object>(new Listed { Value = "value" });
        Assert.IsType<Listed>(serializer.Deserialize<object>(bytes));
        Assert.IsType<OtherListed>(serializer.Deserialize<object>(Rename(bytes, OtherListedName))); // so the name decides
        var refusal = Assert.ThrowsAny<Exception>(() => serializer.Deserialize<object>(Rename(bytes, UnlistedName)));
        Assert.Contains("FileInfo", refusal.Message, StringComparison.Ordinal);
    }

    private static byte[] Rename(byte[] bytes, string name)
    {
        var at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(ListedName));
        Assert.True(at >= 0 && name.Length == ListedName.Length);
        byte[] renamed = [.. bytes];
        Encoding.UTF8.GetBytes(name).CopyTo(renamed, at);
        return renamed;
    }

    private static async Task WriteAsync(IMcCache<string, string> cache)
    {
        await cache.SetAsync("key", "value", new CacheEntryOptions { Tags = ["tag"], TimeToLive = TimeSpan.FromHours(1) }, Token);
        await cache.SetAsync("large", new string('x', 200_000), Token);
        cache.MoveToFirst("large");
        await cache.RemoveAsync("key", Token);
        await cache.RemoveByTagAsync("tag", Token);
        await cache.ClearAsync(Token);
    }

    [GenerateSerializer, Alias(ListedName)]
    internal sealed class Listed
    {
        [Id(0)]
        public string? Value { get; set; }
    }

    [GenerateSerializer, Alias(OtherListedName)]
    internal sealed class OtherListed
    {
        [Id(0)]
        public string? Value { get; set; }
    }

    /// <summary>Changes real frames: bytes anywhere, lengths and kinds where they are, what is missing and what is too much.</summary>
    private sealed class Mutator(int seed)
    {
        private static readonly int[] s_lengths = [0, 1, -1, int.MaxValue, int.MinValue, 65_535, 1 << 20];
        private readonly Random _random = new(seed);

        internal byte[] Mutate(byte[] real)
        {
            byte[] bytes = [.. real];
            for (var changes = _random.Next(1, 4); changes > 0; changes--)
            {
                switch (_random.Next(6))
                {
                    case 0:
                        bytes[_random.Next(bytes.Length)] = (byte)_random.Next(256);
                        break;
                    case 1:
                        bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
                        break;
                    case 2 when bytes.Length >= sizeof(int): // a length, wherever one may be
                        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(_random.Next(bytes.Length - sizeof(int) + 1)), s_lengths[_random.Next(s_lengths.Length)]);
                        break;
                    case 3:
                        bytes = bytes[..Math.Max(1, _random.Next(bytes.Length))];
                        break;
                    case 4:
                        bytes = [.. bytes, .. real.AsSpan(0, _random.Next(real.Length))];
                        break;
                    case 5:
                        bytes[0] = (byte)_random.Next(256);
                        break;
                }
            }

            return bytes;
        }
    }

    private sealed class Recorder(EndpointClient transport) : IMulticastTransport
    {
        private readonly List<Frame> _frames = [];

        /// <summary>The frames that have been sent.</summary>
        internal Frame[] Take()
        {
            lock (_frames)
                return [.. _frames];
        }

        public ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch)
        {
            lock (_frames)
            {
                var reader = new FrameReader(batch.Frames);
                while (reader.TryRead(out var frame))
                {
                    var copy = new Frame(frame.Kind, frame.IsAwaited, frame.Name, frame.Payload);
                    copy.SetNumber(frame.Number, frame.Stamp);
                    _frames.Add(copy);
                }
            }

            return transport.DeliverAsync(destination, batch);
        }

        public ValueTask<byte[]> AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request) => transport.AskAsync(destination, provider, stream, request);

        public void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement) => transport.SendSettled(provider, publisher, receiver, acknowledgement);
    }
}
