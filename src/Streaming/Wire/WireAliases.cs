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
    internal const string SealedGateway = "McCache.ISealedGateway";
    internal const string SealedObserver = "McCache.ISealedObserver";
    internal const string AskMessage = "McCache.AskMessage";
    internal const string SettledMessage = "McCache.SettledMessage";
    internal const string PromiseMessage = "McCache.PromiseMessage";
    internal const string GoodbyeMessage = "McCache.GoodbyeMessage";
    internal const string AttachMessage = "McCache.AttachMessage";
    internal const string RenewMessage = "McCache.RenewMessage";
    internal const string ListenMessage = "McCache.ListenMessage";
    internal const string ClientBatchMessage = "McCache.ClientBatchMessage";
    internal const string ClientSettledMessage = "McCache.ClientSettledMessage";
    internal const string ClientAskMessage = "McCache.ClientAskMessage";
    internal const string DetachMessage = "McCache.DetachMessage";
    internal const string ClientObserverSettledMessage = "McCache.ClientObserverSettledMessage";
    internal const string ClientObserverDetachMessage = "McCache.ClientObserverDetachMessage";
    internal const string SealRefusedException = "McCache.SealRefusedException";
    internal const string GapException = "McCache.MulticastGapException";
    internal const string SubscriptionHandle = "McCache.MulticastSubscriptionHandle`1";
    internal const string StreamReference = "McCache.MulticastStreamReference`1";
}
