// Colours of Markdown, as little as prompts and pages need: headings, code, emphasis, links, list marks and {{values}}.

import * as yaml from "./yaml.js";

/** `fence`: the mark that opened a block of code, or nothing. `front`: the state of the YAML between the first lines of dashes; "?" before. */
export const start = Object.freeze({ fence: "", front: "?" });
const body = Object.freeze({ fence: "", front: null });

const INLINE = /(\{\{[^}]*\}?\}?)|(`[^`]+`)|(\*\*[^*]+\*\*|__[^_]+__|(?<![\w*])\*[^*\s][^*]*\*|(?<!\w)_[^_\s][^_]*_)|(\[[^\]]*\]\([^)]*\))/g;

export const line = (text, before, emit) => {
  if (before.front) {
    const dashes = /^---\s*$/.test(text);
    if (before.front === "?" && !dashes) return line(text, body, emit);
    if (dashes) { emit(0, text.length, "note"); return before.front === "?" ? { fence: "", front: yaml.start } : body; }
    return { fence: "", front: yaml.line(text, before.front, emit) };
  }
  const fence = /^\s*(```|~~~)/.exec(text)?.[1] ?? "";
  if (before.fence) {
    if (text) emit(0, text.length, "text");
    return fence === before.fence ? body : before;
  }
  if (fence) { emit(0, text.length, "text"); return { fence, front: null }; }
  if (/^#{1,6}\s/.test(text)) { emit(0, text.length, "key"); return before; }
  if (/^\s*<!--/.test(text)) { emit(0, text.length, "note"); return before; }
  const list = /^\s*([-*+]|\d+[.)])\s/.exec(text);
  if (list) emit(list[0].length - 1 - list[1].length, list[0].length - 1, "key");
  for (const { index, 0: whole, 1: mark, 2: code, 3: strong } of text.matchAll(INLINE)) {
    if (list && index < list[0].length - 1) continue;
    emit(index, index + whole.length, mark ? "mark" : code ? "text" : strong ? "strong" : "link");
  }
  return before;
};
