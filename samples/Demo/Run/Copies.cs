using System.Runtime.InteropServices;
using McCache.Demo.Shared;

namespace McCache.Demo.Run;

/// <summary>What the caches of silos and clients hold when every write has completed, compared.</summary>
/// <param name="DigestsEqual">Whether all digests are the same; null where values do not travel.</param>
/// <param name="SequencesEqual">Whether what was replicated stands in the same order on all silos; null where values do not travel.</param>
/// <param name="ReplicatedKeys">Pages that had been replicated and were held, on the silo that had fewest; null where values do not travel.</param>
/// <param name="ClientKeys">Pages that a client and some silo held, on the client that had fewest; null without clients.</param>
/// <param name="IncoherentKeys">Pages that are too old somewhere, or, where values travel, not the same on all silos, or not the same on a client as on some silo.</param>
/// <remarks>A client's copy is a near cache in either mode: it takes no part in the comparison of digests and sequences, but what it holds must be what the silos hold.</remarks>
internal sealed record Copies(bool? DigestsEqual, bool? SequencesEqual, int? ReplicatedKeys, int? ClientKeys, int IncoherentKeys)
{
    /// <summary>How long copies may take to become the same.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(100);

    /// <summary>Compares; where values travel again and again until all are the same, or patience ends.</summary>
    public static async Task<Copies> CompareAsync(IReadOnlyCollection<MemberProcess> members, Coherence coherence, int pages)
    {
        MemberProcess[] silos = [.. members.Where(member => !member.IsClient)];
        MemberProcess[] clients = [.. members.Where(member => member.IsClient)];
        var areSame = await BecomeSameAsync(silos, coherence);
        var isByPage = clients.Length > 0 || areSame == false;
        var (ofSilos, ofClients) = (await AskAsync(silos, isByPage), await AskAsync(clients, isByPage));
        HashSet<int> incoherent = [.. ofSilos.Concat(ofClients).SelectMany(copy => copy.OldPages)];
        int? clientKeys = ofClients.Length > 0 ? pages : null;
        foreach (var client in ofClients)
            clientKeys = Math.Min(clientKeys!.Value, CompareWith(ofSilos, client, incoherent));
        if (areSame == false)
            incoherent.UnionWith(Enumerable.Range(0, pages).Where(page => !AreSame(ofSilos, copy => Hashes(copy.Pages)[page])));
        return new Copies(
            areSame == false ? AreSame(ofSilos, copy => copy.Digest) : areSame,
            areSame == false ? AreSame(ofSilos, copy => copy.Order) : areSame,
            areSame is null ? null : ofSilos.Min(copy => copy.Replicated),
            clientKeys,
            incoherent.Count);
    }

    /// <returns>Null where values do not travel.</returns>
    private static async Task<bool?> BecomeSameAsync(MemberProcess[] silos, Coherence coherence)
    {
        if (coherence == Coherence.Invalidate)
            return null;
        using var timer = new PeriodicTimer(s_period);
        using var patience = new CancellationTokenSource(Patience);
        do
        {
            if (AreSame(await AskAsync(silos, isByPage: false), copy => (copy.Digest, copy.Contents, copy.Order)))
                return true;
            await timer.WaitForNextTickAsync();
        }
        while (!patience.IsCancellationRequested);
        return false;
    }

    /// <returns>How many pages the client and some silo hold.</returns>
    private static int CompareWith(CopyReport[] silos, CopyReport client, HashSet<int> incoherent)
    {
        var common = 0;
        for (var page = 0; page < Hashes(client.Held).Length; page++)
        {
            var held = Hashes(client.Held)[page];
            if (held == 0)
                continue;
            ulong[] others = [.. silos.Select(silo => Hashes(silo.Held)[page]).Where(hash => hash != 0)];
            common += others.Length > 0 ? 1 : 0;
            if (others.Any(hash => hash != held))
                incoherent.Add(page);
        }

        return common;
    }

    private static Task<CopyReport[]> AskAsync(MemberProcess[] members, bool isByPage)
        => Task.WhenAll(members.Select(member => member.CompareAsync(isByPage)));

    private static ReadOnlySpan<ulong> Hashes(byte[]? bytes) => MemoryMarshal.Cast<byte, ulong>(bytes);

    private static bool AreSame<T>(CopyReport[] copies, Func<CopyReport, T> part)
        where T : IEquatable<T>
        => copies.All(copy => part(copy).Equals(part(copies[0])));
}
