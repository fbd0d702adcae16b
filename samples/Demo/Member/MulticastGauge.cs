using System.Diagnostics.Metrics;

namespace McCache.Demo.Member;

/// <summary>Reads what the multicast stream provider of the caches counts, the way any monitoring does: from the meter "McCache".</summary>
internal sealed class MulticastGauge : IDisposable
{
    private readonly Lock _gate = new();
    private readonly MeterListener _listener = new();
    private long _sent, _applied;

    public MulticastGauge()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "McCache", Name: "mccache.multicast.published" or "mccache.multicast.applied" })
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            if (instrument.Name == "mccache.multicast.published")
                _sent += value;
            else
                _applied += value;
        });
        _listener.Start();
    }

    /// <summary>Frames sent to the other silos, each counted once however many they are, and frames of theirs applied here.</summary>
    public (long Sent, long Applied) Read()
    {
        lock (_gate)
        {
            (_sent, _applied) = (0, 0);
            _listener.RecordObservableInstruments();
            return (_sent, _applied);
        }
    }

    public void Dispose() => _listener.Dispose();
}
