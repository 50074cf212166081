//! What a turn does: waiting, interrupting, failing, paging, collecting.

use serde_json::json;
use tolmach_engine::{
    effect::{Choice, Command, Press, Query, QueryOutcome, Reply, Usage},
    event::EventKind,
    language::Language,
};

use crate::support::{Chat, release, shop};

const SHOP: &str = "\
flow: shop
start: find
slots:
  results: { type: products }
  budget: { type: number }
  size: { type: number, min: 1, max: 10 }
  contact: { type: contact, personal: true }
  day: { type: date }
  sure: { type: boolean }
  width: { type: number }
  box: { type: size }
on:
  command:
    { start: hello, help: help, contact: contact, size: size, broken: broken, day: day, sure: sure, width: width, box: box }
  inactivity: { after: 30m, to: silent }
  error: sorry
nodes:
  hello:
    say:
      text: { ru: Здравствуйте!, en: Hello! }
      buttons: [{ label: { ru: Размер, en: Size }, to: size }]
  help:
    say: { text: { ru: Помощь, en: Help } }
  find:
    search: { limit: 2, price: { max: budget }, into: results }
    next: { found: offer, empty: none }
  offer:
    say: { text: { ru: 'Нашлось {{results.total}}', en: 'Found {{results.total}}' }, cards: results }
  none:
    say: { text: { ru: Пусто, en: Nothing } }
  size:
    ask: { text: { ru: Какой размер?, en: What size? }, into: size, attempts: 2 }
    next: { done: sized, cancelled: wait, gave_up: help }
  sized:
    say: { text: '{{slots.size}}' }
  day:
    ask: { text: { ru: К какому дню?, en: By which day? }, into: day }
    next: { done: answered, cancelled: wait, gave_up: help }
  sure:
    ask: { text: { ru: Нужна доставка?, en: Do you need delivery? }, into: sure }
    next: { done: answered, cancelled: wait, gave_up: help }
  width:
    ask: { text: { ru: Какая ширина?, en: How wide? }, into: width, unit: cm }
    next: { done: answered, cancelled: wait, gave_up: help }
  box:
    ask: { text: { ru: Какие размеры?, en: What size? }, into: box }
    next: { done: boxed, cancelled: wait, gave_up: help }
  boxed:
    say: { text: '{{slots.box.length}} {{slots.box.width}} {{slots.box.height}}' }
  answered:
    say: { text: { ru: Понятно, en: I see } }
  contact:
    collect_contact: { fields: [name, phone, email], require: 'one_of(phone, email)', into: contact }
    next: { done: lead, cancelled: wait, gave_up: wait }
  lead:
    lead: { contact: contact, summary: '{{results.query}}', details: [results] }
    next: thanks
  thanks:
    say: { text: { ru: 'Спасибо, {{slots.contact.name}}', en: 'Thank you, {{slots.contact.name}}' } }
  silent:
    lead: { source: inactivity }
  broken:
    set: { size: 99 + 1 }
  sorry:
    say: { text: { ru: Ой, en: Oops } }
";

fn chat() -> Chat {
    Chat::new(release(&[("shop.yaml", SHOP)])).with(shop(5))
}

#[test]
fn a_search_shows_cards_and_every_further_page() {
    let mut chat = chat();
    let messages = chat.says("насос до 10 тысяч");
    assert_eq!(chat.path(), ["find", "offer"]);
    assert_eq!(chat.session.frames[0].slots["budget"], json!(10_000));
    assert_eq!(messages[0].text, "Нашлось 5");
    let names = |messages: &[tolmach_engine::effect::Outgoing]| -> Vec<String> {
        messages.iter().flat_map(|message| message.cards.iter().map(|card| card.name.clone())).collect()
    };
    assert_eq!(names(&messages), ["Насос 1", "Насос 2"]);
    assert_eq!(messages[0].cards[0].price, "1\u{a0}000\u{a0}₽");
    assert_eq!(names(&chat.press("Показать ещё")), ["Насос 3", "Насос 4"]);
    let last = chat.press("Показать ещё");
    assert_eq!(names(&last), ["Насос 5"]);
    assert!(last[0].buttons.is_empty());
}

#[test]
fn a_further_page_does_not_disturb_a_question() {
    let mut chat = chat();
    chat.says("насос");
    let more = chat.button("Показать ещё");
    chat.command("size");
    assert_eq!(chat.waits_at(), Some("size"));
    chat.event(EventKind::Press { label: "Показать ещё".into(), press: Some(more) });
    assert_eq!(chat.waits_at(), Some("size"));
    chat.says("7");
    assert_eq!(chat.path(), ["size", "sized"]);
}

#[test]
fn an_interrupted_question_is_asked_again() {
    let mut chat = chat();
    chat.command("size");
    let messages = chat.command("help");
    assert_eq!(chat.path(), ["help", "size"]);
    assert_eq!(messages.last().unwrap().text, "Какой размер?");
    assert_eq!(chat.waits_at(), Some("size"));
    // /start begins anew: nothing is asked again.
    chat.command("start");
    assert_eq!((chat.path(), chat.waits_at()), (vec!["hello"], None));
}

#[test]
fn an_answer_is_checked_and_asked_again_until_the_client_gives_up() {
    let mut chat = chat();
    chat.command("size");
    let messages = chat.says("сто");
    assert!(messages[0].text.contains("число"), "{messages:?}");
    chat.says("100");
    assert_eq!(chat.path(), ["size", "help"]);
    chat.command("size");
    chat.says("отмена");
    assert_eq!((chat.path(), chat.waits_at()), (vec!["size"], None));
    chat.command("size");
    chat.press("Отмена");
    assert_eq!(chat.waits_at(), None);
}

#[test]
fn answers_are_taken_as_people_give_them() {
    let mut chat = chat();
    let mut answer = |question: &str, text: &str, slot: &str| {
        chat.command(question);
        chat.says(text);
        assert_ne!(chat.waits_at(), Some(question), "«{text}» is not taken");
        chat.session.frames[0].slots[slot].clone()
    };
    // The dialog is held on Wednesday, the 18th of November 2026.
    assert_eq!(answer("day", "завтра в 10", "day"), json!("2026-11-19"));
    assert_eq!(answer("day", "next Friday at 3 pm", "day"), json!("2026-11-27"));
    assert_eq!(answer("day", "к концу месяца", "day"), json!("2026-11-30"));
    assert_eq!(answer("sure", "ну да, давайте", "sure"), json!(true));
    assert_eq!(answer("sure", "не надо", "sure"), json!(false));
    assert_eq!(answer("size", "пару штук", "size"), json!(2));
    assert_eq!(answer("width", "полметра", "width"), json!(50));
    assert_eq!(answer("width", "1,2 м", "width"), json!(120));
    assert_eq!(answer("box", "50х30 см", "box"), json!({"length": 500, "width": 300, "height": null}));
}

#[test]
fn what_does_not_answer_is_asked_again() {
    let mut chat = chat();
    for (question, text) in [
        ("day", "15-20 марта"),
        ("sure", "а сколько стоит?"),
        ("width", "5 кг"),
        ("width", "50 на 30"),
        ("box", "большие"),
    ] {
        chat.command(question);
        chat.says(text);
        assert_eq!(chat.waits_at(), Some(question), "«{text}»");
        chat.press("Отмена");
    }
    chat.command("day");
    chat.says("не надо");
    assert_eq!(chat.waits_at(), None, "who refuses to answer is left alone");
}

#[test]
fn a_second_number_is_no_part_of_the_name() {
    let mut chat = chat();
    chat.command("contact");
    chat.says("Анна, 8 999 123-45-67 доб. 12 или 8 999 123-45-68");
    assert_eq!(chat.session.frames[0].slots["contact"]["name"], json!("Анна"));
    assert_eq!(chat.session.frames[0].slots["contact"]["phone"], json!("+79991234567;ext=12"));
}

#[test]
fn a_contact_comes_in_one_message_or_in_several() {
    let mut chat = chat();
    chat.says("насос");
    chat.command("contact");
    chat.says("Анна, +7 999 123-45-67");
    assert_eq!(chat.path(), ["contact", "lead", "thanks"]);
    let lead = chat.effects.iter().find_map(|effect| match &effect.command {
        Command::Lead(lead) => Some(lead.clone()),
        _ => None,
    });
    let lead = lead.unwrap();
    assert_eq!(lead.contact["phone"], "+79991234567");
    assert_eq!(lead.summary, "насос");
    assert_eq!(lead.details["results"]["total"], json!(5));
    let heard: Vec<&str> = chat.session.history.iter().map(|said| said.text.as_str()).collect();
    assert!(!heard.iter().any(|text| text.contains("999")), "personal data reached the history: {heard:?}");

    chat.command("contact");
    assert!(chat.says("а это обязательно?")[0].text.contains("телефон"));
    assert!(chat.says("12-34-5")[0].text.contains("Не похоже на номер"));
    chat.says("anna@example.com");
    assert_eq!(chat.waits_at(), Some("contact"));
    chat.says("Анна");
    assert_eq!(chat.path(), ["contact", "lead", "thanks"]);

    chat.command("contact");
    chat.event(EventKind::Contact { phone: "79991234567".into(), name: "Анна".into() });
    assert_eq!(chat.path(), ["contact", "lead", "thanks"]);
}

#[test]
fn a_fault_takes_the_error_path_once() {
    let mut chat = chat();
    let messages = chat.command("broken");
    assert_eq!(chat.path(), ["broken", "sorry"]);
    assert_eq!(messages[0].text, "Ой");
    assert!(chat.trace.visits[0].fault.as_deref().unwrap().contains("above the slot's max"));

    let endless = SHOP.replace("{ ru: Ой, en: Oops }", "'{{#each slots.results.items}}{{name}}{{/each}}'");
    let mut chat = Chat::new(release(&[("shop.yaml", &endless)]));
    let messages = chat.command("broken");
    assert!(messages[0].text.contains("что-то пошло не так"), "{messages:?}");
}

#[test]
fn a_failed_query_takes_the_error_path() {
    let mut chat = chat().with(|_| QueryOutcome::Failed { reason: "the index is away".into() });
    assert_eq!(chat.says("насос")[0].text, "Ой");
    assert_eq!(chat.path(), ["find", "sorry"]);
}

#[test]
fn limits_end_a_turn() {
    let flow = SHOP.replace("on:\n", "limits: { nodes_per_turn: 1 }\non:\n");
    let mut chat = Chat::new(release(&[("shop.yaml", &flow)])).with(shop(5));
    assert_eq!(chat.says("насос")[0].text, "Ой");
    assert!(chat.trace.visits[1].fault.as_deref().unwrap().contains("nodes_per_turn"));
}

#[test]
fn old_buttons_are_explained() {
    let mut chat = chat();
    let gone = Press {
        id: String::new(),
        release: "old".into(),
        flow: "shop".into(),
        node: "gone".into(),
        choice: Choice::Go { to: "gone".into() },
    };
    for press in [None, Some(gone)] {
        let messages = chat.event(EventKind::Press { label: "Старая".into(), press });
        assert!(messages[0].text.contains("уже не работает"), "{messages:?}");
    }
    chat.command("start");
    chat.press("Размер");
    assert_eq!(chat.waits_at(), Some("size"));
}

#[test]
fn silence_starts_its_own_path_and_leaves_the_question() {
    let mut chat = chat();
    chat.command("size");
    assert!(
        chat.effects.iter().any(
            |effect| matches!(&effect.command, Command::StartTimer { name, .. } if name == "inactivity")
        )
    );
    let messages = chat.event(EventKind::Timer { name: "inactivity".into() });
    assert_eq!((chat.path(), messages.len()), (vec!["silent"], 0));
    assert_eq!(chat.waits_at(), Some("size"));
    assert!(!chat.effects.iter().any(|effect| matches!(effect.command, Command::StartTimer { .. })));
}

#[test]
fn the_language_follows_the_client() {
    let mut chat = chat();
    assert_eq!(chat.says("a pump please")[0].text, "Found 5");
    assert_eq!(chat.says("Grundfos")[0].text, "Found 5");
    assert_eq!(chat.says("насос")[0].text, "Нашлось 5");
    assert_eq!(chat.session.language, Language::Ru);
    let voice = chat.event(EventKind::Unsupported { what: "voice".into() });
    assert!(voice[0].text.contains("только текст"));
}

#[test]
fn a_model_cannot_invent() {
    let flow = "\
flow: shop
start: find
slots:
  results: { type: products }
nodes:
  find:
    search: { into: results }
    next: { found: offer, empty: wait }
  offer:
    answer: { prompt: offer, facts: results, cards: results }
    next: { done: wait, failed: plain }
  plain:
    say: { text: plain, cards: results }
";
    let files = [("shop.yaml", flow), ("prompts/offer.md", "Offer products.")];
    let said = |text: &'static str| {
        let shop = shop(2);
        let mut chat = Chat::new(release(&files)).with(move |query| match query {
            Query::Generate(_) => {
                QueryOutcome::Generate(Reply { text: text.into(), usage: Usage::default() })
            }
            other => shop(other),
        });
        (chat.says("насос")[0].text.clone(), chat.path().join(" "))
    };
    assert_eq!(said("Возьмите [1]."), ("Возьмите Насос 1.".into(), "find offer".into()));
    assert_eq!(said("Возьмите [1]. Всего 777 рублей!"), ("Возьмите Насос 1.".into(), "find offer".into()));
    assert_eq!(said("Всего 777 рублей!"), ("plain".into(), "find offer plain".into()));
}

#[test]
fn unsure_is_never_the_first_intent() {
    let flow = "\
flow: shop
start: route
nodes:
  route:
    classify:
      intents:
        a: { examples: [нужен насос] }
        b: { examples: [позовите человека] }
    next: { a: one, b: two, unsure: three }
  one:
    say: { text: one }
  two:
    say: { text: two }
  three:
    say: { text: three }
";
    let run = |message: &str, nearest: &'static str, score: f32, decided: Option<&'static str>| {
        let mut chat = Chat::new(release(&[("shop.yaml", flow)])).with(move |query| match query {
            Query::Classify(_) => QueryOutcome::Classify {
                labels: vec![tolmach_engine::effect::ScoredLabel {
                    label: nearest.into(),
                    score,
                    example: String::new(),
                }],
            },
            Query::LlmClassify(_) => QueryOutcome::LlmClassify(tolmach_engine::effect::Classification {
                label: decided.map(str::to_owned),
                usage: Usage::default(),
            }),
            other => crate::support::no_results(other),
        });
        chat.says(message)[0].text.clone()
    };
    assert_eq!(run("Нужен насос!", "b", 1.0, None), "one", "the very words win");
    assert_eq!(run("насосик бы", "a", 0.9, None), "one");
    assert_eq!(run("кто вы", "a", 0.3, Some("b")), "two", "a model decides when examples are unsure");
    assert_eq!(run("кто вы", "a", 0.3, None), "three");
    assert_eq!(run("кто вы", "a", 0.3, Some("invented")), "three", "a label that is no intent is no answer");
    assert_eq!(run("кто вы", "invented", 0.99, None), "three");
}

const WORDS: &str = "\
flow: words
start: ask
slots:
  said: { type: text }
on: { error: sorry }
nodes:
  ask:
    ask: { text: 'What?', into: said }
    next: { done: thanks, cancelled: wait, gave_up: wait }
  thanks:
    set: { said: slots.said + slots.said }
    next: again
  again:
    say: { text: 'Twice: {{slots.said}}' }
  sorry:
    say: { text: Sorry. }
";

#[test]
fn a_long_message_is_read_up_to_a_bound_and_the_trace_says_so() {
    let mut chat = Chat::new(release(&[("words.yaml", WORDS)]));
    chat.says("hello");
    chat.says(&"word ".repeat(2_000));
    let read = "word ".repeat(800);
    assert_eq!(chat.session.frames[0].slots["said"], json!(read.trim_end()));
    let notes = &chat.trace.visits[0].notes;
    assert_eq!(*notes, ["6001 characters after the first 4000 of the message were not read"]);
}

/// What a slot cannot hold is a fault of the node that sets it: the client is answered, and the trace says why.
#[test]
fn a_slot_that_becomes_too_long_takes_the_error_path() {
    let mut chat = Chat::new(release(&[("words.yaml", WORDS)]));
    chat.says("hello");
    chat.says("short");
    assert_eq!(chat.session.frames[0].slots["said"], json!("shortshort"));
    let mut chat = Chat::new(release(&[("words.yaml", WORDS)]));
    chat.says("hello");
    chat.says(&"x".repeat(3_000));
    assert_eq!(chat.trace.path(), ["ask", "thanks", "sorry"]);
    let fault = chat.trace.visits[1].fault.as_deref().unwrap_or_default();
    assert!(fault.contains("slot `said`: the text is longer than 4000 characters"), "{fault}");
}
