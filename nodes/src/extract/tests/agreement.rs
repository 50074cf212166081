use super::{
    super::{is_cancel, is_refusal, yes_or_no},
    check_all,
};

#[test]
fn yes_in_words_and_signs() {
    check_all(
        yes_or_no,
        &[
            "да",
            "Да, пожалуйста",
            "ну да",
            "давайте",
            "ага",
            "угу",
            "дааа",
            "да!",
            "ДА",
            "да, конечно",
            "конечно",
            "разумеется",
            "ок",
            "хорошо, давайте",
            "не против",
            "почему бы и нет",
            "без проблем",
            "да, нужна доставка в Казань",
            "да мне нужно",
            "да, все верно",
            "+",
            "👍",
            "👍🏻",
            "✅",
            "yes",
            "yeah",
            "yep",
            "sure",
            "Yes, please",
            "yes i do",
            "of course",
            "ok",
            "okay",
            "absolutely",
            "sounds good",
            "why not",
            "go ahead",
            "yes, I need it by Friday",
            "no problem",
            "yesss",
            "lf",
            "ну давай",
            "конечно да",
            "да, спасибо",
            "I don't mind",
            "да, без проблем",
            "ок 👍",
            "no problem at all",
        ],
        Some(true),
    );
}

#[test]
fn no_in_words_and_signs() {
    check_all(
        yes_or_no,
        &[
            "нет",
            "не",
            "неа",
            "не, не надо",
            "нет, спасибо",
            "спасибо, нет",
            "конечно нет",
            "нет конечно",
            "Нет, конечно!",
            "да нет",
            "да нет, спасибо",
            "не надо",
            "не нужно",
            "ни в коем случае",
            "нееет",
            "пока нет",
            "не сейчас",
            "нет, мне без доставки",
            "-",
            "👎",
            "❌",
            "ytn",
            "no",
            "nope",
            "nah",
            "no thanks",
            "no, thank you",
            "of course not",
            "absolutely not",
            "not really",
            "no way",
            "no need",
            "never",
            "nooo",
            "I don't want it",
            "no i dont want it",
            "да, не надо",
        ],
        Some(false),
    );
}

#[test]
fn neither_yes_nor_no() {
    check_all(
        yes_or_no,
        &[
            "",
            "не знаю",
            "no idea",
            "а сколько стоит?",
            "может быть",
            "maybe",
            "нет, давайте",
            "no, go ahead",
            "да?",
            "ok, how much is it?",
            "нужна дрель",
            "👍👎",
            "спасибо",
            "please",
            "да кто его знает",
            "нет денег",
            "no money",
            "not sure",
            "5",
            "🙂",
            "да 👎",
        ],
        None,
    );
}

#[test]
fn wanting_out() {
    check_all(
        is_cancel,
        &[
            "отмена",
            "Отмена!",
            "cancel",
            "cancel please",
            "never mind",
            "назад",
            "стоп",
            "передумал",
            "нет, отмена",
        ],
        true,
    );
    check_all(
        is_cancel,
        &["не надо", "отмена заказа возможна?", "stop valve", "15000", "backpack", ""],
        false,
    );
    check_all(is_refusal, &["не надо", "не нужно", "не, не надо", "не надо, спасибо", "нет, не нужно"], true);
    check_all(is_refusal, &["нет", "не надо дорогих", "no", "не нужна дрель"], false);
}
