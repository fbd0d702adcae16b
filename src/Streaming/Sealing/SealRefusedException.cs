namespace McCache.Streaming;

/// <summary>A member has refused a message of another, or its answer, because of how it was sealed.</summary>
[GenerateSerializer, Immutable, Alias(WireAliases.SealRefusedException)]
internal sealed class SealRefusedException(SealRefusal reason) : InvalidOperationException(reason switch
{
    SealRefusal.Mode => "One of two members seals its messages and the other does not: McCache:EncryptionKeys has to be set on all members of a cluster, clients included, or on none.",
    SealRefusal.UnknownKey => "A message was sealed with a secret that the other member does not have: every member of a cluster has to know the first of each other member's McCache:EncryptionKeys.",
    SealRefusal.Replayed => "A sealed message came twice.",
    _ => "A sealed message was changed on the way, or was for another member.",
})
{
    [Id(0)]
    internal SealRefusal Reason { get; } = reason;
}
