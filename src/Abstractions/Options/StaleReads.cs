namespace McCache;

/// <summary>What a read does while a member is not entitled to serve its copies.</summary>
public enum StaleReads
{
    /// <summary>It misses. After a coherent verb no member anywhere yields what the verb has superseded.</summary>
    Miss = 0,

    /// <summary>It is served all the same, so a member that is cut off goes on with what it has. The coherent verbs speak of the members that can be reached only.</summary>
    Serve = 1,
}
