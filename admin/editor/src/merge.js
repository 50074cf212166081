// Differences and merges of texts by lines. Pure: no page, no editor.

/** The lines of a text, each with its end of line; an empty text has none. */
export const lines = (text) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** Above this many steps two texts count as wholly different: the search grows with the square of the number of changes. */
const MAX_STEPS = 500;

/** How the lines `a` become the lines `b`: hunks in order, each replaces a[from, to) by b[start, end). Myers' algorithm. */
export const hunks = (a, b) => {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const n = a.length - head - tail;
  const m = b.length - head - tail;
  if (n === 0 && m === 0) return [];
  const whole = [{ from: head, to: head + n, start: head, end: head + m }];
  if (n === 0 || m === 0) return whole;

  // Furthest points by diagonal, kept for every step so that the way can be found back.
  const most = Math.min(n + m, MAX_STEPS);
  const trail = [];
  let reach = new Map([[1, 0]]);
  let found = -1;
  for (let d = 0; d <= most && found < 0; d += 1) {
    trail.push(reach);
    const next = new Map(reach);
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = down ? reach.get(k + 1) : reach.get(k - 1) + 1;
      let y = x - k;
      while (x < n && y < m && a[head + x] === b[head + y]) { x += 1; y += 1; }
      next.set(k, x);
      if (x >= n && y >= m) { found = d; break; }
    }
    reach = next;
  }
  if (found < 0) return whole;

  const steps = [];
  let x = n;
  let y = m;
  for (let d = found; d > 0; d -= 1) {
    const before = trail[d];
    const k = x - y;
    const down = k === -d || (k !== d && (before.get(k - 1) ?? -1) < (before.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    const px = before.get(from);
    const py = px - from;
    steps.push(down ? { x: px, y: py, cut: 0, add: 1 } : { x: px, y: py, cut: 1, add: 0 });
    x = px;
    y = py;
  }
  const result = [];
  for (const step of steps.reverse()) {
    const last = result.at(-1);
    const from = head + step.x;
    const start = head + step.y;
    if (last && last.to === from && last.end === start) { last.to += step.cut; last.end += step.add; }
    else result.push({ from, to: from + step.cut, start, end: start + step.add });
  }
  return result;
};

const high = (unit) => unit >= 0xd800 && unit < 0xdc00;
/** Cuts what two pieces have in common at both ends off a change. Never inside of a surrogate pair. */
const trimmed = (from, was, now) => {
  const most = Math.min(was.length, now.length);
  let head = 0;
  while (head < most && was[head] === now[head]) head += 1;
  if (head > 0 && high(was.charCodeAt(head - 1))) head -= 1;
  let tail = 0;
  while (tail < most - head && was[was.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  const low = was.charCodeAt(was.length - tail);
  if (tail > 0 && low >= 0xdc00 && low < 0xe000) tail -= 1;
  return { from: from + head, to: from + was.length - tail, insert: now.slice(head, now.length - tail) };
};

/** The smallest changes by which a text becomes another: `{ from, to, insert }` with offsets in the first, in order. */
export const changes = (was, now) => {
  if (was === now) return [];
  const a = lines(was);
  const b = lines(now);
  const offsets = [0];
  for (const line of a) offsets.push(offsets.at(-1) + line.length);
  const result = [];
  for (const { from, to, start, end } of hunks(a, b)) {
    if (to - from === end - start) {
      for (let at = 0; at < to - from; at += 1) {
        if (a[from + at] !== b[start + at]) result.push(trimmed(offsets[from + at], a[from + at], b[start + at]));
      }
    } else {
      result.push(trimmed(offsets[from], a.slice(from, to).join(""), b.slice(start, end).join("")));
    }
  }
  return result;
};

const touches = (a, b) => {
  const nothing = a.from === a.to || b.from === b.to;
  // Two insertions at one place have no order; an insertion at the edge of a change has one.
  if (a.from === a.to && b.from === b.to) return a.from === b.from;
  return nothing ? a.from < b.to && b.from < a.to && a.from !== b.from : a.from < b.to && b.from < a.to;
};

const ended = (text) => (text === "" || text.endsWith("\n") ? text : `${text}\n`);
/** A place that two people changed differently, as text: the marks that people know from git. */
export const marked = ({ mine, theirs }, names) =>
  `<<<<<<< ${names.mine}\n${ended(mine)}=======\n${ended(theirs)}>>>>>>> ${names.theirs}\n`;

/**
 * Merges two changed texts that began as `base`. What only one of them changed is taken; what both changed differently stands
 * in the text between marks.
 */
export const merge = (base, mine, theirs, names = { mine: "mine", theirs: "theirs" }) => {
  if (mine === theirs || theirs === base) return { text: mine, conflicts: 0 };
  if (mine === base) return { text: theirs, conflicts: 0 };
  const [from, left, right] = [lines(base), lines(mine), lines(theirs)];
  const sides = [left, right].map((of) => ({ of, all: hunks(from, of).flatMap(single), at: 0, shift: 0 }));
  const parts = [];
  let conflicts = 0;
  let at = 0;
  for (;;) {
    const next = sides.map((side) => side.all[side.at]);
    if (!next[0] && !next[1]) break;
    const first = !next[1] || (next[0] && order(next[0], next[1]) <= 0) ? 0 : 1;
    // Grows over every hunk of either side that touches it.
    const span = { from: next[first].from, to: next[first].to };
    const taken = [[], []];
    taken[first].push(sides[first].all[sides[first].at++]);
    for (let grown = true; grown;) {
      grown = false;
      sides.forEach((side, which) => {
        const hunk = side.all[side.at];
        if (!hunk || !touches(span, hunk)) return;
        span.from = Math.min(span.from, hunk.from);
        span.to = Math.max(span.to, hunk.to);
        taken[which].push(hunk);
        side.at += 1;
        grown = true;
      });
    }
    parts.push(from.slice(at, span.from).join(""));
    const texts = sides.map((side, which) => {
      const begin = span.from + side.shift;
      side.shift += taken[which].reduce((sum, hunk) => sum + (hunk.end - hunk.start) - (hunk.to - hunk.from), 0);
      return side.of.slice(begin, span.to + side.shift).join("");
    });
    if (!taken[1].length) parts.push(texts[0]);
    else if (!taken[0].length) parts.push(texts[1]);
    else if (texts[0] === texts[1]) parts.push(texts[0]);
    else {
      conflicts += 1;
      parts.push(marked({ mine: texts[0], theirs: texts[1] }, names));
    }
    at = span.to;
  }
  parts.push(from.slice(at).join(""));
  // The last line of a text may have no end. Where something follows it in the merged one, it has.
  const whole = parts.filter(Boolean);
  return { text: whole.map((part, at) => (at < whole.length - 1 ? ended(part) : part)).join(""), conflicts };
};
/** Lines that were replaced by as many are each a change of its own, as the server has it. */
const single = (hunk) => {
  const { from, to, start, end } = hunk;
  if (to - from !== end - start) return [hunk];
  return Array.from({ length: to - from }, (_, at) => ({ from: from + at, to: from + at + 1, start: start + at, end: start + at + 1 }));
};
// At one line an insertion stands before a change.
const order = (a, b) => a.from - b.from || (a.from === a.to ? -1 : 0) - (b.from === b.to ? -1 : 0);

/** The places between marks in a text: offsets of the whole and the two texts. What is not whole is no place. */
export const places = (text) => {
  const found = [];
  let open = null;
  let at = 0;
  for (const line of lines(text)) {
    const end = at + line.length;
    if (line.startsWith("<<<<<<< ")) open = { from: at, mine: end, middle: null };
    else if (open && open.middle === null && line.trimEnd() === "=======") open = { ...open, middle: at, theirs: end };
    else if (open?.middle != null && line.startsWith(">>>>>>> ")) {
      found.push({ from: open.from, to: end, mine: text.slice(open.mine, open.middle), theirs: text.slice(open.theirs, at) });
      open = null;
    }
    at = end;
  }
  return found;
};
