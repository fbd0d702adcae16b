namespace McCache.Core;

/// <summary>Milliseconds that only ever grow: the kernel's tick count, or a test's <see cref="TimeProvider"/>.</summary>
/// <remarks>Read at every hit. The system's clock is read without a virtual call; the branch that tells the two apart never changes its outcome.</remarks>
internal readonly struct MonotonicClock(TimeProvider? time)
{
    private readonly TimeProvider? _time = time == TimeProvider.System ? null : time;

    internal long Now => _time is null ? KernelTicks.Now : _time.GetTimestamp() / (_time.TimestampFrequency / 1_000);
}
