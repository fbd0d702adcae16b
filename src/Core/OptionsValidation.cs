using System.Globalization;
using Microsoft.Extensions.Options;

namespace McCache.Core;

/// <summary>Checks the options of a cache. A message names the option, its value and the legal range.</summary>
internal sealed class OptionsValidation : IValidateOptions<CacheOptions>
{
    internal const string TimeToLiveRange = "positive and at most 3650 days";
    private const int MostEntries = 100_000_000;
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    internal static bool IsTimeToLive(TimeSpan value) => value > TimeSpan.Zero && value <= 3650 * Day;

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, CacheOptions options)
    {
        var problems = new ValidateOptionsResultBuilder();
        Check(options.MaxEntries is >= 1 and <= MostEntries, nameof(options.MaxEntries), options.MaxEntries, "from 1 to 100,000,000");
        Check(options.MaxBytes is null or >= 1, nameof(options.MaxBytes), options.MaxBytes, "1 or more, or null for no limit");
        Check(options.TimeToLive is not { } life || IsTimeToLive(life), nameof(options.TimeToLive), options.TimeToLive, $"{TimeToLiveRange}, or null for no limit");
        Check(options.ChangeWindow >= TimeSpan.Zero && options.ChangeWindow <= Day, nameof(options.ChangeWindow), options.ChangeWindow, "from zero to one day");
        Check(options.TopKeys is >= 0 and <= 1_000, nameof(options.TopKeys), options.TopKeys, "from 0 to 1,000");
        Check(Enum.IsDefined(options.Coherence), nameof(options.Coherence), options.Coherence, $"{nameof(Coherence.Invalidate)} or {nameof(Coherence.Replicate)}");
        Check(Enum.IsDefined(options.StaleReads), nameof(options.StaleReads), options.StaleReads, $"{nameof(StaleReads.Miss)} or {nameof(StaleReads.Serve)}");
        return problems.Build();

        void Check(bool legal, string option, object? value, string range)
        {
            if (!legal)
            {
                problems.AddError(Text($"{McCacheOptions.Section}:Caches:{name}:{option}", value, range));
            }
        }
    }

    private static string Text(string option, object? value, string range)
        => string.Create(CultureInfo.InvariantCulture, $"{option} is {value}; it must be {range}.");
}
