import { h, card, tile, tiles, write } from './dom.js';
import { table } from './table.js';
import { chart, histogram, matrix } from './charts.js';
import { cacheNumbers, eventColumns, hitRatio, linked, number, siloState } from './columns.js';
import * as f from './format.js';

// The charts of a cache, or of all together.
export function charts() {
  const all = [
    chart('Reads', [{ name: '', value: p => p.reads }], f.rate),
    chart('Hit ratio', [{ name: '', value: p => p.hitRatio }], f.ratio, { max: 1 }),
    chart('Coherent verbs', [{ name: '', value: p => p.verbs }], f.rate),
    chart('Verb latency', [{ name: 'p50', value: p => p.p50 }, { name: 'p99', value: p => p.p99 }], f.time, { least: 1e-4 }),
  ];
  return { root: h('div', { class: 'charts' }, ...all.map(one => one.root)), update: points => all.forEach(one => one.update(points)) };
}

export function overview() {
  const [silos, entries, size, ratio, reads, verbs] = ['Silos serving', 'Entries', 'Size', 'Hit ratio', 'Reads', 'Coherent verbs'].map(tile);
  const trends = charts();
  const cacheTable = table('Caches', [
    linked('Cache', 'cache'),
    { title: 'Mode', isText: true, isWide: true, sort: row => row.coherence, text: row => row.coherence === 'replicate' ? 'replicates' : 'invalidates' },
    ...cacheNumbers,
  ], { empty: 'No silo has a cache. Add one with AddMcCache(caches => caches.Add<TKey, TValue>("name")).', sortBy: 0 });
  const siloTable = table('Silos', [
    linked('Silo', 'silo', row => row.endpoint),
    siloState,
    number('Valid for', row => row.validForSeconds, seconds => seconds == null ? '–' : f.time(seconds), { hint: 'How long it may still serve if nobody answers it any more' }),
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
  const latency = histogram('Coherent verbs', 'No coherent verb has completed yet.');
  const events = table('Events', eventColumns, { empty: 'Nothing has happened: no gap, no lapse, no incoherence.', limit: 12 });
  const [caches, members, promised, took, happened] = [
    card('Caches', cacheTable.root), card('Silos', siloTable.root), card('Promises between silos', promises.root), card('Until all silos have followed', latency.root), card('Events', events.root)];
  took.root.querySelector('header').append(h('span', { class: 'note', text: 'every coherent verb since the silos started' }));
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
      silos.update(`${f.count(serving)} of ${f.count(live.length)}`, store.membershipChanged ? `membership changed ${f.ago(store.membershipChanged)}` : '', serving < live.length || !live.length ? 'bad' : null);
      entries.update(f.count(t?.entries), t ? `${f.count(store.caches.size)} ${store.caches.size === 1 ? 'cache' : 'caches'}` : '');
      size.update(f.bytes(t?.bytes), 'by the caches\u2019 own measure');
      ratio.update(f.ratio(t?.hitRatioNow ?? t?.hitRatio), t ? `${f.ratio(t.hitRatio)} since the start` : '');
      reads.update(f.rate(t?.readsPerSecond), t ? `${f.short(t.hits + t.misses)} in all, ${f.rate(t.fillsPerSecond)} filled` : '');
      verbs.update(f.rate(t?.coherentVerbsPerSecond), t?.p50Seconds == null ? 'none yet' : `p50 ${f.time(t.p50Seconds)}, p99 ${f.time(t.p99Seconds)}`);
      trends.update(store.series);
      cacheTable.update([...store.caches.values()]);
      siloTable.update(rows);
      promises.update((store.promiseOrder ?? []).map(id => store.promises.get(id)).filter(Boolean), store.promiseOrder ?? []);
      latency.update(store.latencies ?? [], null, null);
      events.update(newest(store.events));
      write(caches.note, `${f.count(store.caches.size)}`);
      write(members.note, `${f.count(live.length)}`);
    },
  };
}

// The newest first. What several silos have noted at about the same time, such as a new membership, is one line.
export function newest(events) {
  const lines = new Map();
  for (const event of [...events.values()].sort((a, b) => Date.parse(b.time) - Date.parse(a.time) || b.number - a.number)) {
    const key = `${event.kind}/${event.cause}/${event.other}/${event.cache}`;
    const known = lines.get(key)?.find(line => Date.parse(line.time) - Date.parse(event.time) < 5000 && !line.silos.has(event.silo));
    if (known) known.silos.add(event.silo);
    else lines.set(key, [...lines.get(key) ?? [], { ...event, silos: new Set([event.silo]) }]);
  }
  return [...lines.values()].flat().sort((a, b) => Date.parse(b.time) - Date.parse(a.time) || b.number - a.number);
}
