// Two people changed the same lines: both versions, the merged text with marks, and how it is saved by hand.

import { RangeSetBuilder, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";
import { hunks, lines, places } from "./merge.js";
import { announce, counted, make, t } from "./texts.js";
import { createView, firstKeys, goTo, replaceText } from "./view.js";

/** Lines around a difference that are shown with it. */
const AROUND = 2;

/** The difference of two texts as lines, for one to read. */
const difference = (base, text, label) => {
  const [a, b] = [lines(base), lines(text)];
  const rows = [];
  const row = (kind, line) => rows.push(make("span", kind === "same" ? {} : { class: kind }, kind === "same" ? null : make("span", { class: "hidden" }, t(kind === "add" ? "diff.added" : "diff.removed")), `${kind === "add" ? "+" : kind === "cut" ? "−" : " "} ${line.replace(/\n$/, "")}`));
  let at = 0;
  for (const { from, to, start, end } of hunks(a, b)) {
    const first = Math.max(at, from - AROUND);
    if (first > at || rows.length === 0) rows.push(make("span", { class: "gap" }, t("diff.line", { n: first + 1 })));
    a.slice(first, from).forEach((line) => row("same", line));
    a.slice(from, to).forEach((line) => row("cut", line));
    b.slice(start, end).forEach((line) => row("add", line));
    at = to;
    const next = a.slice(to, to + AROUND);
    next.forEach((line) => row("same", line));
    at += next.length;
  }
  return make("div", { class: "diff", tabindex: "0", role: "region", "aria-label": label }, ...rows);
};

class Choice extends WidgetType {
  constructor(number, choose) { super(); this.number = number; this.choose = choose; }
  eq(other) { return other.number === this.number; }
  toDOM() {
    const button = (key, which) => make("button", { type: "button", on: { click: () => this.choose(this.number, which) } }, t(key));
    return make("div", { class: "choice" }, button("conflict.mine", "mine"), button("conflict.theirs", "theirs"), button("conflict.both", "both"));
  }
  ignoreEvent() { return true; }
}

const marksOf = (choose) => StateField.define({
  create: (state) => drawn(state, choose),
  update: (value, transaction) => (transaction.docChanged ? drawn(transaction.state, choose) : value),
  provide: (field) => EditorView.decorations.from(field),
});
const drawn = ({ doc }, choose) => {
  const builder = new RangeSetBuilder();
  places(doc.toString()).forEach(({ from, to }, number) => {
    let side = "is-mine";
    for (let at = from; at < to;) {
      const line = doc.lineAt(at);
      const mark = at === from || line.to + 1 >= to || /^=======\s*$/.test(line.text);
      if (at === from) builder.add(line.from, line.from, Decoration.widget({ widget: new Choice(number, choose), block: true, side: -1 }));
      if (/^=======\s*$/.test(line.text)) side = "is-theirs";
      builder.add(line.from, line.from, Decoration.line({ class: mark ? "is-mark" : side }));
      at = line.to + 1;
    }
  });
  return builder.finish();
};

/** Shows a conflict instead of the text. `save(text)` answers what the server said; `edit(text)` is told every change. */
export const showConflict = ({ place, conflict, file, kind, save, edit }) => {
  const by = conflict.by || t("somebody");
  const error = make("p", { class: "error", role: "alert", hidden: true });
  const heading = make("h2", { id: "conflict-title", tabindex: "-1" }, t("conflict.title"));
  const left = make("span", { class: "badge warn" });
  const use = (key, text) => make("button", { class: "button tiny", type: "button", on: { click: () => { replaceText(view, text, { undoable: true }); view.focus(); } } }, t(key));
  const merged = make("div", { class: "merged" });
  const button = make("button", { class: "button primary", type: "button", on: { click: () => submit() } }, t("conflict.save"), " ", make("kbd", { class: "not-phone" }, "Ctrl S"));
  const section = make("section", { class: "card conflict", "aria-labelledby": "conflict-title" },
    make("header", {}, heading, left, make("p", {}, t("conflict.about", { name: by }))),
    make("div", { class: "merge" },
      make("div", { class: "stack" }, make("h3", {}, t("conflict.saved_by", { name: by })), difference(conflict.base, conflict.theirs, t("conflict.saved_by", { name: by })), make("p", {}, use("conflict.use_theirs", conflict.theirs))),
      make("div", { class: "stack" }, make("h3", {}, t("conflict.yours")), difference(conflict.base, conflict.mine, t("conflict.yours")), make("p", {}, use("conflict.use_mine", conflict.mine)))),
    make("h3", { class: "merged-title" }, t("conflict.merged")),
    merged,
    make("footer", {}, button, error));
  place.append(section);

  const choose = (number, which) => {
    const one = places(view.state.doc.toString())[number];
    if (!one) return;
    const insert = which === "mine" ? one.mine : which === "theirs" ? one.theirs : one.mine + one.theirs;
    view.dispatch({ changes: { from: one.from, to: one.to, insert }, selection: { anchor: one.from }, userEvent: "input.choose" });
    view.focus();
  };
  const step = (by) => () => {
    const all = places(view.state.doc.toString());
    const { head } = view.state.selection.main;
    const next = by > 0 ? all.find((one) => one.from > head) ?? all[0] : all.findLast((one) => one.from < head) ?? all.at(-1);
    if (next) goTo(view, next.from);
    announce(next ? counted(all.length, "n.place") : t("conflict.none_left"));
    return true;
  };
  let busy = false;
  const submit = async () => {
    const rest = places(view.state.doc.toString()).length;
    if (rest || busy) {
      error.textContent = t("conflict.unmerged", { places: counted(rest, "n.place") });
      error.hidden = !rest;
      if (rest) step(1)();
      return true;
    }
    busy = true;
    button.setAttribute("aria-busy", "true");
    error.hidden = true;
    const answer = await save(view.state.doc.toString());
    busy = false;
    button.removeAttribute("aria-busy");
    if (answer.kind === "ok" || answer.kind === "conflict") return true;
    error.textContent = answer.kind === "refused" && answer.error ? answer.error : t(answer.kind === "ended" ? "ended" : "conflict.offline");
    error.hidden = false;
    return true;
  };
  const count = (state) => {
    const rest = places(state.doc.toString()).length;
    left.textContent = rest ? counted(rest, "n.place") : t("conflict.unsaved");
    button.setAttribute("aria-disabled", String(rest > 0));
  };
  const view = createView({
    parent: merged, text: conflict.merged, kind, label: t("conflict.label", { file }),
    extensions: [
      marksOf(choose),
      firstKeys([{ key: "Mod-s", run: () => { submit(); return true; }, preventDefault: true }, { key: "F8", run: step(1), shift: step(-1) }]),
      EditorView.updateListener.of((update) => { if (update.docChanged) { count(update.state); edit(update.state.doc.toString()); } }),
    ],
  });
  count(view.state);
  heading.focus();
  announce(t("conflict.about", { name: by }));
  return { submit, close: () => { view.destroy(); section.remove(); } };
};
