using System.Buffers.Binary;
using System.Security.Cryptography;

namespace McCache.Streaming;

/// <summary>Why a message was refused.</summary>
internal enum SealRefusal
{
    None,

    /// <summary>It was not sealed, and this member takes only what is; or it was, and this member has no secrets.</summary>
    Mode,

    /// <summary>It was sealed with a secret that this member does not know.</summary>
    UnknownKey,

    /// <summary>It was changed on the way, is for somebody else, answers something else, or is no sealed message at all.</summary>
    Forged,

    /// <summary>It has come before, or is older than all that may still be under way.</summary>
    Replayed,
}

/// <summary>
/// Seals what this member sends and opens what it gets: AES-256-GCM (NIST SP 800-38D). What is sealed is bound to whom it is for, so that nothing can be turned to another member, and an answer to
/// its question. Thread-safe.
/// </summary>
/// <remarks>
/// A nonce never comes twice under a key. For each destination the sender draws a random channel of 128 bits, whenever it first sends there, and again in each life of the process; the key is derived from the
/// secret, the channel and the destination, and the nonce is the number of the message on the channel, which only grows. So nothing has to be remembered over a restart, and a channel that is
/// forgotten is never continued.
/// </remarks>
internal sealed class Sealer(KeyRing ring)
{
    /// <summary>The channels that are kept in each direction: two for each client of a gateway that has all it may have by default, and many more silos than there are.</summary>
    internal const int MaxChannels = 32_768;

    private const int NonceLength = 12;

    private readonly Channels<Outbound> _outbound = new(MaxChannels);
    private readonly Channels<Inbound> _inbound = new(MaxChannels);
    private KeyRing _ring = ring;

    /// <summary>From the next message on the first of these secrets seals, and all open.</summary>
    internal KeyRing Ring
    {
        get => Volatile.Read(ref _ring);
        set => Volatile.Write(ref _ring, value);
    }

    /// <param name="label">Whom it is for.</param>
    /// <param name="context">What it answers; empty for a message that answers nothing.</param>
    /// <param name="message">The message.</param>
    internal byte[] Seal(ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, ReadOnlySpan<byte> message)
    {
        var key = Ring.Active;
        var name = new byte[sizeof(ulong) + label.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(name, key.Id);
        label.CopyTo(name.AsSpan(sizeof(ulong)));
        return (_outbound.Find(name) ?? _outbound.Add(name, new Outbound(key, label))).Seal(context, message);
    }

    /// <summary>Opens what is for this member. Takes any bytes whatever, throws nothing, and keeps nothing of what is not genuine.</summary>
    internal SealRefusal Open(ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, ReadOnlySpan<byte> bytes, out byte[] message)
    {
        message = [];
        if (!Envelope.TryRead(bytes, out var envelope))
            return SealRefusal.Forged;
        if (Ring.Find(envelope.Key) is not { } key)
            return SealRefusal.UnknownKey;
        byte[] name = [.. envelope.Header[..^sizeof(ulong)], .. label];
        var known = _inbound.Find(name);
        var channel = known ?? new Inbound(key.Derive(envelope.ChannelBytes, label));
        if (!channel.TryDecrypt(envelope, context, out message))
        {
            if (known is null)
                channel.Forget(); // nobody else has it
            return SealRefusal.Forged;
        }

        if ((known ?? _inbound.Add(name, channel)).TryPass(envelope.Number))
            return SealRefusal.None;
        message = [];
        return SealRefusal.Replayed;
    }

    private static void WriteNonce(Span<byte> nonce, ulong number)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce, number);
    }

    /// <summary>What one member sends to another on one channel. A cipher is used by one thread at a time, and freed by its finalizer: somebody may be using it when the channel is forgotten.</summary>
#pragma warning disable CA1001
    private abstract class Channel(AesGcm cipher)
#pragma warning restore CA1001
    {
        private bool _wasUsed;

        public bool WasUsed
        {
            get => Volatile.Read(ref _wasUsed);
            set => Volatile.Write(ref _wasUsed, value);
        }

        private protected AesGcm Cipher => cipher;

        private protected Lock Gate { get; } = new();

        internal void Forget() => cipher.Dispose();

        /// <summary>What the tag vouches for besides.</summary>
        private protected static byte[] Associate(ReadOnlySpan<byte> header, ReadOnlySpan<byte> context) => [.. header, .. context];
    }

    private sealed class Outbound : Channel, Channels<Outbound>.IChannel
    {
        private readonly byte[] _channel;
        private readonly ulong _key;
        private ulong _number;

        internal Outbound(KeyRing.Key key, ReadOnlySpan<byte> label)
            : this(key, RandomNumberGenerator.GetBytes(Envelope.ChannelLength), label)
        {
        }

        private Outbound(KeyRing.Key key, byte[] channel, ReadOnlySpan<byte> label)
            : base(key.Derive(channel, label)) => (_key, _channel) = (key.Id, channel);

        internal byte[] Seal(ReadOnlySpan<byte> context, ReadOnlySpan<byte> message)
        {
            var bytes = GC.AllocateUninitializedArray<byte>(Envelope.Overhead + message.Length);
            var header = bytes.AsSpan(0, Envelope.HeaderLength);
            Span<byte> nonce = stackalloc byte[NonceLength];
            lock (Gate)
            {
                var number = checked(++_number);
                WriteNonce(nonce, number);
                Envelope.WriteHeader(header, _key, _channel, number);
                Cipher.Encrypt(nonce, message, bytes.AsSpan(Envelope.HeaderLength, message.Length), bytes.AsSpan(Envelope.HeaderLength + message.Length), Associate(header, context));
            }

            return bytes;
        }
    }

    private sealed class Inbound(AesGcm cipher) : Channel(cipher), Channels<Inbound>.IChannel
    {
        private readonly ReplayWindow _window = new();

        internal bool TryDecrypt(in Envelope envelope, ReadOnlySpan<byte> context, out byte[] message)
        {
            message = GC.AllocateUninitializedArray<byte>(envelope.Cipher.Length);
            Span<byte> nonce = stackalloc byte[NonceLength];
            WriteNonce(nonce, envelope.Number);
            try
            {
                lock (Gate)
                    Cipher.Decrypt(nonce, envelope.Cipher, envelope.Tag, message, Associate(envelope.Header, context));
                return true;
            }
            catch (CryptographicException)
            {
                message = [];
                return false;
            }
        }

        internal bool TryPass(ulong number)
        {
            lock (Gate)
            {
                if (!_window.MayPass(number))
                    return false;
                _window.Pass(number);
                return true;
            }
        }
    }
}
