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

    public SealedCalls(
        Serializer serializer, IOptions<McCacheOptions> options, IOptionsFactory<McCacheOptions> changed, TimeProvider time, ILogger<SealedCalls> log, IConfiguration? configuration = null)
    {
        (_serializer, _options, _log, Refusals) = (serializer, changed, log, new SealRefusals(new MemberClock(time), log));
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

    /// <summary>What was refused.</summary>
    internal SealRefusals Refusals { get; }

    /// <summary>Sends a question, and opens the answer.</summary>
    /// <exception cref="SealRefusedException">The answer is not genuine, or the other has refused the question.</exception>
    internal async ValueTask<TAnswer> AskAsync<TAnswer>(byte[] label, object question, Func<byte[], ValueTask<byte[]>> send)
    {
        var envelope = _sealer!.Seal(label, [], _serializer.SerializeToArray(question));
        var answer = await send(envelope);
        var asked = Envelope.Question(envelope);
        Check(_sealer.Open(asked.AsSpan(0, Envelope.ChannelLength), asked, answer, out var message));
        return _serializer.Deserialize<object>(message) is TAnswer genuine ? genuine : throw Refusals.Add(SealRefusal.Forged);
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
            throw Refusals.Add(SealRefusal.Mode);
        Check(_sealer.Open(label, [], envelope, out var message));
        return _serializer.Deserialize<object>(message);
    }

    /// <summary>A message came as it is.</summary>
    /// <exception cref="SealRefusedException">This member takes what is sealed only.</exception>
    internal void TakePlain()
    {
        if (AreOn)
            throw Refusals.Add(SealRefusal.Mode);
    }

    public void Dispose() => _watching?.Dispose();

    private void Check(SealRefusal refusal)
    {
        if (refusal != SealRefusal.None)
            throw Refusals.Add(refusal);
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
