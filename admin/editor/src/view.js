// A CodeMirror view in the panel.
//
// The panel's policy allows no inline style, and CodeMirror writes its rules into a <style> element when it stands in a page. In a
// shadow root it uses constructed style sheets instead, which the policy of the page does not touch: so each view has a shadow root
// of its own. Positions of single elements are set through the object model, which the policy allows as well.

import { history } from "@codemirror/commands";
import { search, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState, Prec, Transaction } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { highlight } from "./highlight.js";
import { keys } from "./keys.js";
import { changes } from "./merge.js";
import { make, t } from "./texts.js";
import { theme } from "./theme.js";

/** A change that came from the server, or that the script made: it is nothing that was typed. */
export const fromOutside = Annotation.define();

/** The words of CodeMirror's search, in the reader's language. */
const PHRASES = ["Find", "Replace", "next", "previous", "all", "match case", "regexp", "by word", "replace", "replace all", "close", "current match", "on line", "replaced match on line $", "replaced $ matches", "Go to line", "go", "Selection deleted", "Control character"];
const slug = (phrase) => `find.${phrase.toLowerCase().replace(/[ $]+/g, "_").replace(/_+$/, "")}`;
export const phrases = () => Object.fromEntries(PHRASES.map((phrase) => [phrase, t(slug(phrase)).replace("{n}", "$")]));

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
      highlightSpecialChars(),
      drawSelection({ cursorBlinkRate: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 1200 }),
      EditorState.allowMultipleSelections.of(true),
      EditorState.languageData.of(() => [{ commentTokens: kind === "yaml" ? { line: "#" } : {} }]),
      search({ top: true }),
      EditorState.phrases.of(phrases()),
      highlight(kind),
      kind === "yaml" ? [] : EditorView.lineWrapping,
      EditorView.contentAttributes.of({ tabindex: "0", "aria-label": label, "aria-description": t(readonly ? "described.readonly" : "described"), spellcheck: kind === "yaml" ? "false" : "true" }),
      theme,
      keymap.of([...searchKeymap.filter(({ key }) => ["Mod-f", "F3", "Mod-g", "Escape"].includes(key)), ...keys(kind)]),
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
