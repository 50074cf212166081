// What the compiler knows of a word: under the pointer, and by Ctrl+I at the cursor.

import { StateEffect, StateField } from "@codemirror/state";
import { EditorView, ViewPlugin } from "@codemirror/view";
import { popup } from "./popup.js";
import { ask } from "./requests.js";
import { announce, make, t } from "./texts.js";
import { ENGLISH, firstKeys, rich } from "./view.js";

/** How long the pointer rests on a word before it is explained, and stays beside it before that goes away. Milliseconds. */
const RESTS = 350;

const show = StateEffect.define();
const field = StateField.define({
  create: () => null,
  update(shown, transaction) {
    for (const effect of transaction.effects) if (effect.is(show)) return effect.value;
    return transaction.docChanged || transaction.selection ? null : shown;
  },
});

export const hover = ({ draft, file, address }) => {
  const query = async (view, offset) => {
    const { doc } = view.state;
    const answer = await ask(address, { body: { draft, file, text: doc.toString(), offset } });
    if (answer.kind !== "ok" || answer.nothing || !(answer.title || answer.doc) || view.state.doc !== doc) return null;
    const clamp = (at) => Math.max(0, Math.min(Number(at) || 0, doc.length));
    const create = () => ({ dom: make("div", { class: "about", ...ENGLISH }, answer.title ? make("b", {}, ...rich(answer.title)) : null, answer.doc ? make("p", {}, ...rich(answer.doc)) : null) });
    return { key: {}, pos: clamp(answer.from ?? offset), end: clamp(answer.to ?? offset), above: true, create, words: [answer.title, answer.doc].filter(Boolean).join(". ") };
  };
  const close = (view) => {
    if (!view.state.field(field)) return false;
    view.dispatch({ effects: show.of(null) });
    return true;
  };
  const ofCursor = async (view) => {
    const { head } = view.state.selection.main;
    const shown = await query(view, head);
    if (view.state.selection.main.head !== head) return;
    view.dispatch({ effects: show.of(shown) });
    announce(shown?.words ?? t("hover.none"));
  };
  /** Where the pointer rests. It may go to the box and rest there. */
  const pointer = ViewPlugin.fromClass(class {
    // The box stands beside the text, in the editor.
    constructor(view) {
      this.view = view;
      this.listeners = { mousemove: (event) => this.moved(event), mouseleave: () => this.left() };
      for (const [name, act] of Object.entries(this.listeners)) view.dom.addEventListener(name, act);
    }
    moved(event) {
      clearTimeout(this.timer);
      if (event.buttons || event.target.closest?.(".about")) return;
      const { view } = this;
      const at = event.target.closest?.(".cm-line") ? view.posAtCoords({ x: event.clientX, y: event.clientY }) : null;
      const shown = view.state.field(field);
      if (shown && at !== null && at >= shown.pos && at <= shown.end) return;
      this.timer = setTimeout(async () => {
        if (shown) close(view);
        if (at === null || !/[\w\p{L}]/u.test(view.state.sliceDoc(Math.max(0, at - 1), at + 1))) return;
        const mine = this.asked = {};
        const found = await query(view, at);
        if (found && this.asked === mine) view.dispatch({ effects: show.of(found) });
      }, RESTS);
    }
    left() { this.asked = null; clearTimeout(this.timer); this.timer = setTimeout(() => close(this.view), RESTS); }
    destroy() {
      clearTimeout(this.timer);
      this.asked = null;
      for (const [name, act] of Object.entries(this.listeners)) this.view.dom.removeEventListener(name, act);
    }
  });
  return [
    field,
    popup(field),
    pointer,
    EditorView.domEventHandlers({ blur: (event, view) => { close(view); return false; } }),
    firstKeys([
      { key: "Mod-i", run: (view) => { ofCursor(view); return true; }, preventDefault: true },
      { key: "Escape", run: close },
    ]),
  ];
};
