using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace McCache.Core.Tests;

/// <summary>Random verbs against the simplest thing that could be right: a list of entries with their expiry.</summary>
public sealed class ModelTests
{
    private sealed class Model
    {
        public List<(int Key, int Value, long Expires)> Entries { get; } = [];

        public long Now { get; set; }

        public long ServeUntil { get; set; } = long.MaxValue;

        public bool Serves => Now < ServeUntil;

        public KeyValuePair<int, int>[] Visible => Serves ? [.. Entries.Where(entry => Now < entry.Expires).Select(entry => new KeyValuePair<int, int>(entry.Key, entry.Value))] : [];

        public int Find(int key) => Entries.FindIndex(entry => entry.Key == key);
    }

    private sealed class Subject
    {
        public FakeTimeProvider Time { get; } = new();

        public LocalCache<int, int> Cache { get; }

        public Subject()
        {
            Cache = new("cache", new CacheOptions { MaxEntries = 1_000 }, Time);
            Cache.Serve(long.MaxValue);
        }
    }

    private static readonly Gen<int> s_key = Gen.Int[0, 12];

    private static readonly GenOperation<Subject, Model>[] s_operations =
    [
        Gen.Select(s_key, Gen.Int[0, 9], Gen.Int[1, 400]).Operation<Subject, Model>(
            (subject, set) => subject.Cache.Set(set.Item1, set.Item2, new CacheEntryOptions { TimeToLive = TimeSpan.FromMilliseconds(set.Item3) }),
            (model, set) => Put(model, set.Item1, set.Item2, model.Now + set.Item3)),
        Gen.Select(s_key, Gen.Int[0, 9]).Operation<Subject, Model>(
            (subject, add) => subject.Cache.TryAdd(add.Item1, add.Item2),
            (model, add) =>
            {
                if (!model.Visible.Any(pair => pair.Key == add.Item1))
                    Put(model, add.Item1, add.Item2, long.MaxValue);
            }),
        s_key.Operation<Subject, Model>((subject, key) => subject.Cache.Remove(key, out _), (model, key) => model.Entries.RemoveAll(entry => entry.Key == key)),
        s_key.Operation<Subject, Model>((subject, key) => subject.Cache.Invalidate(key), (model, key) => model.Entries.RemoveAll(entry => entry.Key == key)),
        Gen.Select(s_key, Gen.Bool).Operation<Subject, Model>(
            (subject, move) => subject.Cache.MoveTo(move.Item1, move.Item2),
            (model, move) =>
            {
                var index = model.Visible.Any(pair => pair.Key == move.Item1) ? model.Find(move.Item1) : -1;
                if (index < 0)
                    return;
                var entry = model.Entries[index];
                model.Entries.RemoveAt(index);
                model.Entries.Insert(move.Item2 ? model.Entries.Count : 0, entry);
            }),
        Gen.Int[1, 300].Operation<Subject, Model>(
            (subject, milliseconds) => subject.Time.Advance(TimeSpan.FromMilliseconds(milliseconds)),
            (model, milliseconds) => model.Now += milliseconds),
        Gen.Int[0, 500].Operation<Subject, Model>(
            (subject, milliseconds) => subject.Cache.Serve(subject.Cache.Now + milliseconds + 1),
            (model, milliseconds) => model.ServeUntil = model.Now + milliseconds + 1),
        Gen.Const(0).Operation<Subject, Model>((subject, _) => subject.Cache.Serve(long.MaxValue), (model, _) => model.ServeUntil = long.MaxValue),
        Gen.Int[1, 5].Operation<Subject, Model>((subject, steps) => subject.Cache.Sweep(steps), (_, _) => { }),
    ];

    [Fact]
    public void Verbs_do_what_the_model_does() => Gen.Const(0).Select(_ => (new Subject(), new Model { Now = 0 })).SampleModelBased(
        s_operations,
        equal: (subject, model) =>
        {
            subject.Cache.Check();
            var visible = model.Visible;
            return subject.Cache.ToArray().SequenceEqual(visible)
                && subject.Cache.Enumerate().SequenceEqual(visible)
                && subject.Cache.Enumerate(backward: true).SequenceEqual(visible.Reverse())
                && Enumerable.Range(0, 13).All(key => subject.Cache.TryGet(key, out var value)
                    ? visible.Contains(new(key, value)) && subject.Cache.IndexOf(key) == Array.FindIndex(visible, pair => pair.Key == key)
                    : !visible.Any(pair => pair.Key == key));
        },
        iter: 5_000,
        threads: 1);

    // An expired predecessor counts as gone, so its key goes to the end.
    private static void Put(Model model, int key, int value, long expires)
    {
        var index = model.Find(key);
        if (index >= 0 && model.Now < model.Entries[index].Expires)
        {
            model.Entries[index] = (key, value, expires);
            return;
        }

        if (index >= 0)
            model.Entries.RemoveAt(index);
        model.Entries.Add((key, value, expires));
    }
}
