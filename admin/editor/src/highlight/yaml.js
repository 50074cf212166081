// Colours of YAML, line by line, also where the text does not parse. Pure: a line and the state before it give pieces and the state
// after it.

/** `block`: the column of the key whose block text goes on, or -1; `quote`: the open quotation mark; `depth`: open flow brackets. */
export const start = Object.freeze({ block: -1, quote: "", depth: 0 });

const MARK = /\{\{[^}]*\}?\}?/g;
const texts = (line, from, to, emit) => {
  let at = from;
  for (const { index, 0: mark } of line.slice(from, to).matchAll(MARK)) {
    if (from + index > at) emit(at, from + index, "text");
    emit(from + index, from + index + mark.length, "mark");
    at = from + index + mark.length;
  }
  if (to > at) emit(at, to, "text");
};
/** Where a quotation ends, after its mark; -1 when it goes on in the next line. */
const closed = (line, from, quote) => {
  for (let at = from; at < line.length; at += 1) {
    if (quote === '"' && line[at] === "\\") at += 1;
    else if (line[at] === quote) {
      if (quote === "'" && line[at + 1] === "'") at += 1;
      else return at + 1;
    }
  }
  return -1;
};
const colon = (line, at, depth) => line[at] === ":" && (at + 1 >= line.length || /\s/.test(line[at + 1]) || (depth > 0 && /[,{}[\]]/.test(line[at + 1])));

export const line = (text, before, emit) => {
  let { block, quote, depth } = before;
  const indent = text.search(/\S/);
  if (block >= 0) {
    if (indent < 0 || indent > block) {
      if (indent >= 0) texts(text, indent, text.length, emit);
      return before;
    }
    block = -1;
  }
  let at = 0;
  if (quote) {
    const end = closed(text, 0, quote);
    texts(text, 0, end < 0 ? text.length : end, emit);
    if (end < 0) return before;
    quote = "";
    at = end;
  }
  let column = Math.max(indent, 0);
  while (at < text.length) {
    const char = text[at];
    if (/\s/.test(char)) { at += 1; continue; }
    if (char === "#" && (at === 0 || /\s/.test(text[at - 1]))) { emit(at, text.length, "note"); break; }
    if (char === '"' || char === "'") {
      const end = closed(text, at + 1, char);
      if (end < 0) { texts(text, at, text.length, emit); quote = char; break; }
      const next = end + text.slice(end).search(/\S|$/);
      if (colon(text, next, depth || 1)) { emit(at, end, "key"); column = at; } else texts(text, at, end, emit);
      at = end;
      continue;
    }
    if ("{[".includes(char)) { depth += 1; at += 1; continue; }
    if ("}]".includes(char)) { depth = Math.max(0, depth - 1); at += 1; continue; }
    if (char === "," || char === ":") { at += 1; continue; }
    if ((char === "-" || char === "?") && !depth && /^(\s|$)/.test(text.slice(at + 1))) { column = at; at += 1; continue; }
    if ((char === "|" || char === ">") && !depth && /^[|>][-+\d]*\s*(#.*)?$/.test(text.slice(at))) {
      const note = text.indexOf("#", at);
      if (note > 0) emit(note, text.length, "note");
      block = column;
      break;
    }
    // A plain word or words, up to what ends them.
    let end = at + 1;
    while (end < text.length && !(colon(text, end, depth)) && !(text[end] === "#" && /\s/.test(text[end - 1])) && !(depth && /[,{}[\]]/.test(text[end]))) end += 1;
    const last = at + text.slice(at, end).trimEnd().length;
    if (colon(text, end, depth)) { emit(at, last, "key"); column = at; } else texts(text, at, last, (from, to, kind) => { if (kind === "mark") emit(from, to, kind); });
    at = end;
  }
  return { block, quote, depth };
};
