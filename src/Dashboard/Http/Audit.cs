namespace McCache.Dashboard;

/// <summary>Something that was done from this host's dashboard, or was refused. Never has a key or a tag in it.</summary>
/// <param name="Time">When.</param>
/// <param name="User">By whom.</param>
/// <param name="Act">What.</param>
/// <param name="Cache">To which cache.</param>
/// <param name="Scope">Where.</param>
/// <param name="Outcome">What came of it.</param>
internal sealed record AuditRow(DateTimeOffset Time, string User, string Act, string Cache, string Scope, string Outcome);

/// <summary>The newest acts, a bounded number; the log has them all. Thread-safe.</summary>
internal sealed class Audit
{
    private const int Capacity = 200;
    private readonly Lock _gate = new();
    private readonly List<AuditRow> _rows = [];

    internal void Add(AuditRow row)
    {
        lock (_gate)
        {
            _rows.Add(row);
            if (_rows.Count > Capacity)
                _rows.RemoveAt(0);
        }
    }

    /// <summary>The same refusal again takes the place of the one before: whoever may not act drives nothing out of here.</summary>
    internal void AddRefusal(AuditRow row)
    {
        lock (_gate)
        {
            _rows.RemoveAll(known => known with { Time = row.Time } == row);
            Add(row);
        }
    }

    /// <summary>Newest first.</summary>
    internal AuditRow[] Read()
    {
        lock (_gate)
            return [.. Enumerable.Reverse(_rows)];
    }
}
