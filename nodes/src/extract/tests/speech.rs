use super::super::speech::*;

fn check(read: impl Fn(&str) -> bool, yes: &[&str], no: &[&str]) {
    let wrong = yes.iter().filter(|text| !read(text)).chain(no.iter().filter(|text| read(text)));
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn questions() {
    check(
        is_question,
        &[
            "а сколько стоит доставка?",
            "а зачем вам город",
            "Скажите, когда привезёте",
            "Казань, а доставка платная?",
            "можно ли оплатить картой",
            "what is it for",
            "why do you need that?",
            "do you deliver",
            "Why?",
        ],
        &[
            "Казань",
            "Казань?",
            "в Самару, до подъезда",
            "как обычно",
            "как можно скорее",
            "что-нибудь недорогое",
            "Kazan",
        ],
    );
}

#[test]
fn requests() {
    check(
        is_request,
        &["хочу поговорить с менеджером", "передумал, лучше перфоратор покажите", "show me drills instead"],
        &["Казань", "в Самару, до подъезда", "Нижний Новгород, улица Ленина 5", "Санкт-Петербург", "London"],
    );
}

#[test]
fn an_agreement_with_a_remark() {
    let remark = |answer, rest: &str| Some((answer, Some(rest.to_owned())));
    for (text, expected) in [
        ("да, только после шести", remark(true, "только после шести")),
        ("Да только после шести", remark(true, "только после шести")),
        ("ок, но лучше завтра", remark(true, "но лучше завтра")),
        ("нет, у меня свой", remark(false, "у меня свой")),
        ("yes, but only by e-mail", remark(true, "but only by e-mail")),
        ("да", Some((true, None))),
        ("да, конечно", Some((true, None))),
        ("да, спасибо", Some((true, None))),
        ("да нет", Some((false, None))),
        ("после шести", None),
        ("да? только когда", None),
    ] {
        assert_eq!(agreement(text), expected, "{text}");
    }
}

#[test]
fn what_is_disowned() {
    for (text, field) in [
        ("нет, телефон другой", Some(Disowned::Phone)),
        ("ой, почта не та", Some(Disowned::Email)),
        ("wrong number", Some(Disowned::Phone)),
        ("имя неправильное", Some(Disowned::Name)),
        ("в номере опечатка", Some(Disowned::Phone)),
        ("that's not the right email", None),
        ("а другой телефон у вас есть?", None),
        ("мой телефон прежний", None),
        ("хочу другой перфоратор", None),
    ] {
        assert_eq!(disowned(text), field, "{text}");
    }
}

#[test]
fn refusals_of_a_form() {
    check(
        refuses_form,
        &[
            "не буду оставлять",
            "нет, спасибо, я не буду оставлять телефон",
            "не надо",
            "не надо мне звонить",
            "я вам номер не дам",
            "no thanks",
            "No, I'd rather not",
            "нет, не сейчас",
            "don't call me",
        ],
        &["Анна", "8 999 123-45-67", "нет, меня зовут Ольга", "а зачем? не хочу спама?", "нет"],
    );
}
