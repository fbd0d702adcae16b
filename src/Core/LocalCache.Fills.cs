namespace McCache.Core;

/// <remarks>
/// <para>A fill is single-flight per key, and the flight is the fence. The table holds the flights that are unbroken. Whatever changes a key, or may have changed it unheard
/// (a write, an invalidation, the removal of one of the flight's tags, a clear, a gap, a new epoch), takes its flight out: the callers that have joined still get the value, it is
/// not cached, and whoever comes later does not join. So what a factory read from the source before a write completed neither stays nor reaches a caller that came after.</para>
/// <para>A caller begins or joins a flight only while the cache serves, which is decided under the lock: a flight found in the table then began in this very epoch,
/// since a new one empties the table. While the cache does not serve, each caller runs its own factory, joined by nobody, and nothing is cached.</para>
/// <para>Synchronous and asynchronous callers have a table each and never wait for each other. A caller whose waiting would close a circle of factories that wait for each
/// other runs its own factory, too (see <see cref="WaitNode"/>).</para>
/// </remarks>
internal sealed partial class LocalCache<TKey, TValue>
{
    private readonly Dictionary<TKey, Flight> _flights = [], _blockingFlights = [];

    /// <summary>Whether the tags of a fill may become known only with its value (<see cref="IFillTerms"/>): then the removal of any tag breaks every flight.</summary>
    internal bool FillsLearnTags { get; init; }

    /// <summary>How a caller that has missed comes by its value.</summary>
    private enum Way
    {
        /// <summary>It runs its factory for itself.</summary>
        Alone,

        /// <summary>It runs its factory for all that will join.</summary>
        Lead,

        /// <summary>It waits for another caller's factory.</summary>
        Join,

        /// <summary>The value has been cached meanwhile.</summary>
        Found,
    }

    /// <summary>Gets a value, or calls the factory and keeps what it returns. Waits for other synchronous callers only.</summary>
    internal TValue GetOrAdd(TKey key, Func<TKey, TValue> factory, CacheEntryOptions? options = null)
        => GetOrAdd(key, factory, static (key, factory) => factory(key), options);

    /// <inheritdoc cref="GetOrAdd(TKey, Func{TKey, TValue}, CacheEntryOptions?)"/>
    internal TValue GetOrAdd<TState>(TKey key, TState state, Func<TKey, TState, TValue> factory, CacheEntryOptions? options = null)
    {
        if (TryGet(key, out var value))
        {
            return value;
        }

        var caller = WaitNode.Current;
        var way = Board(_blockingFlights, key, options, canBeAbandoned: false, caller, out var flight, out var found);
        if (way == Way.Found)
        {
            return found!.Value;
        }

        if (way == Way.Alone)
        {
            value = factory(key, state);
            CountLoneFill();
            return value;
        }

        try
        {
            return way == Way.Lead ? Run(flight!, state, factory) : flight!.Task.GetAwaiter().GetResult();
        }
        finally
        {
            WaitNode.EndAwait(caller, flight!.Node);
        }
    }

    /// <summary>Gets a value, or calls the factory and keeps what it returns. A hit completes synchronously and allocates nothing.</summary>
    internal ValueTask<TValue> GetOrAddAsync<TState>(
        TKey key, TState state, Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory, CacheEntryOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (TryGet(key, out var value))
        {
            return new(value);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TValue>(cancellationToken);
        }

        var caller = WaitNode.Current;
        switch (Board(_flights, key, options, cancellationToken.CanBeCanceled, caller, out var flight, out var found))
        {
            case Way.Found:
                return new(found!.Value);
            case Way.Alone:
                return RunAloneAsync(key, state, factory, cancellationToken);
            case Way.Lead:
                _ = RunAsync(flight!, state, factory);
                break;
        }

        return WaitAsync(flight!, caller, cancellationToken);
    }

    private Way Board(
        Dictionary<TKey, Flight> table, TKey key, CacheEntryOptions? options, bool canBeAbandoned, WaitNode? caller, out Flight? flight, out Entry? found)
    {
        var terms = EntryTerms.Of(options, _timeToLive);
        while (true)
        {
            var way = Board(table, key, terms, canBeAbandoned, caller, out flight, out found);
            if (way != Way.Found || Unpack(found!))
            {
                return way;
            }
        }
    }

    private Way Board(
        Dictionary<TKey, Flight> table, TKey key, in EntryTerms terms, bool canBeAbandoned, WaitNode? caller, out Flight? flight, out Entry? found)
    {
        lock (_lock)
        {
            long now = _clock.Now;
            flight = null;
            if (TryFind(key, now, out found))
            {
                return Way.Found;
            }

            if (!Serves(now))
            {
                return Way.Alone;
            }

            if (table.TryGetValue(key, out flight))
            {
                if (!WaitNode.TryAwait(caller, flight.Node))
                {
                    return Way.Alone;
                }

                flight.Waiters++;
                return Way.Join;
            }

            flight = new(table, key, terms, canBeAbandoned);
            flight.Begin();
            WaitNode.TryAwait(caller, flight.Node);
            return Way.Lead;
        }
    }

    private TValue Run<TState>(Flight flight, TState state, Func<TKey, TState, TValue> factory)
    {
        var caller = WaitNode.Current;
        WaitNode.Current = flight.Node;
        try
        {
            var value = factory(flight.Key, state);
            Land(flight, value);
            return value;
        }
        catch (Exception exception)
        {
            Fail(flight, exception);
            throw;
        }
        finally
        {
            WaitNode.Current = caller;
        }
    }

    /// <summary>Runs the factory in the first caller's context. Never fails: the flight's task tells all who wait.</summary>
    private async Task RunAsync<TState>(Flight flight, TState state, Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory)
    {
        WaitNode.Current = flight.Node; // undone when this method first returns
        try
        {
            var value = await factory(flight.Key, state, flight.Token);
            if (state is IFillTerms { Terms: { } terms })
            {
                flight.Terms = terms;
            }

            Land(flight, value);
        }
        catch (Exception exception)
        {
            Fail(flight, exception);
        }
    }

    private async ValueTask<TValue> RunAloneAsync<TState>(
        TKey key, TState state, Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory, CancellationToken cancellationToken)
    {
        var value = await factory(key, state, cancellationToken);
        CountLoneFill();
        return value;
    }

    private ValueTask<TValue> WaitAsync(Flight flight, WaitNode? caller, CancellationToken cancellationToken)
    {
        return caller is null && (flight.Task.IsCompleted || !cancellationToken.CanBeCanceled) ? new(flight.Task) : WaitOrLeaveAsync();

        async ValueTask<TValue> WaitOrLeaveAsync()
        {
            try
            {
                return await flight.Task.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                Leave(flight);
                throw;
            }
            finally
            {
                WaitNode.EndAwait(caller, flight.Node);
            }
        }
    }

    /// <summary>A caller has given up. With the last one the flight ends: nobody may join a factory that is being cancelled.</summary>
    private void Leave(Flight flight)
    {
        lock (_lock)
        {
            if (--flight.Waiters > 0)
            {
                return;
            }

            flight.End();
        }

        flight.Abandon();
    }

    private void Land(Flight flight, TValue value)
    {
        long size = SizeOf(flight.Key, value, flight.Terms);
        var content = NewContent(flight.Key, value, flight.Terms, size);
        lock (_lock)
        {
            _fills++;
            if (!flight.End())
            {
                _brokenFlights++;
            }
            else if (size > _maxBytes)
            {
                _oversizedFills++;
            }
            else if (_map.Find(content.Key, content.Hash) is not { } present || present.Expires <= content.Updated)
            {
                Store(content);
            }
        }

        flight.SetResult(value);
    }

    private void Fail(Flight flight, Exception exception)
    {
        lock (_lock)
        {
            flight.End();
        }

        flight.Fail(exception);
    }

    private void BreakFlights(TKey key)
    {
        if (_flights.Count + _blockingFlights.Count > 0) // spares almost every write two hashes of its key
        {
            _flights.Remove(key);
            _blockingFlights.Remove(key);
        }
    }

    private void BreakFlights()
    {
        _flights.Clear();
        _blockingFlights.Clear();
    }

    private void BreakFlightsByTag(string tag)
    {
        if (FillsLearnTags)
        {
            BreakFlights();
            return;
        }

        Break(_flights);
        Break(_blockingFlights);

        void Break(Dictionary<TKey, Flight> table)
        {
            foreach (var (key, flight) in table)
            {
                if (Array.IndexOf(flight.Terms.Tags, tag) >= 0)
                {
                    table.Remove(key); // removing is the one change that an enumeration of a dictionary allows
                }
            }
        }
    }
}
