// Dialogs: chats open without a reload, news arrives by itself, drafts are kept, traces come when they are unfolded.

const { $, $$, ask, announce, complain, fill, part, place, plural, refresh } = window.panel;

const inbox = $(".inbox");
const talk = () => $("#talk");
const timeline = () => $("#timeline");
const lines = () => $("#lines");
const chat = () => talk()?.dataset.chat;
const phone = matchMedia("(max-width: 760px)");

// ---------- Where the timeline stands ----------

const scroller = () => (phone.matches ? document.scrollingElement : timeline());
const atEnd = () => { const box = scroller(); return !box || box.scrollHeight - box.scrollTop - box.clientHeight < 80; };
const toEnd = () => { const box = scroller(); if (box) box.scrollTop = box.scrollHeight; setFresh(0); };
let fresh = 0;
const setFresh = (number) => {
  fresh = number;
  const button = $("[data-to-new]");
  if (!button) return;
  button.hidden = !number;
  button.textContent = number ? `${number} ${plural(number, inbox.dataset.new)}` : "";
};
document.addEventListener("click", (event) => { if (event.target.closest?.("[data-to-new]")) toEnd(); });
document.addEventListener("scroll", () => { if (fresh && atEnd()) setFresh(0); }, true);

// ---------- A chat is shown ----------

const shown = () => {
  if (!chat()) return;
  const target = location.hash && $(location.hash.replace(/[^#\w-]/g, ""), lines());
  if (target) target.scrollIntoView({ block: "center" }); else toEnd();
  const traces = $("[data-traces]");
  if (traces) traces.hidden = $$(".trace").length === 0;
  restoreDraft();
  askWould();
  takeNow();
};
/** An address with #take takes the chat that it opens. */
const takeNow = () => {
  if (location.hash !== "#take") return;
  history.replaceState(history.state, "", location.pathname + location.search);
  $("[data-chat-state][action$='/take']")?.requestSubmit();
};

/** Asks what the bot would say, where the page came without it. */
const askWould = () => {
  const would = $("#would[data-pending]");
  if (would) refresh(would).then(() => would.removeAttribute("data-pending")).catch(() => { would.hidden = true; });
};

let here = location.pathname + location.search;
let opening = 0;
/** Shows another chat in place: the list keeps its scroll. */
const open = async (href, push = true) => {
  const turn = ++opening;
  let html;
  try { html = await part(href); } catch { location.assign(href); return; }
  if (turn !== opening) return;
  const page = new DOMParser().parseFromString(html, "text/html");
  const next = $("#talk", page);
  if (!next) { location.assign(href); return; }
  $("#about")?.remove();
  talk().replaceWith(next);
  const about = $("#about", page);
  if (about) inbox.append(about);
  inbox.classList.toggle("with-chat", next.hasAttribute("data-chat"));
  if (push) history.pushState({}, "", href);
  here = location.pathname + location.search;
  document.title = page.title;
  $$(".chat-row").forEach((row) => {
    const current = row.dataset.chat === next.dataset.chat;
    row.toggleAttribute("aria-current", current);
    if (current) { row.setAttribute("aria-current", "true"); row.classList.remove("unread"); }
  });
  setFresh(0);
  shown();
};
document.addEventListener("click", (event) => {
  const row = event.target.closest?.(".chat-row");
  if (!row || phone.matches || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  open(row.href);
});
// A change of the fragment alone (the sheet beside the chat on a narrow page) is no other chat.
addEventListener("popstate", () => { if (location.pathname + location.search === here) return; if (location.pathname.startsWith("/admin/inbox/")) open(location.href, false); else location.reload(); });

/** Brings what depends on who has the chat up to date; what is being written stays. */
const renew = async (whole = false) => {
  const page = new DOMParser().parseFromString(await part(talk().dataset.src), "text/html");
  const next = $("#talk", page);
  if (!next || next.dataset.chat !== chat()) return;
  talk().dataset.state = next.dataset.state;
  place($("#chat-state"), $("#chat-state", page).innerHTML);
  const composer = $("#composer");
  const other = $("#composer", page);
  if (composer.dataset.state !== other.dataset.state) {
    composer.dataset.state = other.dataset.state;
    place(composer, other.innerHTML);
    restoreDraft();
    if (other.dataset.state === "mine") $("#reply")?.focus();
  }
  const beside = $("#beside");
  if (beside && (whole || !beside.contains(document.activeElement))) { place(beside, $("#beside", page).innerHTML); askWould(); }
};

/** Appends what was said after the last line. */
const append = async (who) => {
  const last = $$("[data-seq]", lines()).at(-1)?.dataset.seq ?? 0;
  const stay = !atEnd();
  const html = await part(`${talk().dataset.src.split("?")[0]}/messages?after=${last}`);
  const page = new DOMParser().parseFromString(html, "text/html");
  const days = new Set($$("[data-day]", lines()).map((line) => line.textContent));
  let messages = 0;
  for (const line of [...page.body.children]) {
    if (line.hasAttribute("data-now-state") || line.matches(".older")) continue;
    if (line.id && document.getElementById(line.id)) continue;
    if (line.matches(".day") && days.has(line.textContent)) continue;
    lines().append(line);
    if (line.dataset.who === "client") { messages += 1; }
  }
  if (messages) announce(fill(inbox.dataset.came, { name: $("#with").textContent }));
  if (!page.querySelector("[data-seq]") && !who) { /* nothing new: the page stays where it is */ }
  else if (stay && who !== "me") setFresh(fresh + messages); else toEnd();
  const state = $("[data-now-state]", page)?.dataset.nowState;
  if (state && state !== talk().dataset.state) await renew();
  else if (messages) { const would = $("#would"); if (would) refresh(would).catch(() => {}); }
};

// ---------- Deliveries ----------

/** Brings messages whose delivery is open up to date, and those that somebody has sent again. */
const settle = async (from = $$("[data-delivery='queued'], [data-delivery='delayed']", lines())) => {
  const first = Math.min(...from.map((line) => Number(line.dataset.seq)));
  if (!Number.isFinite(first)) return;
  const page = new DOMParser().parseFromString(await part(`${talk().dataset.src.split("?")[0]}/messages?after=${first - 1}`), "text/html");
  for (const line of from) {
    const now = line.id && page.getElementById(line.id);
    if (now && line.isConnected && now.dataset.delivery !== line.dataset.delivery) line.replaceWith(now);
  }
};
// A delivery ends by itself, and a person may take or return a chat without a word: no message tells of it.
let beats = 0;
setInterval(() => {
  if (!chat() || document.visibilityState !== "visible") return;
  beats += 1;
  settle().catch(() => {});
  if (beats % 8 === 0) { renewList(); append("").catch(() => {}); }
}, 2000);

// ---------- News ----------

const again = (action, wait) => {
  let timer = 0;
  return () => { clearTimeout(timer); timer = setTimeout(() => action().catch(() => {}), wait); };
};
const renewList = again(() => refresh($("#chats")), 250);
document.addEventListener("panel:news", (event) => {
  const news = event.detail;
  if (news.counts) {
    const queues = { waiting: news.counts.waiting, mine: news.counts.mine };
    $$("[data-queue]").forEach((count) => { if (count.dataset.queue in queues) count.textContent = queues[count.dataset.queue]; });
  }
  renewList();
  const own = news.chats?.find((row) => row.chat === chat());
  if (own) append(own.who).catch(() => {});
});
document.addEventListener("panel:reset", () => { renewList(); if (chat()) append("").catch(() => {}); });

// ---------- Take, reply, return ----------

document.addEventListener("panel:done", async (event) => {
  const form = event.target;
  if (form.hasAttribute("data-again")) { await settle([form.closest("[data-delivery]")]).catch(() => {}); return; }
  if (form.hasAttribute("data-chat-state")) { renewList(); await append("me").catch(() => {}); }
  if (form.hasAttribute("data-reply")) { keepDraft(form.dataset.draft, ""); form.reset(); setAttached([]); goods.length = 0; drawAttached(form); await append("me").catch(() => {}); $("#reply")?.focus(); }
  if (form.hasAttribute("data-note")) { await append("me").catch(() => {}); await renew(true).catch(() => {}); }
});

// ---------- Drafts ----------

const keepDraft = (key, text) => {
  try { if (text) localStorage.setItem(`draft:${key}`, text); else localStorage.removeItem(`draft:${key}`); } catch { /* a private window */ }
};
const restoreDraft = () => {
  const form = $("[data-draft]");
  const field = form && $("textarea", form);
  if (!field || field.value) return;
  try { field.value = localStorage.getItem(`draft:${form.dataset.draft}`) ?? ""; } catch { /* a private window */ }
};
const saved = again(async () => { const line = $("[data-draft-state]"); if (line) line.textContent = line.dataset.saved; }, 600);
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("[data-draft]");
  if (!form || !event.target.matches("textarea")) return;
  keepDraft(form.dataset.draft, event.target.value);
  saved();
});

// ---------- Files and products of a reply ----------

const goods = [];
const setAttached = (files) => {
  const input = $("#files");
  if (!input) return;
  const kept = new DataTransfer();
  files.forEach((file) => kept.items.add(file));
  input.files = kept.files;
};
const icon = (name) => { const copy = $(".icon").cloneNode(true); copy.setAttribute("class", "icon"); const use = $("use", copy); use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`)); return copy; };
const drawAttached = (form = $("[data-reply]")) => {
  const list = form && $("[data-attached]", form);
  if (!list) return;
  $$("input[name=article]", form).forEach((field) => field.remove());
  const line = (text, name, remove) => {
    const item = document.createElement("li");
    const words = document.createElement("span");
    words.className = "clip";
    words.textContent = text;
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", `${list.dataset.remove}: ${text}`);
    button.append(icon("cross"));
    button.addEventListener("click", () => { remove(); drawAttached(form); });
    item.append(icon(name), words, button);
    return item;
  };
  const files = [...($("#files")?.files ?? [])];
  list.replaceChildren(
    ...goods.map((good, at) => line(`${good.article} ${good.name}`, "box", () => goods.splice(at, 1))),
    ...files.map((file, at) => line(file.name, "file", () => setAttached(files.filter((_, other) => other !== at)))),
  );
  goods.forEach((good) => { const field = document.createElement("input"); field.type = "hidden"; field.name = "article"; field.value = good.article; form.append(field); });
};
const addFiles = (more) => {
  $$(".error[data-made]", $("[data-reply]")).forEach((line) => line.remove());
  const input = $("#files");
  if (!input) return;
  const fits = [...more].filter((file) => file.size <= Number(input.dataset.max));
  if (fits.length < more.length) complain({ message: input.dataset.tooLarge }, $("[data-reply]"));
  const all = [...input.files, ...fits];
  if (all.length > Number(input.dataset.most)) complain({ message: input.dataset.tooMany }, $("[data-reply]"));
  setAttached(all.slice(0, Number(input.dataset.most)));
  drawAttached();
};
document.addEventListener("change", (event) => {
  if (event.target.id !== "files") return;
  const chosen = [...event.target.files];
  setAttached([]);
  addFiles(chosen);
});
document.addEventListener("paste", (event) => { if (event.target.id === "reply" && event.clipboardData.files.length) { event.preventDefault(); addFiles([...event.clipboardData.files]); } });
["dragover", "dragleave", "drop"].forEach((kind) => document.addEventListener(kind, (event) => {
  const form = event.target.closest?.("[data-reply]");
  if (!form || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  form.classList.toggle("dropping", kind === "dragover");
  if (kind === "drop") addFiles([...event.dataTransfer.files]);
}));

let asking = null;
const find = async (picker, typed) => {
  asking?.abort();
  asking = new AbortController();
  const none = $("[data-none]", picker);
  const list = $("[data-hits]", picker);
  if (!typed.trim()) { list.replaceChildren(); return; }
  let answer;
  try { answer = await ask(picker.dataset.src + encodeURIComponent(typed), asking.signal); } catch (error) { if (error.name !== "AbortError" && !asking.signal.aborted) none.textContent = error.message; return; }
  list.replaceChildren(...answer.hits.map((hit, at) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    if (at === 0) button.className = "at";
    const article = document.createElement("b");
    article.textContent = hit.article;
    const name = document.createElement("span");
    name.className = "clip";
    name.textContent = hit.name;
    const price = document.createElement("span");
    price.className = "num soft";
    price.textContent = [hit.price, hit.stock].filter(Boolean).join(" · ");
    button.append(article, name, price);
    button.addEventListener("click", () => { goods.push(hit); drawAttached(); picker.hidePopover(); $("#reply")?.focus(); });
    item.append(button);
    return item;
  }));
  none.textContent = answer.hits.length ? "" : picker.dataset.nothing;
};
let typing = 0;
document.addEventListener("input", (event) => {
  if (event.target.id !== "pick") return;
  clearTimeout(typing);
  typing = setTimeout(() => find($("#picker"), event.target.value), 150);
});
document.addEventListener("keydown", (event) => {
  if (event.target.id !== "pick") return;
  const rows = $$("[data-hits] button");
  const at = rows.findIndex((row) => row.classList.contains("at"));
  const to = { ArrowDown: Math.min(at + 1, rows.length - 1), ArrowUp: Math.max(at - 1, 0) }[event.key];
  if (to !== undefined) { event.preventDefault(); rows.forEach((row, place) => row.classList.toggle("at", place === to)); rows[to]?.scrollIntoView({ block: "nearest" }); }
  if (event.key === "Enter") { event.preventDefault(); rows[at]?.click(); }
});

// ---------- What the bot would say ----------

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-insert]");
  if (!button || button.getAttribute("aria-disabled") === "true") return;
  const field = $("#reply");
  if (!field) return;
  const text = $("[data-would-text]")?.textContent ?? "";
  field.value = field.value.trim() ? `${field.value.trimEnd()}\n${text}` : text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  $$("[data-article]", button.closest(".would")).forEach((row) => goods.push({ article: row.dataset.article, name: row.textContent.replace(row.dataset.article, "").trim() }));
  drawAttached();
  field.focus();
});

// ---------- Traces ----------

const load = async (details) => {
  if (details.hasAttribute("data-loaded")) return;
  details.setAttribute("data-loaded", "");
  try { place($(".trace-body", details), await part(details.dataset.src)); } catch (error) { details.removeAttribute("data-loaded"); complain(error); }
};
document.addEventListener("toggle", (event) => { if (event.target.matches?.(".trace") && event.target.open) load(event.target); }, true);
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-traces]")) return;
  const traces = $$(".trace");
  const opened = traces.filter((details) => details.open);
  if (opened.length) opened.forEach((details) => { details.open = false; });
  else { const last = traces.at(-1); if (last) { last.open = true; last.scrollIntoView({ block: "start" }); $("summary", last).focus(); } }
});

// ---------- More of a list ----------

document.addEventListener("click", async (event) => {
  const more = event.target.closest?.("[data-more], [data-older]");
  if (!more || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  more.setAttribute("aria-busy", "true");
  try {
    if (more.dataset.older) {
      const box = scroller();
      const before = box.scrollHeight;
      const page = new DOMParser().parseFromString(await part(`${talk().dataset.src.split("?")[0]}/messages?before=${more.dataset.older}`), "text/html");
      more.closest(".older").remove();
      const known = $("[data-day]", lines());
      const rows = [...page.body.children].filter((line) => !line.hasAttribute("data-now-state"));
      if (known && rows.findLast((row) => row.matches(".day"))?.textContent === known.textContent) known.remove();
      lines().prepend(...rows);
      box.scrollTop += box.scrollHeight - before;
    } else {
      const page = new DOMParser().parseFromString(await part(more.href.replace("/admin/inbox?", "/admin/inbox/list?")), "text/html");
      more.closest(".older").replaceWith(...page.body.childNodes);
    }
  } catch (error) { more.removeAttribute("aria-busy"); complain(error); }
});

// ---------- Start ----------

const takeFirst = () => { const first = $(".chat-row"); if (first) location.assign(`${first.href}#take`); };
document.addEventListener("click", (event) => {
  // Shift T where the queue of those who wait is shown: its first one.
  if (!event.target.closest?.("[data-take-first]") || new URLSearchParams(location.search).get("queue") !== "waiting") return;
  event.preventDefault();
  takeFirst();
});
addEventListener("hashchange", takeNow);
if (location.hash === "#take-first") takeFirst();
shown();
