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
    internal const string Refusal = "McCache.Refusal";
    internal const string Attachment = "McCache.Attachment";
    internal const string Interest = "McCache.Interest";
    internal const string Grant = "McCache.Grant";
    internal const string Gateway = "McCache.IMulticastGateway";
    internal const string ClientObserver = "McCache.IMulticastClientObserver";
    internal const string GapException = "McCache.MulticastGapException";
    internal const string SubscriptionHandle = "McCache.MulticastSubscriptionHandle`1";
    internal const string StreamReference = "McCache.MulticastStreamReference`1";
}
