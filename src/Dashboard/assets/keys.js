import { h, card, write } from './dom.js';
import { table } from './table.js';
import * as f from './format.js';

const page = 50;

// The keys of one silo's copy, page by page, and one key on all silos. Metadata only: values stay where they are.
export function keyBrowser(cache) {
  const silo = h('select', { id: 'keys-silo', onchange: () => { skip = 0; browse(); } });
  const search = h('input', { id: 'keys-key', autocomplete: 'off', spellcheck: 'false', onkeydown: event => { if (event.key === 'Enter') lookUp(); } });
  const message = h('p', { class: 'summary', role: 'status' });
  const metadata = [
    { title: 'Size', text: row => f.bytes(row.metadata?.size) },
    { title: 'Updated', isText: true, text: row => row.metadata ? f.at(row.metadata.updated) : '' },
    { title: 'Expires', isText: true, text: row => row.metadata ? row.metadata.expires ? f.at(row.metadata.expires) : 'never' : '' },
    { title: 'Tags', isText: true, text: row => row.metadata?.tags.join(', ') ?? '' },
    { title: 'Version', isText: true, isWide: true, text: row => row.metadata?.version ? f.at(row.metadata.version.time) : '' },
  ];
  const keys = table('Keys', [{ title: 'Key', isText: true, text: row => row.key }, ...metadata], { empty: 'This silo\u2019s copy holds no keys.' });
  const found = table('One key on all silos', [
    { title: 'Silo', isText: true, text: row => f.endpoint(row.id) },
    { title: 'Held', isText: true, text: row => row.error ?? (row.metadata ? 'yes' : 'no'), state: row => row.error ? 'bad' : null }, ...metadata,
  ]);
  const back = h('button', { type: 'button', disabled: true, onclick: () => { skip = Math.max(0, skip - page); browse(); } }, 'Previous');
  const next = h('button', { type: 'button', disabled: true, onclick: () => { skip += page; browse(); } }, 'Next');
  const look = h('button', { type: 'button', onclick: lookUp }, 'Look up on all silos');
  const { root, note } = card('Keys', h('div', { class: 'fields' },
    h('label', { for: 'keys-silo', text: 'Copy of' }), silo, h('button', { type: 'button', onclick: browse }, 'Browse'), back, next,
    h('span', { class: 'spring' }), h('label', { for: 'keys-key', text: 'Key' }), search, look), message, found.root, keys.root);
  found.root.hidden = keys.root.hidden = true;
  let skip = 0;

  async function ask(path, parameters) {
    const answer = await fetch(`api/${path}?${new URLSearchParams({ cache, ...parameters })}`);
    const result = await answer.json();
    if (answer.ok) return result;
    write(message, `${result.title}. ${result.detail ?? ''}`);
    return null;
  }

  async function browse() {
    write(message, 'Asking the silo …');
    const result = await ask('keys', { silo: silo.value, skip, count: page });
    if (!result) return;
    keys.root.hidden = false;
    found.root.hidden = true;
    keys.update(result.keys.map((row, i) => ({ ...row, id: i }))); // two keys may have the same text
    write(message, result.total ? `${f.count(skip + 1)} to ${f.count(skip + result.keys.length)} of ${f.count(result.total)}, in the order of the cache` : '');
    back.disabled = skip === 0;
    next.disabled = skip + result.keys.length >= result.total;
  }

  async function lookUp() {
    write(message, 'Asking all silos …');
    const result = await ask('key', { key: search.value });
    if (!result) return;
    found.root.hidden = false;
    keys.root.hidden = true;
    found.update(result.map(row => ({ ...row, id: row.silo })));
    write(message, `Held on ${f.count(result.filter(row => row.metadata).length)} of ${f.count(result.length)} silos.`);
  }

  return {
    root,
    update(silos, hasKeyText) {
      look.disabled = search.disabled = !hasKeyText;
      const shown = [...silo.options].map(option => option.value);
      if (shown.join() !== silos.join()) {
        const chosen = silo.value;
        silo.replaceChildren(...silos.map(id => h('option', { value: id }, f.endpoint(id))));
        if (silos.includes(chosen)) silo.value = chosen;
      }
      write(note, hasKeyText ? 'metadata, not values' : 'metadata, not values; keys of this type have no text to look up');
    },
  };
}
