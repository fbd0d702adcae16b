using System.Runtime.CompilerServices;

namespace McCache.Tests;

/// <summary>Several silos, and properties that are computed for a minute, share the threads of one process, and some tests hold one up: on two cores the pool begins with two.</summary>
internal static class Threads
{
    [ModuleInitializer]
    internal static void Provide() => ThreadPool.SetMinThreads(16, 16);
}
