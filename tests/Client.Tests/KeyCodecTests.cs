using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace McCache.Client.Tests;

public sealed class KeyCodecTests
{
    private static readonly ServiceProvider s_services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    [Fact]
    public void A_text_is_UTF_8() => Assert.Equal("ä€𝄞"u8, Written("ä€𝄞"));

    [Fact]
    public void A_number_is_little_endian() => Assert.Equal([0x04, 0x03, 0x02, 0x01], Written(0x01020304));

    [Fact]
    public void Keys_of_every_kind_come_back()
    {
        IsTheSame("");
        IsTheSame("\0");
        IsTheSame("ä€𝄞");
        IsTheSame(new string('k', 32 * 1024));
        IsTheSame(byte.MaxValue);
        IsTheSame(short.MinValue);
        IsTheSame(int.MinValue);
        IsTheSame(ulong.MaxValue);
        IsTheSame(-1.5);
        IsTheSame('€');
        IsTheSame(true);
        IsTheSame(Guid.NewGuid());
        IsTheSame(DateTime.UtcNow);
        IsTheSame<object>("text");
        IsTheSame(("text", 5L));

        static void IsTheSame<TKey>(TKey key)
            where TKey : notnull
            => Assert.Equal(key, new KeyCodec<TKey>("cache", s_services).Read(Written(key)));
    }

    [Fact]
    public void A_text_that_is_not_well_formed_is_refused()
    {
        Assert.ThrowsAny<ArgumentException>(() => Written("\ud800"));
        Assert.ThrowsAny<ArgumentException>(() => Written("\udc00\ud800"));
    }

    [Fact]
    public void A_text_that_is_too_long_is_refused_before_it_is_encoded()
    {
        var exception = Assert.Throws<ArgumentException>(() => Written(new string('k', CacheFrame.MaxNameBytes + 1)));
        Assert.Contains("32769", exception.Message, StringComparison.Ordinal);
        Assert.Contains("32768", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_key_are_refused()
    {
        Assert.Throws<InvalidDataException>(() => new KeyCodec<int>("cache", s_services).Read([1, 2, 3]));
        Assert.Throws<InvalidDataException>(() => new KeyCodec<Guid>("cache", s_services).Read(new byte[17]));
        Assert.Throws<DecoderFallbackException>(() => new KeyCodec<string>("cache", s_services).Read([0xC3]));
    }

    private static byte[] Written<TKey>(TKey key)
        where TKey : notnull
    {
        using var buffer = OutgoingChange.Rent();
        new KeyCodec<TKey>("cache", s_services).Write(buffer, key);
        return buffer.Written.ToArray();
    }
}
