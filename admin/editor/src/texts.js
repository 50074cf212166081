// The words that the script shows: the page brings them in the reader's language as JSON, see README.md.

const all = JSON.parse(document.querySelector("script[data-texts]")?.textContent || "{}");
const forms = new Intl.PluralRules(document.documentElement.lang || "en");

export const has = (key) => key in all;
/** A text with its values; a key that the page has not brought shows itself, so that a test sees it. */
export const t = (key, values = {}) => (all[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
/** A number with its noun: "2 errors". */
export const counted = (number, key) => {
  const list = t(key).split("|").map((form) => form.trim());
  const order = list.length === 2 ? { one: 0 } : { one: 0, few: 1 };
  return `${number}\u00a0${list[order[forms.select(number)] ?? list.length - 1]}`;
};

/** An element: `make("p", { class: "error" }, "words", child)`. `on` holds listeners, `data` data attributes. */
export const make = (name, { on = {}, data = {}, ...attributes } = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== false && value !== undefined) element.setAttribute(key, value === true ? "" : value);
  Object.assign(element.dataset, data);
  for (const [event, act] of Object.entries(on)) element.addEventListener(event, act);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};

/** An icon of the panel's sprite; its address, which has a version, is that of any icon of the page. */
export const icon = (name, extra = "") => {
  const any = document.querySelector("svg.icon use");
  if (!any) return null;
  const copy = any.closest("svg").cloneNode(true);
  copy.setAttribute("class", `icon ${extra}`.trim());
  copy.setAttribute("aria-hidden", "true");
  copy.querySelector("use").setAttribute("href", any.getAttribute("href").replace(/#.*/, `#${name}`));
  return copy;
};

/** Says something to a screen reader alone. */
export const announce = (text) => { const line = document.getElementById("announce"); if (line) { line.textContent = ""; line.textContent = text; } };
