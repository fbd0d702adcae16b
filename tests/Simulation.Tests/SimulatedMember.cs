using McCache.Core;

namespace McCache.Simulation.Tests;

/// <summary>Who has a cache: a silo, or a client. It runs on the world's queue, by clocks of its own, and may pause or crash.</summary>
internal abstract partial class SimulatedMember
{
    private protected SimulatedMember(World world, SiloAddress address)
    {
        (World, Address, Random) = (world, address, world.Stream(1, address.Generation));
        var rate = 1 + (world.Between(Random, -1, 1) * (world.HasDrift ? 0.01 : 0));
        Time = new MemberTime(world.Queue, rate, TimeSpan.FromSeconds(world.Between(Random, 10, 2_000)), TimeSpan.FromSeconds(world.Between(Random, -1, 1)), Run);
    }

    /// <summary>Of a client: what stands for it on the network.</summary>
    internal SiloAddress Address { get; }

    internal Random Random { get; }

    internal LocalCache<int, int> Local { get; private protected set; } = null!;

    internal IMcCache<int, int> View { get; private protected set; } = null!;

    internal bool IsCrashed { get; private set; }

    internal TimeSpan PausedUntil
    {
        get;
        set
        {
            field = value;
            LastPauseEnds = value > LastPauseEnds ? value : LastPauseEnds;
        }
    }

    /// <summary>When the last thing that waits for a pause to end is done, also of a pause that was cut short.</summary>
    internal TimeSpan LastPauseEnds { get; private set; }

    /// <summary>When it last asked anything that was answered, by its own clock: what it does may rest on nothing else.</summary>
    internal TimeSpan LastHeard { get; private set; } = TimeSpan.MinValue;

    internal bool IsServing => Local.Now < Until;

    /// <summary>How often its entitlement to serve has run out after its start.</summary>
    internal int Lapses { get; private set; }

    /// <summary>For each key the newest write that it has heard of, its own included.</summary>
    internal int[] Reached { get; } = new int[World.Keys];

    private protected World World { get; }

    private protected MemberTime Time { get; }

    /// <summary>Until when it may serve, as its cache was told.</summary>
    private protected long Until { get; private set; }

    /// <summary>Its own monotonic clock.</summary>
    private protected abstract TimeSpan Now { get; }

    /// <summary>Whether it tells others of moves.</summary>
    private protected abstract bool TellsMoves { get; }

    private protected virtual bool JoinsFills => false;

    private protected virtual bool KeepsEarlyFills => false;

    /// <summary>Runs an event of the member, or, when it is paused, does so later.</summary>
    internal void Run(Action action)
    {
        if (IsCrashed)
            return;
        if (PausedUntil > World.Queue.Now)
            World.Queue.After(PausedUntil - World.Queue.Now + TimeSpan.FromTicks(Random.Next(1_000)), () => Run(action));
        else
            action();
    }

    internal void After(double seconds, Action action) => World.Queue.After(TimeSpan.FromSeconds(seconds), () => Run(action));

    internal Task Wait(double seconds)
    {
        var waiting = new TaskCompletionSource();
        After(seconds, waiting.SetResult);
        return waiting.Task;
    }

    internal virtual void Crash() => IsCrashed = true;

    internal void SetWallClock(double seconds) => Time.Skew += TimeSpan.FromSeconds(seconds);

    private protected void Hear(TimeSpan askedAt) => LastHeard = askedAt > LastHeard ? askedAt : LastHeard;

    /// <summary>Its cache is told until when it may serve.</summary>
    private protected void NoteUntil(long until)
    {
        if (Until > 1 && Local.Now >= Until && until > Until)
        {
            Lapses++;
            World.Tally.Add(Seen.Lapsed);
        }

        Until = until;
    }
}
