// Leads: a lead opens beside the board, cards are dragged to another status; its keyboard twin is S.

const { $, $$, complain, enter, follow, part, place, post, refresh } = window.panel;

const leads = $("#leads");
const drawer = $("#drawer");
const body = $("#body");
const current = () => $("#lead")?.dataset.id;

const mark = () => {
  $$("[data-lead]", body).forEach((row) => {
    const own = row.dataset.lead === current();
    row.classList.toggle("chosen", own && row.matches("tr"));
    const link = $("[data-row]", row);
    if (own) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
  });
};

let turn = 0;
let from = null;
let here = location.pathname + location.search;
const open = async (href, { push = true, focus = "" } = {}) => {
  const own = ++turn;
  let html;
  try { html = await part(href); } catch { location.assign(href); return; }
  if (own !== turn) return;
  drawer.dataset.src = href;
  place(drawer, html);
  leads.classList.add("with-lead");
  if (push) history.pushState({ lead: true }, "", href);
  here = location.pathname + location.search;
  mark();
  $("[aria-current]", body)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focus) enter($(focus, drawer));
};
const shut = (push = true) => {
  turn += 1;
  drawer.replaceChildren();
  delete drawer.dataset.src;
  leads.classList.remove("with-lead");
  if (push) history.pushState({}, "", leads.dataset.here);
  here = location.pathname + location.search;
  mark();
  from?.isConnected ? from.focus() : $("[data-row]", body)?.focus();
};

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest?.("#body [data-row], [data-open]");
  if (link) { event.preventDefault(); if (link.hasAttribute("data-row")) from = link; open(link.href); return; }
  if (event.target.closest?.("[data-shut]")) { event.preventDefault(); shut(); }
});
// J and K go on in an open panel.
document.addEventListener("panel:step", (event) => { if (current()) { from = event.target; open(event.target.href); } });
addEventListener("popstate", () => {
  if (location.pathname + location.search === here) return;
  here = location.pathname + location.search;
  if (/\/admin\/leads\/./.test(location.pathname)) open(location.href, { push: false });
  else if (current()) shut(false);
  else location.reload();
});
// S and A on a card that is not open yet.
document.addEventListener("keydown", (event) => {
  const card = document.activeElement?.closest?.("#body [data-row]");
  if (event.defaultPrevented || !card || current() || event.ctrlKey || event.metaKey || event.altKey || document.documentElement.dataset.keys === "off") return;
  const focus = { KeyS: "#status", KeyA: "#assignee" }[event.code];
  if (focus) { event.preventDefault(); from = card; open(card.href, { focus }); }
});
document.addEventListener("panel:placed", mark);

// ---------- Dragging ----------

let dragged = null;
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-lead]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.lead);
  requestAnimationFrame(() => dragged?.classList.add("dragged"));
});
document.addEventListener("dragend", () => { dragged?.classList.remove("dragged"); dragged = null; $$(".lane.over").forEach((lane) => lane.classList.remove("over")); });
document.addEventListener("dragover", (event) => {
  const lane = dragged && event.target.closest?.(".lane");
  $$(".lane.over").forEach((other) => { if (other !== lane) other.classList.remove("over"); });
  if (!lane || lane.contains(dragged)) return;
  event.preventDefault();
  lane.classList.add("over");
});
document.addEventListener("drop", async (event) => {
  const lane = dragged && event.target.closest?.(".lane");
  if (!lane || lane.contains(dragged)) return;
  event.preventDefault();
  const moved = dragged;
  const status = lane.dataset.status;
  $("ul", lane)?.prepend(moved);
  const source = { dataset: { refresh: moved.dataset.lead === current() ? "#body #drawer" : "#body" } };
  try {
    await follow(await post(`/admin/leads/${encodeURIComponent(moved.dataset.lead)}`, new URLSearchParams({ status })), source);
  } catch (error) {
    complain(error);
    refresh(body).catch(() => {});
  }
});

// ---------- News ----------

let timer = 0;
document.addEventListener("panel:news", () => { clearTimeout(timer); timer = setTimeout(() => { if (!dragged) refresh(body).catch(() => {}); }, 1000); });
document.addEventListener("panel:reset", () => refresh(body).catch(() => {}));
