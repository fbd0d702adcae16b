using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;

namespace McCache.Stress.Member;

/// <summary>Cuts this silo or client off where network namespaces cannot be had: while told to, no byte comes in or goes out on any of its connections to other silos, old or new.</summary>
/// <remarks>As in a network that loses packets, what was under way arrives late, when the cut is over. The connection to the membership table is not touched.</remarks>
internal sealed class StallingConnection
{
    private readonly Gate _in = new();
    private readonly Gate _out = new();

    internal void Set(bool isInClosed, bool isOutClosed)
    {
        _in.Set(isInClosed);
        _out.Set(isOutClosed);
    }

    internal void Configure(SiloConnectionOptions options)
    {
        options.ConfigureSiloInboundConnection(Use);
        options.ConfigureSiloOutboundConnection(Use);
    }

    internal void Configure(ClientConnectionOptions options) => options.ConfigureConnection(Use);

    private void Use(IConnectionBuilder builder) => builder.Use(next => context =>
    {
        context.Transport = new Pipe(new Reader(context.Transport.Input, _in), new Writer(context.Transport.Output, _out));
        return next(context);
    });

    private sealed class Pipe(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }

    /// <summary>Open, or closed until it is opened.</summary>
    private sealed class Gate
    {
        private volatile TaskCompletionSource? _closed;

        internal Task Opened => _closed?.Task ?? Task.CompletedTask;

        internal void Set(bool isClosed)
        {
            var before = _closed;
            _closed = isClosed ? before ?? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null;
            if (!isClosed)
                before?.TrySetResult();
        }
    }

    private sealed class Reader(PipeReader inner, Gate gate) : PipeReader
    {
        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var result = await inner.ReadAsync(cancellationToken);
            await gate.Opened.WaitAsync(cancellationToken);
            return result;
        }

        public override bool TryRead(out ReadResult result)
        {
            result = default;
            return gate.Opened.IsCompleted && inner.TryRead(out result);
        }

        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }

    private sealed class Writer(PipeWriter inner, Gate gate) : PipeWriter
    {
        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            await gate.Opened.WaitAsync(cancellationToken);
            return await inner.FlushAsync(cancellationToken);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }
}
