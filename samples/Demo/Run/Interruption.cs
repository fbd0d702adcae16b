using System.Runtime.InteropServices;

namespace McCache.Demo.Run;

/// <summary>The wish to end early: Ctrl-C, a signal, a terminal that was closed, or the death of the <c>dotnet run</c> that started the demo.</summary>
/// <remarks>The token sources are not disposed: a last signal may come while everything else is being.</remarks>
internal sealed class Interruption : IDisposable
{
    private static readonly PosixSignal[] s_wishes = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    private readonly CancellationTokenSource _finish = new();
    private readonly CancellationTokenSource _abandon = new();
    private readonly PosixSignalRegistration[] _signals;
    private readonly Timer _launcherWatch;

    public Interruption()
    {
        _signals = [.. s_wishes.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];
        var launcher = DotnetLauncher.Find();
        _launcherWatch = new Timer(
            _ =>
            {
                if (launcher?.IsAlive == false)
                    _finish.Cancel();
            },
            null,
            TimeSpan.FromSeconds(1),
            TimeSpan.FromSeconds(1));
    }

    /// <summary>Cancelled at the first wish: end the replay and leave in order.</summary>
    public CancellationToken Finish => _finish.Token;

    /// <summary>Cancelled at the second: order takes too long.</summary>
    public CancellationToken Abandon => _abandon.Token;

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _launcherWatch.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_finish.IsCancellationRequested)
            _abandon.Cancel();
        else
            _finish.Cancel();
    }
}
