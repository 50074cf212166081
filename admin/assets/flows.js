// The page of a draft: tests run in place, and what changed is fetched when it is looked at. Works on top of panel.js, whose parts are in
// window.panel.

const { part, place } = window.panel;
const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const target = form.dataset?.tests && document.querySelector(form.dataset.tests);
  if (!target || event.defaultPrevented) return;
  event.preventDefault();
  const button = form.querySelector("button");
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  const line = document.createElement("p");
  line.className = "tests-sum soft small";
  line.setAttribute("role", "status");
  line.textContent = form.dataset.running;
  target.replaceChildren(line);
  try {
    const reply = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-CSRF": csrf, "X-Part": "1", Accept: "text/html" } });
    if (reply.ok) place(target, await reply.text());
    else line.textContent = (await reply.json().catch(() => ({}))).error ?? form.dataset.failed;
  } catch {
    line.textContent = form.dataset.failed;
  } finally {
    button.removeAttribute("aria-busy");
  }
});

// What changed, and the turn that is tried: when they come into view, and again when somebody saved.
for (const lazy of document.querySelectorAll("[data-lazy][data-src]")) {
  let seen = false;
  const renew = () => part(lazy.dataset.src).then((html) => place(lazy, html)).catch(() => {});
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    seen = true;
    renew();
  }).observe(lazy);
  document.addEventListener("editor:saved", () => { if (seen) renew(); });
}

// Publishing begins when everything is saved.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-after-save-link]");
  const editor = window.editors?.[0];
  if (!link || !editor || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (await editor.save()) location.assign(link.href);
});

// Numbers elsewhere in the page that a part brings with it.
document.addEventListener("panel:placed", (event) => {
  for (const fresh of event.target.querySelectorAll("[data-fresh]")) document.querySelector(fresh.dataset.fresh)?.replaceChildren(...fresh.childNodes);
});
