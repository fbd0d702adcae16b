import { h, write, mark } from './dom.js';

// A table of rows that have an id. Rows and cells stay; only text that has changed is written.
// A column: title, text(row) or fill(cell, row), sort(row), isText, isWide (left out on a phone), isLong, hint, state(row).
export function table(name, columns, { empty = 'Nothing here.', sortBy = null, descending = false, limit = 500 } = {}) {
  const rows = new Map();
  let order = { by: sortBy, descending };
  let last = [], instead = null;
  const heads = columns.map((column, i) => {
    const head = h('th', { scope: 'col', class: classOf(column), title: column.hint });
    head.append(column.sort ? h('button', { type: 'button', onclick: () => sort(i) }, column.title) : column.title);
    return head;
  });
  const body = h('tbody');
  const nothing = h('p', { class: 'empty', text: 'Loading …' });
  const scroll = h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': name },
    h('table', {}, h('caption', { class: 'unseen', text: name }), h('thead', {}, h('tr', {}, ...heads)), body));
  scroll.hidden = true;

  function classOf(column) {
    return [column.isText ? 'text' : 'number', column.isWide ? 'wide' : '', column.isLong ? 'long' : ''].filter(Boolean).join(' ');
  }

  function sort(i) {
    order = { by: i, descending: order.by === i ? !order.descending : !columns[i].isText };
    update(last, instead);
  }

  function sorted(list) {
    const column = columns[order.by];
    if (!column?.sort) return list;
    const sign = order.descending ? -1 : 1;
    const keys = new Map(list.map(row => [row, column.sort(row)]));
    return [...list].sort((a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)];
      if (x == null || y == null) return x === y ? 0 : x == null ? 1 : -1;
      return sign * (typeof x === 'string' ? x.localeCompare(y, 'en', { numeric: true }) : x - y) || (a.id < b.id ? -1 : 1);
    });
  }

  function create() {
    const cells = columns.map((column, i) => h(i === 0 ? 'th' : 'td', { class: classOf(column), scope: i === 0 ? 'row' : null }));
    return { element: h('tr', {}, ...cells), cells };
  }

  // With no rows, says that there are none, or something else instead: that it is not known.
  function update(list, otherwise = null) {
    [last, instead] = [list, otherwise];
    nothing.hidden = list.length > 0;
    scroll.hidden = list.length === 0;
    write(nothing, instead ?? empty);
    heads.forEach((head, i) => mark(head, 'aria-sort', order.by === i ? (order.descending ? 'descending' : 'ascending') : null));
    const shown = sorted(list).slice(0, limit);
    const seen = new Set();
    let next = body.firstChild;
    for (const row of shown) {
      seen.add(row.id);
      let known = rows.get(row.id);
      if (!known) rows.set(row.id, known = create());
      if (known.row !== row) {
        columns.forEach((column, i) => {
          if (column.fill) column.fill(known.cells[i], row, known);
          else write(known.cells[i], column.text(row));
          if (column.state) mark(known.cells[i], 'data-state', column.state(row));
        });
        mark(known.element, 'data-state', row.state === 'silent' || row.state === 'gone' ? 'gone' : null);
        known.row = row;
      }
      if (known.element !== next) body.insertBefore(known.element, next);
      else next = next.nextSibling;
    }
    for (const [id, known] of rows) if (!seen.has(id)) { known.element.remove(); rows.delete(id); }
  }

  return { root: h('div', {}, nothing, scroll), update };
}
