namespace McCache.Bench.Wire.Paths;

/// <summary>A way from the first silo to the others, or there and back. Every silo has its end of it.</summary>
/// <param name="name">What it is.</param>
internal abstract class WirePath(PathName name)
{
    public PathName Name => name;

    /// <summary>Its number on the board.</summary>
    public int Index => name.Index;

    /// <summary>Before each of its rounds, on every silo; the first is the writer.</summary>
    public virtual ValueTask BeginAsync(bool isWriter) => default;

    /// <summary>After it.</summary>
    public virtual ValueTask EndAsync(bool isWriter) => default;

    /// <summary>The write under measurement.</summary>
    public abstract ValueTask WriteAsync(long number);

    /// <summary>One write of the load.</summary>
    public virtual void Load(long number) => throw new NotSupportedException(name.Name);
}
