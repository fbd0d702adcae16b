// Elements with text only: nothing here ever parses markup, so a name made of markup is a name.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children.flat().filter(child => child != null));
  return element;
}

const svgSpace = 'http://www.w3.org/2000/svg';
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(svgSpace, tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'text') element.textContent = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
}

export function write(node, text) {
  text = String(text);
  if (node.textContent !== text) node.textContent = text;
}

export function mark(element, name, value) {
  if (value == null || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

export const link = (page, id, text) => h('a', { href: `#/${page}/${encodeURIComponent(id)}` }, text ?? id);

let ids = 0;
export function card(title, ...children) {
  const id = `card-${++ids}`;
  const note = h('span', { class: 'note' });
  const root = h('section', { class: 'card', 'aria-labelledby': id }, h('header', {}, h('h2', { id, text: title }), note), ...children);
  return { root, note };
}

// A number with its name, and a second line.
export function tile(name) {
  const value = h('dd', { class: 'value', text: '–' });
  const detail = h('dd', { class: 'detail' });
  const root = h('div', { class: 'tile' }, h('dt', { text: name }), value, detail);
  return {
    root,
    update(text, more = '', state = null) { write(value, text); write(detail, more); mark(root, 'data-state', state); },
  };
}

export const tiles = (...all) => h('dl', { class: 'tiles' }, ...all.map(one => one.root));
