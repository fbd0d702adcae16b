using System.Text.Json;
using McCache.Demo.Run;
using McCache.Demo.Shared;

namespace McCache.Demo.Views;

/// <summary>For programs and logs: progress on stderr, the result on stdout as one line of JSON.</summary>
internal sealed class PlainView : IRunView
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5);

    private readonly RunState _state;

    public PlainView(RunState state)
    {
        _state = state;
        state.Stepped += Console.Error.WriteLine;
    }

    public async Task WatchAsync(Task run)
    {
        using var timer = new PeriodicTimer(s_period);
        while (await Task.WhenAny(run, timer.WaitForNextTickAsync().AsTask()) != run)
        {
            var reports = _state.Members.Select(member => member.Report).ToArray();
            var (requests, stale) = (reports.Sum(report => report.Requests), reports.Sum(report => report.StaleReads));
            if (reports.Any(report => report.Phase == MemberPhase.Replaying))
                Console.Error.WriteLine($"{reports.Max(report => report.Seconds),6:0} s: {requests:N0} requests, {stale:N0} stale reads");
        }
    }

    public void Close(Outcome outcome)
    {
        Console.Error.WriteLine(Verdict.Of(outcome));
        if (outcome.Summary is { } summary)
            Console.Out.WriteLine(JsonSerializer.Serialize(summary, MessageContext.Default.Summary));
    }
}
