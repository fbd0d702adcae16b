using System.Diagnostics;

namespace McCache.Bench.Processes;

/// <summary>A child's pipes to its parent: orders come in, each is begun when it comes, and answered when it has been carried out.</summary>
internal static class ParentLink
{
    private static readonly Lock s_gate = new();
    private static readonly TextReader s_in = Console.In;
    private static readonly TextWriter s_out = Console.Out;

    public static string? ReadSettings() => s_in.ReadLine();

    public static void Send(Answer answer)
    {
        lock (s_gate)
        {
            s_out.WriteLine(JsonLines.ToLine(answer));
            s_out.Flush();
        }
    }

    /// <summary>Returns when the parent is gone, or wants this child to end.</summary>
    public static async Task ListenAsync(Func<Order, Task<Answer>> carryOut)
    {
        await Task.Yield();
        while (await s_in.ReadLineAsync() is { } line)
            _ = AnswerAsync(JsonLines.FromLine<Order>(line), carryOut);
    }

    private static async Task AnswerAsync(Order order, Func<Order, Task<Answer>> carryOut)
    {
        var start = Stopwatch.GetTimestamp();
        Answer answer;
        try
        {
            answer = await carryOut(order);
        }
#pragma warning disable CA1031 // Told to the parent.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            answer = new Answer(order.Id, start, Error: $"{exception.GetType().Name}: {exception.Message}");
        }

        Send(answer with { Id = order.Id });
    }
}
