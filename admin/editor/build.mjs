// Bundles the editor into admin/assets, where it is committed: whoever builds the program needs no Node.
// `node build.mjs --check` fails when the committed files are not what the sources give.

import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";

/** Bytes. The editor's page with everything in it must stay under 450 KB. */
const MOST = 280_000;
const assets = new URL("../assets/", import.meta.url);
const here = new URL("./", import.meta.url);

/**
 * Leaves a way of typing out of CodeMirror that this editor does not take: the EditContext of some browsers, which writes past the
 * text's own element. `EditorView.EDIT_CONTEXT` in src/view.js says that it is not taken.
 */
const slim = {
  name: "slim",
  setup: ({ onLoad }) => onLoad({ filter: /@codemirror\/view\/dist\/index\.js$/ }, async ({ path }) => {
    const source = await readFile(path, "utf8");
    const contents = source.replace(/\nclass EditContextManager \{[\s\S]*?\n\}\n/, "\nclass EditContextManager {}\n");
    if (source.length - contents.length < 5000) throw new Error("CodeMirror's EditContextManager is written differently now: see build.mjs");
    return { contents, loader: "js" };
  }),
};

/** Long names that only CodeMirror's packages and this editor use for their own members. */
const MANGLED = /^(inputState|viewState|contentDOM|heightOracle|startSide|endSide|scrollDOM|lineWrapping|selectionsAfter|docView|chunkIndex|requestMeasure|pixelViewport|delayedAndroidKey|pendingContextChange|compositionFirstChange|measureScheduled|heightMap|scrollTargets?|mouseSelection|measureRequests|selectionChanged|compositionPendingChange|compositionPendingKey|tabFocusMode|mustMeasureContent|updateState|domAfter|viewportLines|mustEnforceCursorAssoc|lineBlockAt|mainIndex|hasComposition|afterWidget|viewports|scrollParents|blockWrappers|scrollAnchorHeight|moveToLineBoundary|draggedContent|textDirectionAt|updateHeight|dynamicDecorationMap|delayedFlush|chunkPos|activeTo|sliceString|readSelectionRange|rangeIndex|flushingAndroidKey|gapIntersection|writtenTo|iterChangedRanges|lastCompositionAfterCursor|readMeasured|setSelectionOrigin|lastSelectionOrigin|lastTouchTime|addLineStartIfNotCovered|updateSelection|notifiedFocused|undirectionalRange|compositionEndedAt|stateDeco|minActive|announceDOM|wrappers|widgetHeight|touchesRange|resolveBlock|onSelectionChange|moveVertically|minWidthFrom|lastSelectionTime|forceSelection|defaultLineHeight|clearAnnouncement|lastIOSMomentumScroll|updateRangeStart|openWidget)$/;

const { outputFiles, metafile } = await build({
  absWorkingDir: here.pathname,
  entryPoints: ["src/main.js"],
  bundle: true,
  minify: true,
  metafile: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  write: false,
  // Only the unit of indentation is asked of it, see there.
  plugins: [slim],
  mangleProps: MANGLED,
  alias: { "@codemirror/language": "./src/language.js", "@lezer/common": "./src/language.js" },
  banner: { js: `/*! ${await readFile(new URL("LICENSES.txt", here), "utf8")}*/` },
});
const bundled = new Map([["editor.js", outputFiles[0].text], ["editor.css", await readFile(new URL("src/editor.css", here), "utf8")]]);

// Every package in the bundle is named with its licence.
const licences = await readFile(new URL("LICENSES.txt", here), "utf8");
const packages = new Set(Object.entries(metafile.outputs["main.js"].inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  .map(([path]) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean));
for (const name of packages) {
  if (!licences.includes(name)) throw new Error(`LICENSES.txt does not name ${name}, which is in the bundle`);
}

let stale = false;
for (const [name, text] of bundled) {
  const path = new URL(name, assets);
  console.log(`${name}: ${Buffer.byteLength(text)} bytes`);
  if (!process.argv.includes("--check")) await writeFile(path, text);
  else if ((await readFile(path, "utf8").catch(() => "")) !== text) {
    console.error(`admin/assets/${name} is not what admin/editor gives: run "npm ci && npm run build" there and commit it`);
    stale = true;
  }
}
if (Buffer.byteLength(bundled.get("editor.js")) > MOST) {
  console.error(`editor.js is larger than ${MOST} bytes`);
  stale = true;
}
process.exitCode = stale ? 1 : 0;
