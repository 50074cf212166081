//! Default texts of nodes, for flows that give none.

use tolmach_engine::phrases::{Listed, Phrase};

/// The button and the word that leave a question.
pub(crate) const CANCEL: Phrase = Phrase::named("cancel", "Отмена", "Cancel");
/// The buttons of a question of yes or no.
pub(crate) const YES: Phrase = Phrase::named("yes", "Да", "Yes");
pub(crate) const NO: Phrase = Phrase::named("no", "Нет", "No");
/// The client leaves a choice open; at `{}` stands what is taken.
pub(crate) const TAKES_FIRST: Phrase =
    Phrase::named("takes_first", "Хорошо, тогда «{}».", "All right, \"{}\" then.");
/// Several choices fit; at `{}` they stand.
pub(crate) const BETWEEN: Phrase =
    Phrase::named("between", "Уточните, пожалуйста: {}?", "Which one do you mean: {}?");
/// The client asks something that nobody here understands; at `{}` stands the question that waits.
pub(crate) const BACK_TO_QUESTION: Phrase = Phrase::named(
    "back_to_question",
    "На это у меня нет ответа. Вернёмся к вопросу: {}",
    "I have no answer to that. Back to the question: {}",
);
/// The button that shares the client's own contact.
pub(crate) const SHARE_CONTACT: Phrase =
    Phrase::named("share_contact", "Отправить мой номер", "Share my number");

pub(crate) const NOT_A_NUMBER: Phrase = Phrase::named(
    "not_a_number",
    "Напишите, пожалуйста, число, например {}.",
    "Please write a number, for example {}.",
);
pub(crate) const OUT_OF_RANGE: Phrase = Phrase::named(
    "out_of_range",
    "Это число не подходит. Напишите другое.",
    "That number does not fit. Please write another.",
);
pub(crate) const NOT_A_DATE: Phrase = Phrase::named(
    "not_a_date",
    "Напишите дату, например 25.12.2026.",
    "Please write a date, for example 25.12.2026.",
);
pub(crate) const NOT_A_TIME: Phrase =
    Phrase::named("not_a_time", "Напишите время, например 14:30.", "Please write a time, for example 14:30.");
pub(crate) const NOT_A_MOMENT: Phrase = Phrase::named(
    "not_a_moment",
    "Напишите день и время, например 25.12.2026 в 14:30.",
    "Please write a day and a time, for example 25.12.2026 at 14:30.",
);
pub(crate) const NOT_A_DURATION: Phrase = Phrase::named(
    "not_a_duration",
    "Напишите, сколько времени, например 2 часа или 3 дня.",
    "Please write how long, for example 2 hours or 3 days.",
);
/// The half of a day with a time that an answer leaves open.
pub(crate) const WHAT_TIME: Phrase = Phrase::named("what_time", "А во сколько?", "And at what time?");
pub(crate) const WHAT_DAY: Phrase = Phrase::named("what_day", "А в какой день?", "And on what day?");
/// An answer beyond a limit; at `{}` stands the limit.
pub(crate) const NOT_BEFORE: Phrase = Phrase::named(
    "not_before",
    "Не раньше: {}. Выберите другое время.",
    "Not before {}. Please choose another time.",
);
pub(crate) const NOT_AFTER: Phrase = Phrase::named(
    "not_after",
    "Не позже: {}. Выберите другое время.",
    "Not after {}. Please choose another time.",
);
/// The same for days.
pub(crate) const NOT_BEFORE_DAY: Phrase = Phrase::named(
    "not_before_day",
    "Не раньше: {}. Выберите другой день.",
    "Not before {}. Please choose another day.",
);
pub(crate) const NOT_AFTER_DAY: Phrase = Phrase::named(
    "not_after_day",
    "Не позже: {}. Выберите другой день.",
    "Not after {}. Please choose another day.",
);
pub(crate) const NOT_LESS: Phrase = Phrase::named("not_less", "Не меньше: {}.", "Not less than {}.");
pub(crate) const NOT_MORE: Phrase = Phrase::named("not_more", "Не больше: {}.", "Not more than {}.");
/// A day or a time at which nobody works; at `{}` stand the working hours.
pub(crate) const NOT_A_WORKDAY: Phrase = Phrase::named(
    "not_a_workday",
    "В этот день мы не работаем. Рабочее время: {}. Выберите другой день.",
    "We do not work on that day. Working hours: {}. Please choose another day.",
);
pub(crate) const NOT_WORKING_HOURS: Phrase = Phrase::named(
    "not_working_hours",
    "В это время мы не работаем. Рабочее время: {}. Выберите другое время.",
    "We do not work at that time. Working hours: {}. Please choose another time.",
);
pub(crate) const NOT_A_PHONE: Phrase = Phrase::named(
    "not_a_phone",
    "Не похоже на номер телефона. Напишите с кодом, например +7 999 123-45-67.",
    "That does not look like a phone number. Please include the code, for example +7 999 123-45-67.",
);
/// The same where digits are missing; at `{}` stands how many.
pub(crate) const PHONE_TOO_SHORT: Phrase = Phrase::named(
    "phone_too_short",
    "Не похоже на номер телефона: не хватает {}. Напишите с кодом, например +7 999 123-45-67.",
    "That does not look like a phone number: {} missing. Please include the code, for example +7 999 123-45-67.",
);
/// The same where there are digits too many; at `{}` stands how many.
pub(crate) const PHONE_TOO_LONG: Phrase = Phrase::named(
    "phone_too_long",
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
pub(crate) const NOT_AN_EMAIL: Phrase = Phrase::named(
    "not_an_email",
    "Не похоже на e-mail. Например: name@example.com.",
    "That does not look like an e-mail. For example: name@example.com.",
);
pub(crate) const NOT_A_SIZE: Phrase = Phrase::named(
    "not_a_size",
    "Напишите размеры, например 50х30х20 см.",
    "Please write the sizes, for example 50x30x20 cm.",
);
pub(crate) const NOT_A_CHOICE: Phrase = Phrase::named(
    "not_a_choice",
    "Выберите, пожалуйста, один из вариантов.",
    "Please choose one of the options.",
);
pub(crate) const NOT_YES_OR_NO: Phrase =
    Phrase::named("not_yes_or_no", "Ответьте, пожалуйста, да или нет.", "Please answer yes or no.");
pub(crate) const NOT_FITTING: Phrase = Phrase::named(
    "not_fitting",
    "Так не получится. Попробуйте написать иначе.",
    "That does not fit. Please write it differently.",
);

/// The question of a contact form; at `{}` stand the fields.
pub(crate) const CONTACT: Phrase = Phrase::named(
    "contact",
    "Оставьте, пожалуйста, {} — одним сообщением.",
    "Please leave {}, in one message.",
);
pub(crate) const A_NAME: Phrase = Phrase::new("имя", "your name");
pub(crate) const A_PHONE: Phrase = Phrase::new("телефон", "a phone number");
pub(crate) const AN_EMAIL: Phrase = Phrase::new("e-mail", "an e-mail");
pub(crate) const NAME: Phrase = Phrase::named("contact_name", "Как к вам обращаться?", "What is your name?");
pub(crate) const PHONE: Phrase =
    Phrase::named("contact_phone", "Напишите номер телефона.", "What is your phone number?");
pub(crate) const EMAIL: Phrase =
    Phrase::named("contact_email", "Напишите ваш e-mail.", "What is your e-mail?");
pub(crate) const PHONE_OR_EMAIL: Phrase = Phrase::named(
    "contact_phone_or_email",
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

pub(crate) const NO_PHOTO: Phrase =
    Phrase::new("Фотографии этого товара нет.", "There is no photo of this product.");
pub(crate) const NO_DETAILS: Phrase =
    Phrase::new("Больше о нём в каталоге ничего не сказано.", "The catalogue says no more about it.");
/// Headings of a comparison.
pub(crate) const PRICE: Phrase = Phrase::new("Цена", "Price");
pub(crate) const STOCK: Phrase = Phrase::new("Наличие", "Stock");
pub(crate) const BRAND: Phrase = Phrase::new("Марка", "Brand");
pub(crate) const ALIKE: Phrase =
    Phrase::new("По данным каталога они не отличаются.", "The catalogue shows no difference between them.");
pub(crate) const CHEAPER_BY: Phrase = Phrase::new(
    "Дешевле всех №{place}: на {sum} дешевле самого дорогого.",
    "No. {place} is the cheapest, by {sum} less than the dearest.",
);
/// A recommendation of the product at `{}`, and why.
pub(crate) const I_RECOMMEND: Phrase = Phrase::new("Советую {}", "I recommend {}");
pub(crate) const NEAREST_IN_STOCK: Phrase = Phrase::new(
    "Он ближе всего к запросу из того, что есть в наличии.",
    "Of what is in stock it is nearest to what you asked for.",
);
pub(crate) const NEAREST: Phrase =
    Phrase::new("Он ближе всего к запросу.", "It is nearest to what you asked for.");
pub(crate) const CHEAPER_IS: Phrase = Phrase::new("Если нужно дешевле: {}", "If you want a cheaper one: {}");
/// An order read back.
pub(crate) const IN_ORDER: Phrase = Phrase::new("Записал в заказ:", "In your order:");
pub(crate) const ORDER_SUM: Phrase = Phrase::new("Сумма: {}", "Sum: {}");
pub(crate) const ORDER_PLACE: Phrase = Phrase::new("Куда: {}", "Delivery to: {}");
pub(crate) const ORDER_EMPTY: Phrase =
    Phrase::new("Убрал. В заказе больше ничего нет.", "Removed. There is nothing in the order now.");
pub(crate) const ORDER_FULL: Phrase = Phrase::new(
    "В заказ больше не помещается: {} строк — предел. Остальное передайте менеджеру.",
    "The order is full at {} lines. Please tell a manager the rest.",
);
/// Lines of a pasted list.
pub(crate) const LIST_FOUND: Phrase = Phrase::new("Нашёл:", "Found:");
pub(crate) const LIST_UNSURE: Phrase = Phrase::new("Похоже на это, проверьте:", "Is this what you mean:");
pub(crate) const LIST_MISSING: Phrase = Phrase::new("Не нашёл:", "Not found:");
pub(crate) const LIST_CUT: Phrase = Phrase::new(
    "Прочитал первые {} строк. Остальные пришлите отдельно.",
    "I read the first {} lines. Please send the others separately.",
);
/// There are only so many rows as `{}`.
pub(crate) const NO_SUCH_PLACE: Phrase = Phrase::new(
    "Я показал только {}. Напишите номер из них или «ещё».",
    "I showed only {}. Write the number of one of them, or \"more\".",
);
pub(crate) const WHAT_OF_THEM: Phrase = Phrase::new(
    "Что сделать? Напишите, например: «второй подробнее», «сравни первый и третий», «подешевле», «беру первый».",
    "What would you like? For example: \"more about the second\", \"compare the first and third\", \"cheaper\", \"I'll take the first\".",
);
pub(crate) const NOTHING_CHEAPER: Phrase =
    Phrase::new("Дешевле не нашлось. Самый недорогой:", "There is nothing cheaper. The cheapest one:");
pub(crate) const NO_EARLIER: Phrase =
    Phrase::new("Раньше мы ничего другого не смотрели.", "There was no other search before.");
/// Before the buttons of two intents that are about as likely.
pub(crate) const WHICH_IS_MEANT: Phrase =
    Phrase::named("which_is_meant", "Уточните, пожалуйста, о чём вы:", "What do you mean, please?");
/// For the staff, of how the client speaks.
pub(crate) const IN_A_HURRY: Phrase = Phrase::new("Клиенту срочно.", "The client is in a hurry.");
pub(crate) const UPSET: Phrase = Phrase::new("Клиент раздражён.", "The client is upset.");

/// The sentences that a bundle may say otherwise, in the order of the reference.
pub(crate) const LISTED: &[Listed] = &[
    (CANCEL, "the button under a question that leaves it"),
    (YES, "the button of a question of yes or no"),
    (NO, "the same"),
    (
        BACK_TO_QUESTION,
        "the client asks something that no intent answers while a question waits; `{}` is the question",
    ),
    (TAKES_FIRST, "the client leaves a choice open; `{}` is the one that is taken"),
    (BETWEEN, "several choices or numbers fit; `{}` is what they are"),
    (WHICH_IS_MEANT, "before the buttons of two intents that are about as likely"),
    (NOT_A_NUMBER, "an answer is no number; `{}` is an example within the limits"),
    (OUT_OF_RANGE, "a number is outside the limits of its slot"),
    (NOT_A_DATE, "an answer is no day"),
    (NOT_A_TIME, "an answer is no time of day"),
    (NOT_A_MOMENT, "an answer is no day with a time"),
    (NOT_A_DURATION, "an answer is no length of time"),
    (WHAT_TIME, "the day of an answer is known, its time is not"),
    (WHAT_DAY, "the time of an answer is known, its day is not"),
    (NOT_BEFORE, "an answer is before `min`; `{}` is the limit"),
    (NOT_AFTER, "an answer is after `max`; `{}` is the limit"),
    (NOT_BEFORE_DAY, "a day is before `min`; `{}` is the limit"),
    (NOT_AFTER_DAY, "a day is after `max`; `{}` is the limit"),
    (NOT_LESS, "a number or an amount is less than `min`; `{}` is the limit"),
    (NOT_MORE, "a number or an amount is more than `max`; `{}` is the limit"),
    (NOT_A_WORKDAY, "nobody works on the day; `{}` is the working hours"),
    (NOT_WORKING_HOURS, "nobody works at the time; `{}` is the working hours"),
    (NOT_A_PHONE, "an answer is no phone number"),
    (PHONE_TOO_SHORT, "digits of a phone number are missing; `{}` is how many"),
    (PHONE_TOO_LONG, "a phone number has digits too many; `{}` is how many"),
    (NOT_AN_EMAIL, "an answer is no e-mail address"),
    (NOT_A_SIZE, "an answer is no size"),
    (NOT_A_CHOICE, "an answer is none of the choices"),
    (NOT_YES_OR_NO, "an answer is neither yes nor no"),
    (NOT_FITTING, "an answer does not match `pattern`"),
    (SHARE_CONTACT, "the button that shares the client's own contact"),
    (CONTACT, "the question of a contact form that has none of its own; `{}` is the fields"),
    (NAME, "a contact form asks for the name"),
    (PHONE, "a contact form asks for the phone number"),
    (EMAIL, "a contact form asks for the e-mail address"),
    (PHONE_OR_EMAIL, "a contact form asks for one of the two"),
];
