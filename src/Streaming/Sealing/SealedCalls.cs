using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Orleans.Serialization;

namespace McCache.Streaming;

/// <summary>
/// The calls between members, sealed: a call is a message in an envelope, and so is its answer, which is bound to the question. One for a process; without <see cref="McCacheOptions.EncryptionKeys"/>
/// it seals nothing, and refuses what is sealed.
/// </summary>
internal sealed class SealedCalls : IDisposable
{
    private readonly Serializer _serializer;
    private readonly ILogger _log;
    private readonly Sealer? _sealer;
    private readonly IOptionsFactory<McCacheOptions> _options;
    private readonly IDisposable? _watching;
    private readonly MemberClock _clock;
    private readonly Throttle _logged = new();
    private (TimeSpan At, string Message)? _last; // under the lock of the counts
    private readonly long[] _refused = new long[Enum.GetValues<SealRefusal>().Length];

    public SealedCalls(
        Serializer serializer, IOptions<McCacheOptions> options, IOptionsFactory<McCacheOptions> changed, TimeProvider time, ILogger<SealedCalls> log, IConfiguration? configuration = null)
    {
        (_serializer, _options, _log, _clock) = (serializer, changed, log, new MemberClock(time));
        if (options.Value.EncryptionKeys.Count > 0)
            _sealer = new Sealer(new KeyRing(options.Value.EncryptionKeys));
        if (configuration is not null)
            _watching = ChangeToken.OnChange(configuration.GetReloadToken, OnChanged);
    }

    /// <summary>Whatever a client sends to its gateway, whichever silo that is.</summary>
    internal static byte[] Gateway { get; } = [.. "gateway"u8];

    /// <summary>Whether this member seals.</summary>
    internal bool AreOn => _sealer is not null;

    /// <summary>What is for a silo: for its multicast endpoint, or for that of promises, so that none has to wait for the other's numbers.</summary>
    internal static byte[] Label(SiloAddress silo, bool isPromise = false) => Encoding.UTF8.GetBytes($"{(isPromise ? "promises" : "batches")} {silo.ToParsableString()}");

    internal static IReadOnlyList<SealRefusal> Reasons { get; } = [.. Enum.GetValues<SealRefusal>().Where(reason => reason != SealRefusal.None)];

    internal long Refused(SealRefusal reason)
    {
        lock (_refused)
            return _refused[(int)reason];
    }

    /// <summary>Why the last message was refused that was refused within a time; null when none was.</summary>
    internal string? LastRefusal(TimeSpan within)
    {
        lock (_refused)
            return _last is { } last && _clock.Now - last.At <= within ? last.Message : null;
    }

    /// <summary>Sends a question, and opens the answer.</summary>
    /// <exception cref="SealRefusedException">The answer is not genuine, or the other has refused the question.</exception>
    internal async ValueTask<TAnswer> AskAsync<TAnswer>(byte[] label, object question, Func<byte[], ValueTask<byte[]>> send)
    {
        var envelope = _sealer!.Seal(label, [], _serializer.SerializeToArray(question));
        var answer = await send(envelope);
        var asked = Envelope.Question(envelope);
        Check(_sealer.Open(asked.AsSpan(0, Envelope.ChannelLength), asked, answer, out var message));
        return _serializer.Deserialize<object>(message) is TAnswer genuine ? genuine : throw Refuse(SealRefusal.Forged);
    }

    /// <summary>Seals what needs no answer.</summary>
    internal byte[] Seal(byte[] label, object message) => _sealer!.Seal(label, [], _serializer.SerializeToArray(message));

    /// <summary>Opens a question, and seals the answer.</summary>
    /// <exception cref="SealRefusedException">The question is not genuine.</exception>
    internal async ValueTask<byte[]> AnswerAsync(byte[] label, byte[] envelope, Func<object?, ValueTask<object>> answer)
    {
        var answered = await answer(Open(label, envelope));
        var asked = Envelope.Question(envelope);
        return _sealer!.Seal(asked.AsSpan(0, Envelope.ChannelLength), asked, _serializer.SerializeToArray(answered));
    }

    /// <exception cref="SealRefusedException">The message is not genuine.</exception>
    internal object? Open(byte[] label, byte[] envelope)
    {
        if (_sealer is null)
            throw Refuse(SealRefusal.Mode);
        Check(_sealer.Open(label, [], envelope, out var message));
        return _serializer.Deserialize<object>(message);
    }

    /// <summary>A message came as it is.</summary>
    /// <exception cref="SealRefusedException">This member takes what is sealed only.</exception>
    internal void TakePlain()
    {
        if (AreOn)
            throw Refuse(SealRefusal.Mode);
    }

    public void Dispose() => _watching?.Dispose();

    private void Check(SealRefusal refusal)
    {
        if (refusal != SealRefusal.None)
            throw Refuse(refusal);
    }

    private SealRefusedException Refuse(SealRefusal reason)
    {
        var refused = new SealRefusedException(reason);
        lock (_refused)
        {
            _refused[(int)reason]++;
            _last = (_clock.Now, refused.Message);
        }

        if (_logged.TryPass(_clock.Now))
            _log.MessageRefused(refused.Message);
        return refused;
    }

    /// <summary>The configuration has changed. What is wrong with it must not reach whoever watches it.</summary>
    private void OnChanged()
    {
        try
        {
            var secrets = _options.Create(Options.DefaultName).EncryptionKeys;
            if (AreOn != secrets.Count > 0)
                _log.SealingKept();
            else if (AreOn)
                _sealer!.Ring = new KeyRing(secrets);
        }
        catch (Exception exception) when (exception is OptionsValidationException or InvalidOperationException) // one is of those who check, the other of those who bind
        {
            _log.SecretsKept(exception);
        }
    }
}
