// What the compiler knows of a word: under the pointer, and by Ctrl+I at the cursor.

import { StateEffect, StateField } from "@codemirror/state";
import { hoverTooltip, showTooltip } from "@codemirror/view";
import { ask } from "./requests.js";
import { announce, make, t } from "./texts.js";
import { ENGLISH, firstKeys, rich } from "./view.js";

const show = StateEffect.define();
const field = StateField.define({
  create: () => null,
  update(tooltip, transaction) {
    for (const effect of transaction.effects) if (effect.is(show)) return effect.value;
    return transaction.docChanged || transaction.selection ? null : tooltip;
  },
  provide: (field) => showTooltip.from(field),
});

export const hover = ({ draft, file, address }) => {
  const query = async (view, offset) => {
    const { doc } = view.state;
    const answer = await ask(address, { body: { draft, file, text: doc.toString(), offset } });
    if (answer.kind !== "ok" || answer.nothing || !(answer.title || answer.doc) || view.state.doc !== doc) return null;
    const clamp = (at) => Math.max(0, Math.min(Number(at) || 0, doc.length));
    const create = () => ({ dom: make("div", { class: "about", ...ENGLISH }, answer.title ? make("b", {}, ...rich(answer.title)) : null, answer.doc ? make("p", {}, ...rich(answer.doc)) : null) });
    return { pos: clamp(answer.from ?? offset), end: clamp(answer.to ?? offset), above: true, create, words: [answer.title, answer.doc].filter(Boolean).join(". ") };
  };
  const ofCursor = async (view) => {
    const { head } = view.state.selection.main;
    const tooltip = await query(view, head);
    if (view.state.selection.main.head !== head) return;
    view.dispatch({ effects: show.of(tooltip && { pos: tooltip.pos, above: true, create: tooltip.create }) });
    announce(tooltip?.words ?? t("hover.none"));
  };
  return [
    field,
    hoverTooltip((view, offset) => query(view, offset), { hideOnChange: true }),
    firstKeys([
      { key: "Mod-i", run: (view) => { ofCursor(view); return true; }, preventDefault: true },
      { key: "Escape", run: (view) => { if (!view.state.field(field)) return false; view.dispatch({ effects: show.of(null) }); return true; } },
    ]),
  ];
};
