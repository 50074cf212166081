// Whether the text is saved, in words.

import { announce, make, t } from "./texts.js";

const clock = new Intl.DateTimeFormat(document.documentElement.lang || "en", { hour: "2-digit", minute: "2-digit", hour12: false });
const SAID = new Set(["offline", "ended", "refused"]);

const ago = (at) => {
  const age = Math.max(0, Date.now() - at);
  if (age < 3000) return t("saved.now");
  if (age < 60_000) return t("saved.seconds", { n: Math.floor(age / 1000) });
  if (age < 3_600_000) return t("saved.minutes", { n: Math.floor(age / 60_000) });
  return t("saved.at", { time: clock.format(at) });
};

export class Status {
  constructor(place) {
    this.place = place;
    this.at = Number(place?.dataset.savedAt) || 0;
    this.kind = "saved";
    // It counts seconds: a screen reader is told by `announce`, and only of what changes the matter.
    place?.removeAttribute("role");
    this.draw();
    setInterval(() => { if (this.kind === "saved") this.draw(); }, 1000);
  }

  tell(state) {
    const before = this.kind;
    this.kind = state.kind;
    if (state.kind === "saved") this.at = state.at ?? this.at;
    this.state = state;
    this.draw();
    if (SAID.has(state.kind) && before !== state.kind) announce(this.words());
    if (state.kind === "saved" && SAID.has(before)) announce(t("saved.back"));
    if (state.by) announce(t("merged", { name: state.by }));
  }

  words() {
    const { kind, state = {} } = this;
    if (kind === "saved") return this.at ? ago(this.at) : this.state ? t("saved.plain") : null;
    if (kind === "offline") return t(state.kept === false ? "offline.unkept" : "offline");
    if (kind === "refused") return state.error || t("refused");
    return t({ saving: "saving", unsaved: "unsaved", ended: "ended", conflict: "conflict.short" }[kind] ?? "unsaved");
  }

  draw() {
    const { place } = this;
    const words = this.words();
    if (!place || words === null) return;
    const bad = SAID.has(this.kind) || this.kind === "conflict";
    place.classList.toggle("care", bad);
    if (place.textContent !== words || this.kind === "ended") {
      place.replaceChildren(words);
      if (this.kind === "ended") place.append(" ", make("a", { class: "link", href: `/admin/login?next=${encodeURIComponent(location.pathname + location.search)}` }, t("enter")));
    }
  }
}
