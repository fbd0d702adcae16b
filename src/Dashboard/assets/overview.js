import { h, card, tile, tiles, write } from './dom.js';
import { table } from './table.js';
import { chart, histogram, matrix } from './charts.js';
import { cacheNumbers, eventColumns, hitRatio, latencies, linked, number, percentiles, siloState } from './columns.js';
import * as f from './format.js';

// The charts of a cache, or of all together.
export function charts(session) {
  const pause = Math.max(10, 3 * session.refreshSeconds) * 1000;
  const all = [
    chart('Reads', [{ name: '', value: p => p.reads }], f.rate, pause),
    chart('Hit ratio', [{ name: '', value: p => p.hitRatio }], f.ratio, pause, { max: 1 }),
    chart('Coherent verbs', [{ name: '', value: p => p.verbs }], f.rate, pause),
    chart('Verb latency', [{ name: 'p50', value: p => p.p50 }, { name: 'p99', value: p => p.p99 }], f.time, pause, { least: 1e-4, hint: 'Of the coherent verbs that completed between one reading and the next' }),
  ];
  return { root: h('div', { class: 'charts' }, ...all.map(one => one.root)), update: points => all.forEach(one => one.update(points)) };
}

export function overview(session) {
  const [silos, entries, size, ratio, reads, verbs] = ['Silos serving', 'Entries', 'Size', 'Hit ratio', 'Reads', 'Coherent verbs'].map(tile);
  const trends = charts(session);
  const cacheTable = table('Caches', [
    linked('Cache', 'cache'),
    { title: 'Mode', isText: true, isWide: true, sort: row => row.coherence, text: row => row.coherence === 'replicate' ? 'replicates' : 'invalidates' },
    ...cacheNumbers,
  ], { empty: 'No silo has a cache. Add one with AddMcCache(caches => caches.Add<TKey, TValue>("name")).', sortBy: 0 });
  const siloTable = table('Silos', [
    linked('Silo', 'silo', row => row.endpoint),
    siloState,
    number('Valid for', row => row.validForSeconds, f.time, { hint: 'How long it may still serve if nobody answers it any more' }),
    number('Entries', row => row.entries, f.count),
    hitRatio,
    number('Reads', row => row.readsPerSecond, f.rate),
    number('Memory', row => row.heapBytes, f.bytes, { hint: 'Managed heap of the process' }),
    number('CPU', row => row.processors, n => n == null ? '–' : `${n.toFixed(2)}`, { isWide: true, hint: 'Processors\u2019 worth of time' }),
    number('Lanes', row => row.laneDepth, f.count, { hint: 'Frames that wait on its lanes', state: row => row.laneFailures >= 3 ? 'bad' : null }),
    number('Retries', row => row.retries, f.count, { isWide: true }),
    number('Gaps', row => row.gaps, f.count, { isWide: true, state: row => row.gaps > 0 ? 'warn' : null }),
  ], { empty: 'No silo has answered yet.', sortBy: 0 });
  const promises = matrix();
  const latency = histogram('Coherent verbs', 'since the silos started', 'No coherent verb has completed yet.');
  const events = table('Events', eventColumns, { empty: 'Nothing has happened: no gap, no lapse, no incoherence.', limit: 12 });
  const [caches, members, promised, took, happened] = [
    card('Caches', cacheTable.root), card('Silos', siloTable.root), card('Promises between silos', promises.root), card('Until all silos have followed', latency.root), card('Events', events.root)];
  promised.root.classList.add('narrow');
  happened.root.querySelector('header').append(h('a', { class: 'note', href: '#/events', text: 'All events and the audit' }));
  const root = h('div', { class: 'page' },
    h('h1', { class: 'unseen', text: 'Overview of the cluster' }), tiles(silos, entries, size, ratio, reads, verbs), trends.root,
    caches.root, members.root, h('div', { class: 'pair' }, promised.root, took.root), happened.root);

  return {
    root,
    title: 'Overview',
    update(store) {
      const rows = [...store.silos.values()];
      const live = rows.filter(row => row.state !== 'gone');
      const serving = live.filter(row => row.state === 'serving').length;
      const t = store.totals;
      const instead = store.complete ? null : f.unknown;
      silos.update(live.length ? `${f.count(serving)} of ${f.count(live.length)}` : f.none, store.membershipChanged ? `membership changed ${f.ago(store.membershipChanged)}` : '', serving < live.length || !live.length ? 'bad' : null);
      entries.update(f.count(t?.entries), t ? `${f.count(store.caches.size)} ${store.caches.size === 1 ? 'cache' : 'caches'}` : '');
      size.update(f.bytes(t?.bytes), 'by the caches\u2019 own measure');
      ratio.update(f.ratio(t?.hitRatioNow ?? t?.hitRatio), t ? `${f.ratio(t.hitRatio)} since the start` : '');
      reads.update(f.rate(t?.readsPerSecond), t ? `${f.short(t.hits + t.misses)} in all, ${f.rate(t.fillsPerSecond)} filled` : '');
      verbs.update(f.rate(t?.coherentVerbsPerSecond), t ? latencies(t) : '');
      trends.update(store.series);
      const named = [...store.caches.values()];
      cacheTable.update(named, instead);
      siloTable.update(rows);
      promises.update((store.promiseOrder ?? []).map(id => store.promises.get(id)).filter(Boolean), store.promiseOrder ?? [], instead);
      latency.update(store.latencies ?? [], instead);
      events.update(newest(store.events), instead);
      write(caches.note, named.length ? `${f.count(named.length)}; p50 and p99 ${percentiles(named)}` : '');
      write(members.note, live.length ? f.count(live.length) : '');
    },
  };
}

// The newest first. The same at about the same time, on one silo or on several, such as a new membership, is one line.
export function newest(events) {
  const lines = new Map();
  for (const event of [...events.values()].sort((a, b) => Date.parse(b.time) - Date.parse(a.time) || b.number - a.number)) {
    const key = `${event.kind}/${event.cause}/${event.other}/${event.cache}`;
    const known = lines.get(key)?.find(line => Date.parse(line.time) - Date.parse(event.time) < 5000);
    if (!known) lines.set(key, [...lines.get(key) ?? [], { ...event, silos: event.silos ?? 1, on: new Set([event.silo]) }]);
    else {
      known.count += event.count;
      if (!known.on.has(event.silo)) known.silos += event.silos ?? 1;
      known.on.add(event.silo);
    }
  }
  return [...lines.values()].flat().sort((a, b) => Date.parse(b.time) - Date.parse(a.time) || b.number - a.number);
}
