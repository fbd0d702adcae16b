using System.Globalization;
using McCache.Stress.Shared;

namespace McCache.Stress.Run;

/// <summary>Shows violations: what was read, what should have been, and what happened to the key everywhere before.</summary>
internal sealed class StaleReads(StressOptions options, string folder, TextWriter writer)
{
    private const int MaxShown = 5;
    private const int MaxEvents = 40;
    private static readonly TimeSpan s_before = TimeSpan.FromSeconds(20);

    private readonly Lock _gate = new();
    private int _shown;

    internal void Show(MemberSlot member, StaleRead stale)
    {
        lock (_gate)
        {
            if (_shown++ >= MaxShown)
                return;
            writer.WriteLine(
                $"STALE: {member.Place} (process {member.Process}) read key {stale.Key} by {stale.How}: version {stale.Value}, although {stale.Floor} had completed.");
            foreach (var (place, happened) in History(stale.Key, stale.Start - MonotonicTime.After(0, s_before), stale.End))
                writer.WriteLine(Describe(place, happened, stale.Start));
        }
    }

    /// <summary>Shows a key whose copies differ after quiet: what each silo and client says of it, and what happened to it last.</summary>
    internal void ShowDifference(int key, IEnumerable<string> copies)
    {
        writer.WriteLine($"DIFFERS: key {key}: {string.Join("; ", copies)}.");
        foreach (var (place, happened) in History(key, 0, MonotonicTime.Now))
            writer.WriteLine(Describe(place, happened, MonotonicTime.Now));
    }

    private IEnumerable<(Place Place, StressEvent Event)> History(int key, long from, long to)
    {
        List<(Place Place, StressEvent Event)> events = [];
        foreach (var place in options.Places)
        {
            using var ring = new EventRing(RunFiles.Ring(folder, place));
            events.AddRange(ring.Find(key, from, to).Select(happened => (place, happened)));
        }

        return events.OrderBy(item => item.Event.End).TakeLast(MaxEvents);
    }

    private static string Describe(Place place, StressEvent happened, long origin) => string.Create(
        CultureInfo.InvariantCulture,
        $"    {Milliseconds(happened.Start - origin),12:F3} to {Milliseconds(happened.End - origin),12:F3} ms  "
        + $"{place,-9} process {happened.Process,-3} {happened.Kind,-12} version {happened.Version}");

    private static double Milliseconds(long ticks) => MonotonicTime.Seconds(ticks) * 1_000;
}
