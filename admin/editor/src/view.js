// A CodeMirror view in the panel.
//
// The panel's policy allows no inline style, and CodeMirror writes its rules into a <style> element when it stands in a page. In a
// shadow root it uses constructed style sheets instead, which the policy of the page does not touch: so each view has a shadow root
// of its own. Positions of single elements are set through the object model, which the policy allows as well.

import { history } from "@codemirror/commands";
import { Annotation, EditorState, Prec, Transaction } from "@codemirror/state";
import { EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { close, find, open, step } from "./find.js";
import { highlight } from "./highlight.js";
import { keys } from "./keys.js";
import { changes } from "./merge.js";
import { make, t } from "./texts.js";
import { theme } from "./theme.js";

// The bundle leaves the other way of typing out, see build.mjs.
EditorView.EDIT_CONTEXT = false;

/** A change that came from the server, or that the script made: it is nothing that was typed. */
export const fromOutside = Annotation.define();

/** Makes a view at the end of `parent`. Extensions that come first win; `beside` stands to the right of the line numbers. */
export const createView = ({ parent, text, kind, label, readonly = false, extensions = [], beside = [] }) => {
  const host = make("div", { class: "editor-view" });
  parent.append(host);
  const root = host.attachShadow({ mode: "open" });
  const state = EditorState.create({
    doc: text,
    extensions: [
      extensions,
      readonly ? [EditorState.readOnly.of(true)] : [history()],
      lineNumbers(),
      beside,
      highlightActiveLine(),
      highlightActiveLineGutter(),
      EditorState.languageData.of(() => [{ commentTokens: kind === "yaml" ? { line: "#" } : {} }]),
      find,
      EditorState.phrases.of({ "Selection deleted": t("selection_deleted") }),
      highlight(kind),
      kind === "yaml" ? [] : EditorView.lineWrapping,
      EditorView.contentAttributes.of({ tabindex: "0", "aria-label": label, "aria-description": t(readonly ? "described.readonly" : "described"), spellcheck: kind === "yaml" ? "false" : "true" }),
      theme,
      keymap.of([
        { key: "Mod-f", run: open, preventDefault: true },
        { key: "F3", run: step(1), shift: step(-1), preventDefault: true },
        { key: "Mod-g", run: step(1), shift: step(-1), preventDefault: true },
        { key: "Escape", run: close },
        ...keys(kind),
      ]),
    ],
  });
  const view = new EditorView({ state, parent: root, root });
  return view;
};

/** First of all keys. */
export const firstKeys = (list) => Prec.highest(keymap.of(list));

/** Makes the view's text another one by the smallest changes, so that cursor, selection, scroll and history stay. */
export const replaceText = (view, text, { undoable = false } = {}) => {
  const list = changes(view.state.doc.toString(), text);
  if (!list.length) return;
  view.dispatch({ changes: list, annotations: [fromOutside.of(true), Transaction.addToHistory.of(undoable), Transaction.remote.of(!undoable)] });
};

/** Goes to a place: the cursor, the focus and the middle of the view. */
export const goTo = (view, at) => {
  const position = Math.max(0, Math.min(at, view.state.doc.length));
  view.dispatch({ selection: { anchor: position }, effects: EditorView.scrollIntoView(position, { y: "center" }) });
  view.focus();
};

/** The compiler's words are English whatever the reader's language is. */
export const ENGLISH = document.documentElement.lang === "en" ? {} : { lang: "en" };
/** Words with `code` in them. */
export const rich = (text) => String(text ?? "").split("`").map((piece, at) => (at % 2 ? make("code", {}, piece) : piece));
