namespace McCache;

/// <summary>What the other members do when one writes to a cache.</summary>
public enum Coherence
{
    /// <summary>They drop their copy, and read the source again when somebody asks for it. Values never travel, so they need no serializer.</summary>
    Invalidate = 0,

    /// <summary>They take the value, so that every member holds the same entries in the same order.</summary>
    Replicate = 1,
}
