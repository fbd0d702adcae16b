using System.Diagnostics;
using System.IO.Hashing;
using McCache.Client;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace McCache.Cluster.Tests;

/// <summary>P3 on real silos: once writes stop, all members hold the same entries in the same order; nothing is torn, and nothing that was removed comes back.</summary>
public sealed class ReplicationTests(ITestOutputHelper output)
{
    private const string Name = "replicated";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ten_thousand_random_operations_end_the_same_on_three_silos()
    {
        await using var cluster = await StartAsync(3);
        var load = new Load(Random.Shared.Next(1_000_000), 10_000);
        output.WriteLine($"seed {load.Seed}");
        await load.RunAsync(() => cluster.Silos).WaitAsync(s_limit * 4, Token);
        await AssertSameAsync(cluster.Silos, load);
        Assert.Equal(10_000, load.Done);
        Assert.All(cluster.Silos, silo => Assert.Equal((0, 0), (Replica(silo).Replica.LostHoles, Cache(silo).Statistics.UnreadableValues)));
    }

    [Fact]
    public async Task A_silo_that_joins_under_load_ends_the_same()
    {
        await using var cluster = await StartAsync(3);
        var load = new Load(Random.Shared.Next(1_000_000), int.MaxValue);
        output.WriteLine($"seed {load.Seed}");
        InProcessSiloHandle[] silos = [.. cluster.Silos];
        var running = load.RunAsync(() => Volatile.Read(ref silos));
        await UntilAsync(() => load.Done > 1_000, "the load runs");
        var fourth = await cluster.Host.StartAdditionalSiloAsync();
        Volatile.Write(ref silos, [.. silos, fourth]);
        var done = load.Done;
        await UntilAsync(() => load.Done > done + 2_000, "the load runs on");
        load.Stop();
        await running.WaitAsync(s_limit, Token);
        await AssertSameAsync(silos, load);
        Assert.True(Replica(fourth).Replica.Reconciliations > 0);
    }

    [Fact]
    public async Task Silos_that_join_a_quiet_cluster_take_everything_and_take_nothing_away()
    {
        await using var cluster = await StartAsync(1);
        for (var i = 0; i < 100; i++)
            Cache(cluster.Silos[0])[$"{i}"] = Load.Value(i);
        var all = Cache(cluster.Silos[0]).ToArray();
        for (var silos = 2; silos <= 4; silos++)
        {
            await cluster.Host.StartAdditionalSiloAsync();
            await UntilAsync(() => cluster.Silos.All(silo => Replica(silo).IsWhole && Replica(silo).Local.Floor > Replica(silo).Local.Collect(0, ulong.MaxValue, 1_000).Keys.Max(key => key.Version.Timestamp)), "all floors are past");
            var rounds = cluster.Silos.Select(silo => Wire.Of(silo).Questions + 3).ToArray();
            await UntilAsync(() => cluster.Silos.Zip(rounds).All(pair => Wire.Of(pair.First).Questions > pair.Second), "they have compared what they have");
            Assert.All(cluster.Silos, silo => Assert.Equal(all, Cache(silo).ToArray()));
        }
    }

    [Fact]
    public async Task A_silo_that_is_killed_under_load_leaves_the_others_the_same()
    {
        await using var cluster = await StartAsync(3);
        var load = new Load(Random.Shared.Next(1_000_000), int.MaxValue);
        output.WriteLine($"seed {load.Seed}");
        InProcessSiloHandle[] silos = [.. cluster.Silos];
        var running = load.RunAsync(() => Volatile.Read(ref silos));
        await UntilAsync(() => load.Done > 1_000, "the load runs");
        var killing = silos[2].StopSiloAsync(stopGracefully: false); // while it is written on
        await UntilAsync(() => killing.IsCompleted, "it is dead");
        await killing;
        Volatile.Write(ref silos, silos[..2]);
        var done = load.Done;
        await UntilAsync(() => load.Done > done + 1_000, "the load runs on");
        load.Stop();
        await running.WaitAsync(s_limit, Token);
        await AssertSameAsync(silos, load);
    }

    [Fact]
    public async Task A_large_value_is_served_by_all_and_leaves_nothing_behind()
    {
        await using var cluster = await StartAsync(3);
        var value = Bytes(16 * 1024 * 1024);
        var large = cluster.Silos.Select(silo => CacheCluster.Cache<string, byte[]>(silo, "large")).ToArray();
        await large[0].SetAsync("16 MB", value, Token);
        await large[1].SetAsync("small", [1], Token);
        await UntilAsync(() => large.All(cache => cache.ContainsKey("16 MB")), "all have it");
        Assert.All(large, cache => Assert.True(value.AsSpan().SequenceEqual(cache["16 MB"])));
        Assert.Equal((1, 0), (Large(cluster.Silos[1]).Replica.Pulled, Large(cluster.Silos[1]).Replica.Refused));
        Assert.InRange(Large(cluster.Silos[0]).LargeBytes, value.Length, value.Length + 100); // kept for who asks next
        foreach (var silo in cluster.Silos)
            Large(silo).KeptFor = TimeSpan.FromMilliseconds(100);
        await UntilAsync(() => cluster.Silos.All(silo => Large(silo).LargeBytes == 0), "nothing is kept");
        Assert.True(value.AsSpan().SequenceEqual(large[1]["16 MB"]));
        await large[2].RemoveAsync("16 MB", Token);
        Assert.All(large, cache => Assert.Equal(["small"], cache.Keys));
        var fourth = await cluster.Host.StartAdditionalSiloAsync();
        Assert.Equal(["small"], CacheCluster.Cache<string, byte[]>(fourth, "large").Keys);
    }

    [Fact]
    public async Task A_silo_that_joins_gets_a_large_value_from_whoever_has_it()
    {
        await using var cluster = await StartAsync(2);
        var value = Bytes(5_000_000);
        await CacheCluster.Cache<string, byte[]>(cluster.Silos[0], "large").SetAsync("5 MB", value, Token);
        var second = CacheCluster.Cache<string, byte[]>(cluster.Silos[1], "large");
        await UntilAsync(() => second.ContainsKey("5 MB"), "the second has it");
        await cluster.Host.StopSiloAsync(cluster.Silos[0]);
        var third = await cluster.Host.StartAdditionalSiloAsync();
        var cache = CacheCluster.Cache<string, byte[]>(third, "large");
        await UntilAsync(() => cache.ContainsKey("5 MB"), "the third has it");
        Assert.True(value.AsSpan().SequenceEqual(cache["5 MB"]));
        Assert.True(value.AsSpan().SequenceEqual(second["5 MB"]));
    }

    [Fact]
    public async Task A_source_that_is_killed_while_it_is_asked_is_replaced_by_another()
    {
        await using var cluster = await StartAsync(3);
        var value = Bytes(8 * 1024 * 1024);
        var caches = cluster.Silos.Select(silo => CacheCluster.Cache<string, byte[]>(silo, "large")).ToArray();
        var (writer, third) = (cluster.Silos[0], cluster.Silos[2]);
        var wire = Wire.Of(third);
        var chunks = 0;
        var isStuck = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        wire.Asking = async (destination, request) =>
        {
            if (destination.Equals(writer.SiloAddress) && Large(third).LargeBytes > 0 && Interlocked.Increment(ref chunks) > 16)
            {
                isStuck.TrySetResult();
                await Task.Delay(Timeout.Infinite, wire.Released).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw new TimeoutException("on purpose");
            }
        };
        await caches[0].SetAsync("8 MB", value, Token);
        await isStuck.Task.WaitAsync(s_limit, Token);
        await UntilAsync(() => caches[1].ContainsKey("8 MB"), "the second has it");
        await writer.StopSiloAsync(stopGracefully: false);
        Assert.False(caches[2].ContainsKey("8 MB"));
        wire.Release();
        await UntilAsync(() => caches[2].ContainsKey("8 MB"), "the third has it");
        Assert.True(value.AsSpan().SequenceEqual(caches[2]["8 MB"]));
        Assert.Equal(0, Large(third).Replica.Refused);
        await UntilAsync(() => Large(third).LargeBytes == 0, "the third holds nothing but the entry");
    }

    [Fact]
    public async Task A_silo_whose_lane_has_overflowed_is_hidden_repaired_and_the_same()
    {
        await using var cluster = await StartAsync(3, silo => silo.Services.Configure<MulticastOptions>(CacheMember.ProviderName, options => options.MaxLaneFrames = 1_000));
        var silos = cluster.Silos.ToArray();
        var load = new Load(Random.Shared.Next(1_000_000), 4_000);
        output.WriteLine($"seed {load.Seed}");
        Cache(silos[2])["before"] = Load.Value(1);
        var (wire, cut) = (Wire.Of(silos[0]), silos[2].SiloAddress);
        wire.Cut = cut;
        await new Load(load.Seed, 3_000).RunAsync(() => [silos[0]], isAwaiting: false).WaitAsync(s_limit, Token);
        await UntilAsync(() => Member(silos[0]).GetStatistics().Published > 1_100, "more than a lane holds");
        wire.Cut = null;
        await UntilAsync(() => Replica(silos[2]).Replica.Holes > 0, "it knows of a hole");
        await load.RunAsync(() => silos).WaitAsync(s_limit, Token);
        await AssertSameAsync(silos, load);
        Assert.Equal(0, Replica(silos[2]).Replica.LostHoles);
    }

    // ---------------------------------------------------------------------------------------------------------------------------------------

    private static Task<CacheCluster> StartAsync(int silos, Action<ISiloBuilder>? configure = null)
        => CacheCluster.StartAsync(silos, silo =>
        {
            silo.Services.AddSingleton<IMulticastTransport, Wire>();
            silo.AddMcCache(caches => caches
                .Add<string, string>(Name, options => options.Coherence = Coherence.Replicate)
                .Add<string, byte[]>("large", options => options.Coherence = Coherence.Replicate));
            configure?.Invoke(silo);
        });

    private static IMcCache<string, string> Cache(InProcessSiloHandle silo) => CacheCluster.Cache<string, string>(silo, Name);

    private static ReplicatedCache<string, string> Replica(InProcessSiloHandle silo)
        => (ReplicatedCache<string, string>)silo.ServiceProvider.GetRequiredService<CacheMember>().Get<string, string>(Name);

    private static ReplicatedCache<string, byte[]> Large(InProcessSiloHandle silo)
        => (ReplicatedCache<string, byte[]>)silo.ServiceProvider.GetRequiredService<CacheMember>().Get<string, byte[]>("large");

    private static SiloMember Member(InProcessSiloHandle silo) => (SiloMember)silo.ServiceProvider.GetRequiredKeyedService<IMulticastChannel>(CacheMember.ProviderName);

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        for (var watch = Stopwatch.StartNew(); !condition();)
        {
            Assert.True(watch.Elapsed < s_limit, what);
            await Task.Delay(5, Token);
        }
    }

    private static async Task AssertSameAsync(IReadOnlyList<InProcessSiloHandle> silos, Load load)
    {
        await UntilAsync(() => silos.All(silo => Replica(silo).IsWhole) && silos.Select(silo => Replica(silo).Digest()).Distinct().Count() == 1, $"the digests are equal, seed {load.Seed}");
        var first = Cache(silos[0]).ToArray();
        foreach (var silo in silos)
        {
            Replica(silo).Local.Check();
            Assert.Equal(first, Cache(silo).ToArray());
            Assert.Equal(0, Cache(silo).Statistics.UnreadableValues);
        }

        Assert.All(first, pair => Assert.True(Load.IsWhole(pair.Value), $"{pair.Key} is torn, seed {load.Seed}"));
        Assert.All(load.Removed, key => Assert.DoesNotContain(first, pair => pair.Key == key));
        Assert.NotEmpty(load.Removed);
        Assert.NotEmpty(first);
        Assert.Empty(load.Violations);
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        Random.Shared.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Random operations on all members at once. Some keys are set once, then removed coherently, and never set again.</summary>
    private sealed class Load(int seed, int operations)
    {
        private const int Workers = 6;
        private const int Keys = 200;
        private int _begun, _done;
        private bool _isStopped;

        internal int Seed => seed;

        internal int Done => Volatile.Read(ref _done);

        /// <summary>Keys that were removed for good: the removal has completed.</summary>
        internal System.Collections.Concurrent.ConcurrentQueue<string> Removed { get; } = [];

        internal System.Collections.Concurrent.ConcurrentQueue<string> Violations { get; } = [];

        internal void Stop() => Volatile.Write(ref _isStopped, true);

        internal Task RunAsync(Func<IReadOnlyList<InProcessSiloHandle>> silos, bool isAwaiting = true)
            => Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(worker, silos, isAwaiting))));

        internal static string Value(int number)
        {
            var text = new string((char)('a' + (number % 26)), number % 300) + number;
            return $"{XxHash3.HashToUInt64(System.Text.Encoding.UTF8.GetBytes(text))}:{text}";
        }

        internal static bool IsWhole(string value)
            => value.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && value[..colon] == $"{XxHash3.HashToUInt64(System.Text.Encoding.UTF8.GetBytes(value[(colon + 1)..]))}";

        private async Task WorkAsync(int worker, Func<IReadOnlyList<InProcessSiloHandle>> silos, bool isAwaiting)
        {
#pragma warning disable CA5394 // No secret.
            var random = new Random(seed + worker);
            for (var own = 0; !Volatile.Read(ref _isStopped) && Interlocked.Increment(ref _begun) <= operations; own++)
            {
                var members = silos();
                var (member, key, number, verb) = (members[random.Next(members.Count)], $"{random.Next(Keys)}", random.Next(1_000_000), random.Next(1_000));
                try
                {
                    var cache = Cache(member);
                    if (isAwaiting && verb < 60)
                        await RemoveForGoodAsync(cache, $"once {worker} {own}", number);
                    else if (isAwaiting && verb < 160)
                        await cache.SetAsync(key, Value(number));
                    else if (isAwaiting && verb < 200)
                        await cache.RemoveAsync(key);
                    else
                        Write(cache, key, number, verb);
                    foreach (var value in cache.TryGetValue(key, out var read) ? (string[])[read] : [])
                    {
                        if (!IsWhole(value))
                            Violations.Enqueue($"seed {seed}: {key} is torn");
                    }

                    Interlocked.Increment(ref _done);
                }
                catch (InvalidOperationException)
                {
                    // That silo has ended.
                }

                if (own % 64 == 0)
                    await Task.Yield();
            }
#pragma warning restore CA5394
        }

        private async Task RemoveForGoodAsync(IMcCache<string, string> cache, string key, int number)
        {
            if (number % 2 == 0)
                await cache.SetAsync(key, Value(number));
            else
                cache[key] = Value(number);
            await cache.RemoveAsync(key);
            Removed.Enqueue(key);
            if (cache.ContainsKey(key))
                Violations.Enqueue($"seed {seed}: {key} is there after its removal");
        }

        private static void Write(IMcCache<string, string> cache, string key, int number, int verb)
        {
            switch (verb)
            {
                case < 500: cache[key] = Value(number); break;
                case < 600: cache.Remove(key); break;
                case < 700: cache.MoveToFirst(key); break;
                case < 800: cache.MoveToLast(key); break;
                case < 840: cache.TryPopFirst(out _); break;
                case < 880: cache.TryPopLast(out _); break;
                case < 960: cache.AddOrUpdate(key, Value(number), (_, _) => Value(number + 1)); break;
                case < 998: cache.Set(key, Value(number), new CacheEntryOptions { Tags = ["t"] }); break;
                case < 999: cache.RemoveByTagAsync("t").AsTask().Ignore(); break;
                default: cache.Clear(); break;
            }
        }
    }

    /// <summary>The way from one silo to the others, which a test can cut and slow down.</summary>
    private sealed class Wire(EndpointClient transport) : IMulticastTransport, IDisposable
    {
        private readonly CancellationTokenSource _released = new();
        private int _questions;

        internal SiloAddress? Cut { get; set; }

        /// <summary>Runs before a question is sent.</summary>
        internal Func<SiloAddress, byte[], Task>? Asking { get; set; }

        /// <summary>How many questions have been answered.</summary>
        internal int Questions => Volatile.Read(ref _questions);

        internal CancellationToken Released => _released.Token;

        internal static Wire Of(InProcessSiloHandle silo) => (Wire)silo.ServiceProvider.GetRequiredService<IMulticastTransport>();

        internal void Release() => _released.Cancel();

        public void Dispose() => _released.Dispose();

        public ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch)
            => destination.Equals(Cut) ? throw new TimeoutException("on purpose") : transport.DeliverAsync(destination, batch);

        public async ValueTask<byte[]> AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request)
        {
            if (Asking is { } asking)
                await asking(destination, request);
            var answer = await transport.AskAsync(destination, provider, stream, request);
            Interlocked.Increment(ref _questions);
            return answer;
        }

        public void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
        {
            if (!publisher.Silo.Equals(Cut))
                transport.SendSettled(provider, publisher, receiver, acknowledgement);
        }
    }
}
