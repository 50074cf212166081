import assert from "node:assert/strict";
import { test } from "node:test";
import { fitting, matches } from "../src/ranking.js";

const labels = (typed, ...all) => fitting(all.map((label) => ({ label })), typed).map((item) => item.label);

test("what begins with the typed comes first, then what has a word that does, then the rest", () => {
  assert.deepEqual(labels("bu", "rebuild", "my_budget", "slots.budget", "budget", "b_a_u", "price"), ["budget", "slots.budget", "rebuild", "my_budget", "b_a_u"]);
  assert.deepEqual(labels("", "b", "a"), ["b", "a"], "the server's order");
  assert.deepEqual(labels("ПРИ", "цена", "привет"), ["привет"]);
});

test("words are found in whatever case, or in theirs alone", () => {
  assert.deepEqual(matches("Скидка скидка", "СКИДКА", false), [[0, 6], [7, 13]]);
  assert.deepEqual(matches("Скидка скидка", "скидка", true), [[7, 13]]);
  assert.deepEqual(matches("aaaa", "aa", false), [[0, 2], [2, 4]]);
  assert.deepEqual(matches("İ x", "x", false), [[2, 3]], "a letter that is longer in the other case");
  assert.deepEqual(matches("abc", "", false), []);
});
