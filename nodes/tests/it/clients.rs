//! What clients live through: words that mean nothing, commands over questions, answers that fit only nearly.

use serde_json::{Value, json};
use tolmach_engine::{
    compile,
    effect::{HttpReply, Outgoing, Query, QueryOutcome, ScoredLabel},
    event::EventKind,
    language::Language,
};

use crate::support::{Chat, bundle, no_results, release};

fn chat(flow: &str) -> Chat {
    let company = "timezone: Europe/Moscow\nworking_hours: { mon-sat: 09:00-20:00 }\n";
    Chat::new(release(&[("shop.yaml", flow), ("company.yaml", company)]))
}

/// Classifies every text as this label.
fn classifies(label: &'static str, score: f32, example: &'static str) -> impl Fn(&Query) -> QueryOutcome {
    move |query| match query {
        Query::Classify(_) => QueryOutcome::Classify {
            labels: vec![ScoredLabel { label: label.to_owned(), score, example: example.to_owned() }],
        },
        other => no_results(other),
    }
}

fn texts(messages: &[Outgoing]) -> Vec<&str> {
    messages.iter().map(|message| message.text.as_str()).collect()
}

fn notes(chat: &Chat) -> String {
    chat.trace.visits.iter().flat_map(|visit| &visit.notes).map(|note| format!("{note}\n")).collect()
}

const INTENTS: &str = "\
flow: shop
start: route
nodes:
  route:
    classify:
      intents:
        bye: { commits: true, examples: [до свидания, всего доброго] }
        greeting: { examples: [добрый день, привет] }
        ack: { examples: [понятно, принято] }
    next: { bye: bye, greeting: hello, ack: ok, refused: no, unsure: what }
  bye: { say: { text: Пока } }
  hello: { say: { text: Здравствуйте } }
  ok: { say: { text: Хорошо } }
  no: { say: { text: Не буду } }
  what: { say: { text: Что? } }
";

#[test]
fn words_that_mean_nothing_are_no_intent() {
    for text in ["да", "ок", "ага", "угу", "ну", "ладно", "хорошо", "кхм", "yes", "ok", "hm", "нет"]
    {
        let mut chat = chat(INTENTS).with(classifies("bye", 0.97, "до свидания"));
        assert_eq!(texts(&chat.says(text)), ["Что?"], "{text}");
        assert!(notes(&chat).contains("the words mean nothing by themselves"), "{}", notes(&chat));
    }
    // An intent of such words is one.
    let mut own = chat(INTENTS).with(classifies("ack", 0.97, "понятно"));
    assert_eq!(texts(&own.says("ясно")), ["Хорошо"]);
    let mut said = chat(INTENTS).with(classifies("bye", 0.97, "до свидания"));
    assert_eq!(texts(&said.says("прощайте")), ["Пока"]);
}

#[test]
fn courtesy_goes_with_the_part_that_means_something() {
    let mut chat = chat(INTENTS).with(classifies("greeting", 0.54, "добрый день"));
    assert_eq!(texts(&chat.says("спасибо, до свидания")), ["Пока"]);
    assert!(notes(&chat).contains("bye 1.00 by «до свидания», beside courtesy"), "{}", notes(&chat));
    assert_eq!(texts(&chat.says("добрый день, до свидания")), ["Пока"]);
    // Without such a part the whole message counts.
    assert_eq!(texts(&chat.says("спасибо, ну и погода")), ["Что?"]);
}

const INTERRUPTED: &str = "\
flow: shop
start: ask
slots: { n: { type: number } }
on:
  intent: { from: route, min_confidence: 0.6, to: { person: person } }
nodes:
  ask:
    ask: { text: Сколько?, into: n }
    next: { done: thanks, cancelled: wait, gave_up: person }
  thanks: { say: { text: Спасибо } }
  route:
    classify:
      commit_confidence: 0.9
      intents:
        person: { commits: true, examples: [позовите администратора] }
    next: { person: person, unsure: thanks }
  person: { say: { text: Зову } }
";

#[test]
fn an_intent_interrupts_as_the_node_would_take_it() {
    let compiled = INTERRUPTED.replace("start: ask", "start: route").replace("unsure: thanks", "unsure: ask");
    for (text, score, interrupted, why) in [
        ("можно администратора", 0.95, true, "interrupted by the intent person: 0.95 of 0.90"),
        ("можно администратора", 0.8, false, "an intent needs 0.90"),
        ("не надо звать администратора", 1.0, false, "person is refused"),
        ("хм", 1.0, false, "the words mean nothing by themselves"),
    ] {
        let mut chat = chat(&compiled);
        chat.says("здравствуйте");
        assert_eq!(chat.waits_at(), Some("ask"));
        chat.answers = Box::new(classifies("person", score, "позовите администратора"));
        let said = chat.says(text);
        assert_eq!(said.first().map(|message| message.text == "Зову"), Some(interrupted), "{text}");
        assert!(notes(&chat).contains(why), "{text}: {}", notes(&chat));
    }
}

const COMMANDS: &str = "\
flow: shop
start: hello
slots: { number: { type: number }, nights: { type: number } }
on: { command: { help: help, cancel: cancel, book: book } }
nodes:
  hello: { say: { text: Здравствуйте } }
  help: { say: { text: Помощь } }
  cancel:
    ask: { text: Номер брони?, into: number }
    next: { done: gone, cancelled: wait, gave_up: gone }
  gone: { say: { text: Отменено } }
  book:
    ask: { text: Сколько ночей?, into: nights }
    next: { done: booked, cancelled: wait, gave_up: gone }
  booked: { say: { text: Записано } }
";

#[test]
fn a_command_that_asks_something_drops_the_question() {
    let mut chat = chat(COMMANDS);
    assert_eq!(texts(&chat.command("cancel")), ["Номер брони?"]);
    assert_eq!(texts(&chat.command("book")), ["Сколько ночей?"]);
    assert!(notes(&chat).contains("the question cancel is dropped"), "{}", notes(&chat));
    assert_eq!(texts(&chat.says("3")), ["Записано"]);
    assert_eq!(texts(&chat.says("привет")), ["Здравствуйте"]);
    // One that is answered at once comes back to the question.
    chat.command("cancel");
    assert_eq!(texts(&chat.command("help")), ["Помощь", "Номер брони?"]);
    assert_eq!(texts(&chat.says("5")), ["Отменено"]);
    assert_eq!(texts(&chat.says("привет")), ["Здравствуйте"]);
}

const SAID: &str = "\
flow: shop
start: hello
phrases:
  old_button: { ru: Кнопка устарела., en: This button is old. }
  start_over: { ru: С начала, en: From the start }
  back_to_question: { ru: 'Не знаю. {}', en: 'No idea. {}' }
nodes:
  hello: { say: { text: { ru: Здравствуйте, en: Hello } } }
";

#[test]
fn a_bundle_says_phrases_in_its_own_words() {
    let mut own = chat(SAID);
    let messages = own.event(EventKind::Press { label: "x".into(), press: None });
    assert_eq!(texts(&messages), ["Кнопка устарела."]);
    assert_eq!(messages[0].buttons[0].label, "С начала");
    let mut usual = chat("flow: shop\nstart: a\nnodes:\n  a: { say: { text: Да } }\n");
    let messages = usual.event(EventKind::Press { label: "x".into(), press: None });
    assert!(!messages[0].text.contains("ищете") && !messages[0].text.contains("/start"), "{messages:?}");
}

#[test]
fn phrases_that_nobody_says_are_told() {
    let flow = "\
flow: shop
start: a
languages: [ru]
phrases:
  old_buton: Старая
  more_wishes: Ещё?
  failed: 'Позвоните {{company.phone}}'
nodes:
  a: { say: { text: Да } }
";
    let found = compile(
        &bundle(&[("shop.yaml", flow), ("company.yaml", "phone: '1'\n")]),
        &tolmach_nodes::platform(),
    );
    let told: String = found.diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
    for expected in [
        "there is no phrase `old_buton`",
        "did you mean: old_button",
        "the phrase `more_wishes` lacks `{}`",
        "the phrase `failed` has a variable",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
}

#[test]
fn a_bundle_of_one_language_speaks_it_from_the_first_word() {
    let flow = "\
flow: shop
start: a
languages: [en]
slots: { n: { type: number } }
on: { command: { start: a } }
nodes:
  a:
    ask: { text: How many?, into: n }
    next: { done: b, cancelled: wait, gave_up: b }
  b: { say: { text: Thanks } }
";
    let first = |kind: EventKind| {
        let mut chat = chat(flow);
        let messages = chat.event(kind);
        assert_eq!(chat.session.language, Language::En);
        messages
    };
    let unsupported = first(EventKind::Unsupported { what: "photo".into() });
    assert_eq!(texts(&unsupported), ["I can only read text so far. Please write it in words."]);
    for kind in [
        EventKind::Message { text: "👍".into() },
        EventKind::Message { text: "привет, как дела".into() },
        EventKind::Command { name: "start".into(), rest: String::new() },
    ] {
        assert_eq!(first(kind)[0].buttons[0].label, "Cancel");
    }
}

/// A flow of one question, which is asked first.
fn question(slot: &str, fields: &str) -> String {
    format!(
        "flow: shop\nstart: ask\nslots: {{ value: {{ {slot} }} }}\non: {{ command: {{ go: ask }} }}\nnodes:\n  ask:\n    ask: {{ text: Вопрос?, into: value{fields} }}\n    next: {{ done: done, cancelled: out, gave_up: out }}\n  done: {{ say: {{ text: Ясно }} }}\n  out: {{ say: {{ text: Ушли }} }}\n"
    )
}

/// What an answer puts into the slot, and what is said to it.
fn answer(slot: &str, fields: &str, text: &str) -> (Value, Vec<Outgoing>) {
    let mut chat = chat(&question(slot, fields));
    chat.command("go");
    let said = chat.says(text);
    let value = chat.session.frames.first().map(|frame| frame.slots["value"].clone()).unwrap_or_default();
    (value, said)
}

#[test]
fn of_two_numbers_the_client_is_asked_which() {
    for (text, numbers) in [("3 или 4", [3, 4]), ("с 3 по 7", [3, 7]), ("2-3", [2, 3])] {
        let mut chat = chat(&question("type: number", ""));
        chat.command("go");
        let asked = chat.says(text);
        let labels: Vec<&str> = asked[0].buttons.iter().map(|button| button.label.as_str()).collect();
        assert_eq!(labels, [&*numbers[0].to_string(), &*numbers[1].to_string(), "Отмена"], "{text}");
        assert_eq!(texts(&chat.press(&numbers[1].to_string())), ["Ясно"]);
        assert_eq!(chat.session.frames[0].slots["value"], json!(numbers[1]));
    }
    assert_eq!(answer("type: number", "", "15-20 тысяч").0, json!(20_000));
    assert_eq!(answer("type: number", "", "четыре").0, json!(4));
}

#[test]
fn the_example_of_a_number_fits_its_limits() {
    let said = |slot: &str, fields: &str| answer(slot, fields, "недельку").1[0].text.clone();
    assert!(said("type: number, min: 1, max: 60", "").contains("например 10."));
    assert!(said("type: number, max: 3", "").contains("например 3."));
    assert!(said("type: number, min: 1, max: 100000000", "").contains("например 15000."));
    assert!(said("type: number", ", max: 2").contains("например 2."));
    assert!(said("type: money", "").contains("например 15000."));
}

#[test]
fn a_past_day_and_a_night_hour_are_told_as_they_are() {
    let soon = ", min: now + hours(2), only: working_hours";
    let said = |fields: &str, text: &str| answer("type: datetime", fields, text).1[0].text.clone();
    assert!(said(soon, "вчера в 12").starts_with("Не раньше: 18.11.2026"), "{}", said(soon, "вчера в 12"));
    assert!(said("", "вчера в 12").starts_with("Не раньше: 18.11.2026"));
    assert!(said(soon, "завтра в 5:00").starts_with("В это время мы не работаем"));
    assert_eq!(answer("type: datetime", soon, "завтра в 5").0, json!("2026-11-19T17:00"));
    assert!(answer("type: date", "", "вчера").1[0].text.starts_with("Не раньше: 18.11.2026"));
    // The day of a purchase is past.
    assert_eq!(answer("type: date", ", max: now.date", "вчера").0, json!("2026-11-17"));
}

#[test]
fn no_to_a_question_for_words_leaves_it_open() {
    for text in ["нет", "не надо", "no", "nothing", "нет, спасибо"] {
        let (value, said) = answer("type: text", ", optional: true", text);
        assert_eq!((value, texts(&said)), (Value::Null, vec!["Ясно"]), "{text}");
    }
    assert_eq!(answer("type: text", ", optional: true", "без лактозы").0, json!("без лактозы"));
    // A question that must be answered is left by it, as before.
    assert_eq!(texts(&answer("type: text", "", "не надо").1), ["Ушли"]);
}

#[test]
fn a_choice_has_further_words() {
    let choices = ", choices: [{ value: cat, label: Кошка, also: [кошечка, кот] }, { value: dog, label: Собака, also: { ru: [пёс], en: [puppy] } }]";
    for (text, value) in
        [("кошечка", "cat"), ("у меня кот", "cat"), ("пёс", "dog"), ("puppy", "dog"), ("собаку", "dog")]
    {
        assert_eq!(answer("type: text", choices, text).0, json!(value), "{text}");
    }
    let twice = question(
        "type: text",
        ", choices: [{ value: a, label: Кошка, also: [кот] }, { value: b, label: Кот }]",
    );
    let found = compile(&bundle(&[("shop.yaml", &twice)]), &tolmach_nodes::platform());
    let codes: Vec<&str> = found.diagnostics.iter().map(|diagnostic| diagnostic.code.text()).collect();
    assert_eq!(codes, ["duplicate-label"]);
}

#[test]
fn an_incomplete_phone_is_told_in_a_form_and_outside() {
    let flow = "\
flow: shop
start: a
slots: { contact: { type: contact, personal: true } }
on: { contact: form, command: { form: form } }
nodes:
  a: { say: { text: Здравствуйте } }
  form:
    collect_contact: { fields: [name, phone], require: all, into: contact }
    next: { done: done, cancelled: a, gave_up: a }
  done: { say: { text: '{{slots.contact.phone}}' } }
";
    let missing = "не хватает четырёх цифр";
    let mut form = chat(flow);
    form.command("form");
    let said = form.says("+7 999 123");
    assert!(said[0].text.contains(missing), "{said:?}");
    let said = form.says("+7 999 123-45-67");
    assert_eq!(texts(&said), ["Как к вам обращаться?"]);
    let mut outside = chat(flow);
    let said = outside.says("+7 999 123");
    assert!(said[0].text.contains(missing), "{said:?}");
    outside.says("+7 999 123-45-67");
    assert_eq!(texts(&outside.says("Анна")), ["+79991234567"]);
    // Digits of anything else are no phone number.
    assert_eq!(texts(&chat(flow).says("заказ 7999123")), ["Здравствуйте"]);
}

#[test]
fn a_reply_names_all_parts_that_do_not_fit_and_may_lack_optional_ones() {
    let flow = "\
flow: shop
start: ask
slots: { extras: { type: text }, paid: { type: number }, at: { type: date } }
nodes:
  ask:
    http: { url: 'https://x.example.com/a', into: { extras: PART, paid: /paid, at: /at } }
    next: { ok: ok, failed: failed }
  ok: { say: { text: 'ok{{#if slots.extras}} {{slots.extras}}{{/if}} {{slots.paid}} {{slots.at}}' } }
  failed: { say: { text: failed } }
";
    let run = |part: &str, body: Value| {
        let mut chat = chat(&flow.replace("PART", part))
            .with(move |_| QueryOutcome::Http(HttpReply { status: 200, body: body.clone() }));
        let said = texts(&chat.says("привет")).join("|");
        (said, notes(&chat))
    };
    let (said, notes) = run("/extras", json!({ "extras": null, "paid": "x", "at": null }));
    assert_eq!(said, "failed");
    for expected in [
        "`/extras` is null; write `/extras?` if it may be",
        "`/paid` does not fit the slot `paid`",
        "`/at` is null",
    ] {
        assert!(notes.contains(expected), "{expected}\n{notes}");
    }
    let whole = json!({ "extras": null, "paid": 5, "at": "2026-12-08" });
    assert_eq!(run("/extras?", whole).0, "ok 5 08.12.2026");
    assert_eq!(run("/extras?", json!({ "paid": 5, "at": "2026-12-08" })).0, "ok 5 08.12.2026");
}

#[test]
fn a_message_shows_an_image_of_the_release_and_goes_without_one_that_is_not_there() {
    let flow = "\
flow: shop
start: a
languages: [en]
nodes:
  a: { say: { text: { en: A }, photo: images/warehouse.png }, next: b }
  b: { say: { text: { en: B }, photo: 'images/{{client.first_name}}.png' }, next: c }
  c: { say: { text: { en: C }, photo: 'https://example.com/a.png' }, next: wait }
";
    let hash = "0123456789abcdef0123456789abcdef";
    let pointer = format!("tolmach-image {hash} image/png 1234 640x480\n");
    let mut chat = Chat::new(release(&[("shop.yaml", flow), ("images/warehouse.png", &pointer)]));
    let messages = chat.says("hello");
    let photos: Vec<Option<&str>> = messages.iter().map(|message| message.photo.as_deref()).collect();
    let own = format!("/images/{hash}.png");
    assert_eq!(photos, [Some(own.as_str()), None, Some("https://example.com/a.png")]);
    assert_eq!(texts(&messages), ["A", "B", "C"]);
}
