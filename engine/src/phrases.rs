//! Texts that the engine itself sends to clients, in both languages.

use crate::language::Language;

/// A sentence in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Russian.
    pub ru: &'static str,
    /// English.
    pub en: &'static str,
}

impl Phrase {
    /// A sentence from its two versions.
    pub const fn new(ru: &'static str, en: &'static str) -> Phrase {
        Phrase { ru, en }
    }

    /// The sentence in a language.
    pub const fn get(self, language: Language) -> &'static str {
        match language {
            Language::Ru => self.ru,
            Language::En => self.en,
        }
    }
}

/// What stands for a personal value where models, traces and listings may not see it.
pub const PERSONAL: Phrase = Phrase::new("[личное]", "[personal]");
/// The same for a name.
pub const PERSONAL_NAME: Phrase = Phrase::new("[имя]", "[name]");
/// The same for a phone number.
pub const PERSONAL_PHONE: Phrase = Phrase::new("[телефон]", "[phone]");
/// The same for an e-mail address.
pub const PERSONAL_EMAIL: Phrase = Phrase::new("[почта]", "[email]");
/// The same for a date.
pub const PERSONAL_DATE: Phrase = Phrase::new("[дата]", "[date]");

/// A turn failed and the flow has no error path, or that failed too.
pub const APOLOGY: Phrase = Phrase::new(
    "Извините, что-то пошло не так. Попробуйте ещё раз чуть позже или напишите /start.",
    "Sorry, something went wrong. Please try again a little later or send /start.",
);

/// A button whose node is gone.
pub const STALE_BUTTON: Phrase = Phrase::new(
    "Эта кнопка уже не работает. Напишите, что вы ищете, или начните заново: /start.",
    "This button no longer works. Tell me what you are looking for, or start over: /start.",
);

/// A voice message, a sticker and the like.
pub const UNSUPPORTED: Phrase = Phrase::new(
    "Пока я понимаю только текст. Напишите, пожалуйста, словами.",
    "I can only read text so far. Please write it in words.",
);

/// The button for the next page of cards.
pub const MORE: Phrase = Phrase::new("Показать ещё", "Show more");

/// A price that is not in the price list.
pub const ON_REQUEST: Phrase = Phrase::new("цена по запросу", "price on request");

/// In stock, before the number.
pub const IN_STOCK: Phrase = Phrase::new("в наличии", "in stock");

/// Out of stock.
pub const OUT_OF_STOCK: Phrase = Phrase::new("под заказ", "to order");

/// The next page turned out empty.
pub const NO_MORE: Phrase = Phrase::new("Больше ничего не нашлось.", "There is nothing more.");

/// Wishes of a message that are not answered yet, at `{}`, before the button [`GO_ON`].
pub const MORE_WISHES: Phrase =
    Phrase::new("Ещё вы спрашивали: {}. Ответить?", "You also asked: {}. Shall I answer?");

/// Before the answer to a further wish of a message, with its words at `{}`.
pub const OF_WISH: Phrase = Phrase::new("Про «{}»: ", "About «{}»: ");

/// The button that answers the wishes that are left.
pub const GO_ON: Phrase = Phrase::new("Да, ответьте", "Yes, please");

/// The next page could not be fetched.
pub const LATER: Phrase = Phrase::new(
    "Сейчас не получается. Попробуйте ещё раз чуть позже.",
    "That does not work right now. Please try again a little later.",
);

/// The button beside [`STALE_BUTTON`].
pub const START_OVER: Phrase = Phrase::new("Начать заново", "Start over");

/// Why a chat is with a person, when the person took it.
pub const TAKEN_BY_STAFF: Phrase = Phrase::new("Сотрудник взял чат", "A member of the staff took the chat");

/// For the client: a turn was abandoned. Sending the same again would fail the same way.
pub const ABANDONED: Phrase = Phrase::new(
    "Извините, с этим сообщением я не справился. Я передал его сотрудникам. Попробуйте написать короче.",
    "Sorry, I could not handle this message. I have passed it on to the staff. Please try a shorter one.",
);

/// For the staff: a turn was abandoned. `{why}` is the reason.
pub const ABANDONED_FOR_STAFF: Phrase = Phrase::new(
    "Бот не смог обработать сообщение клиента: {why}. Напишите клиенту сами.",
    "The bot could not handle a client's message: {why}. Please write to them yourself.",
);

/// The subject of [`FAILED_FOR_STAFF`] and [`ABANDONED_FOR_STAFF`].
pub const FAILED_SUBJECT: Phrase = Phrase::new("Диалог прервался", "A dialog failed");

/// For the staff: a turn failed and so did its error path.
pub const FAILED_FOR_STAFF: Phrase = Phrase::new(
    "Бот не смог ответить клиенту: отказал узел «{node}». Напишите клиенту сами.",
    "The bot could not answer a client: the node \"{node}\" failed. Please write to them yourself.",
);
