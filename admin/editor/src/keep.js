// What the server has not got yet, kept in this browser until it has. The keys begin with "draft:", which the panel empties at a
// logout. Every window has its own record, so that two of them do not overwrite each other.

const quietly = (what) => { try { return what(); } catch { return null; } };

/** A record of another window is taken over when nothing has been written to it for this long: that window is gone. */
const LEFT = 15_000;

export class Keep {
  constructor({ storage, draft, file, window, now = Date.now }) {
    Object.assign(this, { storage, now });
    this.prefix = `draft:text:${draft}:${file}:`;
    this.key = this.prefix + window;
  }

  /** Keeps `{ base, text }`; false where the browser has no room for it. */
  put(record) {
    return quietly(() => { this.storage.setItem(this.key, JSON.stringify({ ...record, at: this.now() })); return true; }) ?? false;
  }

  drop() { quietly(() => this.storage.removeItem(this.key)); }

  /** Takes the newest record that is nobody's any more, or this window's own. It is this window's from now on. */
  take() {
    return quietly(() => {
      const keys = Array.from({ length: this.storage.length }, (_, at) => this.storage.key(at)).filter((key) => key.startsWith(this.prefix));
      const records = keys.map((key) => ({ key, ...quietly(() => JSON.parse(this.storage.getItem(key))) }))
        .filter(({ key, text, base, at }) => typeof text === "string" && Number.isFinite(base) && (key === this.key || this.now() - at > LEFT))
        .sort((a, b) => b.at - a.at);
      const [first] = records;
      if (!first) return null;
      const { key, ...record } = first;
      if (key !== this.key) { this.put(record); this.storage.removeItem(key); }
      return record;
    });
  }
}
