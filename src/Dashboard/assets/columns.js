import { h, link, write, mark } from './dom.js';
import * as f from './format.js';

// Cells that more than one table has.
export function bar(cell, share, text, state) {
  let [track, value] = cell.children;
  if (!value) {
    track = h('span', { class: 'track', 'aria-hidden': 'true' }, h('span', { class: 'fill' }));
    value = h('span');
    cell.replaceChildren(track, value);
  }
  track.firstChild.style.setProperty('--share', share == null ? 0 : Math.max(0, Math.min(1, share)));
  mark(track, 'data-state', state);
  write(value, text);
}

export const linked = (title, page, text) => ({
  title, isText: true, sort: row => text?.(row) ?? row.id,
  fill(cell, row) { if (!cell.firstChild) cell.append(link(page, row.id, text?.(row))); },
});

// Of a silo that is not heard, nothing is known.
export const isAway = row => row.state === 'gone' || row.state === 'silent';

export const number = (title, read, format, more = {}) => ({ title, sort: read, text: row => format(read(row)), ...more });

export const hitRatio = {
  title: 'Hit ratio', sort: row => row.hitRatioNow ?? row.hitRatio, hint: 'Hits as a share of reads: now, else since the start',
  fill(cell, row) { bar(cell, row.hitRatioNow ?? row.hitRatio, f.ratio(row.hitRatioNow ?? row.hitRatio)); },
};

export const cacheNumbers = [
  number('Entries', row => row.entries, f.count),
  number('Size', row => row.bytes, f.bytes, { hint: 'Bytes held, by the cache\u2019s own measure' }),
  hitRatio,
  number('Reads', row => row.readsPerSecond, f.rate),
  number('Fills', row => row.fillsPerSecond, f.rate, { isWide: true }),
  number('Evictions', row => row.evictionsPerSecond, f.rate, { isWide: true }),
  number('Coherent verbs', row => row.coherentVerbsPerSecond, f.rate, { hint: 'Writes that complete when every silo has followed' }),
  number('p50', row => row.p50Seconds, f.time, { isWide: true, hint: 'Half of the coherent verbs took so long at most' }),
  number('p99', row => row.p99Seconds, f.time, { hint: '99 of 100 coherent verbs took so long at most' }),
];

// What p50 and p99 of these rows are of.
export function percentiles(rows) {
  const lately = rows.filter(row => row.isLastMinute).length;
  return lately === 0 ? 'since the start' : lately === rows.length ? 'of the last minute' : 'of the last minute, or since the start where that has not been watched';
}

export const latencies = row => row.p50Seconds != null ? `p50 ${f.time(row.p50Seconds)}, p99 ${f.time(row.p99Seconds)} ${percentiles([row])}` : row.coherentVerbs ? 'none in the last minute' : 'none yet';

export const states = {
  serving: ['Serving', 'ok'], starting: ['Starting', 'warn'], lapsed: ['Not entitled', 'bad'], silent: ['No answer', 'bad'], gone: ['Gone', 'none'],
};

export const siloState = {
  title: 'State', isText: true, sort: row => row.state,
  fill(cell, row) {
    const [text, state] = states[row.state] ?? [row.state, 'none'];
    if (!cell.firstChild) cell.append(h('span', { class: 'badge' }), h('span', { class: 'more' }));
    write(cell.firstChild, text);
    mark(cell.firstChild, 'data-state', state);
    write(cell.lastChild, isAway(row) && row.since ? ` since ${f.at(row.since)}` : '');
    mark(cell, 'title', row.error);
  },
};

export const eventColumns = [
  { title: 'Time', isText: true, sort: row => Date.parse(row.time), text: row => f.at(row.time) },
  {
    title: 'What', isText: true, sort: row => row.kind,
    fill(cell, row) {
      if (!cell.firstChild) cell.append(h('span', { class: 'badge' }));
      write(cell.firstChild, words[row.kind] ?? row.kind);
      mark(cell.firstChild, 'data-state', row.kind === 'membership' ? 'info' : row.kind === 'incoherence' || row.kind === 'holeLost' ? 'bad' : 'warn');
    },
  },
  { title: 'Cause', isText: true, isLong: true, text: row => row.cause + (row.count > row.silos ? ` (×${f.count(row.count)})` : '') },
  { title: 'On silo', isText: true, sort: row => row.silo, text: row => row.silos > 1 ? `${f.count(row.silos)} silos` : f.endpoint(row.silo) },
  { title: 'Other silo', isText: true, isWide: true, text: row => f.endpoint(row.other) },
  { title: 'Cache', isText: true, isWide: true, text: row => row.cache ?? (row.kind === 'membership' ? '' : 'all') },
];

const words = { gap: 'Gap', hole: 'Hole', holeLost: 'Hole lost', incoherence: 'Incoherence', lapse: 'Lapse', membership: 'Membership' };
