// What every page shares: theme, side bar, palette, keys, forms without a reload, undo, the live connection, times.
// Pages work without it. It holds no words: those come from data attributes of the page. A page's own module finds what it
// needs of this one in `window.panel`, because the two have addresses with versions and cannot import each other.

const root = document.documentElement;
const body = document.body;
const say = body.dataset;
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const csrf = $('meta[name="csrf"]')?.content ?? "";
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const forms = new Intl.PluralRules(root.lang);
/** The right one of the server's forms: "chat|chats", three of them in Russian. */
const plural = (number, all) => {
  const list = all.split("|");
  const order = list.length === 2 ? { one: 0 } : { one: 0, few: 1 };
  return list[order[forms.select(number)] ?? list.length - 1];
};
/** What an event began at, also inside of a shadow root: the editor's. */
const origin = (event) => event.composedPath()[0] ?? event.target;
const typing = (target) => target instanceof Element && target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const visible = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

// ---------- Requests ----------

class Refused extends Error {
  constructor(message, answer = {}) { super(message); this.answer = answer; }
}

const send = async (address, options) => {
  let reply;
  try {
    reply = await fetch(address, { credentials: "same-origin", redirect: "manual", ...options });
  } catch {
    throw new Refused(say.failedOffline);
  }
  // A redirect to the login page: the session has ended.
  if (reply.type === "opaqueredirect" || reply.status === 401) throw new Refused(say.ended, { href: `/admin/login?next=${encodeURIComponent(location.pathname + location.search)}`, link: say.enter });
  return reply;
};

/** A form without files is sent as browsers send it without a script. */
const encoded = (data) => {
  if (!(data instanceof FormData) || [...data.values()].some((value) => value instanceof File && value.name)) return data;
  return new URLSearchParams([...data].filter(([, value]) => typeof value === "string"));
};

/** Posts a form's data; the server answers JSON of { say, undo, goto, refresh } or { error, field }. */
const post = async (address, data) => {
  const reply = await send(address, { method: "POST", body: encoded(data), headers: { "X-CSRF": csrf, Accept: "application/json" } });
  const answer = reply.status === 204 ? {} : await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Refused(answer.error ?? say.failed, answer);
  return answer;
};

/** A part of a page, rendered by the server. */
const part = async (address) => {
  const reply = await send(address, { headers: { Accept: "text/html", "X-Part": "1" } });
  if (!reply.ok) throw new Refused(say.failed);
  return reply.text();
};

/** Asks for JSON. */
const ask = async (address, signal) => {
  const reply = await send(address, { headers: { Accept: "application/json" }, signal });
  if (!reply.ok) throw new Refused(say.failed);
  return reply.json();
};

/** Puts a fragment in the place of an element's content. Keeps the focus on the element with the same id or address. */
const place = (element, html) => {
  const active = element.contains(document.activeElement) ? document.activeElement : null;
  const mark = active && (active.id ? `#${CSS.escape(active.id)}` : active.getAttribute("href") && `a[href="${CSS.escape(active.getAttribute("href"))}"]`);
  const open = new Set($$("details[id][open]", element).map((details) => details.id));
  const page = new DOMParser().parseFromString(html, "text/html");
  element.replaceChildren(...page.body.childNodes);
  open.forEach((id) => { const details = document.getElementById(id); if (details) details.open = true; });
  if (mark) $(mark, element)?.focus({ preventScroll: true });
  offerCopies(element);
  element.dispatchEvent(new CustomEvent("panel:placed", { bubbles: true }));
};

const refreshing = new WeakMap();
/** Renders an element with data-src anew. Of several calls at a time the last one counts. */
const refresh = async (element) => {
  const turn = (refreshing.get(element) ?? 0) + 1;
  refreshing.set(element, turn);
  const html = await part(element.dataset.src);
  if (refreshing.get(element) === turn) place(element, html);
};

// ---------- Words to the reader: what was done, and undo ----------

const toasts = $("#toasts");
let undoing = null;
const toast = (text, { undo = null, stays = 8000 } = {}) => {
  const strip = document.createElement("p");
  strip.className = "toast";
  const words = document.createElement("span");
  words.className = "grow";
  words.textContent = text;
  strip.append(words);
  let timer;
  const close = () => { clearTimeout(timer); strip.remove(); if (undoing === revert) undoing = null; };
  const wait = () => { clearTimeout(timer); timer = setTimeout(() => (strip.matches(":hover, :focus-within") ? wait() : close()), stays); };
  const revert = undo && (async () => {
    close();
    try { await undo(); } catch (error) { complain(error); }
  });
  if (revert) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button tiny";
    button.append(say.undo, " ");
    const key = document.createElement("kbd");
    key.textContent = "Ctrl Z";
    key.className = "not-phone";
    button.append(key);
    button.addEventListener("click", revert);
    strip.append(button);
    undoing = revert;
  }
  toasts?.replaceChildren(strip);
  wait();
  return close;
};
/** An error where it belongs: in the form that failed, else in a strip under the top bar. It stays until it is mended or closed. */
const complain = (error, form = null) => {
  const words = [document.createTextNode(error.message)];
  if (error.answer?.href?.startsWith("/admin/")) {
    const link = document.createElement("a");
    link.href = error.answer.href;
    link.className = "link";
    link.textContent = error.answer.link ?? error.answer.href;
    words.push(document.createTextNode(" "), link);
  }
  if (form?.isConnected) {
    const line = document.createElement("p");
    line.className = "error";
    line.dataset.made = "";
    line.setAttribute("role", "alert");
    const text = document.createElement("span");
    text.append(...words);
    line.append(text);
    form.append(line);
    return line;
  }
  const strip = $("[data-problem]");
  $("[data-problem-text]", strip).replaceChildren(...words);
  strip.hidden = false;
  return strip;
};
$("[data-problem-close]")?.addEventListener("click", () => { $("[data-problem]").hidden = true; });
/** Told to a screen reader alone. */
const announce = (text) => { const line = $("#announce"); if (line) line.textContent = text; };

/** Does what the answer to a post asks for. */
const follow = async (answer, from) => {
  if (answer.goto) { location.assign(answer.goto); return; }
  const parts = (from?.dataset.refresh ?? "").split(" ").filter(Boolean).flatMap((selector) => $$(selector));
  await Promise.all(parts.filter((element) => element.dataset.src).map(refresh));
  const undo = answer.undo && (async () => {
    const data = new URLSearchParams(answer.undo.fields);
    await follow(await post(answer.undo.action, data), from);
  });
  if (answer.say) toast(answer.say, { undo });
};

// ---------- Forms without a reload ----------

const quiet = async (form, data) => { try { await post(form.action, data); } catch { /* it holds for this page */ } };

const submit = async (form, submitter) => {
  const data = new FormData(form, submitter);
  const address = submitter?.formAction && submitter.hasAttribute("formaction") ? submitter.formAction : form.action;
  const hasFile = [...data.values()].some((value) => value instanceof File);
  const button = submitter ?? $("button:not([type=button])", form);
  $$(".error[data-made]", form).forEach((line) => line.remove());
  $$("[aria-invalid]", form).forEach((field) => field.removeAttribute("aria-invalid"));
  button?.setAttribute("aria-busy", "true");
  let told = () => {};
  const slow = setTimeout(() => { told = toast(say.slow, { stays: 60_000 }); }, 2000);
  try {
    const answer = await post(address, hasFile ? data : new URLSearchParams(data));
    form.dispatchEvent(new CustomEvent("panel:done", { bubbles: true, detail: answer }));
    if (form.hasAttribute("data-clear")) form.reset();
    await follow(answer, form);
    return answer;
  } catch (error) {
    const field = error.answer?.field && form.elements[error.answer.field];
    // A choice that was refused goes back to what is stored.
    if ($("[data-submit]", form)) form.reset();
    const line = complain(error, form);
    if (field instanceof Element) {
      line.id = `${field.id || field.name}-wrong`;
      field.after(line);
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", line.id);
      field.focus();
    }
    form.dispatchEvent(new CustomEvent("panel:refused", { bubbles: true, detail: error }));
    return null;
  } finally {
    clearTimeout(slow);
    told();
    button?.removeAttribute("aria-busy");
  }
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-send") || event.defaultPrevented) return;
  event.preventDefault();
  const button = event.submitter ?? $("button:not([type=button])", form);
  // Twice is once: the answer to the first is under way.
  if (button?.getAttribute("aria-busy") === "true" || button?.getAttribute("aria-disabled") === "true") return;
  submit(form, event.submitter);
});
// A form whose answer is a part to read: a test, proposals. Without the script it opens a page.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-dialog") || event.defaultPrevented) return;
  event.preventDefault();
  const button = event.submitter;
  button?.setAttribute("aria-busy", "true");
  try {
    const reply = await send(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-CSRF": csrf, Accept: "text/html", "X-Part": "1" } });
    if (!reply.ok) throw new Refused(say.failed);
    showSheet(await reply.text());
  } catch (error) {
    complain(error, form);
  } finally {
    button?.removeAttribute("aria-busy");
  }
});
const showSheet = (html) => {
  const dialog = document.createElement("dialog");
  dialog.className = "sheet-dialog";
  const close = document.createElement("form");
  close.method = "dialog";
  const button = document.createElement("button");
  button.className = "button quiet square tiny";
  button.setAttribute("aria-label", say.close);
  const icon = $(".icon").cloneNode(true);
  const use = $("use", icon);
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#cross"));
  button.append(icon);
  close.append(button);
  const content = document.createElement("div");
  place(content, html);
  const heading = $("h1, h2", content);
  if (heading) { heading.id ||= "sheet-h"; dialog.setAttribute("aria-labelledby", heading.id); }
  dialog.append(close, content);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
};

// A choice that is a change: a status, an assignee, a filter.
document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.form && field.hasAttribute("data-submit")) field.form.requestSubmit();
});
// A disabled button stays readable, and does nothing.
document.addEventListener("click", (event) => {
  if (event.target.closest?.('[aria-disabled="true"]')) event.preventDefault();
}, true);

// ---------- Theme, side bar, menu ----------

const themes = ["auto", "light", "dark"];
const nextTheme = (now) => themes[(themes.indexOf(now) + 1) % themes.length];
const themeForm = $("[data-theme-next]")?.form;
themeForm?.addEventListener("submit", (event) => {
  event.preventDefault();
  root.dataset.theme = nextTheme(root.dataset.theme);
  const data = new URLSearchParams({ theme: root.dataset.theme });
  quiet(themeForm, data);
});
const foldForm = $("[data-fold]")?.form;
foldForm?.addEventListener("submit", (event) => {
  event.preventDefault();
  const side = root.dataset.side === "open" ? "folded" : "open";
  root.dataset.side = side;
  $("[data-fold]").setAttribute("aria-expanded", String(side === "open"));
  quiet(foldForm, new URLSearchParams({ side }));
});

const menu = $("[data-menu]");
const setMenu = (open) => {
  if (open) root.dataset.menu = "open"; else delete root.dataset.menu;
  menu?.setAttribute("aria-expanded", String(open));
  if (open) $("#side a")?.focus();
};
menu?.addEventListener("click", (event) => { event.preventDefault(); setMenu(root.dataset.menu !== "open"); });
menu?.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); menu.click(); } });
document.addEventListener("click", (event) => {
  if (root.dataset.menu === "open" && !event.target.closest("#side, [data-menu]")) setMenu(false);
});

// ---------- Palette ----------

const palette = $("#palette");
const jump = $("#jump");
const shown = () => $$("li > a, li button", palette).filter(visible);
const point = (row) => { $$(".at", palette).forEach((old) => old.classList.remove("at")); row?.classList.add("at"); row?.scrollIntoView({ block: "nearest" }); };
const narrow = () => {
  const typed = jump.value.trim();
  const wanted = typed.toLowerCase();
  $("[data-found]", palette).hidden = !typed;
  $$("[data-typed]", palette).forEach((mark) => { mark.textContent = typed; });
  $$("[data-query]", palette).forEach((link) => { link.href = link.dataset.query + encodeURIComponent(typed); });
  $$("[data-group], [data-recent]", palette).forEach((group) => {
    const rows = $$("li", group);
    rows.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(wanted); });
    group.hidden = rows.every((row) => row.hidden);
  });
  const rows = shown();
  $("[data-nothing]", palette).hidden = rows.length > 0;
  // What matches a name comes before a search in texts.
  point(typed ? rows.find((row) => !row.closest("[data-found]")) ?? rows[0] : rows[0]);
};
if (palette) {
  palette.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    jump.value = "";
    recall();
    narrow();
    jump.focus();
  });
  jump.addEventListener("input", narrow);
  palette.addEventListener("keydown", (event) => {
    const rows = shown();
    const at = rows.findIndex((row) => row.classList.contains("at"));
    if (event.key === "ArrowDown") point(rows[Math.min(at + 1, rows.length - 1)]);
    else if (event.key === "ArrowUp") point(rows[Math.max(at - 1, 0)]);
    else if (event.key === "Enter" && event.target === jump) rows[at]?.click();
    else return;
    event.preventDefault();
  });
  palette.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !palette.contains(event.relatedTarget)) palette.hidePopover();
  });
  palette.addEventListener("click", (event) => {
    if (event.target.closest("[data-do=theme]")) { themeForm?.requestSubmit(); palette.hidePopover(); }
    const link = event.target.closest("a[href*='#']");
    if (link) palette.hidePopover();
  });
}

// The last chats, leads and rows of this tab; nothing of them outlives it.
const seen = () => { try { return JSON.parse(sessionStorage.getItem("recent") ?? "[]"); } catch { return []; } };
const remember = () => {
  const mark = $("[data-recall]");
  if (!mark) return;
  const here = { href: location.pathname + location.search, icon: mark.dataset.recall, title: mark.dataset.recallTitle };
  const rest = seen().filter((row) => row.href !== here.href).slice(0, 4);
  try { sessionStorage.setItem("recent", JSON.stringify([here, ...rest])); } catch { /* a private window */ }
};
const recall = () => {
  const group = $("[data-recent]", palette);
  const rows = seen().filter((row) => row.href.startsWith("/admin/") && row.href !== location.pathname + location.search);
  group.hidden = rows.length === 0;
  $("ul", group).replaceChildren(...rows.map((row) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = row.href;
    const icon = $(".icon", palette).cloneNode(true);
    const use = $("use", icon);
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${row.icon}`));
    const title = document.createElement("span");
    title.className = "clip";
    title.textContent = row.title;
    link.append(icon, title);
    item.append(link);
    return item;
  }));
};
remember();
$$('form[action="/admin/logout"]').forEach((form) => form.addEventListener("submit", () => {
  try { sessionStorage.clear(); Object.keys(localStorage).filter((key) => key.startsWith("draft:")).forEach((key) => localStorage.removeItem(key)); } catch { /* none */ }
}));

// ---------- Keys ----------
// An element says its key: data-key="KeyT", "shift+KeyT", "ctrl+Enter". A field gets the focus, anything else is pressed.
// Matched by the key's place, so that they work in a Russian layout.

let gone = 0;
const openPopover = () => $(":popover-open");
/** Gives a field the focus and unfolds a list, where the browser allows that without a click. */
const enter = (field) => {
  field.focus();
  try { if (field.matches("select")) field.showPicker(); } catch { /* it has the focus: the arrows choose */ }
};
const press = (element) => { if (element.matches("input:not([type=checkbox]), textarea, select")) enter(element); else element.click(); };
const rowsOf = () => { const list = $$("[data-list]").find(visible); return list ? $$("[data-row]", list).filter(visible) : []; };
const step = (by) => {
  const rows = rowsOf();
  if (!rows.length) return;
  const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const from = at >= 0 ? at : rows.findIndex((row) => row.matches("[aria-current]"));
  const row = rows[Math.min(Math.max(from + by, 0), rows.length - 1)];
  row.focus();
  row.scrollIntoView({ block: "nearest" });
  row.dispatchEvent(new CustomEvent("panel:step", { bubbles: true }));
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const control = event.ctrlKey || event.metaKey;
  const field = typing(origin(event));

  if (event.key === "Escape") {
    if (root.dataset.menu === "open") { setMenu(false); menu?.focus(); return; }
    // A search field with a text would only be emptied.
    const over = openPopover();
    if (over) { event.preventDefault(); over.hidePopover(); return; }
    if ($("dialog[open]")) return;
    if (field && field.id !== "jump") { field.blur(); return; }
    const back = $$('[data-key="Escape"]').find(visible);
    if (back) { event.preventDefault(); press(back); }
    return;
  }
  if (control && event.code === "KeyK") { event.preventDefault(); palette?.togglePopover(); return; }
  if (control && event.code === "KeyZ" && !event.shiftKey && undoing && !field) { event.preventDefault(); undoing(); return; }

  const name = (control ? "ctrl+" : "") + (event.altKey ? "alt+" : "") + (event.shiftKey ? "shift+" : "") + event.code;
  const combined = control || event.altKey || /^F\d+$/.test(event.code);
  const wanted = $$(`[data-key~="${name}"]`).find(visible);
  if (combined) {
    // In a text Ctrl Enter sends what is written there, and nothing else.
    if (name === "ctrl+Enter" && event.target.matches?.("textarea") && event.target.form) { event.preventDefault(); event.target.form.requestSubmit(); return; }
    if (wanted) { event.preventDefault(); press(wanted); }
    return;
  }
  if (field || $("dialog[open]") || root.dataset.keys === "off" || openPopover()?.id === "palette") return;

  if (event.key === "?") { event.preventDefault(); $("#keys")?.togglePopover(); return; }
  if (openPopover()) return;
  if (event.key === "/" || event.code === "Slash" && !event.shiftKey) { event.preventDefault(); palette?.showPopover(); return; }
  if (Date.now() - gone < 1200) {
    gone = 0;
    // The letter that stands at the section in the palette.
    const link = $$("[data-go]", palette).find((one) => $("kbd", one)?.textContent === `G ${event.code.replace(/^Key/, "")}`);
    if (link) { event.preventDefault(); location.assign(link.href); }
    return;
  }
  if (name === "KeyG") { gone = Date.now(); return; }
  if (name === "KeyJ" || name === "KeyK") { event.preventDefault(); step(name === "KeyJ" ? 1 : -1); return; }
  if (name === "shift+KeyT" && !wanted) { const link = $("[data-take-first]"); if (link) { event.preventDefault(); press(link); } return; }
  if (wanted) { event.preventDefault(); press(wanted); }
});

// ---------- Copy ----------

const offerCopies = (within = document) => $$("[data-copy]", within).forEach((button) => { button.hidden = !navigator.clipboard; });
offerCopies();
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = button.closest("section, dialog, details, main")?.querySelector(button.dataset.copy) ?? $(button.dataset.copy);
  await navigator.clipboard.writeText((source?.value ?? source?.innerText ?? "").trim());
  toast(button.dataset.done);
});

// ---------- Times ----------
// The server writes the first words; this only counts on the minutes of what is less than an hour old.

const clock = new Intl.DateTimeFormat(root.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
const hour = 3_600_000;
const tick = () => {
  const now = Date.now();
  $$("time[datetime]").forEach((time) => {
    const at = Date.parse(time.dateTime);
    const age = now - at;
    const counted = time.dataset.counted ?? (time.textContent === say.now || new RegExp(`^${fill(say.minutes, { n: "\\d+" })}$`).test(time.textContent) ? "1" : "");
    time.dataset.counted = counted;
    if (!counted || !(age >= 0)) return;
    const text = age < 60_000 ? say.now : age < hour ? fill(say.minutes, { n: Math.floor(age / 60_000) }) : clock.format(at);
    if (text !== time.textContent) time.textContent = text;
  });
  // How long a client waits: amber after data-warn minutes, red after data-bad.
  $$("[data-waits]").forEach((badge) => {
    const minutes = (now - Number(badge.dataset.waits)) / 60_000;
    badge.classList.toggle("bad", minutes >= Number(badge.dataset.bad));
    badge.classList.toggle("warn", minutes >= Number(badge.dataset.warn) && minutes < Number(badge.dataset.bad));
  });
};
if (!root.hasAttribute("data-still")) setInterval(tick, 15_000);

// ---------- The live connection ----------

const strip = $("[data-lost-strip]");
let after = root.dataset.live ? Number(root.dataset.live) : null;
let socket = null;
let attempt = 0;
let lostAt = 0;
let retry = 0;

const setCount = (key, number) => {
  $$(`[data-count="${key}"]`).forEach((count) => {
    count.hidden = !number;
    const text = String(number ?? "");
    if (count.firstChild?.nodeType === Node.TEXT_NODE) count.firstChild.data = text; else count.prepend(text);
  });
};
const title = document.title;
const setCounts = (counts) => {
  setCount("inbox", counts.waiting);
  setCount("leads", counts.new_leads);
  document.title = counts.waiting ? `(${counts.waiting}) ${title}` : title;
};
const setLost = (lost) => {
  if (!strip) return;
  if (lost && strip.hidden) {
    $("[data-lost-text]", strip).textContent = fill(say.lost, { time: clock.format(lostAt) });
    strip.setAttribute("role", "status");
  }
  strip.hidden = !lost;
};
const connect = () => {
  clearTimeout(retry);
  if (!root.dataset.live) return;
  const opened = socket = new WebSocket(new URL("/admin/live", location.href.replace(/^http/, "ws")));
  opened.addEventListener("open", () => {
    opened.send(JSON.stringify({ type: "hello", after }));
    attempt = 0;
    lostAt = 0;
    setLost(false);
  });
  opened.addEventListener("message", (event) => {
    let news;
    try { news = JSON.parse(event.data); } catch { return; }
    if (news.type === "news") {
      after = news.seq;
      if (news.counts) setCounts(news.counts);
      document.dispatchEvent(new CustomEvent("panel:news", { detail: news }));
    } else if (news.type === "reset") {
      after = news.seq ?? after;
      document.dispatchEvent(new CustomEvent("panel:reset"));
    }
  });
  opened.addEventListener("close", () => {
    if (socket !== opened) return;
    lostAt ||= Date.now();
    // A reconnect within seconds is not worth a word.
    if (Date.now() - lostAt > 4000 || attempt > 1) setLost(true);
    attempt += 1;
    retry = setTimeout(connect, Math.min(1000 * 2 ** attempt, 30_000) * (0.7 + Math.random() * 0.6));
  });
};
$("[data-retry]", strip ?? body)?.addEventListener("click", () => { attempt = 0; connect(); });
addEventListener("online", () => { attempt = 0; connect(); });
addEventListener("offline", () => { lostAt ||= Date.now(); setLost(true); });
addEventListener("pagehide", () => { const last = socket; socket = null; last?.close(); });
addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
connect();

window.panel = Object.freeze({ $, $$, ask, announce, complain, enter, fill, follow, part, place, plural, post, refresh, say, submit, toast, visible, Refused });
