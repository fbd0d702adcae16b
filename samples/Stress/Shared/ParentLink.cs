namespace McCache.Stress.Shared;

/// <summary>The pipes to the parent: orders come in, reports go out. They need no network, so no fault can cut them.</summary>
internal sealed class ParentLink
{
    private readonly Lock _gate = new();
    private readonly TextWriter _out = Console.Out;
    private readonly TextReader _in = Console.In;

    internal void Send(Report report)
    {
        var line = Wire.ToLine(report);
        lock (_gate)
        {
            _out.WriteLine(line);
            _out.Flush();
        }
    }

    /// <summary>Hands out orders until the parent is gone, however it ended.</summary>
    internal void Listen(Action<Order> onOrder)
    {
        while (_in.ReadLine() is { } line)
        {
            if (Wire.FromLine<Order>(line) is { } order)
                onOrder(order);
        }
    }
}
