using System.Runtime.CompilerServices;

namespace McCache.Core.Tests;

/// <summary>The table under keys whose hashes are bad, where groups overflow, wrap around, and empty again.</summary>
public sealed class TableTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(-1)]
    public void Keys_that_collide_are_told_apart(int hashes)
    {
        int seed = Random.Shared.Next(1_000_000);
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var cache = Caches.Make<Clumsy, int>();
        var model = new Dictionary<Clumsy, int>();
        for (int step = 0; step < 20_000; step++)
        {
            var key = new Clumsy(random.Next(step % 2_000 < 1_000 ? 200 : 20), hashes);
            if (random.Next(3) == 0)
            {
                Assert.Equal(model.Remove(key), cache.Remove(key, out _));
            }
            else
            {
                cache.Set(key, model[key] = step);
            }

            var other = new Clumsy(random.Next(300), hashes);
            Assert.Equal(model.TryGetValue(other, out int expected), cache.TryGet(other, out int value));
            Assert.Equal(expected, value);
            if (step % 500 == 0)
            {
                cache.Check();
            }
        }

        Assert.Equal(model.Count, cache.Count);
    }

    [Fact]
    public async Task A_key_that_stays_is_found_while_the_table_grows_and_others_come_and_go()
    {
        for (int round = 0; round < 20; round++)
        {
            var cache = Caches.Make<Clumsy, int>(options => options.MaxEntries = 1_000_000);
            Clumsy[] staying = [.. Enumerable.Range(0, 40).Select(number => new Clumsy(number, 7))];
            Array.ForEach(staying, key => cache.Set(key, key.Number));
            using var done = new CancellationTokenSource();
            using var begun = new ManualResetEventSlim();
            var reading = Task.Run(
                () =>
                {
                    for (long reads = 0; !done.IsCancellationRequested; reads++)
                    {
                        var key = staying[reads % staying.Length];
                        Assert.True(cache.TryGet(key, out int value), "It is there.");
                        Assert.Equal(key.Number, value);
                        begun.Set();
                    }
                },
                TestContext.Current.CancellationToken);
            Assert.True(begun.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            for (int number = 100; number < 5_000; number++)
            {
                cache.Set(new(number, 1_000), number);
                cache.Remove(new(number - 50, 1_000), out _);
                cache.Set(staying[number % staying.Length], number % staying.Length);
            }

            await done.CancelAsync();
            await reading;
            cache.Check();
        }
    }

    [Fact]
    public void Texts_that_differ_in_few_bits_have_different_hashes()
    {
        string[] texts = [.. from a in Enumerable.Range(0x4E, 20) from b in Enumerable.Range(0x4E, 20) from c in Enumerable.Range(0x4E, 20) select new string([.. "abcdefghijklmnop".Select((letter, index) => (char)(index switch { 3 => a << 8, 7 => b << 8, 11 => c << 8, _ => letter }))])];
        foreach (int length in (int[])[1, 2, 3, 4, 7, 8, 12, 16])
        {
            var some = texts.Select(text => text[..length]).ToHashSet();
            Assert.InRange(some.Select(KeyHash.Of).Distinct().Count(), some.Count * 0.99, some.Count);
            Assert.InRange(some.Select(text => KeyHash.Of(text) & 0xFFFF).Distinct().Count(), some.Count * 0.25, some.Count); // regular texts share some by chance; a bad hash leaves one in fifty
        }

        string[] suffixed = [.. Enumerable.Range(0, 5_000).Select(number => $"a key of more than sixteen characters {number}")];
        Assert.InRange(suffixed.Select(KeyHash.Of).Distinct().Count(), suffixed.Length * 0.99, suffixed.Length);
    }

    private readonly record struct Clumsy(int Number, int Hashes)
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public override int GetHashCode() => Hashes < 0 ? -1 : Number % Hashes;
    }
}
