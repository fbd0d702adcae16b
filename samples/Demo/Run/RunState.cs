using McCache.Demo.Command;
using McCache.Demo.Shared;

namespace McCache.Demo.Run;

/// <summary>What a view shows: the run changes it, a view looks at it as often as it likes.</summary>
internal sealed class RunState(DemoOptions options, AccessTrace trace)
{
    private volatile IReadOnlyList<SiloProcess> _silos = [];

    public DemoOptions Options => options;

    public AccessTrace Trace => trace;

    /// <summary>What the run is doing now, in words.</summary>
    public string Step { get; private set; } = "";

    /// <summary>The silo processes started so far.</summary>
    public IReadOnlyList<SiloProcess> Silos => _silos;

    /// <summary>Called with each new step, from any thread.</summary>
    public event Action<string>? Stepped;

    public void Say(string step)
    {
        Step = step;
        Stepped?.Invoke(step);
    }

    public void Show(IReadOnlyList<SiloProcess> silos) => _silos = silos;
}
