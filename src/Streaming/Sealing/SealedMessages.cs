namespace McCache.Streaming;

// The calls between members as messages, for where they are sealed. Each is the call of the same name.

/// <inheritdoc cref="IMulticastEndpoint.Ask"/>
[GenerateSerializer, Immutable, Alias(WireAliases.AskMessage)]
internal sealed record AskMessage([property: Id(0)] string Provider, [property: Id(1)] byte[] Stream, [property: Id(2)] byte[] Request);

/// <inheritdoc cref="IMulticastEndpoint.Settled"/>
[GenerateSerializer, Immutable, Alias(WireAliases.SettledMessage)]
internal sealed record SettledMessage(
    [property: Id(0)] string Provider, [property: Id(1)] Incarnation Publisher, [property: Id(2)] SiloAddress Receiver, [property: Id(3)] Acknowledgement Acknowledgement);

/// <inheritdoc cref="IPromiseEndpoint.Ask"/>
[GenerateSerializer, Immutable, Alias(WireAliases.PromiseMessage)]
internal sealed record PromiseMessage([property: Id(0)] SiloAddress Asker, [property: Id(1)] MembershipVersion Version, [property: Id(2)] TimeSpan Duration);

/// <inheritdoc cref="IPromiseEndpoint.Goodbye"/>
[GenerateSerializer, Immutable, Alias(WireAliases.GoodbyeMessage)]
internal sealed record GoodbyeMessage([property: Id(0)] SiloAddress Silo, [property: Id(1)] bool IsDrained);

/// <inheritdoc cref="IMulticastGateway.Attach"/>
/// <remarks>The label is who the client is: what is for it is sealed for that.</remarks>
[GenerateSerializer, Immutable, Alias(WireAliases.AttachMessage)]
internal sealed record AttachMessage(
    [property: Id(0)] string Provider,
    [property: Id(1)] ulong Id,
    [property: Id(2)] TimeSpan Duration,
    [property: Id(3)] Interest Interest,
    [property: Id(4)] ISealedObserver Client,
    [property: Id(5)] byte[] Label);

/// <inheritdoc cref="IMulticastGateway.Renew"/>
[GenerateSerializer, Immutable, Alias(WireAliases.RenewMessage)]
internal sealed record RenewMessage([property: Id(0)] Attachment Attachment, [property: Id(1)] TimeSpan Duration);

/// <inheritdoc cref="IMulticastGateway.Listen"/>
[GenerateSerializer, Immutable, Alias(WireAliases.ListenMessage)]
internal sealed record ListenMessage([property: Id(0)] Attachment Attachment, [property: Id(1)] Interest Interest);

/// <inheritdoc cref="IMulticastGateway.Deliver"/>
[GenerateSerializer, Immutable, Alias(WireAliases.ClientBatchMessage)]
internal sealed record ClientBatchMessage([property: Id(0)] Attachment Attachment, [property: Id(1)] Batch Batch);

/// <inheritdoc cref="IMulticastGateway.Settled"/>
[GenerateSerializer, Immutable, Alias(WireAliases.ClientSettledMessage)]
internal sealed record ClientSettledMessage([property: Id(0)] Attachment Attachment, [property: Id(1)] Acknowledgement Acknowledgement);

/// <inheritdoc cref="IMulticastGateway.Ask"/>
[GenerateSerializer, Immutable, Alias(WireAliases.ClientAskMessage)]
internal sealed record ClientAskMessage([property: Id(0)] Attachment Attachment, [property: Id(1)] byte[] Stream, [property: Id(2)] byte[] Request);

/// <inheritdoc cref="IMulticastGateway.Detach"/>
[GenerateSerializer, Immutable, Alias(WireAliases.DetachMessage)]
internal sealed record DetachMessage([property: Id(0)] Attachment Attachment);

/// <inheritdoc cref="IMulticastClientObserver.Settled"/>
[GenerateSerializer, Immutable, Alias(WireAliases.ClientObserverSettledMessage)]
internal sealed record ClientObserverSettledMessage([property: Id(0)] ulong Id, [property: Id(1)] Acknowledgement Acknowledgement);

/// <inheritdoc cref="IMulticastClientObserver.Detach"/>
[GenerateSerializer, Immutable, Alias(WireAliases.ClientObserverDetachMessage)]
internal sealed record ClientObserverDetachMessage([property: Id(0)] ulong Id);
