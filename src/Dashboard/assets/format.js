// Numbers as people read them, with their units. Null is a dash: not known, or nothing to say.
export const none = '–';
// In place of a list that is empty because those who would know have not answered.
export const unknown = 'Not known: no answer.';
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const three = new Intl.NumberFormat('en', { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const space = '\u202f';

export const count = n => n == null ? none : grouped.format(n);

export function short(n) {
  if (n == null) return none;
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']])
    if (Math.abs(n) >= size * (size === 1e3 ? 10 : 1)) return three.format(n / size) + space + unit;
  return n < 10 && n % 1 ? n.toFixed(1) : grouped.format(n);
}

export const rate = n => n == null ? none : `${short(n)}${space}/s`;

export function bytes(n) {
  if (n == null) return none;
  for (const [power, unit] of [[3, 'GiB'], [2, 'MiB'], [1, 'KiB']])
    if (n >= 1024 ** power) return three.format(n / 1024 ** power) + space + unit;
  return grouped.format(n) + space + 'B';
}

export const ratio = n => n == null ? none : `${(n * 100).toFixed(1)}${space}%`;

export function time(seconds) {
  if (seconds == null) return none;
  if (seconds < 1e-3) return `${three.format(seconds * 1e6)}${space}µs`;
  if (seconds < 1) return `${three.format(seconds * 1e3)}${space}ms`;
  return seconds < 120 ? `${three.format(seconds)}${space}s` : span(seconds);
}

export function span(seconds) {
  if (seconds == null) return none;
  const s = Math.floor(seconds);
  if (s < 120) return `${s}${space}s`;
  if (s < 7200) return `${Math.floor(s / 60)}${space}min`;
  return s < 172800 ? `${Math.floor(s / 3600)}${space}h ${Math.floor(s % 3600 / 60)}${space}min` : `${Math.floor(s / 86400)}${space}d`;
}

export function at(when) {
  if (!when) return none;
  const time = new Date(when);
  return (time.toDateString() === new Date().toDateString() ? '' : `${day.format(time)} `) + clock.format(time);
}

export function ago(iso, now = Date.now()) {
  return iso ? `${span(Math.max(0, (now - Date.parse(iso)) / 1000))} ago` : none;
}

// An id is address:port@generation; people know silos by their address.
export const endpoint = id => id ? id.replace(/@-?\d+$/, '') : none;
