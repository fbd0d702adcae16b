using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace McCache.Streaming.Tests;

/// <summary>Options: defaults that have not changed, bounds that are checked, configuration that has the last word.</summary>
public sealed class OptionsTests
{
    [Fact]
    public void Defaults_have_not_changed()
    {
        var options = new MulticastOptions();
        Assert.Equal(100_000, options.MaxLaneFrames);
        Assert.Equal(64 * 1024 * 1024, options.MaxLaneBytes);
        Assert.Equal(10_000, options.MaxQueuedItems);
        Assert.Equal(16 * 1024 * 1024, options.MaxQueuedBytes);
        Assert.Equal((10_000, 8, 1_000, 100_000, 64L * 1024 * 1024), (options.MaxClients, options.MaxAttachmentsPerClient, options.MaxClientStreams, options.MaxClientFramesPerSecond, options.MaxClientBytesPerSecond));
        Assert.Equal(9, typeof(MulticastOptions).GetProperties().Length);
        Assert.True(new MulticastOptionsValidator().Validate("p", options).Succeeded);
    }

    [Theory]
    [InlineData(nameof(MulticastOptions.MaxLaneFrames), 999L, "from 1000 to 10000000")]
    [InlineData(nameof(MulticastOptions.MaxLaneFrames), 10_000_001L, "from 1000 to 10000000")]
    [InlineData(nameof(MulticastOptions.MaxLaneBytes), 65_535L, "from 65536 to 1073741824")]
    [InlineData(nameof(MulticastOptions.MaxLaneBytes), 1_073_741_825L, "from 65536 to 1073741824")]
    [InlineData(nameof(MulticastOptions.MaxQueuedItems), 0L, "from 1 to 10000000")]
    [InlineData(nameof(MulticastOptions.MaxQueuedItems), 10_000_001L, "from 1 to 10000000")]
    [InlineData(nameof(MulticastOptions.MaxQueuedBytes), -1L, "from 65536 to 1073741824")]
    [InlineData(nameof(MulticastOptions.MaxClients), -1L, "from 0 to 1000000")]
    [InlineData(nameof(MulticastOptions.MaxClients), 1_000_001L, "from 0 to 1000000")]
    [InlineData(nameof(MulticastOptions.MaxAttachmentsPerClient), 0L, "from 1 to 1000")]
    [InlineData(nameof(MulticastOptions.MaxClientStreams), 0L, "from 1 to 1000000")]
    [InlineData(nameof(MulticastOptions.MaxClientFramesPerSecond), 0L, "from 1 to 10000000")]
    [InlineData(nameof(MulticastOptions.MaxClientBytesPerSecond), 65_535L, "from 65536 to 17179869184")]
    [InlineData(nameof(MulticastOptions.MaxQueuedBytes), 1_073_741_825L, "from 65536 to 1073741824")]
    public void A_bad_value_is_refused_by_name_value_and_range(string option, long value, string range)
    {
        var options = new MulticastOptions();
        var property = typeof(MulticastOptions).GetProperty(option)!;
        property.SetValue(options, Convert.ChangeType(value, property.PropertyType, System.Globalization.CultureInfo.InvariantCulture));
        var failure = Assert.Single(new MulticastOptionsValidator().Validate("news", options).Failures!);
        Assert.Equal($"McCache:Multicast:news:{option} is {value}; it must be {range}.", failure);
    }

    [Theory]
    [InlineData(nameof(McCacheOptions.LeaseDuration), "00:00:00.4999999", "from 00:00:00.5000000 to 00:10:00")]
    [InlineData(nameof(McCacheOptions.LeaseDuration), "00:10:01", "from 00:00:00.5000000 to 00:10:00")]
    [InlineData(nameof(McCacheOptions.LeaseRenewal), "00:00:00.0990000", "from 00:00:00.1000000 to 00:00:01.5000000")]
    [InlineData(nameof(McCacheOptions.LeaseRenewal), "00:00:02", "from 00:00:00.1000000 to 00:00:01.5000000")]
    [InlineData(nameof(McCacheOptions.MaxClockSkew), "00:00:00.9990000", "from 00:00:01 to 1.00:00:00")]
    [InlineData(nameof(McCacheOptions.MaxClockSkew), "1.00:00:01", "from 00:00:01 to 1.00:00:00")]
    public void A_bad_time_is_refused_by_name_value_and_range(string option, string value, string range)
    {
        var options = new McCacheOptions { LeaseRenewal = TimeSpan.FromMilliseconds(200) };
        typeof(McCacheOptions).GetProperty(option)!.SetValue(options, TimeSpan.Parse(value, System.Globalization.CultureInfo.InvariantCulture));
        var failure = Assert.Single(Create().Validate(null, options).Failures!);
        Assert.Equal($"McCache:{option} is {value}; it must be {range}.", failure);
    }

    [Theory]
    [InlineData("00:00:00.5000000", "00:00:00.2500000", "00:00:01")]
    [InlineData("00:10:00", "00:00:00.1000000", "1.00:00:00")]
    public void The_bounds_themselves_are_legal(string duration, string renewal, string skew)
        => Assert.True(Create().Validate(null, new McCacheOptions { LeaseDuration = Time(duration), LeaseRenewal = Time(renewal), MaxClockSkew = Time(skew) }).Succeeded);

    [Fact]
    public void A_secret_that_is_none_is_refused_and_not_shown()
    {
        var options = new McCacheOptions { EncryptionKeys = { Convert.ToBase64String(new byte[32]), "hunter2" } };
        var failure = Assert.Single(Create().Validate(null, options).Failures!);
        Assert.Equal("McCache:EncryptionKeys:1 is no secret (it is not shown here); it must be 32 bytes in base 64, as `openssl rand -base64 32` makes them.", failure);
        for (var i = 0; i < 15; i++)
            options.EncryptionKeys.Add(options.EncryptionKeys[0]);
        Assert.Contains("McCache:EncryptionKeys has 17 entries; it must have from 0 to 16.", Create().Validate(null, options).Failures!);
    }

    private static McCacheOptionsSetup Create() => new(new ServiceCollection().BuildServiceProvider());

    private static TimeSpan Time(string text) => TimeSpan.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public async Task Configuration_has_the_last_word_for_its_own_provider()
    {
        await using var cluster = await MulticastCluster.StartAsync(1, silo =>
        {
            silo.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
                .AddInMemoryCollection([new("McCache:Multicast:one:MaxQueuedItems", "7")]).Build());
            silo.AddMulticastStreams(MulticastCluster.One, options => options.MaxQueuedItems = 5);
            silo.AddMulticastStreams(MulticastCluster.Two, options => options.MaxQueuedItems = 5);
        });
        Assert.Equal(7, cluster.Member(0).Options.MaxQueuedItems);
        Assert.Equal(5, cluster.Member(0, MulticastCluster.Two).Options.MaxQueuedItems);
    }

    [Fact]
    public async Task A_silo_with_bad_options_does_not_start()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(
            () => MulticastCluster.StartAsync(1, silo => silo.AddMulticastStreams(MulticastCluster.One, options => options.MaxLaneFrames = 1)));
        Assert.Contains(nameof(OptionsValidationException), failure.ToString(), StringComparison.Ordinal);
    }
}
