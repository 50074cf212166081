// The page of the web chat. The protocol is described in src/web.rs. All content is inserted as text, never as HTML.
"use strict";

(() => {
  const WORDS = {
    ru: {
      title: "Консультант", label: "Сообщение", placeholder: "Напишите, что ищете…", send: "Отправить",
      online: "на связи", connecting: "подключение…", languages: "Язык",
      lost: "Связь потеряна. Подключаемся снова — ваши сообщения не пропадут.",
      fast: "Слишком быстро: сообщение уйдёт через несколько секунд.",
      long: "Сообщение слишком длинное: не больше 4096 знаков.", bad: "Сообщение не удалось отправить.",
      sending: "отправляется…", failed: "не отправлено", article: "Артикул", photo: "Фото",
      log: "Переписка", staff: "Менеджер", typing: "Консультант печатает", earlier: "Более ранние сообщения",
    },
    en: {
      title: "Consultant", label: "Message", placeholder: "What are you looking for?", send: "Send",
      online: "online", connecting: "connecting…", languages: "Language",
      lost: "The connection is lost. Reconnecting — your messages are kept.",
      fast: "Too fast: the message goes out in a few seconds.",
      long: "The message is too long: 4096 characters at most.", bad: "The message could not be sent.",
      sending: "sending…", failed: "not sent", article: "Article", photo: "Photo",
      log: "Conversation", staff: "Manager", typing: "The consultant is typing", earlier: "Earlier messages",
    },
  };
  const REPLY_TIMEOUT = 25000;
  // The server takes so many messages at once; the rest of a longer queue goes out later.
  const BURST = 5;
  const find = (id) => document.getElementById(id);
  const [log, scroll, banner, typing, form, text, send, status, earlier] =
    ["log", "scroll", "banner", "typing", "composer", "text", "send", "status", "earlier"].map(find);

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
  let attempt = 0;
  let seen = 0;
  // The first message on the page that is stored.
  let oldest = 0;
  // The greeting of a chat that is not stored yet; null once the chat has begun.
  let greeting = null;
  let waiting = null;
  let resending = null;
  // Not yet acknowledged, in order; kept over a reload.
  let unsent = readUnsent();
  // Own messages on the page whose stored copy has not come back yet.
  const own = [];

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

  function element(name, className, content) {
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
  function picture(url, name) {
    const box = element("div", "picture");
    box.append(icon("M4 7.5 12 3l8 4.5v9L12 21l-8-4.5zM4 7.5l8 4.5 8-4.5M12 12v9"));
    if (!url) return box;
    const image = element("img");
    image.alt = name;
    image.referrerPolicy = "no-referrer";
    image.onload = () => box.replaceChildren(image);
    image.src = url;
    return box;
  }

  function card(data) {
    const box = element("article", "card");
    const facts = element("div", "facts");
    facts.append(element("h2", "name", data.name));
    const line = [data.brand].filter(Boolean).map((part) => document.createTextNode(part));
    if (data.article) {
      if (line.length) line.push(document.createTextNode(" · "));
      line.push(document.createTextNode(`${WORDS[language].article} `), element("b", "", data.article));
    }
    if (line.length) {
      const small = element("div", "small");
      small.append(...line);
      facts.append(small);
    }
    if (data.description) facts.append(element("p", "description", data.description));
    const cost = element("div", "cost");
    if (data.price) cost.append(element("span", "price", data.price));
    if (data.stock) cost.append(element("span", "stock", data.stock));
    facts.append(cost);
    box.append(picture(data.photo, data.name), facts);
    return box;
  }

  function button(data) {
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
    made.addEventListener("click", () => say({ type: "press", button: data.id, label: data.label }, data.label));
    return made;
  }

  function bubble(who, content) {
    const box = element("div", `message ${who}`);
    if (content) box.append(element("div", "bubble", content));
    return box;
  }

  // A message of the bot or of the staff.
  function reply(message) {
    const box = bubble("bot", message.text);
    if (message.who === "staff") {
      box.classList.add("staff");
      box.prepend(element("div", "author", WORDS[language].staff));
    }
    if (message.language) box.lang = message.language;
    if (message.photo) {
      const photo = element("img", "photo");
      photo.alt = WORDS[language].photo;
      photo.referrerPolicy = "no-referrer";
      const place = element("div");
      photo.onload = () => {
        const atEnd = isAtEnd();
        place.append(photo);
        if (atEnd) toEnd();
      };
      photo.src = message.photo;
      box.append(place);
    }
    if (message.cards.length) {
      const cards = element("div", "cards");
      cards.append(...message.cards.map(card));
      box.append(cards);
    }
    if (message.buttons.length) {
      const buttons = element("div", "buttons");
      buttons.append(...message.buttons.map(button));
      box.append(buttons);
    }
    return box;
  }

  // A chat begins with a command that nobody typed.
  const isStart = (message) => message.who === "client" && message.text.trim() === "/start";

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
        log.append(bubble("client", message.text));
      }
      return;
    }
    const box = reply(message);
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
    greeting.box.replaceChildren(...messages.map(reply));
    expect(unsent.length > 0);
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
    const boxes = messages.filter((message) => !isStart(message));
    log.prepend(...boxes.map((message) => (message.who === "client" ? bubble("client", message.text) : reply(message))));
    if (messages.length) oldest = messages[0].seq;
    scroll.scrollTop = scroll.scrollHeight - fromEnd;
  }

  function offerEarlier(yes) {
    // The focus must not be lost with the button.
    if (!yes && document.activeElement === earlier) scroll.focus();
    earlier.hidden = !yes;
    earlier.disabled = false;
  }

  function isAtEnd() {
    return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 160;
  }

  function toEnd() {
    scroll.scrollTop = scroll.scrollHeight;
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
    toEnd();
    transmit(whole);
  }

  function transmit(frame) {
    if (!ready) return;
    socket.send(JSON.stringify(frame));
    expect(true);
    toEnd();
  }

  function acknowledged(id) {
    unsent = unsent.filter((frame) => frame.id !== id);
    keepUnsent();
    const mine = own.find((one) => one.id === id);
    if (mine) settle(mine.box);
    complain("");
  }

  function later(ms) {
    clearTimeout(resending);
    resending = setTimeout(resend, ms);
  }

  function resend() {
    unsent.slice(0, BURST).forEach(transmit);
    if (unsent.length > BURST) later(1000 * BURST);
  }

  function refused(frame) {
    const words = WORDS[language];
    if (frame.code === "too_fast" || frame.code === "unavailable") {
      complain(frame.code === "too_fast" ? words.fast : words.lost);
      earlier.disabled = false;
      later(frame.code === "too_fast" ? 2500 : 5000);
      return;
    }
    expect(false);
    complain(frame.code === "too_long" ? words.long : words.bad);
    if (!frame.id) return;
    unsent = unsent.filter((one) => one.id !== frame.id);
    keepUnsent();
    const mine = own.find((one) => one.id === frame.id);
    if (mine) note(mine.box, words.failed);
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
      if (!seen) offerEarlier(frame.earlier);
      earlier.disabled = false;
      attempt = 0;
      ready = true;
      complain("");
      paint();
      frame.messages.forEach(show);
      for (const one of unsent) {
        if (!own.some((mine) => mine.id === one.id)) place(one, one.text ?? one.label ?? "");
      }
      if (!log.children.length) expect(true);
      resend();
      toEnd();
    },
    greeting(frame) {
      greet(frame.messages);
      toEnd();
    },
    message(frame) {
      const atEnd = isAtEnd();
      show(frame);
      if (atEnd) toEnd();
    },
    older(frame) {
      showOlder(frame.messages);
      offerEarlier(frame.earlier);
    },
    ack(frame) { acknowledged(frame.id); },
    error(frame) { refused(frame); },
  };

  function hello(to) {
    to.send(JSON.stringify({ type: "hello", token, language, after: seen }));
  }

  function connect() {
    const address = new URL("ws", location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    address.search = "";
    address.hash = "";
    const mine = new WebSocket(address);
    socket = mine;
    mine.onopen = () => hello(mine);
    mine.onmessage = (event) => {
      if (mine !== socket) return;
      const frame = JSON.parse(event.data);
      handlers[frame.type]?.(frame);
    };
    mine.onclose = () => {
      if (mine !== socket) return;
      ready = false;
      expect(false);
      if (attempt > 0 || seen > 0) complain(WORDS[language].lost);
      paint();
      // Half to the whole of the pause, so that many pages do not come back at once.
      const pause = Math.min(30000, 500 * 2 ** attempt) * (0.5 + Math.random() / 2);
      attempt += 1;
      setTimeout(connect, pause);
    };
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
    send.setAttribute("aria-label", words.send);
    send.title = words.send;
    earlier.textContent = words.earlier;
    status.textContent = ready ? words.online : words.connecting;
    status.classList.toggle("on", ready);
    for (const choice of document.querySelectorAll("[data-language]")) {
      choice.setAttribute("aria-pressed", String(choice.dataset.language === language));
    }
  }

  function grow() {
    text.style.height = "auto";
    text.style.height = `${Math.min(160, text.scrollHeight + 2)}px`;
    send.disabled = !text.value.trim();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = text.value.trim();
    if (!words) return;
    text.value = "";
    grow();
    say({ type: "message", text: words }, words);
    text.focus();
  });

  text.addEventListener("input", grow);
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

  addEventListener("online", () => { attempt = 0; });

  paint();
  connect();
})();
