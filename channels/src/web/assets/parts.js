// A client's text as the messages that carry it whole.
"use strict";

import { MESSAGE } from "./words.js";

/** The text without what a frame cannot carry: control characters, and halves of surrogate pairs. */
export function clean(text) {
  const whole = Array.from(text, (one) => (one.length === 1 && /[\uD800-\uDFFF]/.test(one) ? "\uFFFD" : one)).join("");
  return whole.replace(/[\u0000-\u0008\u000B-\u001F\u007F]/g, "").trim();
}

/** The number of characters as the server counts them. */
export function size(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Cuts a text into pieces of at most MESSAGE characters: at a paragraph, a line, a sentence or a word of the last quarter. */
export function pieces(text) {
  const found = [];
  let rest = Array.from(text);
  while (rest.length > MESSAGE) {
    const head = rest.slice(0, MESSAGE);
    const at = place(head);
    found.push(head.slice(0, at).join("").trim());
    rest = Array.from(rest.slice(at).join("").trimStart());
  }
  found.push(rest.join("").trim());
  return found.filter(Boolean);
}

function place(head) {
  const least = head.length * 0.75;
  const ends = [
    (index) => head[index - 1] === "\n" && head[index - 2] === "\n",
    (index) => head[index - 1] === "\n",
    (index) => /\s/.test(head[index - 1]) && /[.!?…]/.test(head[index - 2]),
    (index) => /\s/.test(head[index - 1]),
  ];
  for (const isEnd of ends) {
    for (let index = head.length; index > least; index -= 1) {
      if (isEnd(index)) return index;
    }
  }
  return head.length;
}
