using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace McCache.Core.Tests;

/// <summary>Random programs, run on a cache and on a list that is too simple to be wrong; every result, and the whole state after every step, must agree.</summary>
public class ModelTests
{
    [Theory]
    [InlineData(null, false)]
    [InlineData(40, false)]
    [InlineData(40, true)]
    public void A_cache_does_what_its_model_does(int? timeToLive, bool updateMovesToLast)
        => Gen.Select(Gen.Int[0, 24], Gen.Int[0, 5], Gen.Int[0, 60]).Array[1, 80].Sample(
            program =>
            {
                var time = new FakeTimeProvider();
                var cache = Caches.Make<int, int>(
                    options =>
                    {
                        options.TimeToLive = timeToLive is { } life ? TimeSpan.FromMilliseconds(life) : null;
                        options.UpdateMovesToLast = updateMovesToLast;
                    },
                    time);
                var model = new Model(cache.Now, timeToLive, updateMovesToLast);
                for (int step = 0; step < program.Length; step++)
                {
                    var (verb, key, argument) = program[step];
                    Step(cache, model, time, verb, key, argument, step);
                    Assert.Equal(model.Visible.Select(item => KeyValuePair.Create(item.Key, item.Value)), cache.ToArray());
                    cache.Order();
                }
            },
            iter: 3_000,
            threads: 1,
            print: program => string.Join("; ", program));

    private static void Step(LocalCache<int, int> cache, Model model, FakeTimeProvider time, int verb, int key, int argument, int value)
    {
        CacheEntryOptions options = new()
        {
            TimeToLive = argument is > 0 and < 30 ? TimeSpan.FromMilliseconds(argument) : null,
            Tags = argument % 3 == 0 ? null : [$"t{argument % 3}"],
        };
        bool last = argument % 2 == 0;
        switch (verb)
        {
            case 0 or 1 or 2:
                cache.Set(key, value, options);
                model.Write(key, value, options);
                break;
            case 3 or 4:
                bool absent = model.Find(key) is null;
                Assert.Equal(absent, cache.TryAdd(key, value, options));
                if (absent)
                {
                    model.Write(key, value, options);
                }

                break;
            case 5:
                bool same = model.Find(key)?.Value == argument;
                Assert.Equal(same, cache.TryUpdate(key, value, argument, options));
                if (same)
                {
                    model.Write(key, value, options);
                }

                break;
            case 6:
                int expected = model.Find(key)?.Value + 100 ?? value;
                Assert.Equal(expected, cache.AddOrUpdate(key, value, (_, old) => old + 100));
                model.Write(key, expected, null);
                break;
            case 7:
                Assert.Equal(model.Find(key) is not null, cache.Remove(key, out int removed));
                Assert.Equal(model.Find(key)?.Value ?? 0, removed);
                model.Remove(key);
                break;
            case 8:
                cache.Invalidate(key);
                model.Remove(key);
                break;
            case 9:
                cache.Evict(key);
                model.Remove(key);
                break;
            case 10 or 11:
                Assert.Equal(model.Find(key) is not null, cache.MoveTo(key, last));
                if (model.Find(key) is { } moved)
                {
                    model.Remove(key);
                    model.Items.Insert(last ? model.Items.Count : 0, moved);
                }

                break;
            case 12:
                var end = last ? model.Visible.LastOrDefault() : model.Visible.FirstOrDefault();
                var peeked = cache.Peek(last);
                Assert.Equal(end?.Key, peeked?.Key);
                if (end is not null)
                {
                    Assert.True(cache.TryPop(peeked!, last));
                    model.Remove(end.Key);
                }

                break;
            case 13 or 14:
                int filled = model.Find(key)?.Value ?? value;
                Assert.Equal(filled, cache.GetOrAdd(key, _ => value, options));
                model.Fill(key, value, options);
                break;
            case 15:
                var fill = cache.GetOrAddAsync(key, value, (_, state, _) => new(state), options);
                Assert.Equal(model.Find(key)?.Value ?? value, fill.Result);
                model.Fill(key, value, options);
                break;
            case 16:
                cache.RemoveByTag($"t{argument % 3}", CacheChangeKind.Removed);
                model.Items.RemoveAll(item => item.Tags.Contains($"t{argument % 3}"));
                break;
            case 17 when argument < 10:
                cache.Clear(CacheChangeKind.Removed);
                model.Items.Clear();
                break;
            case 18 or 19:
                time.Advance(TimeSpan.FromMilliseconds(argument));
                model.Advance(argument);
                break;
            case 20:
                cache.Serve(cache.Now + argument);
                model.ServeUntil = model.Now + argument;
                break;
            case 21 when argument < 10:
                cache.Serve(0);
                model.ServeUntil = 0;
                model.Items.Clear();
                break;
            case 22:
                cache.Serve(long.MaxValue);
                model.ServeUntil = long.MaxValue;
                break;
            case 23:
                cache.Sweep(argument);
                break;
            default:
                Assert.Equal(model.Find(key) is not null, cache.TryGet(key, out int read));
                Assert.Equal(model.Find(key)?.Value ?? 0, read);
                Assert.Equal(model.Find(key) is not null, cache.ContainsKey(key));
                break;
        }
    }

    private sealed record Item(int Key, int Value, long Expires, IReadOnlyList<string> Tags);

    private sealed class Model(long now, int? timeToLive, bool updateMovesToLast)
    {
        internal List<Item> Items { get; } = [];

        internal long Now { get; private set; } = now;

        internal long ServeUntil { get; set; } = long.MaxValue;

        internal IEnumerable<Item> Visible => Now < ServeUntil ? Items : [];

        internal Item? Find(int key) => Visible.FirstOrDefault(item => item.Key == key);

        internal void Remove(int key) => Items.RemoveAll(item => item.Key == key);

        internal void Advance(int milliseconds)
        {
            Now += milliseconds;
            Items.RemoveAll(item => item.Expires <= Now);
        }

        internal void Write(int key, int value, CacheEntryOptions? options)
        {
            if (ServeUntil == 0)
            {
                return;
            }

            double? life = options?.TimeToLive?.TotalMilliseconds ?? timeToLive;
            var item = new Item(key, value, life is null ? long.MaxValue : Now + (long)life, options?.Tags ?? []);
            int place = Items.FindIndex(other => other.Key == key);
            Remove(key);
            Items.Insert(place < 0 || updateMovesToLast ? Items.Count : place, item);
        }

        internal void Fill(int key, int value, CacheEntryOptions options)
        {
            if (Now < ServeUntil && Find(key) is null)
            {
                Write(key, value, options);
            }
        }
    }
}
