// The look: the panel's tokens, which reach into the shadow root because custom properties are inherited.

import { EditorView } from "@codemirror/view";

const button = {
  minHeight: "28px", padding: "0 9px", border: "1px solid var(--line)", borderRadius: "var(--r-2)", background: "var(--raised)",
  color: "var(--text)", font: "500 13px/18px var(--font)", cursor: "pointer",
};
const floats = { border: "1px solid var(--line)", borderRadius: "var(--r-2)", background: "var(--raised)", color: "var(--text)", boxShadow: "0 8px 28px var(--shade-strong)", font: "var(--t-small) var(--font)" };
const ring = { outline: "2px solid var(--accent)", outlineOffset: "-2px" };

export const theme = EditorView.theme({
  "&": { height: "100%", background: "var(--surface)", color: "var(--text)", fontSize: "12.5px" },
  "&.cm-focused": { outline: "none" },
  // Over the margin, which would cover an outline.
  "&.cm-focused::after": { content: "''", position: "absolute", inset: "0", zIndex: "300", border: "2px solid var(--accent)", pointerEvents: "none" },
  "& *, & *::before, & *::after": { boxSizing: "border-box" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px", scrollbarWidth: "thin", scrollbarColor: "var(--line-control) transparent" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 16px 0 8px" },
  ".cm-activeLine": { background: "var(--hover)" },
  "& ::selection": { background: "var(--accent-line)" },
  ".cm-gutters": { background: "var(--surface)", color: "var(--text-3)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "34px", padding: "0 4px 0 4px", fontVariantNumeric: "tabular-nums" },
  ".cm-activeLineGutter": { background: "var(--hover)", color: "var(--text)" },
  ".cm-found": { width: "14px", textAlign: "center" },
  ".cm-found .error": { color: "var(--bad)", fontWeight: "600" },
  ".cm-found .warning": { color: "var(--warn)", fontWeight: "600" },
  ".cm-since": { width: "6px" },
  ".cm-since .cm-gutterElement": { padding: "0 1px 0 2px" },
  ".cm-since .added, .cm-since .changed, .cm-since .cut": { display: "block", width: "3px", height: "100%", background: "var(--accent)" },
  ".cm-since .added": { background: "var(--good-solid)" },
  ".cm-since .cut": { height: "3px", background: "var(--bad-solid)" },
  ".cm-placeholder": { color: "var(--text-3)" },
  ".cm-announced": { position: "fixed", top: "-10000px" },

  ".t-key": { color: "var(--yaml-key)" },
  ".t-text": { color: "var(--yaml-text)" },
  ".t-mark": { color: "var(--yaml-mark)" },
  ".t-note": { color: "var(--yaml-note)", fontStyle: "italic" },
  ".t-strong": { fontWeight: "600" },
  ".t-link": { color: "var(--accent-strong)" },

  ".is-error": { textDecoration: "underline wavy var(--bad-solid) 1.5px", textUnderlineOffset: "4px", textDecorationSkipInk: "none" },
  ".is-warning": { textDecoration: "underline wavy var(--warn-solid) 1.5px", textUnderlineOffset: "4px", textDecorationSkipInk: "none" },
  // The height of a block between lines is measured without its margins.
  ".lenses": { display: "flow-root", position: "sticky", left: "62px", width: "fit-content", padding: "4px 0 6px 8px" },
  ".lens": {
    width: "fit-content", maxWidth: "min(500px, calc(100cqi - 84px))", padding: "5px 10px", borderLeft: "3px solid var(--bad-solid)",
    borderRadius: "0 var(--r-1) var(--r-1) 0", background: "var(--bad-soft)", font: "12px/17px var(--font)", whiteSpace: "normal", cursor: "default",
  },
  ".lens.warning": { borderColor: "var(--warn-solid)", background: "var(--warn-soft)" },
  ".lens + .lens": { marginTop: "3px" },
  ".lens b": { fontWeight: "600" },
  ".lens code": { fontFamily: "var(--mono)", fontSize: "11.5px" },
  ".lens .code": { marginRight: "4px", color: "var(--text-2)", font: "11px var(--mono)" },
  ".person": {
    marginLeft: "12px", padding: "0 7px", border: "1px dashed var(--line-control)", borderRadius: "10px", background: "var(--accent-soft)",
    color: "var(--accent-strong)", font: "500 11px/16px var(--font)", whiteSpace: "nowrap", userSelect: "none",
  },
  ".choice": { position: "sticky", left: "44px", width: "fit-content", display: "flex", flexWrap: "wrap", alignItems: "center", gap: "6px", padding: "2px 8px", font: "12px/17px var(--font)" },
  ".choice button": button,
  ".choice button:focus-visible": ring,
  ".cm-line.is-mark": { background: "var(--sunken)", color: "var(--text-3)" },
  ".cm-line.is-mine": { background: "var(--good-soft)" },
  ".cm-line.is-theirs": { background: "var(--accent-soft)" },

  ".popup": { ...floats, position: "absolute", zIndex: "310" },
  ".popup[hidden]": { display: "none" },
  ".complete": { width: "min(440px, 92vw)", overflow: "hidden" },
  ".complete ul": { maxHeight: "220px", margin: "0", padding: "4px", overflowY: "auto", listStyle: "none", scrollbarWidth: "thin" },
  ".complete li": { display: "flex", gap: "10px", alignItems: "baseline", minHeight: "26px", padding: "4px 8px", borderRadius: "var(--r-1)", cursor: "pointer", font: "12.5px/18px var(--mono)" },
  ".complete li[aria-selected=true]": { background: "var(--accent-soft)", boxShadow: "inset 2px 0 0 var(--accent)" },
  ".complete .detail": { flex: "1", minWidth: "0", overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", color: "var(--text-3)", font: "var(--t-tiny) var(--font)" },
  ".complete .kind": { marginLeft: "auto", color: "var(--text-2)", font: "var(--t-tiny) var(--font)", whiteSpace: "nowrap" },
  ".complete .doc": { margin: "0", maxHeight: "120px", overflowY: "auto", padding: "8px 12px", borderTop: "1px solid var(--line-soft)", color: "var(--text-2)", whiteSpace: "pre-line" },
  ".complete .doc:empty": { display: "none" },
  ".about": { maxWidth: "min(460px, 92vw)", padding: "8px 12px" },
  ".about b": { fontWeight: "600", color: "var(--text)" },
  ".about p": { margin: "4px 0 0", color: "var(--text-2)", whiteSpace: "pre-line" },
  ".about code": { fontFamily: "var(--mono)" },

  ".find": { display: "flex", flexWrap: "wrap", gap: "6px", alignItems: "center", padding: "8px 12px", borderBottom: "1px solid var(--line)", background: "var(--sunken)", font: "13px/18px var(--font)" },
  ".find label": { display: "inline-flex", alignItems: "center", gap: "4px", minHeight: "24px" },
  ".find input[type=checkbox]": { width: "18px", height: "18px", margin: "0", accentColor: "var(--accent)" },
  ".find .field": { flex: "0 1 180px", minWidth: "90px", minHeight: "28px", padding: "3px 8px", border: "1px solid var(--line-control)", borderRadius: "var(--r-2)", background: "var(--surface)", color: "var(--text)", font: "13px/18px var(--font)" },
  ".find .field::placeholder": { color: "var(--text-3)", opacity: "1" },
  ".find .count": { minWidth: "56px", color: "var(--text-2)", fontVariantNumeric: "tabular-nums" },
  ".find button": button,
  ".find .close": { marginLeft: "auto", borderColor: "transparent", background: "none" },
  ".find :focus-visible": ring,
  ".is-match": { background: "var(--warn-soft)", boxShadow: "inset 0 -2px 0 var(--warn-solid)" },
  ".is-match.is-at": { background: "var(--accent-line)" },
});
