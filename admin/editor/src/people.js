// Where the others are: their names at their lines in this text, and beside the list of files.

import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";
import { make, t } from "./texts.js";

const came = StateEffect.define();

class Name extends WidgetType {
  constructor(names) { super(); this.names = names; }
  eq(other) { return other.names === this.names; }
  toDOM() { return make("span", { class: "person" }, t("person.here", { name: this.names })); }
  ignoreEvent() { return true; }
}

export const people = StateField.define({
  create: () => Decoration.none,
  update(decorations, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(came)) continue;
      const byLine = new Map();
      for (const { name, line } of effect.value) {
        const number = Math.max(1, Math.min(Number(line) || 1, transaction.state.doc.lines));
        byLine.set(number, [...(byLine.get(number) ?? []), name]);
      }
      return Decoration.set([...byLine].sort((a, b) => a[0] - b[0]).map(([number, names]) =>
        Decoration.widget({ widget: new Name(names.join(", ")), side: 1 }).range(transaction.state.doc.line(number).to)));
    }
    return decorations.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

export const showPeople = (view, scope, list, { file, address }) => {
  const here = list.filter((one) => one.file === file);
  const key = JSON.stringify(list);
  // Nothing is drawn anew when nothing has changed: a screen reader would read it again.
  if (view.peopleKey === key) return;
  view.peopleKey = key;
  view.dispatch({ effects: came.of(here) });
  const place = scope.querySelector("[data-people]");
  if (!place) return;
  place.hidden = !list.length;
  place.replaceChildren(...list.map((one) => make("li", {}, make("b", {}, one.name), " ", one.file === file
    ? make("a", { href: `#L${one.line}` }, t("person.line", { line: one.line }))
    : make("a", { href: `${address(one.file)}#L${one.line}` }, t("person.file", { file: one.file, line: one.line })))));
};
