// The page of the web chat. The protocol is described in src/web.rs.
"use strict";

import { follow } from "./follow.js";
import { clean, pieces, size } from "./parts.js";
import { bubble, element, reply } from "./view.js";
import { MESSAGE, TEXT, WORDS } from "./words.js";

const REPLY_TIMEOUT = 25000;
// A socket that does not acknowledge for so long, in milliseconds, is dead without saying so, as after a phone's sleep.
const ACK_TIMEOUT = 20000;
// A button that is pressed again within so many milliseconds was meant once.
const SAME = 1500;
const find = (id) => document.getElementById(id);
const [log, scroll, banner, typing, form, text, send, status, earlier, hint, latest] =
  ["log", "scroll", "banner", "typing", "composer", "text", "send", "status", "earlier", "hint", "latest"].map(find);

const site = document.querySelector("meta[name=chat-title]").dataset;
const offered = site.languages.split(" ");
// Sites of one server share the browser's storage; each has its own chat.
const prefix = site.site === "default" ? "tolmach." : `tolmach.${site.site}.`;

// Private windows may refuse storage: the chat then lives as long as the page.
const memory = {
  get(key) {
    try { return localStorage.getItem(prefix + key); } catch { return null; }
  },
  set(key, value) {
    try { localStorage.setItem(prefix + key, value); } catch { /* see above */ }
  },
};

const known = (code) => (String(code || "").toLowerCase().startsWith("ru") ? "ru" : "en");
let language = [memory.get("language"), known(navigator.language)].find((code) => offered.includes(code)) || offered[0];
let token = memory.get("token");
let socket = null;
let ready = false;
// Whether the server can store what clients write: as it says, and as it answered last.
let storing = true;
let stored = true;
let attempt = 0;
let reconnecting = null;
let seen = 0;
// The first message on the page that is stored.
let oldest = 0;
// The greeting of a chat that is not stored yet; null once the chat has begun.
let greeting = null;
let waiting = null;
let resending = null;
// The message that is on its way: one at a time, so that they are stored in the order in which they were written.
let flying = null;
let overdue = null;
// The last press: the button, and when.
let pressed = { id: "", at: -SAME };
// Not yet acknowledged, in order; kept over a reload.
let unsent = readUnsent();
// Own messages on the page whose stored copy has not come back yet.
const own = [];
const following = follow(scroll, log, latest);

function readUnsent() {
  try {
    const list = JSON.parse(memory.get("unsent") || "[]");
    return Array.isArray(list) ? list.filter((item) => item && typeof item.id === "string").slice(-50) : [];
  } catch {
    return [];
  }
}

function keepUnsent() {
  memory.set("unsent", JSON.stringify(unsent));
}

const answer = (message) => reply(message, language, press, following.along);

// A chat begins with a command that nobody typed.
const isStart = (message) => message.who === "client" && message.text.trim() === "/start";

/** A stored message as an element, which knows when it was said. */
function boxOf(message) {
  const box = message.who === "client" ? bubble("client", message.text) : answer(message);
  box.at = message.at;
  return box;
}

function show(message) {
  if (message.seq <= seen) return;
  seen = message.seq;
  oldest ||= message.seq;
  if (message.who === "client") {
    const index = own.findIndex((mine) => mine.text.trim() === message.text.trim());
    if (index >= 0) {
      const [mine] = own.splice(index, 1);
      settle(mine.box);
      begun();
    } else if (!isStart(message)) {
      begun();
      log.append(boxOf(message));
    }
    return;
  }
  const box = boxOf(message);
  if (greeting) {
    store(box);
    return;
  }
  log.append(box);
  expect(false);
}

// Shows how the chat begins. It stands above what the client writes, and nothing of it is stored.
function greet(messages) {
  if (!greeting) {
    greeting = { box: element("div", "greeting"), stored: 0 };
    log.prepend(greeting.box);
  }
  greeting.box.replaceChildren(...messages.map(boxOf));
  expect(unsent.length > 0 && storing && stored);
}

// Puts a stored message of the greeting in the place of the one that was shown before it was stored. One that is the
// same is left alone, so that it is not read out again.
function store(box) {
  const shown = greeting.box.children[greeting.stored];
  greeting.stored += 1;
  if (!shown) greeting.box.append(box);
  else if (!shown.isEqualNode(box)) shown.replaceWith(box);
}

// The chat is stored from its beginning to here.
function begun() {
  if (greeting && greeting.stored > 0) {
    [...greeting.box.children].slice(greeting.stored).forEach((box) => box.remove());
  }
  greeting = null;
}

// Puts older messages above those on the page, which stay where they are on the screen.
function showOlder(messages) {
  const fromEnd = scroll.scrollHeight - scroll.scrollTop;
  log.prepend(...messages.filter((message) => !isStart(message)).map(boxOf));
  if (messages.length) oldest = messages[0].seq;
  scroll.scrollTop = scroll.scrollHeight - fromEnd;
}

function offerEarlier(yes) {
  // The focus must not be lost with the button.
  if (!yes && document.activeElement === earlier) scroll.focus();
  earlier.hidden = !yes;
  earlier.disabled = false;
}

function settle(box) {
  box.classList.remove("pending");
  box.querySelector(".note")?.remove();
}

function note(box, words) {
  box.querySelector(".note")?.remove();
  box.append(element("span", "note", words));
}

// Whether an answer is on its way. A person who speaks in place of the bot types when they do.
function expect(yes) {
  clearTimeout(waiting);
  const last = [...log.querySelectorAll(".message:not(.client)")].pop();
  yes = yes && !last?.classList.contains("staff");
  typing.hidden = !yes;
  if (yes) waiting = setTimeout(() => { typing.hidden = true; }, REPLY_TIMEOUT);
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function place(frame, words) {
  const box = bubble("client", words);
  box.classList.add("pending");
  note(box, WORDS[language].sending);
  log.append(box);
  own.push({ id: frame.id, text: words, box });
}

function say(frame, words) {
  const whole = { ...frame, id: newId() };
  unsent.push(whole);
  keepUnsent();
  place(whole, words);
  transmit();
  following.toEnd();
}

function press(data) {
  const again = pressed.id === data.id && performance.now() - pressed.at < SAME;
  if (again || unsent.some((frame) => frame.button === data.id)) return;
  pressed = { id: data.id, at: performance.now() };
  say({ type: "press", button: data.id, label: data.label }, data.label);
}

// Sends the first message that is not acknowledged, unless one is on its way.
function transmit() {
  if (!ready || flying || !unsent.length) return;
  [flying] = unsent;
  socket.send(JSON.stringify(flying));
  clearTimeout(overdue);
  overdue = setTimeout(() => {
    if (flying) reconnect(true);
  }, ACK_TIMEOUT);
  expect(storing && stored);
}

function acknowledged(id) {
  flying = null;
  forget(id);
  const mine = own.find((one) => one.id === id);
  if (mine) settle(mine.box);
  stored = true;
  complain("");
  paint();
  transmit();
}

function forget(id) {
  unsent = unsent.filter((frame) => frame.id !== id);
  keepUnsent();
}

function later(ms) {
  clearTimeout(resending);
  resending = setTimeout(transmit, ms);
}

function refused(frame) {
  const words = WORDS[language];
  // A frame that could not be read has no id, and is the one on its way.
  const id = frame.id ?? flying?.id;
  flying = null;
  if (frame.code === "too_fast" || frame.code === "unavailable") {
    stored = frame.code !== "unavailable";
    if (stored) complain(words.fast);
    else expect(false);
    paint();
    earlier.disabled = false;
    later(stored ? 2500 : 5000);
    return;
  }
  expect(false);
  complain(words.bad);
  if (!id) return;
  forget(id);
  const mine = own.find((one) => one.id === id);
  if (mine) note(mine.box, words.failed);
  transmit();
}

function complain(words) {
  banner.textContent = words;
  banner.hidden = !words;
}

const handlers = {
  welcome(frame) {
    token = frame.token;
    memory.set("token", token);
    if (frame.reset) {
      log.replaceChildren();
      own.length = 0;
      seen = 0;
      oldest = 0;
      greeting = null;
    }
    const first = !seen;
    if (first) offerEarlier(frame.earlier);
    earlier.disabled = false;
    attempt = 0;
    ready = true;
    flying = null;
    storing = frame.storing;
    stored = true;
    complain("");
    paint();
    following.along(() => {
      frame.messages.forEach(show);
      for (const one of unsent) {
        if (!own.some((mine) => mine.id === one.id)) place(one, one.text ?? one.label ?? "");
      }
      if (!log.children.length) expect(true);
      transmit();
    });
    if (first) following.show();
  },
  greeting(frame) {
    greet(frame.messages);
    following.show();
  },
  message(frame) { following.along(() => show(frame)); },
  older(frame) {
    showOlder(frame.messages);
    offerEarlier(frame.earlier);
  },
  state(frame) {
    const back = frame.storing && !storing;
    storing = frame.storing;
    if (storing) stored = true;
    else expect(false);
    if (back) later(0);
    paint();
  },
  ack(frame) { acknowledged(frame.id); },
  error(frame) { refused(frame); },
};

function hello(to) {
  to.send(JSON.stringify({ type: "hello", token, language, after: seen }));
}

function connect() {
  clearTimeout(reconnecting);
  const address = new URL("ws", location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  address.search = "";
  address.hash = "";
  const mine = new WebSocket(address);
  const old = socket;
  socket = mine;
  old?.close();
  mine.onopen = () => hello(mine);
  mine.onmessage = (event) => {
    if (mine !== socket) return;
    const frame = JSON.parse(event.data);
    handlers[frame.type]?.(frame);
  };
  mine.onclose = () => {
    if (mine !== socket) return;
    gone();
    // Half to the whole of the pause, so that many pages do not come back at once.
    const pause = Math.min(30000, 500 * 2 ** attempt) * (0.5 + Math.random() / 2);
    attempt += 1;
    reconnecting = setTimeout(connect, pause);
  };
}

function gone() {
  ready = false;
  flying = null;
  expect(false);
  if (attempt > 0 || seen > 0) complain(WORDS[language].lost);
  paint();
}

// The network is back, or the page is looked at again: there is nothing to wait for. A socket that was opened before the network
// went may be dead without saying so.
function reconnect(anew) {
  if (ready && !anew) return;
  attempt = 0;
  if (ready) gone();
  else if (socket.readyState === WebSocket.CONNECTING && !anew) return;
  connect();
}

function paint() {
  const words = WORDS[language];
  document.documentElement.lang = language;
  const title = site[language] || words.title;
  document.title = title;
  find("title").textContent = title;
  find("label").textContent = words.label;
  find("languages").setAttribute("aria-label", words.languages);
  log.setAttribute("aria-label", words.log);
  scroll.setAttribute("aria-label", words.log);
  typing.setAttribute("aria-label", words.typing);
  text.placeholder = words.placeholder;
  for (const [control, name] of [[send, words.send], [latest, words.latest]]) {
    control.setAttribute("aria-label", name);
    control.title = name;
  }
  latest.dataset.new = words.fresh;
  earlier.textContent = words.earlier;
  const works = storing && stored;
  status.textContent = !ready ? words.connecting : works ? words.online : words.unavailable;
  status.classList.toggle("on", ready && works);
  if (ready && !works) complain(words.unstored);
  else if ([WORDS.ru.unstored, WORDS.en.unstored].includes(banner.textContent)) complain("");
  for (const choice of document.querySelectorAll("[data-language]")) {
    choice.setAttribute("aria-pressed", String(choice.dataset.language === language));
  }
  measure();
}

// The number of characters. One is one or two units, so that only a text near a limit is counted.
function lengthOf(value) {
  return value.length <= MESSAGE || value.length > 2 * TEXT ? value.length : size(clean(value));
}

// Says what becomes of a text that is longer than a message.
function measure() {
  const words = WORDS[language];
  const length = lengthOf(text.value);
  const long = length > TEXT;
  const parts = length > MESSAGE && !long ? pieces(clean(text.value)).length : 1;
  hint.textContent = long ? words.long(length) : parts > 1 ? words.parts(parts) : "";
  hint.hidden = !hint.textContent;
  hint.classList.toggle("bad", long);
  send.disabled = long || !text.value.trim();
}

function grow() {
  text.style.height = "auto";
  text.style.height = `${Math.min(160, text.scrollHeight + 2)}px`;
  measure();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (lengthOf(text.value) > TEXT) return;
  const parts = pieces(clean(text.value));
  if (!parts.length) return;
  text.value = "";
  memory.set("draft", "");
  grow();
  for (const part of parts) say({ type: "message", text: part }, part);
  text.focus();
});

text.addEventListener("input", () => {
  memory.set("draft", text.value);
  grow();
});
text.addEventListener("keydown", (event) => {
  // Not while an input method composes a character.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

for (const choice of document.querySelectorAll("[data-language]")) {
  choice.hidden = !offered.includes(choice.dataset.language);
  choice.addEventListener("click", () => {
    language = choice.dataset.language;
    memory.set("language", language);
    paint();
    if (ready) hello(socket);
  });
}

earlier.addEventListener("click", () => {
  if (!ready) return;
  earlier.disabled = true;
  socket.send(JSON.stringify({ type: "older", before: oldest }));
});

find("languages").hidden = offered.length < 2;

addEventListener("online", () => reconnect(true));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) reconnect(false);
});

text.value = memory.get("draft") || "";
paint();
grow();
connect();
