// Messages as elements. All content is inserted as text, never as HTML.
"use strict";

import { WORDS } from "./words.js";

export function element(name, className, content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (content !== undefined) made.textContent = content;
  return made;
}

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

// The drawing stays until a photo has come: one that never does leaves no broken image behind.
function picture(url) {
  const box = element("div", "picture");
  box.append(icon("M4 7.5 12 3l8 4.5v9L12 21l-8-4.5zM4 7.5l8 4.5 8-4.5M12 12v9"));
  if (!url) return box;
  const image = element("img");
  // The name stands beside it.
  image.alt = "";
  image.referrerPolicy = "no-referrer";
  image.onload = () => box.replaceChildren(image);
  image.src = url;
  return box;
}

const isCut = (part) => part.scrollHeight > part.clientHeight + 1;

// Whether something of a card is cut depends on its width. An open card keeps its button, so that it can be closed.
const cards = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const cut = [...target.querySelectorAll(".name, .description")].some(isCut);
    target.querySelector(".more").hidden = !cut && !target.classList.contains("open");
  }
});

function card(data, words) {
  const box = element("article", "card");
  const facts = element("div", "facts");
  facts.append(element("h2", "name", data.name));
  const line = [data.brand].filter(Boolean).map((part) => document.createTextNode(part));
  if (data.article) {
    if (line.length) line.push(document.createTextNode(" · "));
    line.push(document.createTextNode(`${words.article} `), element("b", "", data.article));
  }
  if (line.length) {
    const small = element("div", "small");
    small.append(...line);
    facts.append(small);
  }
  if (data.description) facts.append(element("p", "description", data.description));
  const cost = element("div", "cost");
  const terms = element("div", "terms");
  if (data.price) terms.append(element("span", "price", data.price));
  if (data.stock) terms.append(element("span", "stock", data.stock));
  cost.append(terms);
  const more = element("button", "more");
  more.type = "button";
  more.hidden = true;
  more.title = words.more;
  more.setAttribute("aria-label", `${words.more}: ${data.name}`);
  more.setAttribute("aria-expanded", "false");
  more.append(icon("m6 9 6 6 6-6"));
  more.addEventListener("click", () => {
    const open = box.classList.toggle("open");
    more.setAttribute("aria-expanded", String(open));
  });
  cost.append(more);
  facts.append(cost);
  box.append(picture(data.photo), facts);
  cards.observe(box);
  return box;
}

function button(data, press) {
  if (data.url) {
    const link = element("a", "", data.label);
    link.href = data.url;
    link.rel = "noopener noreferrer";
    if (/^https?:/i.test(data.url)) link.target = "_blank";
    return link;
  }
  const made = element("button", "", data.label);
  made.type = "button";
  // A stored greeting differs from the one before it if its buttons do.
  made.dataset.id = data.id;
  // The second click of a double one may meet another button, because the first has moved them.
  made.addEventListener("click", (event) => {
    if (event.detail < 2) press(data);
  });
  return made;
}

/** The size of a file as people say it. */
function size(bytes, words) {
  const units = [1 << 20, 1 << 10];
  const place = units.findIndex((unit) => bytes >= unit);
  if (place < 0) return `${bytes} ${words.units[2]}`;
  const value = bytes / units[place];
  return `${value.toLocaleString(words.code, { maximumFractionDigits: value < 10 ? 1 : 0 })} ${words.units[place]}`;
}

/** A file of the staff: a picture that opens when it is pressed, or a link that downloads it. */
function file(data, words, grow) {
  const item = element("li");
  const link = element("a", data.picture ? "shown" : "download");
  link.href = data.url;
  link.rel = "noopener noreferrer";
  if (data.picture) {
    link.target = "_blank";
    link.setAttribute("aria-label", `${words.photo}: ${data.name}`);
    const image = element("img", "photo");
    // The link names it.
    image.alt = "";
    image.referrerPolicy = "no-referrer";
    image.onload = () => grow(() => link.replaceChildren(image));
    image.src = data.url;
    link.append(element("span", "name", data.name));
  } else {
    link.download = data.name;
    link.append(icon("M6 3h8l4 4v14H6zM14 3v4h4"), element("span", "name", data.name), element("span", "small", size(data.bytes, words)));
  }
  item.append(link);
  return item;
}

/** A text whose codes, such as RH-10464, are not broken at their hyphens. */
function unbroken(text) {
  const parts = text.split(/((?<![\p{L}\d-])(?=[\p{L}-]{0,12}\d)[\p{L}\d]{1,12}(?:-[\p{L}\d[\]]{1,12}){1,3}(?![\p{L}\d-]))/u);
  return parts.map((part, place) => (place % 2 ? element("span", "code", part) : part));
}

export function bubble(who, content) {
  const box = element("div", `message ${who}`);
  if (content) {
    const words = element("div", "bubble");
    words.append(...unbroken(content));
    box.append(words);
  }
  return box;
}

/**
 * A message of the bot or of the staff. `press` is called with the data of a button that is pressed; `grow` shows something
 * that came later and makes the message taller.
 */
export function reply(message, language, press, grow) {
  const words = WORDS[language];
  const box = bubble("bot", message.text);
  if (message.who === "staff") {
    box.classList.add("staff");
    box.prepend(element("div", "author", words.staff));
  }
  if (message.language) box.lang = message.language;
  if (message.photo) {
    const photo = element("img", "photo");
    photo.alt = message.text ? `${words.photo}: ${message.text.split("\n")[0].slice(0, 120)}` : words.photo;
    photo.referrerPolicy = "no-referrer";
    const place = element("div");
    photo.onload = () => grow(() => place.append(photo));
    photo.src = message.photo;
    box.append(place);
  }
  if (message.cards.length) {
    const list = element("div", "cards");
    list.append(...message.cards.map((data) => card(data, words)));
    box.append(list);
  }
  if (message.files?.length) {
    const list = element("ul", "files");
    list.append(...message.files.map((data) => file(data, words, grow)));
    box.append(list);
  }
  if (message.buttons.length) {
    const buttons = element("div", "buttons");
    buttons.append(...message.buttons.map((data) => button(data, press)));
    box.append(buttons);
  }
  return box;
}
