// The catalogue: uploads with progress, a preview that runs again in place, F8 to the next doubtful column.

const { $, $$, complain, fill, place, part, refresh, say } = window.panel;
const csrf = $('meta[name="csrf"]').content;

// ---------- Upload ----------

const form = $("[data-upload]");
if (form) {
  const input = $("input[type=file]", form);
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  const mega = (bytes) => number.format(bytes / 1_048_576);
  const list = () => $("[data-chosen]", form).replaceChildren(...[...input.files].map((file) => {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.className = "clip";
    name.textContent = file.name;
    const size = document.createElement("span");
    size.className = "num";
    size.textContent = fill(form.dataset.size, { n: mega(file.size) });
    item.append(name, size);
    return item;
  }));
  input.addEventListener("change", list);
  ["dragenter", "dragover", "dragleave", "drop"].forEach((kind) => $("[data-drop]", form).addEventListener(kind, (event) => event.currentTarget.classList.toggle("over", kind === "dragenter" || kind === "dragover")));

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const files = [...input.files];
    if (files.reduce((sum, file) => sum + file.size, 0) > Number(form.dataset.max)) { complain({ message: form.dataset.tooLarge }, form); return; }
    $$(".error[data-made]", form).forEach((line) => line.remove());
    const button = $("button[type=submit]", form);
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    const bar = $("[data-progress]", form);
    const text = $("[data-progress-text]", form);
    bar.hidden = false;
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-CSRF", csrf);
    request.setRequestHeader("Accept", "application/json");
    let told = 0;
    request.upload.addEventListener("progress", (progress) => {
      $("rect", bar).setAttribute("width", String(100 * progress.loaded / progress.total));
      if (progress.loaded === progress.total) text.textContent = form.dataset.waiting;
      else if (Date.now() - told > 1000) { told = Date.now(); text.textContent = fill(form.dataset.sending, { done: mega(progress.loaded), all: mega(progress.total) }); }
    });
    const failed = (message) => { button.removeAttribute("aria-busy"); bar.hidden = true; complain({ message }, form); };
    request.addEventListener("load", () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* not ours */ }
      if (request.status < 300 && answer.goto) location.assign(answer.goto);
      else failed(request.status === 401 ? say.ended : answer.error ?? say.failed);
    });
    request.addEventListener("error", () => failed(say.failedOffline));
    request.send(new FormData(form));
  });
}

// ---------- Progress and preview ----------

const body = $("#upload-body");
if (body) {
  const state = () => $("[data-state]", body)?.dataset.state;
  const works = () => ["reading", "publishing", "queued"].includes(state());
  let polling = false;
  const poll = () => {
    if (polling || !works()) return;
    polling = true;
    setTimeout(async () => { await refresh(body).catch(() => {}); polling = false; poll(); }, 1000);
  };
  poll();

  // The choice of a column runs the preview again; sheet and page stay where they were.
  let scroll = null;
  document.addEventListener("submit", (event) => {
    if (!event.target.hasAttribute("data-mapping")) return;
    const sheet = $(".sheet", body);
    scroll = sheet && { left: sheet.scrollLeft, top: sheet.scrollTop, y: window.scrollY };
    $$("[data-mapping]", body).forEach((mapping) => mapping.setAttribute("aria-busy", "true"));
  }, true);
  document.addEventListener("panel:refused", () => $$("[data-mapping]", body).forEach((mapping) => mapping.removeAttribute("aria-busy")));
  body.addEventListener("panel:placed", () => {
    if (scroll) { const sheet = $(".sheet", body); if (sheet) { sheet.scrollLeft = scroll.left; sheet.scrollTop = scroll.top; } window.scrollTo(0, scroll.y); scroll = null; }
    // The heading stands outside of what is placed, and says how far the upload is.
    const heading = $("[data-state]", body)?.dataset.heading;
    const before = $("h1").textContent;
    if (heading && heading !== before) { $("h1").textContent = heading; document.title = document.title.replace(before, heading); }
    poll();
  });
  document.addEventListener("click", async (event) => {
    const tab = event.target.closest?.("#upload-body .tabs a, #upload-body footer a.quiet");
    if (!tab || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const y = window.scrollY;
    body.dataset.src = tab.href;
    history.replaceState({}, "", tab.href);
    await refresh(body).catch((error) => complain(error));
    window.scrollTo(0, y);
  });
  document.addEventListener("keydown", (event) => {
    if (event.code !== "F8") return;
    const columns = $$("th.doubt select", body);
    if (!columns.length) return;
    event.preventDefault();
    const at = columns.indexOf(document.activeElement);
    const next = columns[(at + (event.shiftKey ? -1 : 1) + columns.length) % columns.length] ?? columns[0];
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "center" });
  });
}

// ---------- Search as one types ----------

const results = $("#results");
if (results) {
  const field = $("#q");
  let timer = 0;
  let turn = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const own = ++turn;
      const address = `/admin/catalogue/search?q=${encodeURIComponent(field.value.trim())}`;
      try {
        const html = await part(address);
        if (own !== turn) return;
        place(results, html);
        history.replaceState({}, "", address);
      } catch (error) { complain(error); }
    }, 200);
  });
}
