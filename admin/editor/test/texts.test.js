import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

const read = async (language) => new Map((await readFile(new URL(`../../texts/${language}.txt`, import.meta.url), "utf8")).split("\n")
  .filter((line) => line.startsWith("editor.")).map((line) => line.split(/ = (.*)/s, 2)));

test("every text that the script shows is in both languages, and none is there for nothing", async () => {
  const names = (await readdir(new URL("../src/", import.meta.url))).filter((name) => name.endsWith(".js"));
  const sources = (await Promise.all(names.map((name) => readFile(new URL(`../src/${name}`, import.meta.url), "utf8")))).join("\n");
  const quoted = new Set([...sources.matchAll(/"([a-z_]+(?:\.[a-z_]+)*)"/g)].map(([, key]) => key));
  const asked = new Set([...sources.matchAll(/\b(?:t|counted)\(\s*(?:[^()"]*,\s*)?"([a-z_.]+)"/g)].map(([, key]) => key));
  const kinds = [...(await read("en")).keys()].filter((key) => /^editor\.(kind|file)\./.test(key)).map((key) => key.slice(7));
  for (const language of ["en", "ru"]) {
    const texts = await read(language);
    for (const key of asked) assert.ok(texts.has(`editor.${key}`), `${language}: editor.${key}`);
    for (const key of texts.keys()) assert.ok(quoted.has(key.slice(7)) || kinds.includes(key.slice(7)), `${key} is not used`);
    for (const [key, text] of texts) if (key.startsWith("editor.n.")) assert.equal(text.split("|").length, language === "ru" ? 3 : 2, key);
  }
  assert.ok(asked.size > 40, String(asked.size));
});
