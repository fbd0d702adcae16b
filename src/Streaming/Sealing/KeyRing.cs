using System.Buffers.Binary;
using System.Security.Cryptography;

namespace McCache.Streaming;

/// <summary>The secrets that a member knows: the first seals, all open. Immutable.</summary>
internal sealed class KeyRing
{
    /// <summary>The bytes of a secret.</summary>
    internal const int SecretLength = 32;

    /// <summary>A ring holds a few: the one in use, and those that come and go while it is changed.</summary>
    internal const int MaxSecrets = 16;

    private readonly Key[] _keys;

    /// <param name="secrets">Each 32 bytes, in base 64; at least one.</param>
    internal KeyRing(IEnumerable<string> secrets) => _keys = [.. secrets.Select(secret => new Key(Convert.FromBase64String(secret)))];

    internal Key Active => _keys[0];

    internal Key? Find(ulong id) => Array.Find(_keys, key => key.Id == id);

    /// <summary>Whether a text is a secret.</summary>
    internal static bool IsSecret(string? text)
    {
        Span<byte> bytes = stackalloc byte[SecretLength + 1];
        return text is not null && Convert.TryFromBase64String(text, bytes, out var length) && length == SecretLength;
    }

    /// <summary>A secret, and what it is called on the wire: a fingerprint, from which nothing of it can be learned.</summary>
    internal sealed class Key
    {
        private static readonly byte[] s_name = "McCache key name"u8.ToArray();
        private readonly byte[] _secret;

        internal Key(byte[] secret)
        {
            _secret = secret;
            Id = BinaryPrimitives.ReadUInt64LittleEndian(HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, sizeof(ulong), info: s_name));
        }

        internal ulong Id { get; }

        /// <summary>The key of one channel: HKDF (RFC 5869), with the channel's random number as salt.</summary>
        internal AesGcm Derive(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> label)
        {
            Span<byte> key = stackalloc byte[SecretLength];
            HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, key, channel, label);
            var cipher = new AesGcm(key, Envelope.TagLength);
            CryptographicOperations.ZeroMemory(key);
            return cipher;
        }
    }
}
