namespace McCache;

/// <summary>Options of all caches of a member, bound from the configuration section <c>McCache</c> and checked when the silo starts.</summary>
public sealed class McCacheOptions
{
    /// <summary>The configuration section that the options are bound from.</summary>
    public const string Section = "McCache";

    /// <summary>
    /// How far ahead of this member's wall clock a version may be, from 1 s to 1 day. The clock of a member that is further ahead is refused and counted; its
    /// invalidations are obeyed all the same, since dropping a copy is harmless. Default 1 minute.
    /// </summary>
    public TimeSpan MaxClockSkew { get; set; } = TimeSpan.FromMinutes(1);
}
