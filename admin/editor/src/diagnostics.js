// What the compiler finds, as one types: underlined, in the margin, in words under the line, in the list beside, by F8.

import { RangeSet, RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, GutterMarker, ViewPlugin, WidgetType, gutter } from "@codemirror/view";
import { ask } from "./requests.js";
import { announce, counted, icon, make, t } from "./texts.js";
import { ENGLISH, firstKeys, goTo, rich } from "./view.js";

/** A pause in typing after which the text is checked. Milliseconds. */
const PAUSE = 150;
/** Shown at most; the count beside tells the rest. */
const MOST = 200;

const found = StateEffect.define();
/** The compiler's words as a sentence: it writes them without a capital and a full stop, for a terminal. */
const sentence = (text) => {
  const words = String(text ?? "").trim();
  return words && `${words[0].toUpperCase()}${words.slice(1)}${/[.?!…:]$/.test(words) ? "" : "."}`;
};
const isError = (one) => one.severity !== "warning";

class Lens extends WidgetType {
  constructor(list) { super(); this.list = list; this.key = JSON.stringify(list.map((one) => [one.severity, one.code, one.message, one.help])); }
  eq(other) { return other.key === this.key; }
  get estimatedHeight() { return 32 * this.list.length; }
  toDOM() {
    return make("div", { class: "lenses" }, ...this.list.map((one) => make("div", { class: isError(one) ? "lens" : "lens warning" },
      one.code ? make("span", { class: "code" }, one.code) : null, " ", make("b", ENGLISH, ...rich(sentence(one.message))), " ", make("span", ENGLISH, ...rich(sentence(one.help))))));
  }
  ignoreEvent() { return true; }
}
class Mark extends GutterMarker {
  constructor(severity) { super(); this.severity = severity; }
  eq(other) { return other.severity === this.severity; }
  toDOM() { return make("span", { class: this.severity }, this.severity === "error" ? "●" : "▲"); }
}
const marks = { error: new Mark("error"), warning: new Mark("warning") };
const underlines = { error: Decoration.mark({ class: "is-error" }), warning: Decoration.mark({ class: "is-warning" }) };

const drawn = (items, doc) => {
  const pieces = [];
  const byLine = new Map();
  for (const one of items) {
    const line = doc.lineAt(one.from);
    // A place without a width is shown at the letter beside it.
    const from = one.from === one.to && one.from === line.to ? Math.max(line.from, one.from - 1) : one.from;
    const to = one.from === one.to ? Math.min(line.to, from + 1) : one.to;
    if (to > from) pieces.push(underlines[isError(one) ? "error" : "warning"].range(from, to));
    byLine.set(line.number, [...(byLine.get(line.number) ?? []), one]);
  }
  const gutters = new RangeSetBuilder();
  for (const [number, list] of [...byLine].sort((a, b) => a[0] - b[0])) {
    const line = doc.line(number);
    pieces.push(Decoration.widget({ widget: new Lens(list), block: true, side: 1 }).range(line.to));
    gutters.add(line.from, line.from, marks[list.some(isError) ? "error" : "warning"]);
  }
  return { items, decorations: Decoration.set(pieces, true), gutters: gutters.finish() };
};

const field = StateField.define({
  create: () => ({ items: [], decorations: Decoration.none, gutters: RangeSet.empty }),
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(found)) return drawn(effect.value, transaction.state.doc);
    if (!transaction.docChanged || !value.items.length) return value;
    const move = (at, side) => transaction.changes.mapPos(at, side);
    const items = value.items.map((one) => {
      const from = move(one.from, 1);
      return { ...one, from, to: Math.max(from, move(one.to, -1)), edits: one.edits?.map((edit) => ({ ...edit, from: move(edit.from, 1), to: Math.max(move(edit.from, 1), move(edit.to, -1)) })) };
    });
    return drawn(items, transaction.state.doc);
  },
  provide: (field) => EditorView.decorations.from(field, (value) => value.decorations),
});

export class Diagnostics {
  /** `elsewhere(file, edits)` makes a fix's edits in another file; `address(file)` is the page of a file. */
  constructor({ draft, file, check, scope, elsewhere, address, readonly }) {
    Object.assign(this, { draft, file, check, scope, elsewhere, address, readonly, all: [] });
    const self = this;
    this.extension = [
      field,
      gutter({ class: "cm-found", markers: (view) => view.state.field(field).gutters, initialSpacer: () => marks.error }),
      firstKeys([
        { key: "F8", run: () => this.step(1), shift: () => this.step(-1) },
        { key: "Mod-.", run: () => this.fixHere() },
      ]),
      ViewPlugin.fromClass(class {
        constructor(view) { self.view = view; self.soon(0); }
        update(update) { if (update.docChanged) self.soon(PAUSE); }
        destroy() { clearTimeout(self.timer); self.abort?.abort(); }
      }),
    ];
  }

  soon(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.run(), ms);
  }

  async run() {
    this.abort?.abort();
    const abort = this.abort = new AbortController();
    const { doc } = this.view.state;
    let answer;
    try {
      answer = await ask(this.check, { body: { draft: this.draft, file: this.file, text: doc.toString() }, signal: abort.signal });
    } catch { return; }
    if (answer.kind !== "ok" || abort.signal.aborted) {
      // The answer to the last text comes when the server is there again.
      if (answer.kind === "offline") this.soon(3000);
      return;
    }
    // A text that has changed meanwhile has another check on its way.
    if (this.view.state.doc !== doc) return;
    this.show(answer.diagnostics ?? []);
  }

  show(list) {
    const { length } = this.view.state.doc;
    const clamp = (at) => Math.max(0, Math.min(Number(at) || 0, length));
    this.all = list.map((one, number) => ({ ...one, number }));
    const here = this.all.filter((one) => one.file === this.file).slice(0, MOST).map((one) => ({
      ...one,
      from: clamp(one.from),
      to: Math.max(clamp(one.from), clamp(one.to)),
      edits: one.fix?.edits?.filter((edit) => edit.file === this.file).map((edit) => ({ ...edit, from: clamp(edit.from), to: clamp(edit.to) })),
    }));
    this.view.dispatch({ effects: found.of(here) });
    this.list();
  }

  /** The list beside the text, and the counts at the files. */
  list() {
    const errors = this.all.filter(isError).length;
    const warnings = this.all.length - errors;
    const total = this.scope.querySelector("[data-problems-total]");
    if (total) {
      total.hidden = !this.all.length;
      total.className = errors ? "badge bad" : "badge warn";
      total.textContent = errors ? counted(errors, "n.error") : counted(warnings, "n.warning");
    }
    for (const badge of this.scope.querySelectorAll("[data-file-count]")) {
      const own = this.all.filter((one) => one.file === badge.dataset.fileCount);
      const bad = own.filter(isError).length;
      badge.hidden = !own.length;
      badge.className = bad ? "badge bad" : "badge warn";
      const words = bad ? counted(bad, "n.error") : counted(own.length, "n.warning");
      badge.replaceChildren(String(bad || own.length), make("span", { class: "hidden" }, words.replace(/^\S+/u, "")));
    }
    const place = this.scope.querySelector("[data-problems]");
    if (!place) return;
    const focused = place.contains(document.activeElement) ? [...place.querySelectorAll("a, button")].indexOf(document.activeElement) : -1;
    const order = [...this.all].sort((a, b) => (a.file !== this.file) - (b.file !== this.file) || a.file.localeCompare(b.file) || a.from - b.from);
    place.replaceChildren(order.length
      ? make("ul", { class: "finds" }, ...order.slice(0, MOST).map((one) => this.row(one)))
      : make("p", { class: "hint none" }, t("problems.none")));
    if (order.length > MOST) place.append(make("p", { class: "hint none" }, t("problems.more", { n: order.length - MOST })));
    // What had the focus may be gone: the next in its place has it.
    if (focused >= 0) { const all = [...place.querySelectorAll("a, button")]; (all[Math.min(focused, all.length - 1)] ?? this.view).focus(); }
  }

  row(one) {
    const here = one.file === this.file;
    // A problem of a file as a whole has no line.
    const where = one.line ? `${one.line}:${one.column}` : "";
    const link = make("a", { class: "where", href: here ? `#L${where || 1}` : `${this.address(one.file)}#L${where || 1}`, title: one.line ? t("problems.go", { file: one.file, line: one.line, column: one.column }) : one.file }, here && where ? where : `${one.file} ${where}`);
    if (here) link.addEventListener("click", (event) => { event.preventDefault(); this.go(one.number); });
    const fix = one.fix && !this.readonly
      ? make("span", { class: "acts" }, make("button", { class: "button tiny", type: "button", on: { click: () => this.fix(one.number) } }, one.fix.label))
      : null;
    return make("li", {}, icon(isError(one) ? "stop" : "alert", isError(one) ? "bad" : "warn"),
      make("span", { class: "what" }, make("span", { class: "hidden" }, `${t(isError(one) ? "error" : "warning")}: `), make("span", ENGLISH, ...rich(sentence(one.message)))),
      link, one.help ? make("span", { class: "why", ...ENGLISH }, ...rich(sentence(one.help))) : null, fix);
  }

  items() { return this.view.state.field(field).items; }
  said(one) { return [`${t(isError(one) ? "error" : "warning")}:`, sentence(one.message), sentence(one.help), one.fix && !this.readonly ? t("problems.fixable", { label: one.fix.label }) : ""].filter(Boolean).join(" "); }

  go(number) {
    const one = this.items().find((item) => item.number === number);
    if (one) { goTo(this.view, one.from); announce(this.said(one)); }
  }

  step(by) {
    const items = [...this.items()].sort((a, b) => a.from - b.from);
    if (!items.length) {
      announce(this.all.length ? t("problems.elsewhere", { n: this.all.length }) : t("problems.none"));
      return true;
    }
    const { head } = this.view.state.selection.main;
    const next = by > 0 ? items.find((one) => one.from > head) ?? items[0] : items.findLast((one) => one.from < head) ?? items.at(-1);
    goTo(this.view, next.from);
    announce(this.said(next));
    return true;
  }

  /** The fix of what is found at the cursor, else in its line. */
  fixHere() {
    if (this.readonly) return false;
    const { head } = this.view.state.selection.main;
    const line = this.view.state.doc.lineAt(head);
    const fixable = this.items().filter((one) => one.fix && one.from <= line.to && one.to >= line.from);
    const one = fixable.find((item) => item.from <= head && head <= item.to) ?? fixable[0];
    if (one) this.fix(one.number); else announce(t("problems.no_fix"));
    return true;
  }

  async fix(number) {
    const one = this.all.find((item) => item.number === number);
    const shown = this.items().find((item) => item.number === number);
    const edits = shown?.edits ?? one?.fix?.edits.filter((edit) => edit.file === this.file) ?? [];
    const others = new Map();
    for (const edit of one.fix.edits) if (edit.file !== this.file) others.set(edit.file, [...(others.get(edit.file) ?? []), edit]);
    for (const [file, list] of others) if (!(await this.elsewhere(file, list))) return;
    if (edits.length) {
      this.view.dispatch({ changes: edits.map(({ from, to, text }) => ({ from, to, insert: text })), userEvent: "input.fix", scrollIntoView: !others.size });
    }
    announce(t("problems.fixed", { label: one.fix.label }));
    this.soon(0);
  }
}
