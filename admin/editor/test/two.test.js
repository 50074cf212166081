import assert from "node:assert/strict";
import { test } from "node:test";
import { Keep } from "../src/keep.js";
import { merge, places } from "../src/merge.js";
import { Saver } from "../src/saver.js";

const random = (seed) => () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; };

/** A clock that all share; what is due happens in its order. */
class Clock {
  constructor() { Object.assign(this, { time: 1_000_000, timers: [] }); }
  now = () => this.time;
  after = (ms, act) => {
    const timer = { at: this.time + ms, act };
    this.timers.push(timer);
    return () => { this.timers = this.timers.filter((one) => one !== timer); };
  };
  sleep = (ms) => new Promise((resolve) => { this.after(ms, resolve); });
  async pass(ms) {
    const end = this.time + ms;
    for (;;) {
      for (let turn = 0; turn < 12; turn += 1) await null;
      const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.time = Math.max(this.time, due.at);
      this.timers = this.timers.filter((timer) => timer !== due);
      due.act();
    }
    this.time = end;
  }
}

class Server {
  constructor(text) { this.texts = [text]; }
  get revision() { return this.texts.length - 1; }
  get text() { return this.texts.at(-1); }
  save({ base, text }, by) {
    const merged = merge(this.texts[base], text, this.text);
    if (merged.conflicts) return { kind: "conflict", base_text: this.texts[base], mine: text, theirs: this.text, merged: merged.text, by, revision: this.revision };
    if (merged.text !== this.text) this.texts.push(merged.text);
    return { kind: "ok", revision: this.revision, ...(merged.text === text ? {} : { text: merged.text, by }) };
  }
}

/** Somebody in a browser. What a reload keeps is the storage. */
class Person {
  constructor(name, server, clock, next) {
    Object.assign(this, { name, server, clock, next, storage: new Map(), up: true, words: 0, typed: [] });
    this.open();
  }

  open() {
    const { storage, server, clock } = this;
    const store = { get length() { return storage.size; }, key: (at) => [...storage.keys()][at] ?? null, getItem: (key) => storage.get(key) ?? null, setItem: (key, value) => storage.set(key, value), removeItem: (key) => storage.delete(key) };
    const page = this.page = { text: server.text, gone: false };
    const keep = new Keep({ storage: store, draft: "d", file: "f", window: this.name, now: clock.now });
    const saver = page.saver = new Saver({
      file: "f", text: server.text, revision: server.revision, keep,
      doc: { text: () => page.text, line: () => 1, replace: (text) => { page.text = text; } },
      // A page that is gone neither hears an answer nor acts any more.
      clock: { now: clock.now, after: (ms, act) => clock.after(ms, () => { if (!page.gone) act(); }) },
      send: async (body) => {
        await clock.sleep(this.next() * 1500);
        const answer = this.up ? server.save(body, "other") : { kind: "offline" };
        // An answer may be lost when the request was not.
        const lost = this.up && this.next() < 0.1;
        await clock.sleep(this.next() * 1500);
        if (page.gone) await new Promise(() => {});
        return lost ? { kind: "offline" } : answer;
      },
      tell: () => {},
      names: () => ({ mine: "mine", theirs: "theirs" }),
    });
    const kept = keep.take();
    if (kept) saver.restore(kept);
  }

  type() {
    const { page } = this;
    if (page.saver.state.kind === "conflict") { if (this.next() < 0.5) this.settle(); return; }
    const word = `${this.name}${this.words += 1}`;
    const lines = page.text.split("\n");
    const at = Math.floor(this.next() * lines.length);
    if (this.next() < 0.6) lines[at] += ` ${word}`; else lines.splice(at, 0, word);
    page.text = lines.join("\n");
    this.typed.push(word);
    page.saver.changed();
  }

  /** Keeps both versions of each place, as a person may. */
  settle() {
    const { saver } = this.page;
    if (saver.flight) return undefined;
    let text = saver.state.conflict.merged;
    for (let all = places(text); all.length; all = places(text)) {
      const [one] = all;
      text = text.slice(0, one.from) + one.mine + one.theirs + text.slice(one.to);
    }
    saver.merging(text);
    return saver.resolve(text);
  }

  poll() {
    const { saver } = this.page;
    saver.reached(this.up ? "there" : "away");
    if (this.up && saver.known.revision < this.server.revision) saver.remote({ asked: saver.known.revision, revision: this.server.revision, text: this.server.text });
  }

  reload() {
    this.page.saver.flush({ leaving: true });
    this.page.gone = true;
    this.open();
  }
}

test("whatever two people and the network do, no word that was typed is lost and both end with one text", async () => {
  let conflicts = 0;
  for (let seed = 1; seed <= 150; seed += 1) {
    const next = random(seed);
    const clock = new Clock();
    const server = new Server(Array.from({ length: 6 }, (_, at) => `line ${at}\n`).join(""));
    const people = ["a", "b"].map((name) => new Person(name, server, clock, next));
    for (let turn = 0; turn < 120; turn += 1) {
      const person = people[Math.floor(next() * 2)];
      const what = next();
      if (what < 0.6) person.type();
      else if (what < 0.75) person.poll();
      else if (what < 0.8) person.up = !person.up;
      else if (what < 0.84) person.reload();
      else if (what < 0.88) person.page.saver.flush();
      conflicts += person.page.saver.state.kind === "conflict";
      await clock.pass(next() * 900);
    }
    for (const person of people) person.up = true;
    for (let turn = 0; turn < 60; turn += 1) {
      for (const person of people) {
        if (person.page.saver.state.kind === "conflict") person.settle(); else { person.poll(); person.page.saver.flush(); }
      }
      await clock.pass(4000);
    }
    for (const person of people) {
      assert.equal(person.page.text, server.text, `seed ${seed}, ${person.name}: ${person.page.saver.state.kind}`);
      assert.equal(person.storage.size, 0, `seed ${seed}`);
      for (const word of person.typed) assert.match(server.text, new RegExp(`\\b${word}\\b`), `seed ${seed}: ${word} is lost`);
    }
    assert.doesNotMatch(server.text, /<<<<<<<|>>>>>>>/, `seed ${seed}`);
  }
  assert.ok(conflicts > 100, `conflicts: ${conflicts}`);
});
