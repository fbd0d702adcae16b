import { h, card, tile, tiles, write, mark, link } from './dom.js';
import { table } from './table.js';
import { histogram } from './charts.js';
import { charts, newest } from './overview.js';
import { bar, cacheNumbers, eventColumns, latencies, number, percentiles } from './columns.js';
import { acts } from './acts.js';
import { keyBrowser } from './keys.js';
import * as f from './format.js';

export function cache(name, session) {
  const [entries, size, ratio, reads, fills, verbs] = ['Entries', 'Size', 'Hit ratio', 'Reads', 'Fills', 'Coherent verbs'].map(tile);
  const mode = h('span', { class: 'badge', 'data-state': 'info' });
  const agreement = h('span', { class: 'badge', role: 'status' });
  const trends = charts(session);
  const digests = new Map();
  const onSilos = table('Silos', [
    { title: 'Silo', isText: true, sort: row => f.endpoint(row.id), fill(cell, row) { if (!cell.firstChild) cell.append(link('silo', row.id, f.endpoint(row.id))); } },
    {
      title: 'Filled', sort: row => row.entries / row.maxEntries, hint: 'Entries as a share of MaxEntries',
      fill(cell, row) { bar(cell, row.entries / row.maxEntries, f.ratio(row.entries / row.maxEntries)); },
    },
    ...cacheNumbers,
    number('Invalidations', row => row.invalidations, f.count, { isWide: true }),
    {
      title: 'Digest', isText: true, sort: row => row.digest, hint: 'Of the keys held; of a replicated cache also their versions and order. The same digest, the same copy.',
      fill(cell, row) {
        if (!cell.firstChild) cell.append(h('code', { class: 'digest' }));
        write(cell.firstChild, row.digest ? row.digest.slice(0, 8) : '…');
        mark(cell.firstChild, 'data-group', row.coherence === 'replicate' ? digests.get(row.digest) : null);
        mark(cell, 'title', row.digest);
      },
    },
    { title: 'Whole', isText: true, isWide: true, text: row => row.holes ? 'lacks changes' : 'yes', state: row => row.holes ? 'bad' : null },
  ], { empty: 'No silo has answered yet.', sortBy: 0 });
  const latency = histogram('Coherent verbs', 'since the silos started', 'No coherent verb has completed yet.');
  const top = table('Keys that are read most', [
    { title: 'Key', isText: true, text: row => row.id },
    { title: 'Share of reads', fill(cell, row) { bar(cell, row.share, f.ratio(row.share)); } },
  ], { empty: 'Not counted: set CacheOptions.TopKeys, and McCacheDashboardOptions.ShowKeys, to see them.', limit: 20 });
  const events = table('Events', eventColumns, { empty: 'Nothing has happened to this cache.', limit: 12 });
  const onEach = card('On each silo', onSilos.root), took = card('Until all silos have followed', latency.root), keys = card('Keys that are read most', top.root), happened = card('Events', events.root);
  const missing = h('p', { class: 'empty', hidden: true });
  const browser = session.showKeys ? keyBrowser(name) : null;
  const actions = acts(name, session);
  const root = h('div', { class: 'page' },
    h('div', { class: 'head' }, h('h1', {}, name), mode, agreement, h('span', { class: 'spring' }), actions.root),
    missing, tiles(entries, size, ratio, reads, fills, verbs), trends.root, onEach.root, h('div', { class: 'pair' }, took.root, keys.root), browser?.root, happened.root);

  return {
    root,
    title: name,
    stream: { cache: name },
    update(store) {
      const c = store.cache;
      const instead = c ? null : store.complete ? f.none : f.unknown;
      const rows = [...store.caches.values()];
      missing.hidden = !!c;
      write(missing, store.complete ? 'No silo has a cache of this name.' : 'It is not known whether a silo has a cache of this name: not all silos have answered.');
      mode.hidden = agreement.hidden = !c;
      if (c) summarize(c, rows, store);
      else for (const one of [entries, size, ratio, reads, fills, verbs]) one.update(f.none);
      trends.root.hidden = instead === f.none;
      trends.update(store.series);
      onSilos.update([...store.caches.values()], instead);
      latency.update(store.latencies ?? [], instead);
      top.update((store.topKeys ?? []).map(key => ({ id: key.key, share: key.share })), store.topKeys ? 'No read was counted yet.' : store.areKeysRefused ? 'The silos do not show keys to this host.' : instead);
      events.update(newest(store.events).filter(event => event.kind !== 'membership' && (event.cache == null || event.cache === name)), instead);
      const silos = rows.map(row => row.id);
      actions.update(silos, store.hasKeyText);
      browser?.update(silos, store.hasKeyText);
      write(onEach.note, c ? `${f.count(rows.length)} ${rows.length === 1 ? 'silo' : 'silos'}${store.complete ? '' : ' that answer'}; p50 and p99 ${percentiles(rows)}` : '');
    },
  };

  function summarize(c, rows, store) {
    const replicates = c.coherence === 'replicate';
    write(mode, replicates ? 'Replicates' : 'Invalidates');
    const [text, state] = c.holes ? [`${f.count(c.holes)} copies lack changes`, 'bad'] : store.agree ? ['All copies agree', 'ok']
      : store.agree === false ? replicates ? ['Copies differ', 'warn'] : ['Copies differ, by design', 'none']
        : store.complete ? ['Comparing copies', 'none'] : ['Not all silos answer', 'warn'];
    write(agreement, text);
    mark(agreement, 'data-state', state);
    const groups = [...Map.groupBy(rows.filter(row => row.digest), row => row.digest)].sort((a, b) => b[1].length - a[1].length);
    const before = JSON.stringify([...digests]);
    digests.clear();
    groups.forEach(([digest], i) => digests.set(digest, Math.min(i, 5)));
    if (JSON.stringify([...digests]) !== before) for (const row of rows) store.caches.set(row.id, { ...row });
    entries.update(f.count(c.entries), `at most ${f.count(c.maxEntries)} on a silo`);
    size.update(f.bytes(c.bytes), c.maxBytes ? `at most ${f.bytes(c.maxBytes)} on a silo` : 'no limit by bytes');
    ratio.update(f.ratio(c.hitRatioNow ?? c.hitRatio), `${f.ratio(c.hitRatio)} since the start`);
    reads.update(f.rate(c.readsPerSecond), `${f.count(c.hits)} hits, ${f.count(c.misses)} misses`);
    fills.update(f.rate(c.fillsPerSecond), `${f.count(c.fills)} in all; ${f.count(c.evictions)} evicted, ${f.count(c.expirations)} expired`);
    verbs.update(f.rate(c.coherentVerbsPerSecond), `${f.count(c.coherentVerbs)} in all; ${latencies(c)}`);
  }
}
