// Find and replace. CodeMirror's own search would be a tenth of the page, for expressions that nobody needs here.

import { RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin } from "@codemirror/view";
import { announce, make, t } from "./texts.js";
import { matches } from "./ranking.js";

const look = StateEffect.define();
const query = StateField.define({
  create: () => ({ words: "", exact: false, open: false }),
  update: (value, transaction) => transaction.effects.reduce((now, effect) => (effect.is(look) ? { ...now, ...effect.value } : now), value),
});
const plain = Decoration.mark({ class: "is-match" });
const chosen = Decoration.mark({ class: "is-match is-at" });

const all = (state) => { const { words, exact, open } = state.field(query); return open ? matches(state.doc.toString(), words, exact) : []; };
const select = (view, [from, to]) => view.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: "center" }), userEvent: "select.find" });

export const step = (by) => (view) => {
  const found = all(view.state);
  if (!found.length) return open(view);
  const { from, to } = view.state.selection.main;
  const at = by > 0 ? found.findIndex(([start]) => start >= to && (start > from || to > from)) : found.findLastIndex(([, end]) => end <= from);
  const number = at < 0 ? (by > 0 ? 0 : found.length - 1) : at;
  select(view, found[number]);
  announce(t("find.count", { n: number + 1, all: found.length }));
  return true;
};

/** Opens the bar with what is selected, or goes to it when it is open. */
export const open = (view) => {
  const { from, to } = view.state.selection.main;
  const selected = view.state.sliceDoc(from, Math.min(to, from + 200));
  const words = selected && !selected.includes("\n") ? selected : view.state.field(query).words;
  view.dispatch({ effects: look.of({ open: true, words }) });
  const field = view.dom.querySelector(".find input");
  field.value = words;
  field.select();
  field.focus();
  return true;
};
export const close = (view) => {
  if (!view.state.field(query).open) return false;
  view.dispatch({ effects: look.of({ open: false }) });
  view.focus();
  return true;
};

const bar = ViewPlugin.fromClass(class {
  constructor(view) { this.view = view; this.decorations = Decoration.none; }

  update(update) {
    const { open: now } = update.state.field(query);
    const before = update.startState.field(query);
    if (now !== before.open) { this.dom?.remove(); this.dom = now ? this.make() : null; if (now) this.view.dom.insertBefore(this.dom, this.view.scrollDOM); this.view.requestMeasure(); }
    if (update.docChanged || update.selectionSet || before !== update.state.field(query)) this.mark(update.state);
  }

  mark(state) {
    const found = all(state);
    const { from, to } = state.selection.main;
    const builder = new RangeSetBuilder();
    let at = 0;
    found.forEach(([start, end], number) => { if (start === from && end === to) at = number + 1; builder.add(start, end, start === from && end === to ? chosen : plain); });
    this.decorations = builder.finish();
    const count = this.dom?.querySelector(".count");
    if (count) count.textContent = state.field(query).words ? (found.length ? t("find.count", { n: at || "–", all: found.length }) : t("find.none")) : "";
  }

  replace(every) {
    const { view } = this;
    const found = all(view.state);
    const { from, to } = view.state.selection.main;
    const which = every ? found : found.filter(([start, end]) => start === from && end === to);
    if (which.length) view.dispatch({ changes: which.map(([start, end]) => ({ from: start, to: end, insert: this.with.value })), userEvent: "input.replace" });
    if (every) announce(t("find.replaced", { n: which.length })); else step(1)(view);
  }

  make() {
    const { view } = this;
    const button = (key, act, more = {}) => make("button", { type: "button", ...more, on: { click: act } }, t(key));
    const field = (key, act) => make("input", { type: "text", class: "field", "aria-label": t(key), placeholder: t(key), autocomplete: "off", spellcheck: "false", ...act });
    const words = field("find.find", { on: { input: () => view.dispatch({ effects: look.of({ words: words.value }) }) } });
    const exact = make("input", { type: "checkbox", on: { change: () => view.dispatch({ effects: look.of({ exact: exact.checked }) }) } });
    exact.checked = view.state.field(query).exact;
    this.with = field("find.replace", {});
    const writable = !view.state.readOnly;
    return make("div", { class: "find", role: "search", on: { keydown: (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") close(view);
      else if (event.key === "Enter" && event.target === words) step(event.shiftKey ? -1 : 1)(view);
      else if (event.key === "Enter" && event.target === this.with) this.replace(false);
      else if (event.key === "F3" || ((event.ctrlKey || event.metaKey) && event.code === "KeyG")) step(event.shiftKey ? -1 : 1)(view);
      else if ((event.ctrlKey || event.metaKey) && event.code === "KeyF") words.select();
      else return;
      event.preventDefault();
      event.stopPropagation();
    } } },
    words, make("span", { class: "count" }), button("find.next", () => step(1)(view)), button("find.previous", () => step(-1)(view)),
    make("label", {}, exact, t("find.match_case")),
    ...(writable ? [this.with, button("find.replace", () => this.replace(false)), button("find.replace_all", () => this.replace(true))] : []),
    make("button", { type: "button", class: "close", "aria-label": t("find.close"), on: { click: () => close(view) } }, "×"));
  }
}, { decorations: (plugin) => plugin.decorations });

export const find = [query, bar];
