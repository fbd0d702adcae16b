using McCache.Demo.Command;
using McCache.Demo.Member;
using McCache.Demo.Shared;

namespace McCache.Demo.Run;

/// <summary>What a view shows: the run changes it, a view looks at it as often as it likes.</summary>
internal sealed class RunState(DemoOptions options, AccessTrace trace)
{
    private volatile IReadOnlyList<MemberProcess> _members = [];

    public DemoOptions Options => options;

    public AccessTrace Trace => trace;

    /// <summary>What the run is doing now, in words.</summary>
    public string Step { get; private set; } = "";

    /// <summary>The processes started so far: silos, then clients.</summary>
    public IReadOnlyList<MemberProcess> Members => _members;

    /// <summary>Called with each new step, from any thread.</summary>
    public event Action<string>? Stepped;

    public void Say(string step)
    {
        Step = step;
        Stepped?.Invoke(step);
    }

    /// <summary>Where the dashboards are; null until they are there.</summary>
    public string? Dashboard { get; private set; }

    public void ShowDashboard(int port)
    {
        Dashboard = DashboardHost.Address(port);
        Say($"McCache dashboard: {Dashboard}");
        Say($"Orleans dashboard: {DashboardHost.Address(port, isOrleans: true)}");
    }

    public void Show(IReadOnlyList<MemberProcess> members) => _members = members;
}
