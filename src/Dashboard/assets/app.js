import { write, mark, h } from './dom.js';
import { overview } from './overview.js';
import { cache } from './cache.js';
import { silo } from './silo.js';
import { events } from './events.js';
import { minutes } from './charts.js';
import * as f from './format.js';

const [main, status, banner, nav, dialog, skip] = ['main', 'status', 'banner', 'nav', 'dialog', 'skip'].map(id => document.getElementById(id));
const lists = ['silos', 'caches', 'promises', 'events', 'lanes', 'held'];
const idle = 15_000; // milliseconds for which a tab that nobody looks at is kept up to date

let session = { allowActions: false, showKeys: false, refreshSeconds: 1, staleSeconds: 7, links: {} };
let view, store, source, heard = 0, isDown = false, dozing, isAsleep = false;

const newStore = () => ({ series: [], ...Object.fromEntries(lists.map(name => [name, new Map()])) });

// A frame says what has changed since the one before; the first one of a connection is whole.
function apply(frame) {
  for (const name of lists) {
    const changes = frame[name];
    if (!changes) continue;
    for (const row of changes.changed) store[name].set(row.id, row);
    for (const id of changes.removed) store[name].delete(id);
  }
  if (frame.series) store.series = frame.series;
  if (frame.point && frame.point.time > (store.series.at(-1)?.time ?? 0)) store.series.push(frame.point);
  store.series = store.series.filter(point => point.time > store.series.at(-1).time - minutes * 60_000);
  for (const [name, value] of Object.entries(frame)) if (!lists.includes(name) && name !== 'series' && name !== 'point') store[name] = value;
}

function connect() {
  if (isAsleep) return;
  source?.close();
  source = new EventSource(`events?${new URLSearchParams(view.stream ?? {})}`);
  source.addEventListener('open', () => { store = newStore(); });
  source.addEventListener('state', event => {
    const frame = JSON.parse(event.data);
    apply(frame);
    [heard, isDown] = [Date.now(), false];
    tell();
    if (!document.hidden) view.update(store);
  });
  source.addEventListener('error', () => {
    isDown = true;
    tell();
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000); // refused outright: the browser does not try again by itself
  });
}

// Live, stale (the cluster is silent, or the stream is), or disconnected: said in words, once, and shown by a paler page.
function tell() {
  if (isAsleep) return;
  const quiet = (Date.now() - heard) / 1000;
  const [state, text, problem] = isDown ? ['bad', 'Disconnected', heard ? `This page has lost its server; what is shown was true at ${f.at(heard)}. It connects again by itself.` : 'The server does not answer; this page tries again by itself.']
    : store?.error ? ['bad', 'No answer', `The cluster does not answer. ${store.error.replace(/[.\s]*$/, '.')}${store.silos.size || store.silo || store.cache ? ` What is shown was true at ${f.at(store.time)}.` : ''}`]
      : !heard ? ['loading', 'Connecting', '']
        : quiet > session.staleSeconds ? ['warn', 'Stale', `Nothing was heard since ${f.at(heard)}; what is shown was true then.`]
          : ['ok', 'Live', ''];
  write(status, text);
  mark(status, 'data-state', state);
  mark(document.body, 'data-stale', problem ? 'yes' : null);
  banner.hidden = !problem;
  write(banner, problem);
}

// A tab that nobody looks at does not keep the silos answering: after a while its stream ends, and begins anew when it is looked at.
function look() {
  clearTimeout(dozing);
  if (document.hidden) dozing = setTimeout(sleep, idle);
  else if (isAsleep) {
    [isAsleep, isDown, heard] = [false, false, 0];
    connect();
    tell();
  } else if (heard) view.update(store);
}

function sleep() {
  isAsleep = true;
  source?.close();
}

function route() {
  const [page = '', ...rest] = location.hash.replace(/^#\/?/, '').split('/');
  let id;
  try { id = decodeURIComponent(rest.join('/')); } catch { id = rest.join('/'); }
  view = page === 'cache' && id ? cache(id, session) : page === 'silo' && id ? silo(id) : page === 'events' ? events() : overview(session);
  store = newStore();
  if (dialog.open) dialog.close();
  main.replaceChildren(view.root);
  document.title = `${view.title} · McCache`;
  for (const anchor of nav.querySelectorAll('[data-page]')) mark(anchor, 'aria-current', (anchor.dataset.page === 'events') === (page === 'events') && (page === '' || page === 'events') ? 'page' : null);
  scrollTo(0, 0);
  connect();
}

function themes() {
  const choices = ['', 'light', 'dark'];
  let chosen = '';
  try { chosen = localStorage.getItem('mccache-theme') ?? ''; } catch { /* no storage: as the system has it */ }
  mark(document.documentElement, 'data-theme', chosen || null);
  document.getElementById('theme').addEventListener('click', () => {
    const isDark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    chosen = choices[isDark ? 1 : 2];
    mark(document.documentElement, 'data-theme', chosen);
    try { localStorage.setItem('mccache-theme', chosen); } catch { /* for this page only, then */ }
    view?.update(store);
  });
}

async function start() {
  themes();
  try {
    session = await (await fetch('api/session')).json();
    for (const [text, address] of Object.entries(session.links)) nav.append(h('a', { href: address, class: 'away' }, text));
  } catch { /* The stream says that there is no server. */ }
  addEventListener('hashchange', () => { route(); main.focus({ preventScroll: true }); });
  skip.addEventListener('click', event => { event.preventDefault(); main.focus(); }); // the address stays that of the page
  document.addEventListener('visibilitychange', look);
  addEventListener('pageshow', look);
  addEventListener('pagehide', sleep);
  setInterval(tell, 1000);
  route();
  look();
}

start();
