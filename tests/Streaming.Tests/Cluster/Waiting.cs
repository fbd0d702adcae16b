namespace McCache.Streaming.Tests;

/// <summary>Waiting that ends: a test that would hang fails instead.</summary>
internal static class Waiting
{
    internal static Task InTime(this Task task) => task.WaitAsync(MulticastCluster.Limit, TestContext.Current.CancellationToken);

    internal static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(MulticastCluster.Limit, TestContext.Current.CancellationToken);

    internal static Task InTime(this ValueTask task) => task.AsTask().InTime();

    internal static Task<T> InTime<T>(this ValueTask<T> task) => task.AsTask().InTime();
}
