// What keys do in a text. CodeMirror's own list of keys is not used: half of it needs a parser.

import {
  copyLineDown, copyLineUp, cursorCharLeft, cursorCharRight, cursorDocEnd, cursorDocStart, cursorGroupLeft,
  cursorGroupRight, cursorLineBoundaryBackward, cursorLineBoundaryForward, cursorLineBoundaryLeft, cursorLineBoundaryRight, cursorLineDown,
  cursorLineUp, cursorPageDown, cursorPageUp, deleteCharBackward, deleteCharForward, deleteGroupBackward, deleteGroupForward, deleteLine,
  deleteLineBoundaryBackward, deleteLineBoundaryForward, moveLineDown, moveLineUp, redo, selectAll, selectCharLeft, selectCharRight,
  selectDocEnd, selectDocStart, selectGroupLeft, selectGroupRight, selectLineBoundaryBackward, selectLineBoundaryForward,
  selectLineBoundaryLeft, selectLineBoundaryRight, selectLineDown, selectLineUp, selectPageDown, selectPageUp, simplifySelection,
  toggleLineComment, undo,
} from "@codemirror/commands";
import { EditorSelection } from "@codemirror/state";
import { announce, t } from "./texts.js";

/** After Escape the Tab key leaves the text, until another key is pressed; ten minutes are "until" here. */
const UNTIL = 600_000;

const linesOf = (state) => {
  const seen = new Map();
  for (const range of state.selection.ranges) {
    for (let at = range.from; ;) {
      const line = state.doc.lineAt(at);
      if (range.empty || line.from < range.to) seen.set(line.number, line);
      if (line.to >= range.to) break;
      at = line.to + 1;
    }
  }
  return [...seen.values()];
};
const deeper = (view) => {
  const { state } = view;
  if (state.readOnly) return false;
  if (state.selection.ranges.some((range) => !range.empty)) {
    view.dispatch({ changes: linesOf(state).filter((line) => line.length).map((line) => ({ from: line.from, insert: "  " })), userEvent: "input.indent" });
  } else {
    view.dispatch(state.changeByRange((range) => {
      const column = range.from - state.doc.lineAt(range.from).from;
      const insert = " ".repeat(2 - (column % 2));
      return { changes: { from: range.from, insert }, range: EditorSelection.cursor(range.from + insert.length) };
    }), { userEvent: "input.indent", scrollIntoView: true });
  }
  return true;
};
const shallower = (view) => {
  if (view.state.readOnly) return false;
  const changes = linesOf(view.state).map((line) => ({ from: line.from, to: line.from + /^ {0,2}/.exec(line.text)[0].length }));
  view.dispatch({ changes, userEvent: "delete.dedent" });
  return true;
};

/** A new line begins where the last did: deeper after a key without a value, under the key after "- key: value". */
const newline = (yaml) => (view) => {
  const { state } = view;
  if (state.readOnly) return false;
  view.dispatch(state.changeByRange((range) => {
    const line = state.doc.lineAt(range.from);
    const before = line.text.slice(0, range.from - line.from);
    let indent = /^\s*/.exec(before)[0];
    if (yaml) {
      const dash = /^\s*((?:- +)+)[^\s#{[][^#]*?:(\s|$)/.exec(before);
      if (dash) indent += " ".repeat(dash[1].length);
      if (/(^|[^{[,]\s*)[^\s#{[,][^#{[]*:\s*([|>][-+]?)?$/.test(before)) indent += "  ";
    }
    const insert = `\n${indent}`;
    return { changes: { from: range.from, to: range.to, insert }, range: EditorSelection.cursor(range.from + insert.length) };
  }), { userEvent: "input", scrollIntoView: true });
  return true;
};
/** For tests. */
export { newline };

const leave = (view) => {
  simplifySelection(view);
  view.setTabFocusMode(UNTIL);
  announce(t("leave"));
  return true;
};

export const keys = (kind) => [
  { key: "ArrowLeft", run: cursorCharLeft, shift: selectCharLeft, preventDefault: true },
  { key: "ArrowRight", run: cursorCharRight, shift: selectCharRight, preventDefault: true },
  { key: "ArrowUp", run: cursorLineUp, shift: selectLineUp, preventDefault: true },
  { key: "ArrowDown", run: cursorLineDown, shift: selectLineDown, preventDefault: true },
  { key: "Mod-ArrowLeft", mac: "Alt-ArrowLeft", run: cursorGroupLeft, shift: selectGroupLeft, preventDefault: true },
  { key: "Mod-ArrowRight", mac: "Alt-ArrowRight", run: cursorGroupRight, shift: selectGroupRight, preventDefault: true },
  { mac: "Cmd-ArrowLeft", run: cursorLineBoundaryLeft, shift: selectLineBoundaryLeft, preventDefault: true },
  { mac: "Cmd-ArrowRight", run: cursorLineBoundaryRight, shift: selectLineBoundaryRight, preventDefault: true },
  { mac: "Cmd-ArrowUp", run: cursorDocStart, shift: selectDocStart },
  { mac: "Cmd-ArrowDown", run: cursorDocEnd, shift: selectDocEnd },
  { key: "PageUp", run: cursorPageUp, shift: selectPageUp },
  { key: "PageDown", run: cursorPageDown, shift: selectPageDown },
  { key: "Home", run: cursorLineBoundaryBackward, shift: selectLineBoundaryBackward, preventDefault: true },
  { key: "End", run: cursorLineBoundaryForward, shift: selectLineBoundaryForward, preventDefault: true },
  { key: "Mod-Home", run: cursorDocStart, shift: selectDocStart },
  { key: "Mod-End", run: cursorDocEnd, shift: selectDocEnd },
  { key: "Enter", run: newline(kind === "yaml"), shift: newline(false) },
  { key: "Tab", run: deeper, shift: shallower },
  { key: "Escape", run: leave, stopPropagation: true },
  { key: "Mod-a", run: selectAll },
  { key: "Backspace", run: deleteCharBackward, shift: deleteCharBackward, preventDefault: true },
  { key: "Delete", run: deleteCharForward, preventDefault: true },
  { key: "Mod-Backspace", mac: "Alt-Backspace", run: deleteGroupBackward, preventDefault: true },
  { key: "Mod-Delete", mac: "Alt-Delete", run: deleteGroupForward, preventDefault: true },
  { mac: "Mod-Backspace", run: deleteLineBoundaryBackward, preventDefault: true },
  { mac: "Mod-Delete", run: deleteLineBoundaryForward, preventDefault: true },
  { key: "Alt-ArrowUp", run: moveLineUp, shift: copyLineUp, preventDefault: true },
  { key: "Alt-ArrowDown", run: moveLineDown, shift: copyLineDown, preventDefault: true },
  { key: "Shift-Mod-k", run: deleteLine },
  { key: "Mod-/", run: toggleLineComment },
  { key: "Mod-z", run: undo, preventDefault: true },
  { key: "Mod-y", run: redo, preventDefault: true },
  { key: "Mod-Shift-z", run: redo, preventDefault: true },
];
