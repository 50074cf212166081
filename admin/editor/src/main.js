// The editor of flows and texts: finds its places in the page and puts the parts together. See README.md for the markup.

import { redo, redoDepth, undo, undoDepth } from "@codemirror/commands";
import { EditorView } from "@codemirror/view";
import { completion } from "./complete.js";
import { showConflict } from "./conflict.js";
import { Diagnostics } from "./diagnostics.js";
import { choose } from "./goto.js";
import { hover } from "./hover.js";
import { Keep } from "./keep.js";
import { people, showPeople } from "./people.js";
import { published } from "./published.js";
import { ask } from "./requests.js";
import { Saver, edited } from "./saver.js";
import { Status } from "./status.js";
import { announce, counted, t } from "./texts.js";
import { createView, firstKeys, fromOutside, goTo, replaceText } from "./view.js";

/** How often the draft's state is asked for while the page is seen. Milliseconds. */
const POLL = 2000;

const windowName = () => {
  try {
    let name = sessionStorage.getItem("editor-window");
    // A second window that a browser opened as a copy has the name of the first.
    if (!name || performance.getEntriesByType("navigation")[0]?.type === "navigate" && history.length === 1) sessionStorage.setItem("editor-window", name = Math.random().toString(36).slice(2, 10));
    return name;
  } catch { return "only"; }
};
/** Some browsers refuse even the name of their storage. */
const storage = () => { try { return localStorage; } catch { return null; } };

const mount = (element) => {
  const { draft, file, kind, save, state: stateAddress, check, complete, hover: hoverAddress, undo: undoAddress, redo: redoAddress, published: publishedAddress, open } = element.dataset;
  const readonly = element.hasAttribute("data-readonly");
  const field = element.querySelector("textarea");
  const scope = element.closest("[data-studio]") ?? document;
  // Not `value`: a browser that comes back may have put an older text there.
  const text = field.defaultValue;
  const address = (path) => (open ?? "?file={file}").replace("{file}", encodeURIComponent(path));
  const status = new Status(scope.querySelector("[data-saved]"));
  const where = scope.querySelector("[data-where]");

  // Everything that is in flight elsewhere is saved first, so that the server edits what the person sees.
  const elsewhere = async (path, edits) => {
    const now = await ask(`${stateAddress}?${new URLSearchParams({ file: path, revision: -1 })}`);
    const changed = now.kind === "ok" && typeof now.text === "string" ? edited(now.text, edits) : null;
    const answer = changed === null ? now : await ask(save, { body: { file: path, base: now.revision, text: changed, line: 1 } });
    if (changed !== null && answer.kind === "ok") return true;
    window.panel?.toast(answer.error ?? t("problems.not_fixed", { file: path }));
    return false;
  };

  const diagnostics = check && new Diagnostics({ draft, file, check, scope, elsewhere, address, readonly });
  let view;
  /** What the server undid since the text changed last: it is redone before what the text itself undid, the last first. */
  let undoneThere = 0;
  /** Undoes or redoes at the server: the last change in whichever file. */
  const there = async (address, { by, done, none }) => {
    if (!address || readonly) return;
    if (!(await saver.clean())) { announce(status.words() ?? ""); return; }
    const answer = await ask(address, { body: {} });
    if (answer.kind === "conflict" && answer.file === file) {
      saver.clash({ base: answer.base_text, mine: answer.mine, theirs: answer.theirs, by: answer.by, revision: answer.revision, merged: answer.merged });
      return;
    }
    if (answer.kind !== "ok") { window.panel?.toast(answer.error ?? t(answer.file ? "undo.clash" : answer.kind === "ended" ? "ended" : answer.kind === "offline" ? "offline" : none, { file: answer.file ?? "" })); return; }
    undoneThere = Math.max(0, undoneThere + by);
    if (answer.file === file && typeof answer.text === "string") {
      saver.known = { revision: answer.revision, text: answer.text };
      replaceText(view, answer.text);
    } else if (answer.file) {
      refreshFiles();
    }
    const words = t(done, { file: answer.file ?? "" });
    if (window.panel) window.panel.toast(words); else announce(words);
    status.tell({ kind: "saved", at: Date.now() });
  };
  const undoOne = () => {
    if (undoDepth(view.state) > 0) undo(view); else there(undoAddress, { by: 1, done: "undo.in", none: "undo.none" });
    return true;
  };
  const redoOne = () => {
    if (!undoneThere && redoDepth(view.state) > 0) redo(view); else there(redoAddress, { by: -1, done: "redo.in", none: "redo.none" });
    return true;
  };
  const refreshFiles = async () => {
    const list = scope.querySelector("[data-files][data-src]");
    if (!list || !window.panel) return;
    try { await window.panel.refresh(list); } catch { return; }
    diagnostics?.list();
  };

  view = createView({
    parent: element, text, kind, label: field.getAttribute("aria-label") ?? file, readonly,
    beside: publishedAddress ? published(publishedAddress) : [],
    extensions: [
      diagnostics?.extension ?? [],
      complete && !readonly ? completion({ draft, file, address: complete }) : [],
      hoverAddress ? hover({ draft, file, address: hoverAddress }) : [],
      people,
      firstKeys([
        { key: "Mod-s", run: () => { saveNow(); return true; }, preventDefault: true },
        { key: "Mod-z", run: undoOne, preventDefault: true },
        ...["Mod-y", "Mod-Shift-z"].map((key) => ({ key, run: redoOne, preventDefault: true })),
        ...(kind === "yaml" ? [{ key: "Mod-Shift-o", run: () => { toNode(); return true; }, preventDefault: true }] : []),
        { key: "Mod-Enter", run: () => { runTests(); return true; } },
      ]),
      EditorView.domEventHandlers({ blur: () => { saver.flush(); return false; } }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !update.transactions.every((one) => !one.docChanged || one.annotation(fromOutside))) { undoneThere = 0; saver.changed(); }
        if (where && (update.selectionSet || update.docChanged)) place();
      }),
    ],
  });
  const toNode = () => choose(view.state.doc.toString(), (line) => go(line));
  const place = () => {
    const { head } = view.state.selection.main;
    const line = view.state.doc.lineAt(head);
    where.textContent = t("where", { line: line.number, column: head - line.from + 1 });
  };

  let shown = null;
  const tell = (state) => {
    status.tell(state);
    if (state.kind === "saved") element.dispatchEvent(new CustomEvent("editor:saved", { bubbles: true }));
    if (state.kind === "conflict") {
      shown?.close();
      view.dom.getRootNode().host.hidden = true;
      shown = showConflict({ place: element, conflict: state.conflict, file, kind, save: (merged) => saver.resolve(merged), edit: (merged) => saver.merging(merged) });
    } else if (shown) {
      shown.close();
      shown = null;
      view.dom.getRootNode().host.hidden = false;
      view.requestMeasure();
      view.focus();
    }
  };
  const saver = new Saver({
    file, text,
    revision: Number(element.dataset.revision),
    doc: {
      text: () => view.state.doc.toString(),
      line: () => view.state.doc.lineAt(view.state.selection.main.head).number,
      replace: (next, how) => replaceText(view, next, how),
    },
    send: async (body, how) => {
      const answer = await ask(save, { body, ...how });
      // Another 409 than the one with both versions: the draft is closed.
      return answer.kind === "conflict" && typeof answer.theirs !== "string" ? { ...answer, kind: "refused" } : answer;
    },
    clock: { now: Date.now, after: (ms, act) => { const timer = setTimeout(act, ms); return () => clearTimeout(timer); } },
    keep: new Keep({ storage: storage(), draft, file, window: windowName() }),
    names: (by) => ({ mine: t("conflict.yours"), theirs: by || t("somebody") }),
    tell,
  });
  const saveNow = async () => {
    if (readonly) { announce(t("described.readonly")); return; }
    await saver.flush();
    if (["idle", "saved"].includes(saver.state.kind)) { status.tell({ kind: "saved", at: saver.state.at ?? Date.now() }); announce(t("saved.now")); }
  };
  const runTests = async () => {
    await saver.flush();
    document.querySelector("[data-run-tests]")?.click();
  };

  // The field is what a page without the script has; the form still sends it.
  field.hidden = true;
  element.classList.add("mounted");
  for (const plain of scope.querySelectorAll("[data-plain]")) plain.hidden = true;
  // A form that uses what is saved, such as the one that publishes, waits for it.
  document.addEventListener("submit", async (event) => {
    if (!event.target.hasAttribute("data-after-save") || !(saver.unsaved || saver.flight)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await saver.clean()) event.target.requestSubmit(event.submitter); else announce(status.words() ?? "");
  }, true);
  field.form?.addEventListener("formdata", (event) => event.formData.set(field.name, view.state.doc.toString()));
  if (where) place();
  for (const button of scope.querySelectorAll("button[data-goto]")) button.hidden = kind !== "yaml";

  // ---------- What the others do ----------

  let polling = 0;
  let paths = null;
  let closed = false;
  const poll = async () => {
    clearTimeout(polling);
    if (document.hidden || !stateAddress) return;
    const asked = saver.known.revision;
    const answer = await ask(`${stateAddress}?${new URLSearchParams({ file, revision: asked, line: view.state.doc.lineAt(view.state.selection.main.head).number })}`);
    clearTimeout(polling);
    polling = setTimeout(poll, POLL);
    saver.reached({ offline: "away", ended: "ended" }[answer.kind] ?? "there");
    if (answer.kind !== "ok") return;
    if (saver.remote({ asked, revision: answer.file_revision ?? answer.revision, text: answer.text })) announce(t("changed_elsewhere"));
    const states = new Map((answer.files ?? []).map((one) => [one.path, one.state]));
    for (const badge of scope.querySelectorAll("[data-file-state]")) {
      const state = states.get(badge.dataset.fileState) ?? "same";
      badge.hidden = state === "same";
      badge.className = `badge ${{ new: "good", deleted: "bad" }[state] ?? "info"}`;
      badge.textContent = state === "same" ? "" : t(`file.${state}`);
    }
    const total = scope.querySelector("[data-changed-total]");
    const words = states.size ? counted(states.size, "n.changed") : t("unchanged");
    if (total && total.textContent !== words) total.textContent = words;
    // Files that came or went: the list is another one.
    const now = [...states].filter(([, state]) => ["new", "deleted"].includes(state)).map(String).sort().join("\n");
    if (paths !== null && now !== paths) refreshFiles();
    paths = now;
    if (answer.closed && !readonly && !closed) { closed = true; saver.tell({ kind: "refused", error: t("closed") }); }
    showPeople(view, scope, answer.people ?? [], { file, address });
  };
  polling = setTimeout(poll, POLL);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) saver.flush({ leaving: true }); else { saver.retry(); poll(); }
  });
  addEventListener("pagehide", () => saver.flush({ leaving: true }));
  // Only where the browser has no room for the text does leaving need a question.
  addEventListener("beforeunload", (event) => { if (!readonly && saver.kept === false && saver.unsaved) event.preventDefault(); });
  addEventListener("online", () => { saver.retry(); poll(); });
  addEventListener("focus", () => saver.retry());

  // ---------- Places and keys of the page ----------

  const go = (line, column = 1) => {
    const found = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
    goTo(view, Math.min(found.from + Math.max(0, column - 1), found.to));
  };
  const follow = () => {
    const [, line, column] = /^#L(\d+)(?::(\d+))?$/.exec(location.hash) ?? [];
    if (line) go(Number(line), Number(column ?? 1));
  };
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("a[href^='#L'], button[data-undo], button[data-redo], button[data-save-now], button[data-goto]");
    if (!target) return;
    if (target.matches("button[data-undo]")) { event.preventDefault(); undoOne(); } else if (target.matches("button[data-redo]")) { event.preventDefault(); redoOne(); } else if (target.matches("button[data-goto]")) toNode(); else if (target.matches("button[data-save-now]")) { event.preventDefault(); saveNow(); }
    // The same place twice is no change of the address.
    else if (target.hash === location.hash) { event.preventDefault(); follow(); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const control = event.ctrlKey || event.metaKey;
    if (control && event.code === "KeyS" && !event.altKey) { event.preventDefault(); if (shown) shown.submit(); else saveNow(); }
    else if (shown) return;
    else if (event.code === "F8" && diagnostics && !document.querySelector("dialog[open], :popover-open")) { event.preventDefault(); diagnostics.step(event.shiftKey ? -1 : 1); }
  });
  follow();

  if (!readonly) {
    const kept = saver.keep.take();
    if (kept) { announce(t("restored")); saver.restore(kept); }
  }
  element.dispatchEvent(new CustomEvent("editor:ready", { bubbles: true }));
  return { view, saver, go };
};

const editors = [...document.querySelectorAll("[data-editor]")].map(mount);
// For the page's own modules, as `window.panel` is.
window.editors = Object.freeze(editors.map(({ view, saver, go }) => Object.freeze({
  text: () => view.state.doc.toString(),
  save: () => saver.clean(),
  go,
})));
