import { h, card, tile, tiles, write, mark } from './dom.js';
import { table } from './table.js';
import { histogram } from './charts.js';
import { bar, cacheNumbers, eventColumns, isAway, linked, number, percentiles, states } from './columns.js';
import { newest } from './overview.js';
import * as f from './format.js';

export function silo(id) {
  const [valid, memory, cpu, reads, lanes, clients] = ['Valid for', 'Memory', 'CPU', 'Reads', 'Lanes', 'Clients'].map(tile);
  const state = h('span', { class: 'badge', role: 'status' });
  const error = h('p', { class: 'empty', hidden: true });
  let lease = 1;
  const promises = table('Promises that it holds', [
    { title: 'Of silo', isText: true, sort: row => f.endpoint(row.id), text: row => f.endpoint(row.id) },
    {
      title: 'Holds for', sort: row => row.remainingSeconds,
      fill(cell, row) { bar(cell, row.remainingSeconds / lease, row.remainingSeconds > 0 ? f.time(row.remainingSeconds) : 'none', row.remainingSeconds > 0 ? null : 'bad'); },
    },
  ], { empty: 'It needs nobody\u2019s promise.', sortBy: 0 });
  const laneTable = table('Lanes', [
    { title: 'To silo', isText: true, sort: row => f.endpoint(row.silo), text: row => f.endpoint(row.silo) },
    { title: 'Provider', isText: true, isWide: true, sort: row => row.provider, text: row => row.provider },
    number('Depth', row => row.depth, f.count, { hint: 'Frames that the other is not known to have' }),
    number('Bytes', row => row.bytes, f.bytes, { isWide: true }),
    number('In flight', row => row.inFlight, f.count, { hint: 'Frames of the batch that is on its way' }),
    number('Awaited', row => row.awaited, f.count, { isWide: true, hint: 'Frames that somebody waits for' }),
    number('Failures in a row', row => row.failures, f.count, { state: row => row.failures >= 3 ? 'bad' : row.failures ? 'warn' : null }),
    number('Retries', row => row.retries, f.count),
    number('Gaps', row => row.gaps, f.count, { state: row => row.gaps ? 'warn' : null }),
  ], { empty: 'No lanes: there is no other silo.', sortBy: 0 });
  const caches = table('Caches', [linked('Cache', 'cache'), ...cacheNumbers], { empty: 'It has no caches.', sortBy: 0 });
  const trips = histogram('Batches', 'since the silo started', 'No batch has been acknowledged yet.');
  const events = table('Events', eventColumns, { empty: 'Nothing has happened to this silo.', limit: 12 });
  const cards = [card('Caches', caches.root), card('Lanes to the other silos', laneTable.root)];
  const pair = h('div', { class: 'pair' }, card('Promises that it holds', promises.root).root, card('Batches: sent until acknowledged', trips.root).root);
  const root = h('div', { class: 'page' }, h('div', { class: 'head' }, h('h1', { text: f.endpoint(id) }), state), error,
    tiles(valid, memory, cpu, reads, lanes, clients), cards[0].root, cards[1].root, pair, card('Events', events.root).root);

  return {
    root,
    title: f.endpoint(id),
    stream: { silo: id },
    update(store) {
      const row = store.silo;
      const isHeard = row && !isAway(row);
      const instead = isHeard ? null : row || store.error ? f.unknown : f.none;
      error.hidden = isHeard;
      write(error, row ? `${(row.error ?? 'It has left the cluster').replace(/[.\s]*$/, '.')} ${row.since ? `Last heard at ${f.at(row.since)}.` : ''}`
        : store.error ? 'It is not known whether there is a silo of this address.' : 'There is no silo of this address, and there was none lately.');
      const [text, kind] = states[row?.state] ?? ['', 'none'];
      lease = store.leaseSeconds || 1;
      state.hidden = !row;
      write(state, row?.name ? `${text} · ${row.name}` : text);
      mark(state, 'data-state', kind);
      valid.update(row?.state !== 'serving' ? f.none : row.validForSeconds == null ? 'ever' : f.time(row.validForSeconds), isHeard ? `of ${f.time(lease)}; up ${f.span(row.uptimeSeconds)}` : '', !row || row.state === 'serving' ? null : 'bad');
      memory.update(f.bytes(row?.heapBytes), isHeard ? `managed heap; ${f.bytes(row.workingSetBytes)} in all` : '');
      cpu.update(row?.processors == null ? f.none : row.processors.toFixed(2), isHeard ? 'processors\u2019 worth of time' : '');
      reads.update(f.rate(row?.readsPerSecond), isHeard ? `hit ratio ${f.ratio(row.hitRatio)}` : '');
      lanes.update(f.count(row?.laneDepth), isHeard ? `frames wait; ${f.count(row.retries)} retries, ${f.count(row.gaps)} gaps` : '', row?.laneFailures >= 3 ? 'bad' : null);
      clients.update(f.count(row?.clients), isHeard ? `membership version ${f.count(row.membershipVersion)}` : '');
      const named = [...store.caches.values()];
      caches.update(named, instead);
      laneTable.update([...store.lanes.values()], instead);
      promises.update([...store.held.values()], instead);
      trips.update(store.latencies ?? [], instead);
      events.update(newest(store.events).filter(event => event.kind === 'membership' || event.on.has(id)), instead);
      write(cards[0].note, named.length ? `p50 and p99 ${percentiles(named)}` : '');
    },
  };
}
