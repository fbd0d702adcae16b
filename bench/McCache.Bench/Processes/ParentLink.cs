using System.Diagnostics;

namespace McCache.Bench.Processes;

/// <summary>A child's pipes to its parent: orders come in, each is begun when it comes, and answered when it has been carried out.</summary>
internal static class ParentLink
{
    private static readonly Lock s_gate = new();
    private static readonly TimeSpan s_endPatience = TimeSpan.FromSeconds(15);
    private static readonly TaskCompletionSource<Func<Order, Task<Answer>>> s_carryOut = new();
    private static readonly TaskCompletionSource s_end = new();
    private static readonly TextReader s_in = Console.In;
    private static readonly TextWriter s_out = Console.Out;

    /// <summary>Reads the first line; from then on this process ends a while after its parent, whatever it is about.</summary>
    public static string? ReadSettings()
    {
        var settings = s_in.ReadLine();
        Start(Read);
        return settings;
    }

    public static void Send(Answer answer)
    {
        lock (s_gate)
        {
            s_out.WriteLine(JsonLines.ToLine(answer));
            s_out.Flush();
        }
    }

    /// <summary>Returns when the parent is gone, or wants this child to end.</summary>
    public static Task ListenAsync(Func<Order, Task<Answer>> carryOut)
    {
        s_carryOut.SetResult(carryOut);
        return s_end.Task;
    }

    private static void Read()
    {
        while (s_in.ReadLine() is { } line)
            _ = AnswerAsync(JsonLines.FromLine<Order>(line), s_carryOut.Task.Result);
        Start(static () =>
        {
            Thread.Sleep(s_endPatience);
            Environment.Exit(1);
        });
        s_end.SetResult();
    }

    private static void Start(Action work) => new Thread(() => work()) { IsBackground = true, Name = "Parent" }.Start();

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
