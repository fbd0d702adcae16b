namespace McCache.Bench.Large;

/// <summary>What the processes of this benchmark are told to do.</summary>
internal static class LargeOrder
{
    /// <summary>A silo: set a value, and read it. Starts and ends are noted.</summary>
    public const string Put = "put";

    /// <summary>A silo: wait until a read yields the value of a size and round.</summary>
    public const string Await = "await";

    /// <summary>A silo: hash the value that a read yields.</summary>
    public const string Check = "check";

    /// <summary>A silo: set values of 64 bytes, one at a time, for some seconds.</summary>
    public const string Verbs = "verbs";

    /// <summary>A silo: set small values as fast as it goes, in bursts each of which the others have before the next, for some seconds. How many, and how long it took.</summary>
    public const string Flood = "flood";

    /// <summary>A silo: remove the value everywhere.</summary>
    public const string Remove = "remove";

    /// <summary>The primary: count the votes against silos, and silos that are not active.</summary>
    public const string Suspected = "suspected";

    /// <summary>The sender of raw copies: connect.</summary>
    public const string Connect = "connect";

    /// <summary>The sender of raw copies: send, and wait for the receiver's word that all is there.</summary>
    public const string Send = "send";
}
