namespace McCache.Bench.Wire.Paths;

/// <summary>A path as all processes know it, and how it is measured.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Coherence">Of the cache, or what comes nearest to it in another; null for what is no cache.</param>
/// <param name="IsRoundTrip">The time ends when the call has returned, not when the others have noted the write.</param>
/// <param name="IsLoaded">Measured under load too.</param>
/// <param name="IsSlow">It takes its turn every fourth round only, with a quarter of the operations.</param>
internal sealed record PathName(string Name, Coherence? Coherence = null, bool IsRoundTrip = false, bool IsLoaded = false, bool IsSlow = false)
{
    public static readonly PathName TcpOneWay = new("tcp one way", IsLoaded: true);
    public static readonly PathName TcpRoundTrip = new("tcp round trip", IsRoundTrip: true, IsLoaded: true);
    public static readonly PathName ServiceOneWay = new("grain service one way", IsLoaded: true);
    public static readonly PathName ServiceRoundTrip = new("grain service round trip", IsRoundTrip: true, IsLoaded: true);
    public static readonly PathName Grain = new("grain call", IsRoundTrip: true);
    public static readonly PathName Broadcast = new("broadcast channel");
    public static readonly PathName Stream = new("memory stream", IsSlow: true);
    public static readonly PathName QuickStream = new("memory stream, polled every 1 ms", IsSlow: true);
    public static readonly PathName Backplane = new("fusioncache backplane", McCache.Coherence.Invalidate);
    public static readonly PathName SecondLevel = new("fusioncache second level", McCache.Coherence.Replicate);
    private static readonly PathName[] s_visible = [.. Enum.GetValues<Coherence>().Select(coherence => new PathName("mccache visible", coherence, IsLoaded: true))];
    private static readonly PathName[] s_onChange = [.. Enum.GetValues<Coherence>().Select(coherence => new PathName("mccache onchange", coherence))];
    private static readonly PathName[] s_coherent = [.. Enum.GetValues<Coherence>().Select(coherence => new PathName("mccache coherent", coherence, IsRoundTrip: true, IsLoaded: true))];

    /// <summary>In the order in which they take their turns.</summary>
    public static readonly PathName[] All =
    [
        TcpOneWay, ServiceOneWay, .. s_visible, .. s_onChange, Broadcast, Backplane, SecondLevel,
        TcpRoundTrip, ServiceRoundTrip, .. s_coherent, Grain,
        QuickStream, Stream,
    ];

    /// <summary>From 1.</summary>
    public int Index => Array.IndexOf(All, this) + 1;

    public string Mode => Modes.Name(Coherence);

    public bool IsVisible => s_visible.Contains(this);

    public bool IsOnChange => s_onChange.Contains(this);
}
