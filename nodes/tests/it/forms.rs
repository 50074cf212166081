//! Forms and choices as conversation: what counts as an answer, and what a press does.

use tolmach_engine::{
    effect::{Query, QueryOutcome, ScoredLabel},
    event::EventKind,
};

use crate::support::{Chat, no_results, release};

const FORMS: &str = "\
flow: forms
start: route
slots:
  contact: { type: contact, personal: true }
  both: { type: contact, personal: true }
  part: { type: text }
  agreed: { type: boolean }
  remark: { type: text }
  city: { type: text }
  pieces: { type: number, min: 1 }
  left: { type: contact, personal: true }
on:
  command: { form: form, both: both, part: part, agree: agree, city: city, pieces: pieces, menu: menu, button: button, kept: kept }
  contact: heard
  intent: { from: route, to: { goods: goods, person: form } }
nodes:
  route:
    classify:
      intents:
        goods: { description: wants goods, examples: [нужен перфоратор, покажите насосы, I need a pump] }
        person: { description: wants a person, examples: [позовите менеджера] }
    next: { goods: goods, person: form, unsure: unsure }
  unsure: { say: { text: unsure } }
  goods: { say: { text: goods } }
  button:
    say: { text: shown, buttons: [{ label: Form, to: form }, { label: Goods, to: goods }] }
  form:
    collect_contact: { fields: [name, phone, email], into: contact, attempts: 3 }
    next: { done: given, cancelled: cancelled, gave_up: gave_up }
  kept:
    collect_contact: { fields: [name, phone], require: all, keep_partial: true, into: left }
    next: { done: goods, cancelled: cancelled, gave_up: gave_up }
  given: { say: { text: '{{#if slots.contact.name}}{{slots.contact.name}}{{/if}}/{{#if slots.contact.phone}}{{slots.contact.phone}}{{/if}}/{{#if slots.contact.email}}{{slots.contact.email}}{{/if}}' } }
  both:
    collect_contact: { fields: [name, phone], require: all, into: both }
    next: { done: both_given, cancelled: cancelled, gave_up: gave_up }
  both_given: { say: { text: '{{slots.both.name}}/{{slots.both.phone}}' } }
  cancelled: { say: { text: cancelled } }
  gave_up: { say: { text: gave up } }
  heard:
    collect_contact: { fields: [name, phone, email], only_required: true, update: true, into: contact }
    next: { done: heard_said, cancelled: cancelled, gave_up: gave_up }
  heard_said: { say: { text: 'heard {{#if slots.contact.name}}{{slots.contact.name}}{{/if}}/{{#if slots.contact.phone}}{{slots.contact.phone}}{{/if}}/{{#if slots.contact.email}}{{slots.contact.email}}{{/if}}' } }
  part:
    ask:
      text: { ru: Когда удобно?, en: When? }
      into: part
      remark: remark
      choices:
        - { value: morning, label: { ru: Утро, en: Morning } }
        - { value: afternoon, label: { ru: После обеда, en: Afternoon } }
    next: { done: part_said, cancelled: cancelled, gave_up: gave_up }
  part_said: { say: { text: 'part {{slots.part}}' } }
  agree:
    ask: { text: { ru: Перезвонить вам?, en: Shall we call? }, into: agreed, remark: remark }
    next: { done: agree_said, cancelled: cancelled, gave_up: gave_up }
  agree_said: { say: { text: 'agreed {{slots.agreed}}{{#if slots.remark}}: {{slots.remark}}{{/if}}' } }
  city:
    ask: { text: { ru: Какой город?, en: Which city? }, into: city }
    next: { done: city_said, cancelled: cancelled, gave_up: gave_up }
  city_said: { say: { text: 'city {{slots.city}}' } }
  pieces:
    ask: { text: { ru: Сколько штук?, en: How many? }, into: pieces }
    next: { done: pieces_said, cancelled: cancelled, gave_up: gave_up }
  pieces_said: { say: { text: 'pieces {{slots.pieces}}' } }
  menu:
    menu:
      text: { ru: Какой раздел?, en: Which section? }
      choices:
        - { exit: pumps, label: { ru: Насосы, en: Pumps } }
        - { exit: drills, label: { ru: Дрели и шуруповёрты, en: Drills and drivers } }
    next: { pumps: pumps, drills: drills, other: unsure }
  pumps: { say: { text: pumps } }
  drills: { say: { text: drills } }
";

fn chat() -> Chat {
    Chat::new(release(&[("forms.yaml", FORMS)]))
}

/// A classifier that is sure of one intent.
fn sure_of(intent: &'static str) -> impl Fn(&Query) -> QueryOutcome {
    move |query| match query {
        Query::Classify(_) => QueryOutcome::Classify {
            labels: vec![ScoredLabel { label: intent.into(), score: 0.9, example: String::new() }],
        },
        other => no_results(other),
    }
}

/// Runs the command, then the messages; the last text that is said.
fn talk(chat: &mut Chat, command: &str, messages: &[&str]) -> String {
    chat.command(command);
    let mut said = String::new();
    for message in messages {
        let texts = chat.says(message);
        said = texts.last().map(|message| message.text.clone()).unwrap_or_default();
    }
    said
}

fn check(command: &str, table: &[(&[&str], &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(messages, expected)| {
            let said = talk(&mut chat(), command, messages);
            (!said.contains(expected)).then(|| format!("{messages:?}: «{said}», not «{expected}»"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_name_is_taken_whenever_it_is_given() {
    check(
        "form",
        &[
            (&["Ольга", "8 999 123-45-67"], "Ольга/+79991234567/"),
            (&["ольга", "8 999 123-45-67"], "Ольга/+79991234567/"),
            (&["Это Сергей", "olga@example.com"], "Сергей//olga@example.com"),
            (&["8 999 123-45-67", "я уже писала — Ольга"], "Ольга/"),
            (&["8 999 123-45-67", "я уже писала: Ольга"], "Ольга/"),
            (&["8 999 123-45-67 Ольга Ольга"], "Ольга/"),
            (&["Ольга 8 999 123-45-67\nОльга 8 999 123-45-67"], "Ольга/"),
            (&["Петрова Ольга Ивановна, 8 999 123-45-67"], "Петрова Ольга Ивановна/"),
            (&["my name is Bob", "+1 202 555 0123"], "Bob/+12025550123"),
            (&["Бархударян", "8 999 123-45-67"], "Бархударян/"),
            (&["8 999 123-45-67", "зульфикар"], "Зульфикар/"),
            (&["перфоратор 8 999 123-45-67", "Ольга"], "Ольга/"),
            (&["Ольга", "нет, меня зовут Мария", "8 999 123-45-67"], "Мария/"),
            (&["8 999 123-45-67", "123"], "/+79991234567/"),
        ],
    );
}

#[test]
fn a_phone_with_a_digit_too_few_or_too_many_is_refused_with_a_hint() {
    check(
        "form",
        &[
            (&["+7999123456"], "Не похоже на номер телефона: не хватает одной цифры"),
            (&["Ольга, 8 999 123-45"], "не хватает двух цифр"),
            (&["+7 999 123 45 678"], "одна цифра лишняя"),
            (&["my phone is +1 202 555 012"], "one digit is missing"),
            (&["olga@example"], "Не похоже на e-mail"),
        ],
    );
}

#[test]
fn an_earlier_field_is_corrected() {
    check(
        "form",
        &[
            (&["8 999 123-45-67", "нет, телефон другой: 8 999 765-43-21"], "/+79997654321/"),
            (&["8 999 123-45-67", "ой, номер не тот"], "Напишите телефон или e-mail"),
            (&["8 999 123-45-67", "ой, номер не тот", "8 999 765-43-21"], "/+79997654321/"),
            (
                &["my e-mail is olga@example.com", "sorry, that is the wrong email"],
                "phone number or an e-mail",
            ),
        ],
    );
}

#[test]
fn who_refuses_is_let_go() {
    check(
        "form",
        &[
            (&["не буду оставлять"], "cancelled"),
            (&["нет, спасибо, номер не дам"], "cancelled"),
            (&["no thanks"], "cancelled"),
            (&["Ольга", "не надо"], "cancelled"),
            (&["8 999 123-45-67", "не скажу"], "/+79991234567/"),
            (&["8 999 123-45-67", "отмена"], "cancelled"),
        ],
    );
    let mut chat = chat();
    talk(&mut chat, "kept", &["Ольга", "не буду оставлять"]);
    assert_eq!(chat.session.frames[0].slots["left"]["name"], "Ольга");
}

#[test]
fn the_default_question_names_the_fields() {
    let mut chat = chat();
    assert_eq!(
        chat.command("form")[0].text,
        "Оставьте, пожалуйста, имя и телефон или e-mail — одним сообщением."
    );
    assert_eq!(chat.command("both")[0].text, "Оставьте, пожалуйста, имя и телефон — одним сообщением.");
    check(
        "both",
        &[(&["8 999 123-45-67"], "Как к вам обращаться?"), (&["Ольга"], "Напишите номер телефона.")],
    );
    check("both", &[(&["8 999 123-45-67", "Ольга"], "Ольга/+79991234567")]);
}

#[test]
fn a_digression_is_answered_and_nothing_given_is_lost() {
    let mut chat = chat().with(sure_of("goods"));
    talk(&mut chat, "form", &["Ольга", "а насосы у вас есть?"]);
    assert_eq!(chat.path(), ["form", "goods", "form"]);
    assert!(chat.messages().last().unwrap().text.contains("телефон или e-mail"), "{:?}", chat.messages());
    let said = chat.says("8 999 123-45-67");
    assert_eq!(said[0].text, "Ольга/+79991234567/");
    // A name in the same message is kept, too.
    talk(&mut chat, "form", &["Мария, а насосы у вас есть?"]);
    assert_eq!(chat.path(), ["form", "goods", "form"]);
    assert_eq!(chat.says("8 999 123-45-67")[0].text, "Мария/+79991234567/");
    // The same form, begun again by an intent.
    let mut chat = chat.with(sure_of("person"));
    talk(&mut chat, "form", &["Мария, перезвоните мне"]);
    assert!(chat.messages().last().unwrap().text.contains("телефон или e-mail"), "{:?}", chat.messages());
    assert_eq!(chat.says("8 999 123-45-67")[0].text, "Мария/+79991234567/");
}

#[test]
fn a_request_is_no_name() {
    let mut chat = chat().with(sure_of("goods"));
    talk(&mut chat, "form", &["8 999 123-45-67", "Перфоратор"]);
    assert_eq!(chat.path(), ["form", "goods", "form"]);
    assert_eq!(chat.says("Ольга")[0].text, "Ольга/+79991234567/");
}

#[test]
fn a_contact_that_comes_by_itself_has_a_node_of_its_own() {
    let mut chat = chat();
    assert_eq!(chat.says("8 999 123 45 67")[0].text, "heard /+79991234567/");
    assert_eq!(chat.says("Ольга, olga@example.com")[0].text, "heard Ольга/+79991234567/olga@example.com");
    assert_eq!(
        chat.says("нет, телефон другой: 8 999 765-43-21")[0].text,
        "heard Ольга/+79997654321/olga@example.com"
    );
    assert!(chat.session.history.iter().all(|said| !said.text.contains("765")), "{:?}", chat.session.history);
    let shared = EventKind::Contact { phone: "79991112233".into(), name: "Анна".into() };
    assert_eq!(chat.event(shared.clone())[0].text, "heard Анна/+79991112233/olga@example.com");
    // With a request beside it, it is a request.
    assert_eq!(chat.says("нужен перфоратор, 8 999 123 45 67")[0].text, "goods");
    // At a menu, and at a question, which is asked again.
    chat.command("menu");
    chat.says("8 999 123 45 67");
    assert_eq!((chat.path(), chat.waits_at()), (vec!["heard", "heard_said"], None));
    chat.command("pieces");
    chat.says("мой номер 8 999 123 45 67");
    assert_eq!(
        (chat.path(), chat.waits_at()),
        (vec!["pieces", "heard", "heard_said", "pieces"], Some("pieces"))
    );
    chat.event(shared);
    assert_eq!(chat.waits_at(), Some("pieces"));
    chat.says("3");
    chat.command("city");
    chat.says("8 999 123 45 67");
    assert_eq!(chat.waits_at(), Some("city"));
    // In a form it is the form's.
    chat.command("form");
    chat.says("Ольга 8 999 123 45 67");
    assert_eq!(chat.path()[..2], ["form", "given"]);
}

#[test]
fn a_choice_in_other_words() {
    check(
        "part",
        &[
            (&["утром"], "part morning"),
            (&["с утра"], "part morning"),
            (&["лучше утром"], "part morning"),
            (&["после обеда лучше"], "part afternoon"),
            (&["in the morning"], "part morning"),
            (&["первое"], "part morning"),
            (&["второй вариант"], "part afternoon"),
            (&["the last one"], "part afternoon"),
            (&["2"], "part afternoon"),
            (&["3"], "cancelled"),
            (&["любое"], "part morning"),
            (&["не утром, а после обеда"], "part afternoon"),
            (&["не утром"], "Выберите"),
            (&["утром или после обеда"], "«Утро» или «После обеда»"),
            (&["ночью"], "Выберите"),
        ],
    );
    let mut chat = chat();
    chat.command("part");
    assert_eq!(chat.says("без разницы")[0].text, "Хорошо, тогда «Утро».", "the client is told which");
    talk(&mut chat, "part", &["утром, только не раньше девяти"]);
    assert_eq!(chat.session.frames[0].slots["remark"], "утром, только не раньше девяти");
}

#[test]
fn a_menu_takes_its_choices_in_other_words_and_leaves_requests() {
    check(
        "menu",
        &[
            (&["2"], "drills"),
            (&["первый"], "pumps"),
            (&["покажите насосы"], "pumps"),
            (&["шуруповёрты"], "drills"),
            (&["насос для скважины"], "unsure"),
            (&["насосы до 10 тысяч"], "unsure"),
            (&["9"], "unsure"),
        ],
    );
}

#[test]
fn yes_or_no_has_buttons_and_keeps_what_is_said_beside_it() {
    let mut chat = chat();
    let labels: Vec<String> =
        chat.command("agree")[0].buttons.iter().map(|button| button.label.clone()).collect();
    assert_eq!(labels, ["Да", "Нет", "Отмена"]);
    assert_eq!(chat.press("Нет")[0].text, "agreed нет");
    chat.command("agree");
    assert_eq!(chat.press("Да")[0].text, "agreed да");
    check(
        "agree",
        &[
            (&["да, только после шести"], "agreed да: только после шести"),
            (&["Да только после шести"], "agreed да: только после шести"),
            (&["да"], "agreed да"),
            (&["1"], "agreed да"),
            (&["2"], "agreed нет"),
            (&["нет, у меня есть"], "agreed нет: у меня есть"),
        ],
    );
}

#[test]
fn an_open_question_does_not_swallow_a_request() {
    check(
        "city",
        &[
            (&["Казань"], "city Казань"),
            (&["Казань?"], "city Казань?"),
            (&["в Самару, до подъезда"], "city в Самару, до подъезда"),
            (&["хочу в Тулу"], "city хочу в Тулу"),
            (&["а зачем вам город?"], "Вернёмся к вопросу: Какой город?"),
            (&["а зачем вам город?", "Тула"], "city Тула"),
        ],
    );
    for request in ["хочу насос", "а сколько стоит насос?", "передумал, лучше насос покажите"]
    {
        let mut chat = chat().with(sure_of("goods"));
        talk(&mut chat, "city", &[request]);
        assert_eq!(chat.path(), ["city", "goods", "city"], "{request}");
    }
    // A number is an answer to a question of a number, never a button's.
    check("pieces", &[(&["1"], "pieces 1")]);
}

#[test]
fn a_press_is_taken_once() {
    let mut chat = chat();
    chat.command("button");
    let form = chat.button("Form");
    let press = || EventKind::Press { label: "Form".into(), press: Some(form.clone()) };
    assert_eq!(chat.event(press()).len(), 1);
    assert!(chat.event(press()).is_empty(), "a double tap");
    assert!(chat.event(press()).is_empty(), "and a third");
    assert_eq!(chat.waits_at(), Some("form"));
    chat.says("Ольга");
    // Later, and after something else, it is a press again: it returns to the form, with what was given.
    let messages = chat.event(press());
    assert_eq!(chat.waits_at(), Some("form"));
    assert!(messages[0].text.contains("телефон или e-mail"), "{messages:?}");
    assert_eq!(chat.says("8 999 123-45-67")[0].text, "Ольга/+79991234567/");
}

#[test]
fn an_old_button_returns_to_the_form() {
    let mut chat = chat();
    chat.command("button");
    let goods = chat.button("Goods");
    talk(&mut chat, "form", &["Ольга"]);
    let cancel = chat.button("Отмена");
    chat.event(EventKind::Press { label: "Goods".into(), press: Some(goods) });
    assert_eq!((chat.path(), chat.waits_at()), (vec!["goods", "form"], Some("form")));
    assert_eq!(chat.says("8 999 123-45-67")[0].text, "Ольга/+79991234567/");
    // The form's own old button does what it says.
    chat.command("form");
    chat.event(EventKind::Press { label: "Отмена".into(), press: Some(cancel) });
    assert_eq!((chat.path(), chat.waits_at()), (vec!["form", "cancelled"], None));
}

#[test]
fn an_open_question_takes_what_is_not_plainly_something_else() {
    let surely = |score: f32| {
        move |query: &Query| match query {
            Query::Classify(_) => QueryOutcome::Classify {
                labels: vec![ScoredLabel { label: "goods".into(), score, example: String::new() }],
            },
            other => no_results(other),
        }
    };
    let mut unsure = chat().with(surely(0.9));
    assert_eq!(talk(&mut unsure, "city", &["перфораторная улица"]), "city перфораторная улица");
    let mut sure = chat().with(surely(0.99));
    talk(&mut sure, "city", &["перфоратор"]);
    assert_eq!(sure.path(), ["city", "goods", "city"]);
}
