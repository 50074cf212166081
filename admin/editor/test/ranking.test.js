import assert from "node:assert/strict";
import { test } from "node:test";
import { fitting } from "../src/ranking.js";

const labels = (typed, ...all) => fitting(all.map((label) => ({ label })), typed).map((item) => item.label);

test("what begins with the typed comes first, then what has a word that does, then the rest", () => {
  assert.deepEqual(labels("bu", "rebuild", "my_budget", "slots.budget", "budget", "b_a_u", "price"), ["budget", "slots.budget", "rebuild", "my_budget", "b_a_u"]);
  assert.deepEqual(labels("", "b", "a"), ["b", "a"], "the server's order");
  assert.deepEqual(labels("ПРИ", "цена", "привет"), ["привет"]);
});
