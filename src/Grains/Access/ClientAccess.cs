using McCache.Client;
using McCache.Streaming;

namespace McCache.Grains;

/// <summary>What the authorizer says of clients that have copies. A stream of another provider, or of no cache, asks for nothing but to attach.</summary>
internal sealed class ClientAccess(IServiceProvider services) : IClientAccess
{
    private AccessControl Control => field ??= services.GetRequiredService<AccessControl>(); // which needs the member that needs this

    public void CheckAttach(string provider, string client) => Check(McCacheOperation.Attach, client, null);

    public void CheckHear(string provider, StreamId stream, string client) => CheckStream(McCacheOperation.Read, provider, stream, client);

    public void CheckPublish(string provider, StreamId stream, string client) => CheckStream(McCacheOperation.Write, provider, stream, client);

    private void CheckStream(McCacheOperation operation, string provider, StreamId stream, string client)
    {
        if (provider == CacheMember.ProviderName && stream.GetNamespace() == CacheMember.StreamNamespace)
            Check(operation, client, stream.GetKeyAsString());
    }

    private void Check(McCacheOperation operation, string client, string? cache) => Control.Check(new(operation, new(McCacheCallerKind.Client, client), cache));
}
