using System.Diagnostics.Tracing;

namespace McCache.Bench.Scale;

/// <summary>How many bytes this process has sent through sockets, as .NET itself counts them.</summary>
internal sealed class SentBytes : EventListener
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private TaskCompletionSource<double> _next = NewReading();

    /// <summary>The next reading: ten are made a second.</summary>
    public Task<double> ReadAsync()
    {
        lock (_gate)
            return _next.Task.WaitAsync(s_patience);
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "System.Net.Sockets")
            EnableEvents(eventSource, EventLevel.LogAlways, EventKeywords.None, new Dictionary<string, string?> { ["EventCounterIntervalSec"] = "0.1" });
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName != "EventCounters" || eventData.Payload?[0] is not IDictionary<string, object> counter || counter["Name"] is not "bytes-sent")
            return;
        TaskCompletionSource<double> read;
        lock (_gate)
            (read, _next) = (_next, NewReading());
        read.SetResult((double)counter["Mean"]);
    }

    private static TaskCompletionSource<double> NewReading() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
