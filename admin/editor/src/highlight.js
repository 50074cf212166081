// Colours the lines that are seen. The state before each line is remembered up to the first that has changed.
// The language package of CodeMirror is not used: a parser with its tables would be a fifth of the page for four colours.

import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, ViewPlugin } from "@codemirror/view";
import * as markdown from "./highlight/markdown.js";
import * as plain from "./highlight/plain.js";
import * as yaml from "./highlight/yaml.js";

/** Of a longer line only the beginning has colours: its pieces would be too many. */
const LONGEST = 4000;
const languages = { markdown, yaml };
const marks = Object.fromEntries(["key", "text", "mark", "note", "strong", "link"].map((name) => [name, Decoration.mark({ class: `t-${name}` })]));

export const highlight = (kind) => {
  const language = languages[kind] ?? plain;
  return ViewPlugin.fromClass(class {
    constructor(view) {
      this.before = [language.start];
      this.colour(view);
    }

    update(update) {
      if (update.docChanged) {
        let first = Infinity;
        update.changes.iterChangedRanges((from) => { first = Math.min(first, from); });
        this.before.length = Math.min(this.before.length, update.startState.doc.lineAt(first).number);
      }
      if (update.docChanged || update.viewportChanged) this.colour(update.view);
    }

    colour(view) {
      const builder = new RangeSetBuilder();
      const { doc } = view.state;
      for (const { from, to } of view.visibleRanges) {
        const last = doc.lineAt(to).number;
        const first = doc.lineAt(from).number;
        for (let number = Math.min(first, this.before.length); number <= last; number += 1) {
          const { text, from: at } = doc.line(number);
          const seen = number >= first;
          this.before[number] = language.line(text.slice(0, LONGEST), this.before[number - 1], (start, end, name) => {
            if (seen && end > start) builder.add(at + start, at + end, marks[name]);
          });
        }
      }
      this.decorations = builder.finish();
    }
  }, { decorations: (plugin) => plugin.decorations });
};
