using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace McCache.Client;

/// <summary>Turns keys into bytes, the same on every member, and back.</summary>
/// <remarks>Texts are written as UTF-8, numbers, characters and <see cref="Guid"/> as they lie in memory, little-endian; all else by Orleans' serializer, which takes ten times as long.</remarks>
internal sealed class KeyCodec<TKey>(string cache, IServiceProvider services)
    where TKey : notnull
{
    private static readonly bool s_isPlain = BitConverter.IsLittleEndian && (typeof(TKey) == typeof(Guid) || (typeof(TKey).IsPrimitive && typeof(TKey) != typeof(bool) && typeof(TKey) != typeof(nint) && typeof(TKey) != typeof(nuint)));

    private readonly Codec<TKey> _codec = new(cache, "key", services);

    /// <exception cref="NotSupportedException">Orleans has no serializer for it.</exception>
    /// <exception cref="ArgumentException">It is a text that is too long, or not well-formed.</exception>
    internal void Write(OutgoingChange buffer, TKey key)
    {
        if (typeof(TKey) == typeof(string))
        {
            var text = Unsafe.As<TKey, string>(ref key);
            CheckLength(text);
            buffer.Advance(CacheFrame.Utf8.GetBytes(text, buffer.GetSpan(CacheFrame.Utf8.GetMaxByteCount(text.Length))));
        }
        else if (s_isPlain)
        {
            Unsafe.WriteUnaligned(ref MemoryMarshal.GetReference(buffer.GetSpan(Unsafe.SizeOf<TKey>())), key);
            buffer.Advance(Unsafe.SizeOf<TKey>());
        }
        else
        {
            _codec.Write(buffer, key);
        }
    }

    /// <summary>Refuses a text that <see cref="Write"/> would refuse.</summary>
    /// <exception cref="ArgumentException">It is too long, or not well-formed.</exception>
    internal static void Check(TKey key)
    {
        if (typeof(TKey) != typeof(string))
            return;
        var text = Unsafe.As<TKey, string>(ref key);
        CheckLength(text);
        if (text.AsSpan().ContainsAnyInRange('\ud800', '\udfff') || text.Length > CacheFrame.MaxNameBytes / CacheFrame.Utf8.GetMaxByteCount(1))
            CacheFrame.CheckSize(CacheFrame.Utf8.GetByteCount(text), "key");
    }

    private static void CheckLength(string key)
    {
        if (key.Length > CacheFrame.MaxNameBytes)
            throw new ArgumentException($"The key has {key.Length} characters; it may take at most {CacheFrame.MaxNameBytes} bytes. Nothing was changed.", nameof(key));
    }

    /// <summary>Reads one. Throws whatever the serializer throws for bytes that it did not write.</summary>
    /// <exception cref="InvalidDataException">The bytes are no key.</exception>
    internal TKey Read(ReadOnlySpan<byte> bytes)
    {
        if (typeof(TKey) == typeof(string))
        {
            var text = CacheFrame.Utf8.GetString(bytes);
            return Unsafe.As<string, TKey>(ref text);
        }

        return !s_isPlain ? _codec.Read(bytes) ?? throw new InvalidDataException("A key is never null.")
            : bytes.Length == Unsafe.SizeOf<TKey>() ? Unsafe.ReadUnaligned<TKey>(ref MemoryMarshal.GetReference(bytes))
            : throw new InvalidDataException($"A key of this cache has {Unsafe.SizeOf<TKey>()} bytes.");
    }
}
