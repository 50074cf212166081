//! Default texts of nodes, for flows that give none.

use tolmach_engine::phrases::Phrase;

/// The button and the word that leave a question.
pub(crate) const CANCEL: Phrase = Phrase::new("Отмена", "Cancel");
/// The buttons of a question of yes or no.
pub(crate) const YES: Phrase = Phrase::new("Да", "Yes");
pub(crate) const NO: Phrase = Phrase::new("Нет", "No");
/// The client leaves a choice open; at `{}` stands what is taken.
pub(crate) const TAKES_FIRST: Phrase = Phrase::new("Хорошо, тогда «{}».", "All right, \"{}\" then.");
/// Several choices fit; at `{}` they stand.
pub(crate) const BETWEEN: Phrase = Phrase::new("Уточните, пожалуйста: {}?", "Which one do you mean: {}?");
/// The client asks something that nobody here understands; at `{}` stands the question that waits.
pub(crate) const BACK_TO_QUESTION: Phrase = Phrase::new(
    "На это у меня нет ответа. Вернёмся к вопросу: {}",
    "I have no answer to that. Back to the question: {}",
);
/// The button that shares the client's own contact.
pub(crate) const SHARE_CONTACT: Phrase = Phrase::new("Отправить мой номер", "Share my number");

pub(crate) const NOT_A_NUMBER: Phrase =
    Phrase::new("Напишите, пожалуйста, число, например 15000.", "Please write a number, for example 15000.");
pub(crate) const OUT_OF_RANGE: Phrase =
    Phrase::new("Это число не подходит. Напишите другое.", "That number does not fit. Please write another.");
pub(crate) const NOT_A_DATE: Phrase =
    Phrase::new("Напишите дату, например 25.12.2026.", "Please write a date, for example 25.12.2026.");
pub(crate) const NOT_A_PHONE: Phrase = Phrase::new(
    "Не похоже на номер телефона. Напишите с кодом, например +7 999 123-45-67.",
    "That does not look like a phone number. Please include the code, for example +7 999 123-45-67.",
);
/// The same where digits are missing; at `{}` stands how many.
pub(crate) const PHONE_TOO_SHORT: Phrase = Phrase::new(
    "Не похоже на номер телефона: не хватает {}. Напишите с кодом, например +7 999 123-45-67.",
    "That does not look like a phone number: {} missing. Please include the code, for example +7 999 123-45-67.",
);
/// The same where there are digits too many; at `{}` stands how many.
pub(crate) const PHONE_TOO_LONG: Phrase = Phrase::new(
    "Не похоже на номер телефона: {}. Напишите с кодом, например +7 999 123-45-67.",
    "That does not look like a phone number: {} too many. Please include the code, for example +7 999 123-45-67.",
);
/// One to four missing digits.
pub(crate) const MISSING_DIGITS: [Phrase; 4] = [
    Phrase::new("одной цифры", "one digit is"),
    Phrase::new("двух цифр", "two digits are"),
    Phrase::new("трёх цифр", "three digits are"),
    Phrase::new("четырёх цифр", "four digits are"),
];
/// One to four digits too many.
pub(crate) const EXTRA_DIGITS: [Phrase; 4] = [
    Phrase::new("одна цифра лишняя", "one digit"),
    Phrase::new("две цифры лишние", "two digits"),
    Phrase::new("три цифры лишние", "three digits"),
    Phrase::new("четыре цифры лишние", "four digits"),
];
pub(crate) const NOT_AN_EMAIL: Phrase = Phrase::new(
    "Не похоже на e-mail. Например: name@example.com.",
    "That does not look like an e-mail. For example: name@example.com.",
);
pub(crate) const NOT_A_SIZE: Phrase = Phrase::new(
    "Напишите размеры, например 50х30х20 см.",
    "Please write the sizes, for example 50x30x20 cm.",
);
pub(crate) const NOT_A_CHOICE: Phrase =
    Phrase::new("Выберите, пожалуйста, один из вариантов.", "Please choose one of the options.");
pub(crate) const NOT_YES_OR_NO: Phrase =
    Phrase::new("Ответьте, пожалуйста, да или нет.", "Please answer yes or no.");
pub(crate) const NOT_FITTING: Phrase = Phrase::new(
    "Так не получится. Попробуйте написать иначе.",
    "That does not fit. Please write it differently.",
);

/// The question of a contact form; at `{}` stand the fields.
pub(crate) const CONTACT: Phrase =
    Phrase::new("Оставьте, пожалуйста, {} — одним сообщением.", "Please leave {}, in one message.");
pub(crate) const A_NAME: Phrase = Phrase::new("имя", "your name");
pub(crate) const A_PHONE: Phrase = Phrase::new("телефон", "a phone number");
pub(crate) const AN_EMAIL: Phrase = Phrase::new("e-mail", "an e-mail");
pub(crate) const NAME: Phrase = Phrase::new("Как к вам обращаться?", "What is your name?");
pub(crate) const PHONE: Phrase = Phrase::new("Напишите номер телефона.", "What is your phone number?");
pub(crate) const EMAIL: Phrase = Phrase::new("Напишите ваш e-mail.", "What is your e-mail?");
pub(crate) const PHONE_OR_EMAIL: Phrase = Phrase::new(
    "Напишите телефон или e-mail, чтобы мы могли ответить.",
    "Please write a phone number or an e-mail so that we can reply.",
);
/// The subject of the notice that calls for a person.
pub(crate) const CALLS_FOR_PERSON: Phrase =
    Phrase::new("Клиент ждёт человека", "A client waits for a person");

/// Before rows that are for what was asked for.
pub(crate) const ONLY_ACCESSORIES: Phrase = Phrase::new(
    "Самого товара не нашлось, есть то, что к нему подходит.",
    "The product itself was not found; here is what goes with it.",
);
/// Before rows whose number begins with the code at `{}`.
pub(crate) const BEGINS_WITH: Phrase = Phrase::new(
    "Точного номера {} нет. Вот номера, которые с него начинаются или содержат его.",
    "There is no article {}. These numbers begin with it or contain it.",
);
/// Before rows whose number is like the code at `{}`.
pub(crate) const SIMILAR_TO: Phrase =
    Phrase::new("Нашлось похожее, точного номера {} нет", "There is no article {}, only similar ones");
