namespace McCache.Streaming;

/// <summary>The names of this project's types on the wire. Never changed, never reused.</summary>
internal static class WireAliases
{
    internal const string Endpoint = "McCache.IMulticastEndpoint";
    internal const string PromiseEndpoint = "McCache.IPromiseEndpoint";
    internal const string Promise = "McCache.Promise";
    internal const string Incarnation = "McCache.Incarnation";
    internal const string Batch = "McCache.Batch";
    internal const string Gap = "McCache.Gap";
    internal const string Acknowledgement = "McCache.Acknowledgement";
    internal const string Lag = "McCache.Lag";
    internal const string GapException = "McCache.MulticastGapException";
    internal const string SubscriptionHandle = "McCache.MulticastSubscriptionHandle`1";
    internal const string StreamReference = "McCache.MulticastStreamReference`1";
}
