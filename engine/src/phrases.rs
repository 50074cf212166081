//! Texts that the engine itself sends to clients, in both languages. Those with a name may be said otherwise by a bundle:
//! see [`Phrases`].

use std::collections::BTreeMap;

use crate::{language::Language, span::Spanned, text::Text};

/// A sentence in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// The name by which a bundle says it otherwise; empty for a sentence that it cannot change.
    pub name: &'static str,
    /// Russian.
    pub ru: &'static str,
    /// English.
    pub en: &'static str,
}

impl Phrase {
    /// A sentence from its two versions.
    pub const fn new(ru: &'static str, en: &'static str) -> Phrase {
        Phrase { name: "", ru, en }
    }

    /// A sentence that a bundle may say otherwise.
    pub const fn named(name: &'static str, ru: &'static str, en: &'static str) -> Phrase {
        Phrase { name, ru, en }
    }

    /// What stands in braces for a value: `{}`, `{sum}`.
    pub fn placeholders(&self) -> impl Iterator<Item = &'static str> {
        let mut rest = self.ru;
        std::iter::from_fn(move || {
            let from = rest.find('{')?;
            let end = from + rest.get(from..)?.find('}')? + 1;
            let (placeholder, after) = (rest.get(from..end)?, rest.get(end..)?);
            rest = after;
            Some(placeholder)
        })
    }

    /// The sentence in a language.
    pub const fn get(self, language: Language) -> &'static str {
        match language {
            Language::Ru => self.ru,
            Language::En => self.en,
        }
    }
}

/// A sentence that a bundle may say otherwise, and when it is said.
pub type Listed = (Phrase, &'static str);

/// The sentences of a bundle in place of the engine's own, by name: `phrases` of the entry flow.
#[derive(Clone, Debug, Default)]
pub struct Phrases(pub(crate) BTreeMap<String, Text>);

impl Phrases {
    /// Those of a flow's header.
    pub(crate) fn of(header: &BTreeMap<Spanned<String>, Text>) -> Phrases {
        Phrases(header.iter().map(|(name, text)| (name.value.clone(), text.clone())).collect())
    }

    /// A sentence in a language: the bundle's, or the engine's own.
    pub fn get(&self, phrase: Phrase, language: Language) -> &str {
        let own = self.0.get(phrase.name).filter(|_| !phrase.name.is_empty());
        own.map_or(phrase.get(language), |text| text.in_language(language).source())
    }
}

/// The sentences of the engine that a bundle may say otherwise, in the order of the reference.
pub const LISTED: &[Listed] = &[
    (APOLOGY, "a turn failed and the flow has no `on.error`, or that failed too"),
    (GAVE_UP, "a question took no further answer, and nothing else was said in the turn"),
    (STALE_BUTTON, "a button was pressed whose node or flow is gone"),
    (START_OVER, "the button under `old_button`"),
    (UNSUPPORTED, "the client sent a voice message, a sticker or a photo without words"),
    (LATER, "the next page of cards could not be fetched"),
    (NO_MORE, "the next page of cards turned out empty"),
    (MORE, "the button for the next page of cards"),
    (MORE_WISHES, "wishes of a message are not answered yet; `{}` is their words"),
    (GO_ON, "the button under `more_wishes`"),
    (OF_WISH, "before the answer to a further wish of a message; `{}` is its words"),
];

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
pub const APOLOGY: Phrase = Phrase::named(
    "failed",
    "Извините, что-то пошло не так. Попробуйте ещё раз чуть позже.",
    "Sorry, something went wrong. Please try again a little later.",
);

/// A question gave up, and nothing that came of it was said.
pub const GAVE_UP: Phrase = Phrase::named(
    "gave_up",
    "Не получилось разобрать ответ, поэтому этот вопрос пропущу. Напишите, чем ещё помочь.",
    "I could not make out the answer, so I will skip this question. Tell me what else I can do for you.",
);

/// A button whose node is gone.
pub const STALE_BUTTON: Phrase = Phrase::named(
    "old_button",
    "Эта кнопка уже не работает. Напишите, пожалуйста, словами, что вам нужно.",
    "This button no longer works. Please write what you need.",
);

/// A voice message, a sticker and the like.
pub const UNSUPPORTED: Phrase = Phrase::named(
    "unsupported",
    "Пока я понимаю только текст. Напишите, пожалуйста, словами.",
    "I can only read text so far. Please write it in words.",
);

/// The button for the next page of cards.
pub const MORE: Phrase = Phrase::named("more", "Показать ещё", "Show more");

/// A price that is not in the price list.
pub const ON_REQUEST: Phrase = Phrase::new("цена по запросу", "price on request");

/// In stock, before the number.
pub const IN_STOCK: Phrase = Phrase::new("в наличии", "in stock");

/// Out of stock.
pub const OUT_OF_STOCK: Phrase = Phrase::new("под заказ", "to order");

/// The next page turned out empty.
pub const NO_MORE: Phrase = Phrase::named("no_more", "Больше ничего не нашлось.", "There is nothing more.");

/// Wishes of a message that are not answered yet, at `{}`, before the button [`GO_ON`].
pub const MORE_WISHES: Phrase =
    Phrase::named("more_wishes", "Ещё вы спрашивали: {}. Ответить?", "You also asked: {}. Shall I answer?");

/// Before the answer to a further wish of a message, with its words at `{}`.
pub const OF_WISH: Phrase = Phrase::named("of_wish", "Про «{}»: ", "About «{}»: ");

/// The button that answers the wishes that are left.
pub const GO_ON: Phrase = Phrase::named("go_on", "Да, ответьте", "Yes, please");

/// The next page could not be fetched.
pub const LATER: Phrase = Phrase::named(
    "later",
    "Сейчас не получается. Попробуйте ещё раз чуть позже.",
    "That does not work right now. Please try again a little later.",
);

/// The button beside [`STALE_BUTTON`].
pub const START_OVER: Phrase = Phrase::named("start_over", "Начать заново", "Start over");

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
