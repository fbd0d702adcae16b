namespace McCache;

/// <summary>Options of the dashboard, bound from the configuration section <c>McCache:Dashboard</c> and checked when the host starts.</summary>
public sealed class McCacheDashboardOptions
{
    /// <summary>The configuration section that the options are bound from.</summary>
    public const string Section = "McCache:Dashboard";

    /// <summary>Whether keys may be evicted, and caches cleared and repaired, from the page. Default false: then the dashboard only looks.</summary>
    public bool AllowActions { get; set; }

    /// <summary>The authorization policy that a caller must meet to act, besides getting in at all; null, the default, for none.</summary>
    public string? ActionPolicy { get; set; }

    /// <summary>Whether keys may be seen: those that are read most, where <see cref="CacheOptions.TopKeys"/> counts them, and the key browser. Default false, since keys may be personal data. Values are never seen.</summary>
    public bool ShowKeys { get; set; }

    /// <summary>How often the silos are asked while a page is open, from 250 ms to 1 minute. Nobody is asked while none is. Default 1 s.</summary>
    public TimeSpan RefreshPeriod { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Links that the page shows in its header, by their text: paths such as "/orleans", or addresses of http or https. None by default.</summary>
    public IDictionary<string, string> Links { get; } = new Dictionary<string, string>();
}
