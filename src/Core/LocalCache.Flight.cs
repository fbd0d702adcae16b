namespace McCache.Core;

internal sealed partial class LocalCache<TKey, TValue>
{
    /// <summary>A fill in progress, and the fence that stops a stale one. Whoever waits for it awaits its task.</summary>
    private sealed class Flight(Dictionary<TKey, Flight> table, TKey key, EntryTerms terms, bool canBeAbandoned)
        : TaskCompletionSource<TValue>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        private readonly CancellationTokenSource? _abandoned = canBeAbandoned ? new() : null;

        internal readonly TKey Key = key;

        /// <summary>Set anew by the factory's end, before the flight lands, when only the value has told them.</summary>
        internal EntryTerms Terms = terms;

        /// <summary>The fill as others see it that wait for it. An object of its own: whatever the factory leaves running keeps it alive.</summary>
        internal readonly WaitNode Node = new();

        /// <summary>The callers that have not given up. Changed under the writer lock.</summary>
        internal int Waiters = 1;

        /// <summary>The factory's token.</summary>
        internal CancellationToken Token => _abandoned?.Token ?? CancellationToken.None;

        /// <summary>Puts the flight into the table. Called under the writer lock.</summary>
        internal void Begin() => table.Add(Key, this);

        /// <summary>Takes the flight out of the table, under the writer lock; false when it has been broken.</summary>
        internal bool End() => table.TryGetValue(Key, out var flight) && flight == this && table.Remove(Key);

        /// <summary>Cancels the factory's token. What its callbacks throw is theirs, and they run on the thread pool.</summary>
        internal void Abandon() => _abandoned?.CancelAsync();

        /// <summary>Hands an exception to all who wait; that there may be nobody left is no fault.</summary>
        internal void Fail(Exception exception)
        {
            SetException(exception);
            _ = Task.Exception;
        }
    }
}
