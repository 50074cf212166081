// Takes the place of @codemirror/language and @lezer/common in the bundle. The commands that the editor binds ask it for the unit of indentation
// alone; the rest of them, which would bring a parser, is not used, and is dropped from the bundle.

import { Facet } from "@codemirror/state";

const absent = () => { throw new Error("no parser is bundled"); };
export const indentUnit = Facet.define({ combine: (units) => units[0] ?? "  " });
export const getIndentUnit = (state) => state.facet(indentUnit).length;
export const indentString = (_, columns) => " ".repeat(columns);
export { absent as IndentContext, absent as getIndentation, absent as matchBrackets, absent as syntaxTree };
export const NodeProp = null;
