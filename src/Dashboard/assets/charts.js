import { h, s, write, mark } from './dom.js';
import * as f from './format.js';

const width = 320, height = 96, left = 4, top = 6, bottom = 4;
export const minutes = 5;

function nice(max) {
  if (!(max > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(max));
  return [1, 2, 2.5, 5, 10].map(step => step * power).find(step => step >= max * 1.001) ?? 10 * power;
}

// Lines over the last minutes. series: [{ name, value(point) }], the first one with an area below it.
// With `least` the axis is logarithmic and begins there: latencies span decades. A line has a gap where nobody watched for longer than `pause`.
export function chart(title, series, format, pause, { max = null, least = null, hint = null } = {}) {
  const lines = series.map((_, i) => s('path', { class: `line line-${i}` }));
  const area = s('path', { class: 'area' });
  const grid = [0, 0.5, 1].map(share => s('line', { class: 'grid', x1: 0, x2: width, y1: y(share), y2: y(share) }));
  const cross = s('line', { class: 'cross', y1: top, y2: height - bottom, x1: -9, x2: -9 });
  const drawing = s('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img' }, ...grid, area, ...lines, cross);
  const now = series.map((one, i) => {
    const value = h('strong', { text: '–' });
    return { value, root: h('span', { class: `key key-${i}` }, one.name ? `${one.name} ` : '', value) };
  });
  const scale = h('span', { class: 'scale' });
  const when = h('span', { class: 'when', text: 'last minutes' });
  const root = h('figure', { class: 'chart' }, h('figcaption', {}, h('span', { class: 'name', title: hint, text: title }), ...now.map(one => one.root)),
    h('div', { class: 'plot' }, drawing, scale, when));
  let points = [], hovered = null;

  drawing.addEventListener('pointermove', event => { hovered = event.offsetX / drawing.clientWidth; draw(); });
  drawing.addEventListener('pointerleave', () => { hovered = null; draw(); });

  function y(share) { return top + (1 - share) * (height - top - bottom); }

  function draw() {
    const end = points.at(-1)?.time ?? Date.now();
    const seconds = Math.max(60, Math.min(minutes * 60, (end - (points[0]?.time ?? end)) / 1000));
    const begin = end - seconds * 1000;
    const shown = points.filter(point => point.time >= begin);
    const ceiling = max ?? nice(Math.max(0, ...shown.flatMap(point => series.map(one => one.value(point) ?? 0))));
    const height = value => least == null ? Math.min(1, value / ceiling) : Math.max(0, Math.min(1, Math.log(value / least) / Math.log(Math.max(ceiling, least * 10) / least)));
    const x = point => left + (point.time - begin) / (end - begin) * (width - 2 * left);
    series.forEach((one, i) => {
      const strokes = [];
      let before = null;
      for (const point of shown) {
        const value = one.value(point);
        if (value == null) { before = null; continue; }
        if (before == null || point.time - before > pause) strokes.push([]);
        strokes.at(-1).push([x(point).toFixed(1), y(height(value)).toFixed(1)]);
        before = point.time;
      }
      const path = stroke => `M${stroke.map(place => place.join(' ')).join('L')}`;
      mark(lines[i], 'd', strokes.map(path).join(''));
      if (series.length === 1) mark(area, 'd', strokes.map(stroke => `${path(stroke)}L${stroke.at(-1)[0]} ${y(0)}L${stroke[0][0]} ${y(0)}Z`).join(''));
    });
    const at = hovered == null ? shown.at(-1) : nearest(shown, begin + hovered * (end - begin));
    mark(cross, 'visibility', hovered == null || !at ? 'hidden' : 'visible');
    if (at) { mark(cross, 'x1', x(at)); mark(cross, 'x2', x(at)); }
    now.forEach((one, i) => write(one.value, at ? format(series[i].value(at)) : '–'));
    write(scale, format(ceiling));
    write(when, hovered == null || !at ? `last ${f.span(seconds)}` : f.at(new Date(at.time).toISOString()));
    mark(drawing, 'aria-label', `${title}, last ${f.span(seconds)}: ${series.map((one, i) => `${one.name || 'now'} ${now[i].value.textContent}`).join(', ')}; scale to ${format(ceiling)}`);
    mark(root, 'data-state', shown.length < 2 ? 'waiting' : null);
  }

  const nearest = (list, time) => list.reduce((best, point) => !best || Math.abs(point.time - time) < Math.abs(best.time - time) ? point : best, null);

  return { root, update(list) { points = list; draw(); } };
}

// Bars of times, on a logarithmic axis: every bucket as wide as the next. All of it, the percentiles too, is of the same span.
export function histogram(title, span, empty) {
  const bars = s('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img' });
  const [from, middle, to] = [h('span'), h('span'), h('span')];
  const nothing = h('p', { class: 'empty', text: empty });
  const plot = h('div', { class: 'plot bars' }, bars, h('div', { class: 'axis' }, from, middle, to));
  const summary = h('p', { class: 'summary' });
  let drawn = '';
  return {
    root: h('div', { class: 'histogram' }, summary, plot, nothing),
    update(list, instead = null) {
      const total = list.reduce((sum, bar) => sum + bar.count, 0);
      write(nothing, instead ?? empty);
      nothing.hidden = total > 0;
      plot.hidden = summary.hidden = total === 0;
      const key = list.map(bar => bar.count).join();
      if (total === 0 || key === drawn) return;
      drawn = key;
      const most = Math.max(...list.map(bar => bar.count));
      const step = width / list.length;
      bars.replaceChildren(...list.map((bar, i) => {
        const tall = bar.count === 0 ? 0 : Math.max(2, bar.count / most * (height - top));
        return s('rect', { class: 'column', x: i * step + 0.5, width: Math.max(1, step - 1), y: height - tall, height: tall },
          s('title', { text: `${f.time(bar.fromSeconds)} to ${f.time(bar.toSeconds)}: ${f.count(bar.count)} (${f.ratio(bar.count / total)})` }));
      }));
      write(from, f.time(list[0].fromSeconds));
      const [before, after] = [list[(list.length - 1) >> 1], list[list.length >> 1]]; // the same one where their number is odd
      write(middle, f.time(before === after ? (after.fromSeconds + after.toSeconds) / 2 : after.fromSeconds));
      write(to, f.time(list.at(-1).toSeconds));
      const text = `${f.count(total)} ${span}: half within ${f.time(percentile(list, total / 2))}, 99 of 100 within ${f.time(percentile(list, total * 0.99))}`;
      write(summary, text);
      mark(bars, 'aria-label', `${title}: ${text}, from ${f.time(list[0].fromSeconds)} to ${f.time(list.at(-1).toSeconds)}`);
    },
  };
}

// Within its bar by proportion, as the silos reckon it.
function percentile(list, rank) {
  for (const bar of list) {
    if (bar.count > 0 && rank <= bar.count) return bar.fromSeconds + (bar.toSeconds - bar.fromSeconds) * rank / bar.count;
    rank -= bar.count;
  }
}

// Who holds whose promise, and how much is left of it: a cell a pair, drawn on a canvas, so that a hundred silos are no matter.
export function matrix() {
  const canvas = h('canvas', { role: 'img' });
  const summary = h('p', { class: 'summary' });
  const pointed = h('p', { class: 'pointed', 'aria-hidden': 'true', text: '\u00a0' });
  let order = [], rows = [], size = 0, label = 0;

  canvas.addEventListener('pointermove', event => {
    const [column, row] = [Math.floor((event.offsetX - label) / size), Math.floor(event.offsetY / size)];
    const cell = rows[row]?.cells[column];
    write(pointed, cell == null || cell === '-' ? '\u00a0' : `${f.endpoint(rows[row].id)} holds ${words(cell)} of ${f.endpoint(order[column])}`);
  });
  canvas.addEventListener('pointerleave', () => write(pointed, '\u00a0'));

  const words = cell => cell === 'x' ? 'no promise' : cell === '?' ? 'it is not known what' : `a promise with ${Number(cell) * 10} to ${Number(cell) * 10 + 10} % left`;

  function draw() {
    const style = getComputedStyle(canvas);
    const [good, bad, unknown, self, text] = ['--ok', '--bad', '--faint', '--line', '--muted'].map(name => style.getPropertyValue(name).trim());
    const room = canvas.parentElement.clientWidth;
    label = order.length <= 16 ? Math.min(132, room * 0.4) : 0;
    size = Math.max(3, Math.min(30, Math.floor((Math.min(room, 640) - label) / Math.max(1, order.length))));
    const [wide, tall] = [label + size * order.length, size * order.length];
    const scale = devicePixelRatio || 1;
    canvas.width = wide * scale;
    canvas.height = tall * scale;
    canvas.style.width = `${wide}px`;
    canvas.style.height = `${tall}px`;
    const pen = canvas.getContext('2d');
    pen.scale(scale, scale);
    pen.font = `12px ${style.fontFamily}`;
    pen.textBaseline = 'middle';
    const gap = size > 8 ? 2 : size > 4 ? 1 : 0;
    rows.forEach((row, i) => {
      if (label) {
        pen.globalAlpha = 1;
        pen.fillStyle = text;
        pen.fillText(f.endpoint(row.id), 0, i * size + size / 2, label - 8);
      }
      [...row.cells].forEach((cell, j) => {
        pen.globalAlpha = cell >= '0' && cell <= '9' ? 0.25 + 0.075 * (Number(cell) + 1) : 1;
        pen.fillStyle = cell === '-' ? self : cell === 'x' ? bad : cell === '?' ? unknown : good;
        pen.fillRect(label + j * size, i * size, size - gap, size - gap);
      });
    });
  }

  return {
    root: h('div', { class: 'matrix' }, summary, h('div', { class: 'canvas' }, canvas), pointed,
      h('p', { class: 'legend' }, h('span', { class: 'cell held' }), 'held, darker with more of the lease left', h('span', { class: 'cell none' }), 'missing', h('span', { class: 'cell unknown' }), 'not known')),
    update(list, ids, instead = null) {
      [rows, order] = [list, ids];
      const all = rows.reduce((sum, row) => sum + [...row.cells].filter(cell => cell !== '-').length, 0);
      const which = wanted => rows.flatMap(row => [...row.cells].flatMap((cell, j) => cell === wanted ? [`${f.endpoint(row.id)} ← ${f.endpoint(order[j])}`] : []));
      const say = (pairs, what) => pairs.length === 0 ? [] : [`${f.count(pairs.length)} of ${f.count(all)} promises are ${what}: ${pairs.slice(0, 6).join(', ')}${pairs.length > 6 ? ' …' : ''}`];
      const problems = [...say(which('x'), 'missing'), ...say(which('?'), 'not known')];
      const text = problems.length > 0 ? problems.join('. ')
        : all > 0 ? `All ${f.count(all)} promises are held: every silo may serve, and coherent verbs complete.`
          : instead ?? 'One silo alone: it needs nobody\u2019s promise.';
      write(summary, text);
      mark(summary, 'data-state', problems.length ? 'bad' : null);
      mark(canvas, 'aria-label', `Promises between silos. ${text}`);
      if (canvas.parentElement.clientWidth > 0) draw();
    },
  };
}
