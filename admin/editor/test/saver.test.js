import assert from "node:assert/strict";
import { test } from "node:test";
import { Keep } from "../src/keep.js";
import { Saver, edited } from "../src/saver.js";
import { merge } from "../src/merge.js";

class Storage extends Map {
  get length() { return this.size; }
  key(at) { return [...this.keys()][at] ?? null; }
  getItem(key) { return this.get(key) ?? null; }
  setItem(key, value) { this.set(key, value); }
  removeItem(key) { this.delete(key); }
}

/** A server, a page and a clock that moves when it is told to. */
class World {
  constructor({ text = "a\nb\nc\n", storage = new Storage(), window = "w1", now = 1_000_000, server = null } = {}) {
    Object.assign(this, { now, timers: [], states: [], requests: [], storage, up: true, ended: false, refused: null, slow: null });
    this.server = server ?? { revision: 1, texts: new Map([[1, text]]), by: "Mila" };
    this.text = this.current;
    this.doc = { text: () => this.text, line: () => 1, replace: (text) => { this.text = text; } };
    this.keep = new Keep({ storage, draft: "d", file: "f", window, now: () => this.now });
    this.saver = new Saver({
      doc: this.doc, file: "f", revision: this.server.revision, text: this.text, keep: this.keep,
      clock: { now: () => this.now, after: (ms, act) => { const timer = { at: this.now + ms, act }; this.timers.push(timer); return () => { this.timers = this.timers.filter((one) => one !== timer); }; } },
      send: (body, how) => this.answer(body, how),
      tell: (state) => this.states.push(state),
      names: (by) => ({ mine: "mine", theirs: by ?? "theirs" }),
    });
  }
  get current() { return this.server.texts.get(this.server.revision); }
  get kinds() { return this.states.map((state) => state.kind); }
  put(text) { this.server.revision += 1; this.server.texts.set(this.server.revision, text); }
  async answer(body) {
    this.requests.push(body);
    if (this.slow) await this.slow;
    if (!this.up) { if (this.half) this.save(body); return { kind: "offline" }; }
    if (this.ended) return { kind: "ended" };
    if (this.refused) return { kind: "refused", error: this.refused };
    return this.save(body);
  }
  save({ base, text }) {
    const theirs = this.current;
    const from = this.server.texts.get(base);
    const merged = merge(from, text, theirs);
    if (merged.conflicts) return { kind: "conflict", base_text: from, mine: text, theirs, merged: merged.text, by: this.server.by, revision: this.server.revision };
    if (merged.text !== theirs) this.put(merged.text);
    return { kind: "ok", revision: this.server.revision, ...(merged.text === text ? {} : { text: merged.text, by: this.server.by }) };
  }
  type(text) { this.text = text; this.saver.changed(); }
  async pass(ms) {
    const end = this.now + ms;
    for (;;) {
      for (let turn = 0; turn < 20; turn += 1) await null;
      const next = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.now = Math.max(this.now, next.at);
      this.timers = this.timers.filter((timer) => timer !== next);
      next.act();
    }
    this.now = end;
    for (let turn = 0; turn < 20; turn += 1) await null;
  }
}

test("a text is saved 800 ms after the last key", async () => {
  const world = new World();
  world.type("a\nb1\nc\n");
  await world.pass(700);
  world.type("a\nb12\nc\n");
  await world.pass(700);
  assert.equal(world.requests.length, 0);
  await world.pass(200);
  assert.deepEqual(world.requests.map(({ base, text }) => [base, text]), [[1, "a\nb12\nc\n"]]);
  assert.equal(world.current, "a\nb12\nc\n");
  assert.deepEqual(world.kinds, ["unsaved", "unsaved", "saving", "saved"]);
  assert.equal(world.storage.size, 0, "the server has it");
});

test("who types without a pause is saved every five seconds", async () => {
  const world = new World();
  for (let turn = 0; turn < 60; turn += 1) { world.type(`a\n${turn}\nc\n`); await world.pass(100); }
  assert.ok(world.requests.length >= 1 && world.requests.length <= 2, String(world.requests.length));
});

test("nothing is sent when the text is as it was", async () => {
  const world = new World();
  world.type("x");
  world.type("a\nb\nc\n");
  await world.pass(5000);
  assert.equal(world.requests.length, 0);
  assert.equal(world.states.at(-1).kind, "saved");
});

test("somebody else's change of other lines comes with the save, also when typing went on", async () => {
  const world = new World();
  world.type("a1\nb\nc\n");
  world.put("a\nb\nC\n");
  let go;
  world.slow = new Promise((resolve) => { go = resolve; });
  await world.pass(900);
  world.type("a12\nb\nc\n");
  go();
  world.slow = null;
  await world.pass(0);
  assert.equal(world.text, "a12\nb\nC\n");
  await world.pass(2000);
  assert.equal(world.current, "a12\nb\nC\n");
  assert.equal(world.states.at(-1).kind, "saved");
});

test("a change of the same line shows both and is saved by hand over theirs", async () => {
  const world = new World();
  world.put("a\ntheirs\nc\n");
  world.type("a\nmine\nc\n");
  await world.pass(1000);
  const { kind, conflict } = world.states.at(-1);
  assert.equal(kind, "conflict");
  assert.deepEqual([conflict.base, conflict.mine, conflict.theirs, conflict.by], ["a\nb\nc\n", "a\nmine\nc\n", "a\ntheirs\nc\n", "Mila"]);
  assert.match(conflict.merged, /<<<<<<< .*\nmine\n=======\ntheirs\n>>>>>>> /);
  await world.pass(60_000);
  assert.equal(world.requests.length, 1, "nothing is saved by itself meanwhile");
  const answer = await world.saver.resolve("a\nboth\nc\n");
  assert.equal(answer.kind, "ok");
  assert.equal(world.current, "a\nboth\nc\n");
  assert.equal(world.text, "a\nboth\nc\n");
  assert.equal(world.states.at(-1).kind, "saved");
});

test("a third version meanwhile shows again both, with what was merged by hand as mine", async () => {
  const world = new World();
  world.put("a\ntheirs\nc\n");
  world.type("a\nmine\nc\n");
  await world.pass(1000);
  world.put("a\nthird\nc\n");
  await world.saver.resolve("a\nboth\nc\n");
  assert.equal(world.states.at(-1).kind, "conflict");
  assert.equal(world.states.at(-1).conflict.mine, "a\nboth\nc\n");
  assert.equal(world.states.at(-1).conflict.theirs, "a\nthird\nc\n");
  await world.saver.resolve("a\nall three\nc\n");
  assert.equal(world.current, "a\nall three\nc\n");
});

test("a conflict survives that the page is left, with what was merged so far", async () => {
  const world = new World();
  world.put("a\ntheirs\nc\n");
  world.type("a\nmine\nc\n");
  await world.pass(1000);
  world.saver.merging("a\nhalf\nc\n");
  world.saver.flush({ leaving: true });
  const back = new World({ storage: world.storage, server: world.server });
  back.saver.restore(back.keep.take());
  const { kind, conflict } = back.states.at(-1);
  assert.equal(kind, "conflict");
  assert.deepEqual([conflict.mine, conflict.theirs, conflict.merged], ["a\nmine\nc\n", "a\ntheirs\nc\n", "a\nhalf\nc\n"]);
  await back.saver.resolve(conflict.merged);
  assert.equal(back.current, "a\nhalf\nc\n");
  assert.equal(back.storage.size, 0);
});

test("typing on in the line that somebody changed within one save shows both, also after a return", async () => {
  const world = new World();
  world.put("a\nb\nC\n");
  world.type("a1\nb\nc\n");
  let go;
  world.slow = new Promise((resolve) => { go = resolve; });
  await world.pass(900);
  world.type("a1\nb\nc, mine\n");
  go();
  world.slow = null;
  await world.pass(0);
  assert.equal(world.states.at(-1).kind, "conflict");
  const back = new World({ storage: world.storage, server: world.server });
  back.saver.restore(back.keep.take());
  await back.pass(2000);
  assert.equal(back.states.at(-1).kind, "conflict");
  assert.match(back.states.at(-1).conflict.merged, /c, mine\n=======\nC\n/);
  assert.equal(back.current, "a1\nb\nC\n", "theirs is not overwritten");
});

test("without a network the text is kept here and saved when it is back", async () => {
  const world = new World();
  world.up = false;
  world.type("a\nb1\nc\n");
  await world.pass(1000);
  assert.equal(world.states.at(-1).kind, "offline");
  world.type("a\nb12\nc\n");
  await world.pass(300);
  assert.equal(world.keep.take().text, "a\nb12\nc\n");
  await world.pass(20_000);
  assert.ok(world.requests.length >= 4 && world.requests.length < 8, `tries are further and further apart: ${world.requests.length}`);
  assert.equal(world.kinds.filter((kind) => kind === "offline").length, 1, "said once");
  world.up = true;
  await world.pass(30_000);
  assert.equal(world.current, "a\nb12\nc\n");
  assert.equal(world.states.at(-1).kind, "saved");
  assert.equal(world.storage.size, 0);
});

test("a network that is seen to be back saves at once", async () => {
  const world = new World();
  world.saver.reached("away");
  assert.equal(world.states.at(-1).kind, "offline");
  world.type("a\nb1\nc\n");
  await world.pass(100);
  world.saver.reached("there");
  await world.pass(0);
  assert.equal(world.current, "a\nb1\nc\n");
});

test("an answer that was lost is no conflict with oneself", async () => {
  const world = new World();
  world.up = false;
  world.half = true;
  world.type("a\nb1\nc\n");
  await world.pass(1000);
  assert.equal(world.current, "a\nb1\nc\n", "it had arrived");
  world.type("a\nb12\nc\n");
  world.up = true;
  await world.pass(5000);
  assert.equal(world.current, "a\nb12\nc\n");
  assert.ok(!world.kinds.includes("conflict"));
});

test("what was kept comes back after the page was left and is merged with what others did", async () => {
  const world = new World();
  world.up = false;
  world.type("a\nb1\nc\n");
  await world.pass(1000);
  world.server.revision += 1;
  world.server.texts.set(2, "a\nb\nC\n");
  const back = new World({ storage: world.storage, server: world.server });
  back.saver.restore(back.keep.take());
  assert.equal(back.text, "a\nb1\nc\n");
  await back.pass(100);
  assert.equal(back.text, "a\nb1\nC\n");
  assert.equal(back.current, "a\nb1\nC\n");
  assert.equal(back.storage.size, 0);
});

test("what was typed while the last save was under way is no conflict after a return", async () => {
  const world = new World();
  world.type("a\nb1\nc\n");
  world.slow = new Promise(() => {});
  await world.pass(900);
  world.type("a\nb12\nc\n");
  await world.pass(300);
  world.save({ base: 1, text: "a\nb1\nc\n" });
  const back = new World({ storage: world.storage, server: world.server });
  back.saver.restore(back.keep.take());
  await back.pass(1000);
  assert.equal(back.current, "a\nb12\nc\n");
  assert.ok(!back.kinds.includes("conflict"));
});

test("another window's record is left to it while it lives", () => {
  const storage = new Storage();
  const one = new World({ storage, window: "w1" });
  one.up = false;
  one.type("mine\n");
  one.saver.flush({ leaving: true });
  const two = new World({ storage, window: "w2" });
  assert.equal(two.keep.take(), null);
  two.now += 60_000;
  assert.equal(two.keep.take().text, "mine\n");
  assert.equal(storage.size, 1, "it is the second's from now on");
});

test("a login that ended keeps the text and is tried again when asked", async () => {
  const world = new World();
  world.ended = true;
  world.type("a\nb1\nc\n");
  await world.pass(1000);
  assert.equal(world.states.at(-1).kind, "ended");
  assert.equal(world.keep.take().text, "a\nb1\nc\n");
  world.ended = false;
  world.saver.retry();
  await world.pass(0);
  assert.equal(world.current, "a\nb1\nc\n");
});

test("a login that ended is seen without a save as well, and so is its return", async () => {
  const world = new World();
  world.saver.reached("ended");
  assert.equal(world.states.at(-1).kind, "ended");
  world.saver.reached("there");
  assert.deepEqual(world.states.at(-1), { kind: "saved", at: null, by: null }, "nothing was saved, so no time is said");
});

test("a refusal is said and not repeated until something else is typed", async () => {
  const world = new World();
  world.refused = "Too large";
  world.type("a\nb1\nc\n");
  await world.pass(60_000);
  assert.equal(world.requests.length, 1);
  assert.deepEqual(world.states.at(-1), { kind: "refused", error: "Too large" });
  world.refused = null;
  world.type("a\nb2\nc\n");
  await world.pass(1000);
  assert.equal(world.current, "a\nb2\nc\n");
});

test("remote changes come in unless they collide with what is not saved", async () => {
  const world = new World();
  world.put("a\nb\nC\n");
  assert.equal(world.saver.remote({ asked: 1, revision: 2, text: "a\nb\nC\n" }), true);
  assert.equal(world.text, "a\nb\nC\n");
  world.type("a1\nb\nC\n");
  world.put("a\nB\nC\n");
  assert.equal(world.saver.remote({ asked: 2, revision: 3, text: "a\nB\nC\n" }), true, "another line");
  assert.equal(world.text, "a1\nB\nC\n");
  world.put("A\nB\nC\n");
  assert.equal(world.saver.remote({ asked: 3, revision: 4, text: "A\nB\nC\n" }), false, "the same line");
  assert.equal(world.text, "a1\nB\nC\n");
  assert.equal(world.saver.remote({ asked: 1, revision: 4, text: "A\nB\nC\n" }), false, "an old answer");
  await world.pass(1000);
  assert.equal(world.states.at(-1).kind, "conflict");
});

test("clean waits for everything and says whether the server has it", async () => {
  const world = new World();
  world.type("x\n");
  assert.equal(await world.saver.clean(), true);
  assert.equal(world.current, "x\n");
  world.up = false;
  world.type("y\n");
  assert.equal(await world.saver.clean(), false);
});

test("a browser without room for a record is told", async () => {
  const world = new World();
  world.storage.setItem = () => { throw new Error("full"); };
  world.up = false;
  world.type("x\n");
  await world.pass(1000);
  assert.deepEqual(world.states.at(-1), { kind: "offline", kept: false });
});

test("edits of a fix are applied from the end, and never outside of the text", () => {
  assert.equal(edited("abc", [{ from: 0, to: 1, text: "X" }, { from: 2, to: 3, text: "Y" }]), "XbY");
  assert.equal(edited("abc", [{ from: 2, to: 9, text: "Y" }]), null);
});
