using Microsoft.Extensions.DependencyInjection;

namespace McCache.Cluster.Tests;

public interface IFarewellGrain : IGrainWithStringKey
{
    Task StayAsync();
}

/// <summary>Removes its key from the cache when it is deactivated.</summary>
[Orleans.Placement.PreferLocalPlacement]
public sealed class FarewellGrain([FromKeyedServices("cache")] IMcCache<string, int> cache) : Grain, IFarewellGrain
{
    internal static bool HasEnded { get; private set; }

    internal static Exception? Failure { get; private set; }

    public Task StayAsync() => Task.CompletedTask;

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Failure = await Record.ExceptionAsync(() => cache.RemoveAsync(this.GetPrimaryKeyString(), cancellationToken).AsTask());
        HasEnded = true;
    }
}
