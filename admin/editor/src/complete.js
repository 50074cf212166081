// Completion by the compiler: as one types, and by Ctrl+Space.

import { StateEffect, StateField } from "@codemirror/state";
import { EditorView, ViewPlugin } from "@codemirror/view";
import { popup } from "./popup.js";
import { fitting } from "./ranking.js";
import { ask } from "./requests.js";
import { counted, announce, has, make, t } from "./texts.js";
import { ENGLISH, firstKeys, rich } from "./view.js";

/** A pause in typing after which completions are asked for. Milliseconds. */
const PAUSE = 60;
/** Shown at most. */
const MOST = 100;
/** What is completed stops at this; longer is no word. */
const LONGEST = 200;

const offer = StateEffect.define();
const choose = StateEffect.define();

let ids = 0;
const named = () => { ids += 1; return { id: `c${ids}`, key: ids }; };

/** The open list: { from, all, shown, at, asked } or null. `at` is -1 while nothing is chosen, so that Enter begins a line. */
const narrowed = (open, state) => {
  const { head } = state.selection.main;
  if (head < open.from || head - open.from > LONGEST) return null;
  const typed = state.sliceDoc(open.from, head);
  if (/\n/.test(typed)) return null;
  const shown = fitting(open.all, typed).slice(0, MOST);
  if (!shown.length || (!open.asked && shown.length === 1 && shown[0].apply === typed)) return null;
  return { ...open, pos: open.from, shown, at: typed || open.asked ? 0 : -1 };
};

const field = StateField.define({
  create: () => null,
  update(open, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(offer)) return effect.value && narrowed(effect.value, transaction.state);
      if (effect.is(choose) && open) open = { ...open, at: effect.value };
    }
    if (!open) return null;
    if (transaction.docChanged) return narrowed({ ...open, from: transaction.changes.mapPos(open.from, -1) }, transaction.state);
    return transaction.selection ? null : open;
  },
  provide: (field) => [
    EditorView.contentAttributes.of((view) => {
      const open = view.state.field(field, false);
      return open && { "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": open.id, ...(open.at < 0 ? {} : { "aria-activedescendant": `${open.id}-${open.at}` }) };
    }),
  ],
});

const list = (view) => {
  const options = make("ul", { role: "listbox", "aria-label": t("complete.title") });
  const doc = make("p", { class: "doc", ...ENGLISH });
  const dom = make("div", { class: "complete", on: { mousedown: (event) => {
    event.preventDefault();
    const option = event.target.closest("li");
    if (option) accept(view, Number(option.dataset.at));
  } } }, options, doc);
  let shown = null;
  const draw = (open) => {
    if (!open) return;
    if (open.shown !== shown) {
      shown = open.shown;
      options.id = open.id;
      options.replaceChildren(...shown.map((item, at) => make("li", { role: "option", id: `${open.id}-${at}`, data: { at } },
        make("span", { class: "label" }, item.label),
        item.detail ? make("span", { class: "detail", ...ENGLISH }, item.detail) : null,
        item.kind && has(`kind.${item.kind}`) ? make("span", { class: "kind" }, t(`kind.${item.kind}`)) : null)));
    }
    [...options.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === open.at)));
    options.children[open.at]?.scrollIntoView({ block: "nearest" });
    doc.replaceChildren(...rich(open.shown[open.at]?.doc ?? ""));
  };
  draw(view.state.field(field));
  return { dom, update: (update) => draw(update.state.field(field)) };
};

const accept = (view, at) => {
  const open = view.state.field(field);
  const item = open?.shown[at ?? open.at];
  if (!item) return false;
  const { head } = view.state.selection.main;
  const insert = item.apply ?? item.label;
  view.dispatch({ changes: { from: open.from, to: head, insert }, selection: { anchor: open.from + insert.length }, effects: offer.of(null), userEvent: "input.complete", scrollIntoView: true });
  return true;
};
const move = (by) => (view) => {
  const open = view.state.field(field);
  if (!open) return false;
  const last = open.shown.length - 1;
  const at = Math.abs(by) === 1 ? (open.at < 0 && by < 0 ? last : (open.at + by + last + 1) % (last + 1)) : Math.max(0, Math.min(open.at + by, last));
  view.dispatch({ effects: choose.of(at) });
  return true;
};
const close = (view) => {
  if (!view.state.field(field)) return false;
  view.dispatch({ effects: offer.of(null) });
  return true;
};

export const completion = ({ draft, file, address }) => {
  let timer;
  let abort;
  const query = async (view, asked) => {
    clearTimeout(timer);
    abort?.abort();
    const own = abort = new AbortController();
    const { state } = view;
    const offset = state.selection.main.head;
    let answer;
    try {
      answer = await ask(address, { body: { draft, file, text: state.doc.toString(), offset }, signal: own.signal });
    } catch { return; }
    const { state: now } = view;
    if (own.signal.aborted || now.doc !== state.doc || now.selection.main.head !== offset) return;
    const all = answer.kind === "ok" && answer.items ? answer.items : [];
    const from = Math.max(0, Math.min(answer.from ?? offset, offset));
    view.dispatch({ effects: offer.of(all.length ? { from, all, asked, create: list, ...named() } : null) });
    if (asked) { const open = view.state.field(field); announce(open ? counted(open.shown.length, "n.completion") : t("complete.none")); }
  };
  return [
    field,
    popup(field),
    firstKeys([
      { key: "Ctrl-Space", run: (view) => { query(view, true); return true; } },
      { mac: "Alt-`", run: (view) => { query(view, true); return true; } },
      { key: "ArrowDown", run: move(1) },
      { key: "ArrowUp", run: move(-1) },
      { key: "PageDown", run: move(8) },
      { key: "PageUp", run: move(-8) },
      { key: "Enter", run: (view) => accept(view) },
      { key: "Tab", run: (view) => accept(view) },
      { key: "Escape", run: close },
    ]),
    ViewPlugin.fromClass(class {
      update(update) {
        const typed = update.transactions.some((one) => one.isUserEvent("input.type") || one.isUserEvent("delete.backward"));
        if (!typed || update.state.readOnly) {
          if (update.docChanged || update.selectionSet) { clearTimeout(timer); abort?.abort(); }
          return;
        }
        clearTimeout(timer);
        const { head, empty } = update.state.selection.main;
        const before = update.state.doc.lineAt(head);
        const word = before.text.slice(0, head - before.from);
        // While the list is open a longer word only narrows it. After a deletion nothing opens by itself.
        const open = update.state.field(field);
        const deleted = update.transactions.some((one) => one.isUserEvent("delete"));
        if (!empty || (open && /[\w\p{L}-]$/u.test(word) && !deleted) || (deleted && !open)) return;
        if (!/\S/.test(word)) { abort?.abort(); return; }
        timer = setTimeout(() => query(update.view, false), PAUSE);
      }
      destroy() { clearTimeout(timer); abort?.abort(); }
    }),
    EditorView.domEventHandlers({ blur: (event, view) => { setTimeout(() => { if (!view.hasFocus) close(view); }, 100); return false; } }),
  ];
};
