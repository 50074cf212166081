// A section of the settings: what is not saved is counted, Ctrl S saves, and a test shows its result in place, so that a secret that was
// typed stays in its field.

const { $, $$, complain, fill, place } = window.panel;

const form = $("[data-settings]");
const bar = $("[data-changes]");
/** Changes that the bar tells. */
const TOLD = 3;

if (form && bar) {
  const idle = [...bar.childNodes];
  const own = (field) => field.name && !["csrf", "seen"].includes(field.name) && !field.name.startsWith("test.");
  const value = (field) => (field.type === "checkbox" ? String(field.checked) : field.value);
  const was = new Map($$("input, select, textarea", form).filter(own).map((field) => [field, field.type === "checkbox" ? String(field.defaultChecked) : value(field)]));
  const changed = () => [...was].filter(([field, before]) => value(field) !== before);
  let saving = false;
  const count = () => {
    const all = changed();
    const { length } = all;
    if (!length) { bar.replaceChildren(...idle); return; }
    const words = document.createElement("b");
    words.textContent = length === 1 ? bar.dataset.one : fill(bar.dataset.many, { n: length });
    bar.replaceChildren(words);
    // Short values are told, old and new; of a secret, and of what is long, only what it is.
    const names = all.slice(0, TOLD).map(([field, before]) => {
      const name = field.labels?.[0]?.textContent ?? document.getElementById(field.getAttribute("aria-labelledby"))?.textContent ?? "";
      const plain = field.type !== "checkbox" && !field.classList.contains("masked") && `${before}${field.value}`.length < 40 && !/\n/.test(`${before}${field.value}`);
      return plain ? `${name} ${before || "—"} → ${field.value || "—"}` : name;
    });
    const line = document.createElement("span");
    line.className = "soft";
    line.textContent = ` ${names.join(", ")}${length > TOLD ? " …" : ""} · ${bar.dataset.effect}`;
    bar.append(":", line);
  };
  form.addEventListener("input", count);
  form.addEventListener("change", count);
  form.addEventListener("submit", () => { saving = true; });
  count();
  // After a refusal one goes on at the first field that it is about.
  const wrong = $("[aria-invalid=true]", form);
  if (wrong) {
    for (let at = wrong.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
    wrong.focus();
  }
  window.addEventListener("beforeunload", (event) => { if (!saving && changed().length) event.preventDefault(); });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.code !== "KeyS") return;
    event.preventDefault();
    form.requestSubmit($("[data-save]"));
  });
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    const target = button?.dataset.test && document.getElementById(button.dataset.test);
    if (!target) return;
    event.preventDefault();
    saving = false;
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      const body = new URLSearchParams([...new FormData(form, button)].filter(([, text]) => typeof text === "string"));
      const reply = await fetch(button.formAction, { method: "POST", body, credentials: "same-origin", redirect: "manual", headers: { "X-CSRF": $('meta[name="csrf"]').content, Accept: "text/html", "X-Part": "1" } });
      const html = await reply.text();
      if (!reply.ok) throw new Error($(".notice, .error, h1", new DOMParser().parseFromString(html, "text/html").body)?.textContent || document.body.dataset.failed);
      place(target, html);
    } catch (error) {
      complain(error, target.closest(".card"));
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}
