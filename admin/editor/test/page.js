// A server that does what the panel's does for the editor, as little as its tests need, with the panel's own styles, scripts and policy.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { merge } from "../src/merge.js";

const assets = new URL("../../assets/", import.meta.url);
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const escaped = (text) => text.replace(/[&<>"]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[char]);

export const texts = async (language) => Object.fromEntries((await readFile(new URL(`../../texts/${language}.txt`, import.meta.url), "utf8")).split("\n")
  .filter((line) => line.startsWith("editor.")).map((line) => line.slice(7).split(/ = (.*)/s, 2)));

export class Fake {
  constructor(files, { language = "en" } = {}) {
    this.revision = 1;
    this.files = new Map(Object.entries(files).map(([file, text]) => [file, new Map([[1, text]])]));
    this.language = language;
    this.people = [];
    this.saves = [];
    this.undos = [];
    this.redos = [];
    this.down = false;
    this.ended = false;
    this.runs = 0;
  }

  text(file, revision = this.revision) {
    const all = this.files.get(file);
    return all.get(Math.max(...[...all.keys()].filter((at) => at <= revision), 1));
  }
  changed(file, revision) { return [...this.files.get(file).keys()].some((at) => at > revision); }
  put(file, text) { this.revision += 1; this.files.get(file).set(this.revision, text); }

  async start() {
    this.server = createServer((request, reply) => this.serve(request, reply).catch((error) => { reply.destroy(error); }));
    await new Promise((resolve) => { this.server.listen(0, "127.0.0.1", resolve); });
    this.address = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }
  stop() { this.server.closeAllConnections(); this.server.close(); }

  async serve(request, reply) {
    const url = new URL(request.url, this.address);
    const send = (status, body, kind = "application/json") => {
      reply.writeHead(status, { "Content-Type": kind, "Content-Security-Policy": POLICY, "Cache-Control": "no-store" });
      reply.end(typeof body === "string" || body instanceof Buffer ? body : JSON.stringify(body));
    };
    if (url.pathname.startsWith("/assets/")) {
      const name = url.pathname.slice(8);
      send(200, await readFile(new URL(name, assets)), { css: "text/css", js: "text/javascript", svg: "image/svg+xml" }[name.split(".").pop()]);
      return;
    }
    if (this.down) { request.socket.destroy(); return; }
    if (this.ended) { reply.writeHead(303, { Location: "/admin/login" }); reply.end(); return; }
    if (url.pathname === "/edit") { send(200, await this.page(url.searchParams.get("file")), "text/html; charset=utf-8"); return; }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = chunks.length ? JSON.parse(Buffer.concat(chunks)) : {};
    if (request.method === "POST" && request.headers["x-csrf"] !== "token") { send(403, { error: "no token" }); return; }
    const answer = this[url.pathname.slice(1)]?.(request.method === "POST" ? body : Object.fromEntries(url.searchParams));
    if (answer === undefined) send(404, { error: "no route" }); else send(answer?.status ?? 200, answer?.status ? answer.body : answer);
  }

  save({ file, base, text }) {
    this.saves.push({ file, base, text });
    if (this.closed) return { status: 409, body: { error: "The draft was published already" } };
    if (text.includes("refuse me")) return { status: 422, body: { error: "Too odd" } };
    const theirs = this.text(file);
    const from = this.text(file, base);
    const merged = merge(from, text, theirs, { mine: "yours", theirs: "Oleg" });
    if (merged.conflicts) return { status: 409, body: { base_text: from, mine: text, theirs, merged: merged.text, by: "Oleg", revision: this.revision } };
    if (merged.text !== theirs) { this.put(file, merged.text); this.undos.push({ file, text: theirs }); }
    return { revision: this.revision, ...(merged.text === text ? {} : { text: merged.text, by: "Oleg" }) };
  }
  state({ file, revision }) {
    const files = [...this.files.keys()].filter((path) => this.changed(path, 1)).map((path) => ({ path, state: "changed" }));
    return { revision: this.revision, file_revision: this.revision, ...(this.changed(file, Number(revision)) ? { text: this.text(file) } : {}), files, people: this.people, closed: this.closed ?? false };
  }
  /** Finds "budgett" in the text, and anything in other files that has "wrong". */
  check({ file, text }) {
    const diagnostics = [];
    const find = (path, all, word, severity, code, message, help, fix) => {
      for (let from = all.indexOf(word); from >= 0; from = all.indexOf(word, from + 1)) {
        const before = all.slice(0, from).split("\n");
        diagnostics.push({ file: path, from, to: from + word.length, line: before.length, column: before.at(-1).length + 1, severity, code, message, help, fix: fix && { label: fix[0], edits: [{ file: path, from, to: from + word.length, text: fix[1] }] } });
      }
    };
    for (const path of this.files.keys()) {
      const all = path === file ? text : this.text(path);
      find(path, all, "budgett", "error", "unknown-slot", "There is no slot `budgett`.", "Did you mean `budget`?", ["Change to “budget”", "budget"]);
      find(path, all, "old_quote", "warning", "unreachable", "“old_quote” is never reached.", "Link it or delete it.", null);
    }
    return { diagnostics, ok: !diagnostics.length };
  }
  complete({ text, offset }) {
    const word = /[\w.]*$/.exec(text.slice(0, offset))[0];
    if (text.slice(0, offset).endsWith("#")) return { from: offset, items: [] };
    return { from: offset - word.length, items: [["budget", "slot", "number"], ["brand", "slot", "text"], ["offer", "node", "answer"]].map(([label, kind, detail]) => ({ label, apply: label, kind, detail, doc: `About \`${label}\`.` })) };
  }
  hover({ text, offset }) {
    const start = text.slice(0, offset).search(/\w*$/);
    const word = /^\w*/.exec(text.slice(start))[0];
    return word === "limit" ? { from: start, to: start + word.length, title: "limit", doc: "How many rows at most." } : null;
  }
  published({ file }) { return { text: this.text(file, 1) }; }
  undo() {
    const last = this.undos.pop();
    if (!last) return { status: 404, body: { error: "Nothing to undo" } };
    this.redos.push({ file: last.file, text: this.text(last.file) });
    this.put(last.file, last.text);
    return { revision: this.revision, file: last.file, text: last.text, what: "text" };
  }
  redo() {
    const last = this.redos.pop();
    if (!last) return { status: 422, body: { error: "Nothing to redo" } };
    this.put(last.file, last.text);
    return { revision: this.revision, file: last.file, text: last.text, what: "undo" };
  }

  async page(file) {
    const words = await texts(this.language);
    const kind = file.endsWith(".yaml") ? "yaml" : "markdown";
    return `<!doctype html><html lang="${this.language}" data-theme="auto" data-side="open" data-keys="on"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="csrf" content="token"><title>${file}</title>
<link rel="stylesheet" href="/assets/base.css"><link rel="stylesheet" href="/assets/parts.css"><link rel="stylesheet" href="/assets/editor.css">
<script type="module" src="/assets/panel.js"></script><script type="module" src="/assets/editor.js"></script></head>
<body data-undo="Undo" data-failed="failed" data-now="now" data-minutes="{n} min" data-ended="ended" data-close="Close">
<main id="main" data-studio><h1>Draft</h1><svg class="icon" aria-hidden="true"><use href="/assets/icons.svg#file"></use></svg>
<p><span data-saved data-saved-at="${Date.now() - 60_000}">Saved</span> <span data-where></span> <span class="badge" data-file-state="${file}" hidden></span> <span class="badge" data-file-count="${file}" hidden></span>
<button class="button" type="button" data-run-tests id="run">Run</button> <button class="button" type="button" data-undo>Undo</button> <button class="button" type="button" data-redo>Redo</button></p>
<ul data-people hidden></ul>
<form method="post" action="/form"><div class="editor" data-editor data-draft="d1" data-file="${file}" data-revision="${this.revision}" data-kind="${kind}"${this.readonly ? " data-readonly" : ""} data-save="/save" data-state="/state" data-check="/check" data-complete="/complete" data-hover="/hover" data-undo="/undo" data-redo="/redo" data-published="/published?file=${file}" data-open="/edit?file={file}"><textarea name="text" aria-label="${file}">\n${escaped(this.text(file))}</textarea></div><button data-plain>Save</button></form>
<section aria-labelledby="problems"><h2 id="problems">Problems <span class="badge" data-problems-total hidden></span></h2><div data-problems></div></section></main>
<div class="toasts" id="toasts" role="status"></div><p class="hidden" role="status" id="announce"></p>
<p class="lost problem" data-problem role="alert" hidden><span data-problem-text></span></p>
<div id="palette" popover><input id="jump"><div data-found></div><p data-nothing></p><div data-recent><ul></ul></div><svg class="icon"><use href="/assets/icons.svg#file"></use></svg></div><div id="keys" popover>keys</div>
<script type="application/json" data-texts>${JSON.stringify(words).replaceAll("<", "\\u003c")}</script></body></html>`;
  }
}
