import assert from "node:assert/strict";
import { test } from "node:test";
import { changes, hunks, lines, merge, places } from "../src/merge.js";

const apply = (text, list) => list.reduceRight((now, { from, to, insert }) => now.slice(0, from) + insert + now.slice(to), text);
/** The same numbers at every run. */
const random = (seed) => () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; };
const scribble = (next, text) => {
  const all = lines(text);
  for (let times = Math.floor(next() * 4); times >= 0; times -= 1) {
    const at = Math.floor(next() * (all.length + 1));
    const kind = next();
    if (kind < 0.4) all.splice(at, 0, `new ${Math.floor(next() * 5)}\n`);
    else if (kind < 0.7) all.splice(at, 1);
    else if (all[at]) all[at] = `${all[at].trimEnd()}${Math.floor(next() * 3)}\n`;
  }
  return all.join("");
};

test("changes make one text of the other and touch nothing else", () => {
  assert.deepEqual(changes("a\nb\nc\n", "a\nbx\nc\n"), [{ from: 3, to: 3, insert: "x" }]);
  assert.deepEqual(changes("a\nb\nc\n", "a\nc\n"), [{ from: 2, to: 4, insert: "" }]);
  assert.deepEqual(changes("a: 1\nb: 2\n", "a: 3\nb: 4\n"), [{ from: 3, to: 4, insert: "3" }, { from: 8, to: 9, insert: "4" }]);
  assert.deepEqual(changes("same", "same"), []);
  // 😀 and 😁 share their first half.
  assert.deepEqual(changes("x😀y", "x😁y"), [{ from: 1, to: 3, insert: "😁" }]);
  const next = random(7);
  const words = () => Array.from({ length: Math.floor(next() * 12) }, () => `${Math.floor(next() * 4)}\n`).join("");
  for (let turn = 0; turn < 2000; turn += 1) {
    const [a, b] = [words(), words()];
    assert.equal(apply(a, changes(a, b)), b);
  }
});

test("hunks are the fewest", () => {
  assert.deepEqual(hunks(["a", "b", "c", "d"], ["a", "x", "c", "d", "e"]), [
    { from: 1, to: 2, start: 1, end: 2 },
    { from: 4, to: 4, start: 4, end: 5 },
  ]);
});

test("two large texts that have nothing in common are compared in time", () => {
  const many = (word) => Array.from({ length: 20000 }, (_, at) => `${word} ${at}\n`).join("");
  const [a, b] = [many("a"), many("b")];
  const start = performance.now();
  const list = changes(a, b);
  const took = performance.now() - start;
  assert.equal(list.length, 20000);
  assert.ok(took < 2000, String(took));
});

test("changes of different lines are merged, also of neighbours", () => {
  const base = "a\nb\nc\nd\n";
  assert.deepEqual(merge(base, "A\nb\nc\nd\n", "a\nb\nc\nD\n"), { text: "A\nb\nc\nD\n", conflicts: 0 });
  assert.deepEqual(merge(base, "A\nb\nc\nd\n", "a\nB\nc\nd\n"), { text: "A\nB\nc\nd\n", conflicts: 0 });
  assert.deepEqual(merge(base, "a\nx\nb\nc\nd\n", "a\nB\nc\nd\n"), { text: "a\nx\nB\nc\nd\n", conflicts: 0 });
  assert.deepEqual(merge(base, "A\nb\nc\nd\n", "A\nb\nc\nd\n"), { text: "A\nb\nc\nd\n", conflicts: 0 });
  assert.deepEqual(merge(base, base, "x"), { text: "x", conflicts: 0 });
});

test("what both changed differently stands between marks, and nothing is lost", () => {
  const { text, conflicts } = merge("a\nb\nc\n", "a\nmine\nc\n", "a\ntheirs\nc\nd\n", { mine: "Mila", theirs: "Oleg" });
  assert.equal(conflicts, 1);
  assert.equal(text, "a\n<<<<<<< Mila\nmine\n=======\ntheirs\n>>>>>>> Oleg\nc\nd\n");
  assert.deepEqual(places(text), [{ from: 2, to: text.indexOf("c\n"), mine: "mine\n", theirs: "theirs\n" }]);
  assert.equal(merge("a\n", "a\nx\n", "a\ny\n").conflicts, 1, "two insertions at one place");
  assert.equal(merge("a\nb\n", "a\n", "a\nB\n").conflicts, 1, "cut and changed");
  assert.equal(merge("a", "b", "c").text, "<<<<<<< mine\nb\n=======\nc\n>>>>>>> theirs\n", "without an end of line");
});

test("of lines that both replaced only those that differ are a conflict", () => {
  const { text, conflicts } = merge("a\nb\nc\n", "A\nB\nc\n", "A\nX\nc\n");
  assert.deepEqual([text, conflicts], ["A\n<<<<<<< mine\nB\n=======\nX\n>>>>>>> theirs\nc\n", 1]);
});

test("a last line without an end is not glued to what the other has put after it", () => {
  assert.equal(merge("a\n", "A\nmine", "a\ntheirs\n").text, "A\nmine\ntheirs\n");
});

test("a merge keeps every line that one side alone added, whatever the texts", () => {
  const next = random(11);
  const base = Array.from({ length: 8 }, (_, at) => `line ${at}\n`).join("");
  let clean = 0;
  for (let turn = 0; turn < 3000; turn += 1) {
    const [mine, theirs] = [scribble(next, base), scribble(next, base)];
    const merged = merge(base, mine, theirs);
    const have = new Set(lines(merged.text));
    const known = new Set(lines(base));
    for (const line of [...lines(mine), ...lines(theirs)]) assert.ok(known.has(line) || have.has(line), line);
    assert.equal(places(merged.text).length, merged.conflicts);
    if (!merged.conflicts) {
      clean += 1;
      assert.equal(merge(base, theirs, mine).conflicts, 0);
      assert.equal(merge(base, theirs, mine).text, merged.text);
    }
  }
  assert.ok(clean > 200, String(clean));
});

test("half of a mark is text", () => {
  assert.deepEqual(places("<<<<<<< a\nb\n"), []);
  assert.deepEqual(places("=======\n>>>>>>> x\n"), []);
});
