// A box beside a place of the text: the list of completions, an explanation. It stays within the editor's own box, so that nothing
// around cuts it off.

import { ViewPlugin } from "@codemirror/view";

/** Shows what `field` holds: `{ key, pos, above, create(view) }` or null. `create` gives `{ dom, update? }`; another `key` is another box. */
export const popup = (field) => ViewPlugin.fromClass(class {
  constructor(view) {
    this.view = view;
    this.measure = { key: field, read: () => this.read(), write: (place) => this.write(place) };
    this.scrolled = () => { if (this.box) view.requestMeasure(this.measure); };
    view.scrollDOM.addEventListener("scroll", this.scrolled);
    this.show(view.state.field(field));
  }

  show(now) {
    this.box?.dom.remove();
    this.now = now;
    this.box = now && now.create(this.view);
    if (!this.box) return;
    this.box.dom.classList.add("popup");
    this.view.dom.append(this.box.dom);
    this.view.requestMeasure(this.measure);
  }

  update(update) {
    const now = update.state.field(field);
    if (now?.key !== this.now?.key) { this.show(now); return; }
    this.now = now;
    if (!this.box) return;
    this.box.update?.(update);
    this.view.requestMeasure(this.measure);
  }

  read() {
    if (!this.box) return null;
    const { dom } = this.view;
    return { at: this.view.coordsAtPos(Math.min(this.now.pos, this.view.state.doc.length)), whole: dom.getBoundingClientRect(), own: this.box.dom.getBoundingClientRect() };
  }

  write(place) {
    if (!place || !this.box) return;
    const { at, whole, own } = place;
    // The place is scrolled away.
    this.box.dom.hidden = !at || at.bottom < whole.top || at.top > whole.bottom;
    if (this.box.dom.hidden) return;
    const [over, under] = [at.top - whole.top, whole.bottom - at.bottom];
    const above = this.now.above ? over >= own.height || over > under : under < own.height && over > under;
    const { style } = this.box.dom;
    style.left = `${Math.max(4, Math.min(at.left - whole.left, whole.width - own.width - 4))}px`;
    style.top = above ? "" : `${at.bottom - whole.top + 2}px`;
    style.bottom = above ? `${whole.bottom - at.top + 2}px` : "";
  }

  destroy() {
    this.view.scrollDOM.removeEventListener("scroll", this.scrolled);
    this.box?.dom.remove();
  }
});
