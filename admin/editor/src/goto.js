// A list of the flow's nodes to go to, in the look of the panel's palette.

import { nodes } from "./outline.js";
import { fitting } from "./ranking.js";
import { make, t } from "./texts.js";

/** Shown at most. */
const MOST = 50;

export const choose = (text, go) => {
  const all = nodes(text).map((node) => ({ ...node, label: node.name }));
  const list = make("ul", { id: "goto-list" });
  const none = make("p", { class: "hint palette-foot" }, t("goto.none"));
  const words = make("input", { class: "input", type: "search", "aria-label": t("goto.title"), placeholder: t("goto.title"), autocomplete: "off", on: { input: () => narrow() } });
  const dialog = make("dialog", { class: "palette", "aria-label": t("goto.title") }, words, list, none);
  const take = (line) => { dialog.close(); go(line); };
  const rows = () => [...list.querySelectorAll("button")];
  const point = (row) => { rows().forEach((one) => one.classList.toggle("at", one === row)); row?.scrollIntoView({ block: "nearest" }); };
  const narrow = () => {
    const shown = fitting(all, words.value.trim()).slice(0, MOST);
    list.replaceChildren(...shown.map((node) => make("li", {}, make("button", { type: "button", on: { click: () => take(node.line) } }, make("span", { class: "clip" }, node.name), make("kbd", {}, String(node.line))))));
    none.hidden = shown.length > 0;
    point(rows()[0]);
  };
  dialog.addEventListener("keydown", (event) => {
    const at = rows().findIndex((row) => row.classList.contains("at"));
    if (event.key === "ArrowDown") point(rows()[Math.min(at + 1, rows().length - 1)]);
    else if (event.key === "ArrowUp") point(rows()[Math.max(at - 1, 0)]);
    else if (event.key === "Enter" && event.target === words) rows()[at]?.click();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  narrow();
  dialog.showModal();
};
