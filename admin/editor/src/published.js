// Beside the lines: which of them differ from the published text.

import { RangeSet, RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { GutterMarker, ViewPlugin, gutter } from "@codemirror/view";
import { hunks, lines } from "./merge.js";
import { ask } from "./requests.js";

/** A pause in typing after which the lines are compared. Milliseconds. */
const PAUSE = 300;

const compared = StateEffect.define();

class Mark extends GutterMarker {
  constructor(kind) { super(); this.kind = kind; }
  eq(other) { return other.kind === this.kind; }
  toDOM() { const mark = document.createElement("span"); mark.className = this.kind; return mark; }
}
const marks = { added: new Mark("added"), changed: new Mark("changed"), cut: new Mark("cut") };

const field = StateField.define({
  create: () => RangeSet.empty,
  update(set, transaction) {
    for (const effect of transaction.effects) if (effect.is(compared)) return effect.value;
    return set.map(transaction.changes);
  },
});

const compare = (was, doc) => {
  const builder = new RangeSetBuilder();
  let last = 0;
  for (const { from, to, start, end } of hunks(lines(was), lines(doc.toString()))) {
    const kind = from === to ? "added" : start === end ? "cut" : "changed";
    for (let number = start + 1; number <= Math.max(end, start + 1) && number <= doc.lines; number += 1) {
      if (number <= last) continue;
      last = number;
      const { from: at } = doc.line(number);
      builder.add(at, at, marks[kind]);
    }
  }
  return builder.finish();
};

/** `address` answers `{ text }`, null for a file that is new. */
export const published = (address) => {
  let was = null;
  let timer;
  const soon = (view, ms) => {
    clearTimeout(timer);
    timer = setTimeout(() => { if (was !== null) view.dispatch({ effects: compared.of(compare(was, view.state.doc)) }); }, ms);
  };
  return [
    field,
    gutter({ class: "cm-since", markers: (view) => view.state.field(field) }),
    ViewPlugin.fromClass(class {
      constructor(view) {
        ask(address).then((answer) => { if (answer.kind === "ok") { was = answer.text ?? ""; soon(view, 0); } });
      }
      update(update) { if (update.docChanged) soon(update.view, PAUSE); }
      destroy() { clearTimeout(timer); }
    }),
  ];
};
