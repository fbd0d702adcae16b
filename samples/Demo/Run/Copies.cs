using System.Runtime.InteropServices;
using McCache.Demo.Shared;

namespace McCache.Demo.Run;

/// <summary>What the silos' caches hold when every write has completed, compared.</summary>
/// <param name="DigestsEqual">Whether all digests are the same; null where values do not travel.</param>
/// <param name="SequencesEqual">Whether what was replicated stands in the same order on all silos; null where values do not travel.</param>
/// <param name="ReplicatedKeys">Pages that had been replicated and were held, on the silo that had fewest; null where values do not travel.</param>
/// <param name="IncoherentKeys">Pages that are too old on some silo, or, where values travel, not the same on all.</param>
internal sealed record Copies(bool? DigestsEqual, bool? SequencesEqual, int? ReplicatedKeys, int IncoherentKeys)
{
    /// <summary>How long copies may take to become the same.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(100);

    /// <summary>Compares; where values travel again and again until all are the same, or patience ends.</summary>
    public static async Task<Copies> CompareAsync(IReadOnlyCollection<SiloProcess> silos, Coherence coherence, int pages)
    {
        using var timer = new PeriodicTimer(s_period);
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var copies = await AskAsync(silos, isByPage: false);
            if (coherence == Coherence.Invalidate)
                return new Copies(null, null, null, OldPages(copies).Count);
            if (AreSame(copies, copy => (copy.Digest, copy.Contents, copy.Order)))
                return new Copies(true, true, Fewest(copies), OldPages(copies).Count);
            if (patience.IsCancellationRequested)
                return OfDifferent(await AskAsync(silos, isByPage: true), pages);
            await timer.WaitForNextTickAsync();
        }
    }

    private static Task<CopyReport[]> AskAsync(IReadOnlyCollection<SiloProcess> silos, bool isByPage)
        => Task.WhenAll(silos.Select(silo => silo.CompareAsync(isByPage)));

    private static Copies OfDifferent(CopyReport[] copies, int pages)
    {
        var incoherent = OldPages(copies);
        for (var page = 0; page < pages; page++)
        {
            if (!AreSame(copies, copy => MemoryMarshal.Cast<byte, ulong>(copy.Pages)[page]))
                incoherent.Add(page);
        }

        return new Copies(AreSame(copies, copy => copy.Digest), AreSame(copies, copy => copy.Order), Fewest(copies), incoherent.Count);
    }

    private static HashSet<int> OldPages(CopyReport[] copies) => [.. copies.SelectMany(copy => copy.OldPages)];

    private static int Fewest(CopyReport[] copies) => copies.Min(copy => copy.Replicated);

    private static bool AreSame<T>(CopyReport[] copies, Func<CopyReport, T> part)
        where T : IEquatable<T>
        => copies.All(copy => part(copy).Equals(part(copies[0])));
}
