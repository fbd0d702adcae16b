using System.Numerics;
using Microsoft.Extensions.Options;

namespace McCache.Streaming;

/// <summary>Checks <see cref="MulticastOptions"/>; a message names the option, its value and the legal range.</summary>
internal sealed class MulticastOptionsValidator : IValidateOptions<MulticastOptions>
{
    private const long MinBytes = 64 * 1024;
    private const long MaxBytes = 1024 * 1024 * 1024;
    private const int MaxCount = 10_000_000;

    public ValidateOptionsResult Validate(string? name, MulticastOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        Check(nameof(options.MaxLaneFrames), options.MaxLaneFrames, 1_000, MaxCount);
        Check(nameof(options.MaxLaneBytes), options.MaxLaneBytes, MinBytes, MaxBytes);
        Check(nameof(options.MaxQueuedItems), options.MaxQueuedItems, 1, MaxCount);
        Check(nameof(options.MaxQueuedBytes), options.MaxQueuedBytes, MinBytes, MaxBytes);
        Check(nameof(options.MaxClients), options.MaxClients, 0, 1_000_000);
        Check(nameof(options.MaxAttachmentsPerClient), options.MaxAttachmentsPerClient, 1, 1_000);
        Check(nameof(options.MaxClientStreams), options.MaxClientStreams, 1, 1_000_000);
        Check(nameof(options.MaxClientFramesPerSecond), options.MaxClientFramesPerSecond, 1, MaxCount);
        Check(nameof(options.MaxClientBytesPerSecond), options.MaxClientBytesPerSecond, MinBytes, 16 * MaxBytes);
        return result.Build();

        void Check<T>(string option, T value, T min, T max)
            where T : INumber<T>
        {
            if (value < min || value > max)
                result.AddError($"{MulticastOptions.Section}:{name}:{option} is {value}; it must be from {min} to {max}.");
        }
    }
}
