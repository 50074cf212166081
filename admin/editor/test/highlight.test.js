import assert from "node:assert/strict";
import { test } from "node:test";
import * as markdown from "../src/highlight/markdown.js";
import * as yaml from "../src/highlight/yaml.js";

/** The pieces of a text: "name:piece". */
const pieces = (language, text) => {
  let state = language.start;
  const found = [];
  for (const line of text.split("\n")) {
    let last = 0;
    state = language.line(line, state, (from, to, name) => {
      assert.ok(from >= last && to > from && to <= line.length, `${line}: ${from}..${to}`);
      last = to;
      found.push(`${name}:${line.slice(from, to)}`);
    });
  }
  return found;
};

test("YAML: keys, quotations, values of a template and notes", () => {
  assert.deepEqual(pieces(yaml, 'find: # note\n  query: "a {{message.text}} b"\n  limit: 5'), [
    "key:find", "note:# note", "key:query", 'text:"a ', "mark:{{message.text}}", 'text: b"', "key:limit",
  ]);
  assert.deepEqual(pieces(yaml, "next: { found: offer, 'a b': c, \"x\": [1, y] }"), ["key:next", "key:found", "key:'a b'", 'key:"x"']);
  assert.deepEqual(pieces(yaml, "- { label: { ru: Да, en: \"Yes\" }, to: manager }"), ["key:label", "key:ru", "key:en", 'text:"Yes"', "key:to"]);
  assert.deepEqual(pieces(yaml, "a: http://x#y # z"), ["key:a", "note:# z"]);
  assert.deepEqual(pieces(yaml, "a: 'it''s' # z"), ["key:a", "text:'it''s'", "note:# z"]);
});

test("YAML: block texts end where the indentation does", () => {
  assert.deepEqual(pieces(yaml, "a: |\n  one: {{x}}\n\n  # two\nb: >- # c\n  t\n- k: |\n    t\n  l: v"), [
    "key:a", "text:one: ", "mark:{{x}}", "text:# two", "key:b", "note:# c", "text:t", "key:k", "text:t", "key:l",
  ]);
});

test("YAML: a quotation over two lines, and one that never ends", () => {
  assert.deepEqual(pieces(yaml, 'a: "one\n  two" # c\nb: 1'), ["key:a", 'text:"one', 'text:  two"', "note:# c", "key:b"]);
  assert.deepEqual(pieces(yaml, 'a: "\nb: 1'), ["key:a", 'text:"', "text:b: 1"]);
});

test("Markdown: headings, code, emphasis, links, lists, values", () => {
  assert.deepEqual(pieces(markdown, "# Title\n- a **b** `c` {{d}} [e](f)\n```\nx\n```\n_g_ snake_case_name"), [
    "key:# Title", "key:-", "strong:**b**", "text:`c`", "mark:{{d}}", "link:[e](f)", "text:```", "text:x", "text:```", "strong:_g_",
  ]);
});

test("Markdown: the settings of a prompt at its beginning are YAML", () => {
  assert.deepEqual(pieces(markdown, "---\ntemperature: 0.3 # warm\n---\nSay: _x_\n---\na: b"), ["note:---", "key:temperature", "note:# warm", "note:---", "strong:_x_"]);
  assert.deepEqual(pieces(markdown, "\n---\na: b"), [], "only at the beginning");
});

test("no line of 4,000 characters takes long, whatever it holds", () => {
  const start = performance.now();
  for (const piece of ["{", "a: ", "*_`[", "#", "- ", "| ", "{{", "[](", "'", "\"", "<!--", "**", "x ", "  "]) {
    const line = piece.repeat(4000 / piece.length);
    pieces(yaml, line);
    pieces(markdown, line);
  }
  assert.ok(performance.now() - start < 1000, String(performance.now() - start));
});
