namespace McCache;

/// <summary>Options of all caches and multicast streams of a member, bound from the configuration section <c>McCache</c> and checked when the host starts.</summary>
/// <remarks>Every silo of a cluster has the same; one whose <see cref="LeaseDuration"/> differs does not start beside the others.</remarks>
public sealed class McCacheOptions
{
    /// <summary>The configuration section that the options are bound from.</summary>
    public const string Section = "McCache";

    /// <summary>
    /// How long the promises of the others entitle a silo to serve its copies, from 500 ms to 10 minutes. A shorter one lets a silo that is cut off stop serving sooner, and coherent
    /// verbs complete sooner after a silo has died (a tenth more than this after its death is known); a longer one bridges longer pauses. Also what a silo waits before it
    /// starts to serve. Default 3 s.
    /// </summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How often promises are asked for, from 100 ms to half of <see cref="LeaseDuration"/>. Default 1 s.</summary>
    public TimeSpan LeaseRenewal { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether this silo is the only one of its cluster, as in development: it looks at the membership table once, starts to serve at once, asks for no promises, and refuses to start beside
    /// another silo. Default false.
    /// </summary>
    public bool SingleSilo { get; set; }

    /// <summary>
    /// The bytes up to which a serialized value of a replicated cache travels with the news of it, from 1 KiB to 128 KiB. Of a larger one a description travels, and the other members pull the bytes in
    /// chunks, so that nothing small waits behind them. Default 64 KiB.
    /// </summary>
    public int MaxInlineValueBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// The largest serialized value of a replicated cache, from 1 MiB to 16 GiB, and what a member spends at most on bytes that others may pull, and as much again on those that it pulls itself. To set a larger
    /// one fails; another member's larger one is not cached here. Default 512 MiB.
    /// </summary>
    public long MaxLargeValueBytes { get; set; } = 512L * 1024 * 1024;

    /// <summary>
    /// How far ahead of this member's wall clock a version may be, from 1 s to 1 day. The clock of a member that is further ahead is refused and counted; its
    /// invalidations are obeyed all the same, since dropping a copy is harmless. Default 1 minute.
    /// </summary>
    public TimeSpan MaxClockSkew { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The secrets with which the members of the cluster seal what they send each other (AES-256-GCM), each 32 random bytes in base 64, as <c>openssl rand -base64 32</c> makes them; at most 16. The first
    /// seals, all open. Set on every member, clients included, or on none, the default: a member without them can neither read what the others send nor be read. Changes of the configuration take effect
    /// at once, so a secret is changed without a pause: add the new one behind the old everywhere, then put it first everywhere, then take the old one away. From none to some or back takes a restart of all members.
    /// </summary>
    /// <remarks>Sealed is what the members tell each other: changes, values, and what they promise. Calls of grains, of <see cref="ICacheGrain{TKey, TValue}"/> too, are the cluster's own: they need TLS.</remarks>
    public IList<string> EncryptionKeys { get; } = [];

    /// <summary>
    /// Whether this process refuses to start unless its connections are protected by <c>UseMcCacheTls</c> (package <c>McCache.Security</c>). Default false.
    /// </summary>
    public bool RequireTls { get; set; }

    /// <summary>Whether they are.</summary>
    internal bool HasTls { get; set; }
}
