// Saves a text by itself: the machine of its states. Pure: the page, the network and the clock are given to it.
//
// `known` is what the server has: a revision and its text (null while it is only known that the server has the revision). What is
// not saved is what differs from it. One request runs at a time; what is typed meanwhile goes with the next.

import { merge } from "./merge.js";

/** A pause in typing after which the text is saved, and the longest time without one. Milliseconds. */
const PAUSE = 800;
const LONGEST = 5000;
/** How late what is typed is kept in the browser: writing a large text at every key would be felt. */
const KEPT = 250;
/** Tries while the server cannot be reached. */
const RETRY = [1000, 2000, 4000, 8000, 15_000, 30_000];

export class Saver {
  /**
   * `doc`: { text(), replace(text), line() }. `send(body, { leaving })` answers { kind: "ok" | "conflict" | "ended" | "refused" |
   * "offline", … }. `clock`: { now(), after(ms, do) → cancel }. `tell(state)` is called at each change of the state.
   */
  constructor({ doc, file, revision, text, send, clock, keep, tell, names }) {
    Object.assign(this, { doc, file, send, clock, keep, names });
    this.known = { revision, text };
    this.state = { kind: "idle", at: null };
    this.tell = (state) => { this.state = state; tell(state); };
    this.flight = null;
    this.tries = 0;
    this.due = null;
    this.waits = null;
    this.since = null;
    this.keeps = null;
    // Sent, but whether the server has it is unknown.
    this.lost = [];
    this.savedAt = null;
  }

  get unsaved() { return this.known.text === null || this.doc.text() !== this.known.text; }

  /** Something was typed. */
  changed() {
    if (this.state.kind === "conflict") return;
    this.keeps ??= this.clock.after(KEPT, () => this.keepIt());
    if (this.state.kind === "refused") this.tell({ kind: "unsaved" });
    if (!this.unsaved && !this.flight) { this.settled(); return; }
    this.since ??= this.clock.now();
    // While the server is away only its return or the next try sends.
    if (this.waits) return;
    if (!["saving", "ended"].includes(this.state.kind)) this.tell({ kind: "unsaved" });
    this.later(Math.max(0, Math.min(PAUSE, this.since + LONGEST - this.clock.now())));
  }

  /** Saves now what is not saved: a key, the field is left, the page is left. */
  flush({ leaving = false } = {}) {
    if (this.keeps) this.keepIt();
    if (this.state.kind === "conflict") return Promise.resolve();
    if (leaving && this.flight && this.doc.text() !== this.flight.text) return this.request(true);
    if (this.flight) { this.again = true; return this.flight.done; }
    if (!this.unsaved) return Promise.resolve();
    return this.run(leaving);
  }

  /** Waits until nothing is under way; true when the server has everything. */
  async clean() {
    while (this.flight || (this.unsaved && this.state.kind !== "conflict")) {
      await this.flush();
      if (!["saved", "unsaved", "saving", "idle"].includes(this.state.kind)) return false;
    }
    return this.state.kind !== "conflict";
  }

  /** Takes over a text that was kept in the browser: it began as revision `base`. */
  restore({ base, text, sent = [], conflict = null }) {
    if (this.known.text === text) { this.keep.drop(); return; }
    // The server got what was under way when the page was left: what was typed since began there.
    if (!sent.includes(this.known.text)) this.known = { revision: base, text: null };
    this.doc.replace(text);
    this.lost = sent;
    if (conflict) { this.clash(conflict); return; }
    this.keepIt();
    this.run();
  }

  /** The merged text as it stands while a person edits it. */
  merging(text) {
    this.state.conflict.merged = text;
    this.keeps ??= this.clock.after(KEPT, () => this.keepIt());
  }

  /** The text as somebody else saved it, asked for revision `asked`. What collides with unsaved text comes with the next save. */
  remote({ asked, revision, text }) {
    if (typeof text !== "string" || this.flight || this.state.kind === "conflict") return false;
    if (asked !== this.known.revision || this.known.text === null) return false;
    if (text === this.known.text) { this.known.revision = revision; return false; }
    const now = this.doc.text();
    const merged = merge(this.known.text, now, text, this.names());
    if (merged.conflicts) return false;
    this.known = { revision, text };
    this.doc.replace(merged.text);
    if (this.unsaved) this.keepIt();
    return true;
  }

  /** The server answered another question: "there"; or nothing: "away"; or that the login has ended: "ended". */
  reached(how) {
    const { kind } = this.state;
    if (how === "there" && ["offline", "ended"].includes(kind)) {
      this.cancelWait();
      if (this.unsaved) this.run(); else this.settled();
    } else if (how === "away" && ["idle", "saved", "unsaved"].includes(kind)) {
      this.offline();
    } else if (how === "ended" && !["ended", "conflict", "saving"].includes(kind)) {
      this.end();
    }
  }

  /** Tries again at once: the network is back, or a login may be. */
  retry() {
    if (!["offline", "ended"].includes(this.state.kind)) return;
    this.cancelWait();
    if (this.unsaved) this.run();
  }

  /** Saves the text that a person merged by hand over theirs. */
  async resolve(text) {
    const { revision, theirs } = this.state.conflict;
    this.flight = { text, done: null };
    const answer = await this.send({ file: this.file, base: revision, text, line: this.doc.line() }, {});
    this.flight = null;
    if (answer.kind === "ok") {
      this.doc.replace(text, { undoable: true });
      this.known = { revision: answer.revision, text: answer.text ?? text };
      if (answer.text != null) this.doc.replace(answer.text);
      this.savedAt = this.clock.now();
      this.settled();
    } else if (answer.kind === "conflict") {
      this.clash({ base: answer.base_text ?? theirs, mine: text, theirs: answer.theirs, by: answer.by, revision: answer.revision });
    }
    return answer;
  }

  // ---------- Inside ----------

  keepIt() {
    this.keeps?.();
    this.keeps = null;
    if (!this.unsaved) { this.keep.drop(); return; }
    const sent = this.flight ? [...this.lost, this.flight.text] : this.lost;
    const conflict = this.state.conflict ?? null;
    this.kept = this.keep.put({ base: this.known.revision, text: this.doc.text(), sent, conflict });
  }

  later(ms) { this.due?.(); this.due = this.clock.after(ms, () => this.run()); }
  cancelWait() { this.waits?.(); this.waits = null; this.tries = 0; }

  async run(leaving = false) {
    this.due?.();
    this.due = null;
    if (this.flight) { this.again = true; return; }
    if (!this.unsaved) { this.settled(); return; }
    this.waits?.();
    this.waits = null;
    const flight = { text: this.doc.text() };
    this.flight = flight;
    this.since = null;
    // A try while the server is away says nothing new until it succeeds.
    if (!["offline", "ended"].includes(this.state.kind)) this.tell({ kind: "saving" });
    flight.done = this.request(leaving).then((answer) => {
      this.flight = null;
      this.take(answer, flight.text);
      if (this.again && this.state.kind !== "conflict") { this.again = false; if (this.unsaved && !this.waits) return this.run(); }
      return undefined;
    });
    await flight.done;
  }

  request(leaving) {
    const body = { file: this.file, base: this.known.revision, text: this.doc.text(), line: this.doc.line() };
    return this.send(body, { leaving });
  }

  take(answer, sent) {
    if (answer.kind !== "offline") this.tries = 0;
    if (answer.kind === "ok") {
      const next = answer.text ?? sent;
      this.known = { revision: answer.revision, text: next };
      this.lost = [];
      this.savedAt = this.clock.now();
      const merged = merge(sent, this.doc.text(), next, this.names(answer.by));
      if (merged.conflicts) {
        this.clash({ base: sent, mine: this.doc.text(), theirs: next, by: answer.by, revision: answer.revision });
        return;
      }
      this.doc.replace(merged.text);
      if (this.unsaved) { this.keepIt(); this.tell({ kind: "unsaved" }); this.later(PAUSE); } else this.settled(answer.text == null ? null : answer.by);
    } else if (answer.kind === "conflict" && this.lost.includes(answer.theirs)) {
      // The "other" is this window: an answer to an earlier try was lost on the way.
      this.lost = [];
      this.known = { revision: answer.revision, text: answer.theirs };
      this.tell({ kind: "unsaved" });
      this.later(0);
    } else if (answer.kind === "conflict") {
      this.clash({ base: answer.base_text, mine: this.doc.text(), theirs: answer.theirs, by: answer.by, revision: answer.revision, merged: this.doc.text() === sent ? answer.merged : null });
    } else if (answer.kind === "refused") {
      this.keepIt();
      this.tell({ kind: "refused", error: answer.error });
    } else if (answer.kind === "ended") {
      this.end();
    } else {
      this.lost = [...this.lost, sent].slice(-3);
      this.offline();
    }
  }

  /** A login may come back in another window. */
  end() {
    if (this.unsaved) this.keepIt();
    this.tell({ kind: "ended" });
    this.waits?.();
    this.waits = this.clock.after(RETRY.at(-1), () => { this.waits = null; if (this.unsaved) this.run(); });
  }

  offline() {
    if (this.unsaved) this.keepIt();
    if (this.state.kind !== "offline") this.tell({ kind: "offline", kept: this.kept !== false });
    const wait = RETRY[Math.min(this.tries, RETRY.length - 1)];
    this.tries += 1;
    this.waits?.();
    this.waits = this.clock.after(wait, () => { this.waits = null; if (this.unsaved) this.run(); });
  }

  settled(by = null) {
    this.since = null;
    this.due?.();
    this.due = null;
    this.keep.drop();
    this.tell({ kind: "saved", at: this.savedAt, by });
  }

  clash({ base, mine, theirs, by, revision, merged = null }) {
    this.due?.();
    this.due = null;
    const text = merged ?? merge(base, mine, theirs, this.names(by)).text;
    this.tell({ kind: "conflict", conflict: { base, mine, theirs, merged: text, by, revision } });
    this.keepIt();
  }
}

/** A fix's edits applied to a text; null when one lies outside of it. */
export const edited = (text, edits) => {
  const sorted = [...edits].sort((a, b) => b.from - a.from);
  if (sorted.some(({ from, to }) => !(from >= 0 && from <= to && to <= text.length))) return null;
  return sorted.reduce((now, { from, to, text: insert }) => now.slice(0, from) + insert + now.slice(to), text);
};
