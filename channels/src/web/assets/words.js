// What the page says in each language. The server's messages come in the client's language already.
"use strict";

/** Most characters of one message that the server reads (`event::MAX_TEXT`). */
export const MESSAGE = 4000;
/** Most characters of a text, which goes out as several messages. */
export const TEXT = 20000;

const number = (value, language) => value.toLocaleString(language);

export const WORDS = {
  ru: {
    title: "Консультант", label: "Сообщение", placeholder: "Напишите, что ищете…", send: "Отправить",
    online: "на связи", connecting: "подключение…", unavailable: "временно недоступен", languages: "Язык",
    lost: "Связь потеряна. Подключаемся снова — ваши сообщения не пропадут.",
    unstored: "Сейчас сообщения не доставляются. Ваши останутся здесь и уйдут сами, как только это станет возможно.",
    fast: "Слишком быстро: сообщение уйдёт через несколько секунд.", bad: "Сообщение не удалось отправить.",
    parts: (count) => `Длинный текст: уйдёт целиком, ${count} сообщениями.`,
    long: (length) => `Слишком длинно: ${number(length, "ru")} знаков, за один раз уходит не больше `
      + `${number(TEXT, "ru")}. Сократите текст или отправьте его по частям.`,
    sending: "отправляется…", failed: "не отправлено", article: "Артикул", photo: "Фото", more: "Подробнее",
    code: "ru", units: ["МБ", "КБ", "Б"],
    log: "Переписка", staff: "Менеджер", typing: "Консультант печатает", earlier: "Более ранние сообщения",
    latest: "К последнему сообщению", fresh: "Новое сообщение",
  },
  en: {
    title: "Consultant", label: "Message", placeholder: "What are you looking for?", send: "Send",
    online: "online", connecting: "connecting…", unavailable: "unavailable now", languages: "Language",
    lost: "The connection is lost. Reconnecting — your messages are kept.",
    unstored: "Messages are not delivered right now. Yours are kept here and go out by themselves as soon as possible.",
    fast: "Too fast: the message goes out in a few seconds.", bad: "The message could not be sent.",
    parts: (count) => `A long text: it goes out whole, as ${count} messages.`,
    long: (length) => `Too long: ${number(length, "en")} characters, and at most ${number(TEXT, "en")} go out `
      + "at once. Shorten the text, or send it in parts.",
    sending: "sending…", failed: "not sent", article: "Article", photo: "Photo", more: "More",
    code: "en", units: ["MB", "KB", "B"],
    log: "Conversation", staff: "Manager", typing: "The consultant is typing", earlier: "Earlier messages",
    latest: "To the latest message", fresh: "New message",
  },
};
