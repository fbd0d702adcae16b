using System.Runtime.CompilerServices;

namespace McCache.Streaming.Tests;

/// <summary>Several silos, and properties that are computed for a minute, share the threads of one process: on two cores the pool begins with two.</summary>
internal static class Threads
{
    [ModuleInitializer]
    internal static void Provide() => ThreadPool.SetMinThreads(16, 16);
}
