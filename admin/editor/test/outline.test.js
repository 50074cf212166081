import assert from "node:assert/strict";
import { test } from "node:test";
import { nodes } from "../src/outline.js";

test("the nodes of a flow are found, also where it is no YAML", () => {
  const flow = "flow: shop\nnodes:\n  # first\n  hello:\n    say: { text: x }\n    next: offer\n\n  'an offer': { say: x }\n  \"x\":\n  broken: { [\non:\n  command: { a: b }\n";
  assert.deepEqual(nodes(flow), [{ name: "hello", line: 4 }, { name: "an offer", line: 8 }, { name: "x", line: 9 }, { name: "broken", line: 10 }]);
  assert.deepEqual(nodes("# a text\nnothing: here\n"), []);
});
