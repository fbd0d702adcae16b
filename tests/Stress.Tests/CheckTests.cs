using System.Reflection;
using McCache.Stress.Shared;
using McCache.Stress.Member;

namespace McCache.Stress.Tests;

/// <summary>The check of P1 itself: a cache that serves what was superseded is found out, one that does not is not.</summary>
public sealed class CheckTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mccache-check-").FullName;
    private readonly SharedKeys _keys;
    private readonly EventRing _ring;
    private readonly Counters _counters = new();
    private readonly CheckedCache _cache;

    public CheckTests()
    {
        _keys = SharedKeys.Create(RunFiles.Keys(_folder), 10);
        _ring = new EventRing(RunFiles.Ring(_folder, new Place(0, 1)));
        var cache = DispatchProxy.Create<IMcCache<string, long>, CacheOfOneValue>();
        ((CacheOfOneValue)(object)cache).Value = 1;
        _cache = new CheckedCache(cache, _keys, _ring, _counters, new ParentLink(), process: 7);
    }

    public void Dispose()
    {
        _keys.Dispose();
        _ring.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Read_of_a_superseded_version_is_stale()
    {
        Write(key: 3, versions: 2);
        _keys.Complete(3, 2);

        Assert.True(_cache.TryRead(3, isRecorded: true));
        Assert.Equal(1, _counters.StaleReads);
        Assert.Contains(_ring.Find(3, 0, long.MaxValue), happened => happened is { Kind: EventKind.Stale, Version: 1, Process: 7 });
    }

    [Fact]
    public void Read_of_a_version_whose_successor_has_not_completed_is_not_stale()
    {
        Write(key: 3, versions: 2);
        _keys.Complete(3, 1);

        Assert.True(_cache.TryRead(3, isRecorded: true));
        Assert.Equal(0, _counters.StaleReads);
    }

    [Fact]
    public void Read_of_a_version_that_nobody_wrote_is_found_out()
    {
        Assert.True(_cache.TryRead(3, isRecorded: true));
        Assert.Equal(1, _counters.StaleReads);
    }

    [Fact]
    public void Completed_version_never_falls()
    {
        _keys.Complete(3, 5);
        _keys.Complete(3, 4);

        Assert.Equal(5, _keys.Completed(3));
    }

    [Fact]
    public void Lock_of_a_process_that_is_gone_is_released()
    {
        Assert.True(_keys.TryLock(3, owner: 1));
        Assert.False(_keys.TryLock(3, owner: 2));
        _keys.ReleaseLocksOf(1);
        Assert.True(_keys.TryLock(3, owner: 2));
    }

    private void Write(int key, int versions)
    {
        for (var i = 0; i < versions; i++)
            _keys.NextVersion(key);
    }

    /// <summary>A cache that has one value under every key, and can do nothing else.</summary>
    public class CacheOfOneValue : DispatchProxy
    {
        public long Value { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Assert.Equal("TryGetValue", targetMethod!.Name);
            args![1] = Value;
            return true;
        }
    }
}
