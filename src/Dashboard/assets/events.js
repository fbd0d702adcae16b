import { h, card, write } from './dom.js';
import { table } from './table.js';
import { eventColumns } from './columns.js';
import { newest } from './overview.js';
import * as f from './format.js';

export function events() {
  const list = table('Events', eventColumns, { empty: 'Nothing has happened: no gap, no lapse, no incoherence.' });
  const audit = table('Audit', [
    { title: 'Time', isText: true, sort: row => Date.parse(row.time), text: row => f.at(row.time) },
    { title: 'Who', isText: true, text: row => row.user },
    { title: 'Act', isText: true, text: row => row.act },
    { title: 'Cache', isText: true, text: row => row.cache },
    { title: 'Where', isText: true, text: row => row.scope === 'all silos' ? row.scope : f.endpoint(row.scope) },
    { title: 'Outcome', isText: true, text: row => row.outcome },
  ], { empty: 'Nothing was done from this host\u2019s dashboard.' });
  const happened = card('Events', list.root);
  const root = h('div', { class: 'page' }, h('h1', { class: 'unseen', text: 'Events and audit' }), happened.root, card('Audit', audit.root).root);
  let asked = 0;

  async function readAudit() {
    if (Date.now() - asked < 5000) return;
    asked = Date.now();
    const answer = await fetch('api/audit');
    if (answer.ok) audit.update((await answer.json()).map((row, i) => ({ ...row, id: `${row.time}/${i}` })));
  }

  return {
    root,
    title: 'Events',
    update(store) {
      const lines = newest(store.events);
      list.update(lines, store.complete ? null : f.unknown);
      write(happened.note, lines.length ? `all that are kept: ${f.count(lines.length)}, since ${f.at(lines.at(-1).time)}` : '');
      readAudit().catch(() => { asked = 0; });
    },
  };
}
