import { h, write } from './dom.js';
import { table } from './table.js';
import * as f from './format.js';

const dialog = document.getElementById('dialog');

// What can be done to a cache, each with what it means.
const all = [
  { act: 'evict', text: 'Evict key', field: 'key', scope: true, means: 'The copies of this key are dropped. It is no write: the next read fills it again.' },
  { act: 'remove', text: 'Remove key', field: 'key', means: 'The key is removed coherently: when this returns, no silo serves it.' },
  { act: 'remove-by-tag', text: 'Remove by tag', field: 'tag', means: 'Every entry with this tag is removed coherently, on all silos.' },
  { act: 'clear', text: 'Clear', scope: true, isGrave: true, means: 'On all silos: everything is removed coherently. On one silo: that silo drops its own copy, and the others keep theirs.' },
  { act: 'repair', text: 'Repair', scope: true, means: 'A replicated cache merges what the other silos have; an invalidating one drops its copies, so that the next reads fill them afresh.' },
];

export function acts(cache, session) {
  let silos = [];
  const buttons = all.map(one => h('button', { type: 'button', class: one.isGrave ? 'grave' : null, onclick: () => open(one, cache, silos) }, one.text));
  const root = h('div', { class: 'acts', role: 'group', 'aria-label': 'Acts', hidden: !session.allowActions }, ...buttons);
  return {
    root,
    update(ids, hasKeyText) {
      silos = ids;
      all.forEach((one, i) => { buttons[i].disabled = one.field === 'key' && !hasKeyText; });
    },
  };
}

export function open(one, cache, silos, key = '') {
  const input = one.field ? h('input', { id: 'act-text', autocomplete: 'off', spellcheck: 'false', value: key }) : null;
  const scope = one.scope ? h('select', { id: 'act-silo' }, h('option', { value: '' }, 'all silos'), ...silos.map(id => h('option', { value: id }, f.endpoint(id)))) : null;
  const outcome = h('div', { class: 'outcome', role: 'status' });
  const confirm = h('button', { type: 'button', class: one.isGrave ? 'grave' : 'main', onclick: run }, `${one.text} now`);
  const close = h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel');
  dialog.replaceChildren(
    h('h2', { id: 'dialog-title' }, `${one.text}: `, h('span', { class: 'subject', text: cache })),
    h('p', { text: one.means }),
    ...input ? [h('label', { for: 'act-text', text: one.field === 'key' ? 'Key' : 'Tag' }), input] : [],
    ...scope ? [h('label', { for: 'act-silo', text: 'Where' }), scope] : [],
    outcome, h('div', { class: 'buttons' }, close, confirm));
  dialog.showModal();
  (input ?? confirm).focus();

  async function run() {
    if (input && !input.value) { write(outcome, `Which ${one.field}?`); input.focus(); return; }
    confirm.disabled = true;
    write(outcome, 'Asking the silos …');
    try {
      const session = await (await fetch('api/session')).json();
      const answer = await fetch(`api/acts/${one.act}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', [session.tokenHeader]: session.token },
        body: JSON.stringify({ cache, [one.field ?? 'key']: input?.value, silo: scope?.value || null }),
      });
      show(answer.ok, await answer.json());
    } catch (failure) {
      write(outcome, `It is not known what came of it: ${failure.message}`);
    }
    confirm.disabled = false;
    write(close, 'Close');
  }

  function show(isDone, result) {
    if (!isDone) { write(outcome, `${result.title}. ${result.detail ?? ''}`); outcome.dataset.state = 'bad'; return; }
    delete outcome.dataset.state;
    const rows = table('What came of it', [
      { title: 'Silo', isText: true, text: row => f.endpoint(row.id) },
      { title: 'Outcome', isText: true, text: row => row.outcome, state: row => row.isDone ? null : 'bad' },
    ]);
    rows.update(result.silos.map(row => ({ ...row, id: row.silo })));
    outcome.replaceChildren(h('p', { text: `Done in ${f.time(result.seconds)}.` }), rows.root);
  }
}
