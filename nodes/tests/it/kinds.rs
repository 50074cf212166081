//! What the kinds that speak to the world do, and what comes between: calls, delays, people, splits, interrupts.

use std::cell::RefCell;

use serde_json::json;
use tolmach_engine::{
    effect::{Card, Command, HttpReply, Method, Query, QueryOutcome, ScoredLabel},
    event::{EventKind, StaffAction},
    language::Language,
};

use crate::support::{Chat, no_results, release, shop};

fn commands(chat: &Chat) -> Vec<&Command> {
    chat.effects.iter().map(|effect| &effect.command).collect()
}

const FORM: &str = "\
flow: shop
entry: true
start: route
slots:
  results: { type: products }
  contact: { type: contact, personal: true }
  city: { type: text }
  size: { type: number }
  plan: { type: text }
on:
  command: { help: help, form: contact, city: city, size: size, lease: lease, person: person, later: later, ru: russian }
  intent: { from: route, to: { product: find, manager: contact }, min_confidence: 0.7 }
  inactivity: { after: 30m, to: silent }
  error: sorry
nodes:
  route:
    classify:
      intents:
        product: { examples: [нужен насос] }
        manager: { examples: [позовите менеджера] }
        other: { examples: [прочее] }
    next: { product: find, manager: contact, other: help, unsure: help }
  find:
    search: { into: results }
    next: { found: offer, empty: help }
  offer:
    say: { text: 'found {{results.total}}', cards: results, buttons: [{ label: more help, to: help }] }
  help:
    say: { text: help }
  contact:
    collect_contact: { into: contact }
    next: { done: thanks, cancelled: wait, gave_up: help }
  thanks:
    say: { text: thanks }
  city:
    ask: { text: which city?, into: city }
    next: { done: thanks, cancelled: wait, gave_up: wait }
  size:
    ask: { text: which size?, into: size, attempts: 2 }
    next: { done: thanks, cancelled: wait, gave_up: help }
  lease:
    call: { flow: leasing, with: { months: '12' }, into: { plan: plan } }
    next: leased
  leased:
    say: { text: 'plan {{slots.plan}}' }
  person:
    handoff: { text: calling, to: sales, timeout: 2h }
    next: { returned: thanks, timeout: help }
  later:
    delay: { for: 3d }
    next: { done: thanks, message: route }
  russian:
    set: { session.language: \"'ru'\" }
  silent:
    lead: { source: inactivity }
  sorry:
    say: { text: sorry }
";

const LEASING: &str = "\
flow: leasing
start: which
slots:
  months: { type: number }
  plan: { type: text }
on:
  command: { terms: terms }
nodes:
  which:
    ask: { text: 'plan for {{slots.months}} months?', into: plan }
    next: { done: return, cancelled: return, gave_up: return }
  terms:
    say: { text: our terms }
";

fn nearest(label: &'static str, score: f32) -> impl Fn(&Query) -> QueryOutcome {
    let shop = shop(2);
    move |query| match query {
        Query::Classify(_) => QueryOutcome::Classify {
            labels: vec![ScoredLabel { label: label.into(), score, example: String::new() }],
        },
        other => shop(other),
    }
}

fn chat() -> Chat {
    Chat::new(release(&[("shop.yaml", FORM), ("leasing.yaml", LEASING)])).with(nearest("product", 0.9))
}

fn timer(chat: &mut Chat, name: &str) -> Vec<tolmach_engine::effect::Outgoing> {
    chat.event(EventKind::Timer { name: name.into() })
}

fn staff(chat: &mut Chat, action: StaffAction) -> Vec<tolmach_engine::effect::Outgoing> {
    chat.event(EventKind::Staff { action, by: Some("Пётр".to_owned()) })
}

#[test]
fn another_request_interrupts_a_form_and_the_form_goes_on() {
    let mut chat = chat();
    chat.command("form");
    chat.says("Анна, а почта info");
    let messages = chat.says("ещё бы насос посмотреть");
    assert_eq!(chat.path(), ["contact", "find", "offer", "contact"]);
    assert_eq!(messages[0].cards.len(), 2);
    assert_eq!(chat.waits_at(), Some("contact"));
    chat.says("8 999 123-45-67");
    assert_eq!(chat.path(), ["contact", "thanks"]);
    let contact = &chat.session.frames[0].slots["contact"];
    assert_eq!((&contact["name"], &contact["phone"]), (&json!("Анна"), &json!("+79991234567")));
}

#[test]
fn a_doubtful_request_does_not_interrupt() {
    let mut chat = chat().with(nearest("product", 0.6));
    chat.command("size");
    assert!(chat.says("что-то непонятное")[0].text.contains("число"));
    assert_eq!((chat.path(), chat.waits_at()), (vec!["size"], Some("size")));
    // An intent that may not interrupt, however near.
    let mut chat = chat.with(nearest("other", 0.99));
    chat.says("прочее что-то");
    assert_eq!(chat.path(), ["size", "help"], "the second unfitting answer gives up");
}

#[test]
fn an_answer_that_fits_is_an_answer() {
    let mut chat = chat();
    chat.command("size");
    chat.says("7");
    assert_eq!(chat.path(), ["size", "thanks"]);
    chat.command("city");
    chat.says("Казань");
    assert_eq!(chat.path(), ["city", "thanks"]);
    // An open question takes anything but the very words of a request.
    chat.command("city");
    chat.says("Позовите менеджера!");
    assert_eq!(chat.path(), ["city", "contact"]);
    chat.says("anna@example.com");
    chat.says("Анна");
    assert_eq!(chat.path(), ["contact", "thanks", "city"], "the question is asked again");
}

#[test]
fn a_contact_in_the_request_itself_is_taken() {
    let mut chat = chat().with(nearest("manager", 0.9));
    chat.says("перезвоните, 8 999 123-45-67");
    assert_eq!(chat.path(), ["route", "contact"]);
    chat.says("Анна");
    assert_eq!(chat.path(), ["contact", "thanks"]);
    assert!(chat.session.history.iter().all(|said| !said.text.contains("999")), "{:?}", chat.session.history);
}

#[test]
fn a_form_comes_back_and_the_question_that_it_dropped_does_not() {
    let mut chat = chat();
    chat.command("size");
    chat.command("form");
    chat.command("help");
    assert_eq!(chat.path(), ["help", "contact"]);
    chat.says("a@example.com");
    chat.says("Анна");
    assert_eq!((chat.path(), chat.waits_at()), (vec!["contact", "thanks"], None));
}

#[test]
fn a_question_put_aside_may_be_answered_by_its_button() {
    let mut chat = chat();
    chat.command("size");
    let cancel = chat.button("Отмена");
    chat.command("form");
    chat.event(EventKind::Press { label: "Отмена".into(), press: Some(cancel.clone()) });
    assert_eq!(chat.path(), ["size", "contact"], "the size is given up, and the form goes on");
    chat.says("a@example.com");
    chat.says("Анна");
    assert_eq!(
        (chat.path(), chat.waits_at()),
        (vec!["contact", "thanks"], None),
        "the size is not asked again"
    );
    // The same button once more: that question is long gone, and the form that waits is not lost by it.
    chat.command("form");
    chat.event(EventKind::Press { label: "Отмена".into(), press: Some(cancel) });
    assert_eq!((chat.path(), chat.waits_at()), (vec!["size", "contact"], Some("contact")));
}

#[test]
fn calling_a_flow_again_begins_it_anew() {
    let mut chat = chat();
    chat.command("lease");
    chat.command("lease");
    assert_eq!((chat.path(), chat.session.frames.len()), (vec!["lease", "which"], 2));
    chat.says("небольшой");
    assert_eq!((chat.path(), chat.session.frames.len()), (vec!["which", "lease", "leased"], 1));
}

#[test]
fn a_called_flow_takes_and_gives() {
    let mut chat = chat();
    assert_eq!(chat.command("lease")[0].text, "plan for 12 months?");
    assert_eq!(chat.session.waits_at(), Some(("leasing", "which")));
    // Its own command and one of the caller's: both return to its question.
    chat.command("terms");
    assert_eq!(chat.path(), ["terms", "which"]);
    chat.command("help");
    assert_eq!(chat.path(), ["help", "which"]);
    assert_eq!(chat.session.waits_at(), Some(("leasing", "which")));
    let messages = chat.says("небольшой");
    assert_eq!(chat.path(), ["which", "lease", "leased"]);
    assert_eq!(messages[0].text, "plan небольшой");
    assert_eq!(chat.session.frames.len(), 1);
}

#[test]
fn an_old_button_of_the_caller_returns_to_the_called_flow() {
    let mut chat = chat();
    chat.says("нужен насос");
    let old = chat.button("more help");
    chat.command("lease");
    chat.event(EventKind::Press { label: "more help".into(), press: Some(old) });
    assert_eq!(chat.path(), ["help", "which"]);
    assert_eq!(chat.session.frames.len(), 2);
}

#[test]
fn a_button_that_is_gone_offers_the_start() {
    let mut chat = chat();
    chat.event(EventKind::Press { label: "старая".into(), press: None });
    chat.press("Начать заново");
    assert_eq!(chat.path()[0], "route");
}

#[test]
fn flows_cannot_call_each_other_for_ever() {
    let calls = |entry: &str, name: &str, other: &str| {
        format!(
            "flow: {name}\n{entry}start: a\nnodes:\n  a:\n    call: {{ flow: {other} }}\n    next: ask\n  ask:\n    menu: {{ text: x, choices: [{{ exit: y, label: Y }}] }}\n    next: {{ y: return, other: return }}\n"
        )
    };
    let files = [("a.yaml", calls("entry: true\n", "a", "b")), ("b.yaml", calls("", "b", "a"))];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let compiled = tolmach_engine::compile(&crate::support::bundle(&files), &tolmach_nodes::platform());
    let codes: Vec<&str> = compiled.diagnostics.iter().map(|diagnostic| diagnostic.code.text()).collect();
    assert!(codes.contains(&"endless-cycle"), "{codes:?}");
}

#[test]
fn the_bot_is_silent_while_a_person_has_the_chat() {
    let mut chat = chat();
    chat.command("size");
    chat.command("person");
    assert!(commands(&chat).iter().any(|command| matches!(command, Command::HandOff { .. })));
    assert!(
        commands(&chat)
            .iter()
            .any(|command| matches!(command, Command::Notify(notice) if notice.group == "sales"))
    );
    assert!(chat.says("нужен насос").is_empty());
    assert!(chat.command("start").is_empty());
    assert!(timer(&mut chat, "inactivity").is_empty());
    let said = staff(&mut chat, StaffAction::say("Здравствуйте, это Пётр"));
    let at = chat.session.taken_over_at.unwrap();
    assert!(commands(&chat).iter().any(|command| {
        matches!(command, Command::StartTimer { name, due } if name == "handoff" && *due == at + 2 * 3_600_000)
    }));
    assert_eq!(said[0].text, "Здравствуйте, это Пётр");
    staff(&mut chat, StaffAction::Return);
    assert_eq!(chat.path(), ["person", "thanks", "size"]);
    assert_eq!(chat.session.taken_over_at, None);
    assert_eq!(chat.says("5")[0].text, "thanks");
}

#[test]
fn it_is_known_since_when_a_client_waits_and_who_has_the_chat() {
    let mut chat = chat();
    chat.command("size");
    assert_eq!(chat.session.awaited_since, None, "the bot answers");
    chat.command("person");
    let called = chat.session.awaited_since;
    assert!(called.is_some() && called == chat.session.taken_over_at);
    assert_eq!(chat.session.taken_over_by, None, "nobody has come yet");
    chat.says("есть кто?");
    assert_eq!(chat.session.awaited_since, called, "the first word counts");

    staff(&mut chat, StaffAction::Take);
    assert_eq!((chat.session.awaited_since, chat.session.taken_over_by.as_deref()), (called, Some("Пётр")));
    staff(&mut chat, StaffAction::say("слушаю"));
    assert_eq!(chat.session.awaited_since, None);
    chat.says("нужен счёт");
    assert!(chat.session.awaited_since > called);
    staff(&mut chat, StaffAction::Return);
    assert_eq!((chat.session.awaited_since, chat.session.taken_over_by.clone()), (None, None));
}

#[test]
fn a_person_shows_products() {
    let mut chat = chat();
    chat.command("person");
    let card =
        Card {
            id: "a/1".to_owned(), name: "Насос".to_owned(), price: "5 ₽".to_owned(), ..Card::default()
        };
    let said = staff(
        &mut chat,
        StaffAction::Say { text: String::new(), cards: vec![card.clone()], files: Vec::new() },
    );
    assert_eq!((said[0].cards.as_slice(), said[0].staff.as_deref()), ([card].as_slice(), Some("Пётр")));
}

#[test]
fn a_chat_that_nobody_answers_comes_back_to_the_bot() {
    let mut chat = chat();
    chat.command("person");
    timer(&mut chat, "handoff");
    assert_eq!(chat.path(), ["person", "help"]);
    assert!(!chat.says("нужен насос").is_empty());
}

#[test]
fn a_person_may_take_any_chat_by_writing() {
    let mut chat = chat();
    chat.command("size");
    staff(&mut chat, StaffAction::say("минуту"));
    assert!(chat.says("7").is_empty());
    staff(&mut chat, StaffAction::Return);
    assert_eq!((chat.path(), chat.waits_at()), (vec!["size"], Some("size")), "the question is asked again");
    staff(&mut chat, StaffAction::Take);
    assert!(timer(&mut chat, "handoff").is_empty(), "coming back by itself is silent");
    assert_eq!(chat.says("7")[0].text, "thanks");
}

#[test]
fn a_delay_ends_by_time_or_by_a_message() {
    let mut chat = chat();
    chat.command("later");
    let due = commands(&chat).iter().find_map(|command| match command {
        Command::StartTimer { name, due } if name == "delay" => Some(*due),
        _ => None,
    });
    assert_eq!(due, Some(1_795_000_001_000 + 3 * 86_400_000));
    timer(&mut chat, "delay");
    assert_eq!(chat.path(), ["later", "thanks"]);
    chat.command("later");
    chat.says("нужен насос");
    assert_eq!(chat.path(), ["later", "route", "find", "offer"]);
    assert!(commands(&chat).iter().any(|c| matches!(c, Command::CancelTimer { name } if name == "delay")));
    assert!(timer(&mut chat, "delay").is_empty(), "a delay that is over stays over");
    // A command comes between; the delay goes on for what is left of it.
    chat.command("later");
    chat.command("help");
    assert_eq!((chat.path(), chat.waits_at()), (vec!["help", "later"], Some("later")));
}

#[test]
fn the_language_is_remembered_and_may_be_chosen() {
    let mut chat = chat();
    chat.says("нужен насос");
    chat.says("ok");
    assert_eq!(chat.session.language, Language::Ru, "one «ok» changes nothing");
    chat.says("thanks");
    assert_eq!(chat.session.language, Language::En, "two messages do");
    chat.says("нужен насос");
    assert_eq!(chat.session.language, Language::Ru);
    chat.says("I need a pump");
    assert_eq!(chat.session.language, Language::En);
    chat.command("ru");
    chat.says("show me the pumps please");
    assert_eq!(chat.session.language, Language::Ru, "a chosen language stays");
}

#[test]
fn a_split_is_even_and_stays() {
    let flow = "\
flow: shop
start: split
nodes:
  split:
    experiment: { name: greeting, arms: { a: 1, b: 3 } }
    next: { a: one, b: two }
  one:
    goal: { name: seen, value: '1' }
    next: wait
  two:
    goal: { name: seen }
    next: wait
";
    let mut ones = 0;
    for n in 0..400 {
        let mut chat = Chat::new(release(&[("shop.yaml", flow)]));
        chat.session.chat = format!("web:{n}");
        chat.says("привет");
        let first: Vec<String> = chat.path().iter().map(|node| (*node).to_owned()).collect();
        let arms = commands(&chat).iter().filter(|command| matches!(command, Command::Arm { .. })).count();
        assert_eq!(arms, 1);
        chat.command("start");
        assert_eq!(chat.path(), first, "the same client, the same arm");
        assert!(!commands(&chat).iter().any(|command| matches!(command, Command::Arm { .. })));
        assert!(commands(&chat).iter().any(|command| {
            matches!(command, Command::Goal(goal) if goal.arms["greeting"] == if first[1] == "one" { "a" } else { "b" })
        }));
        ones += usize::from(first[1] == "one");
    }
    assert!((70..=130).contains(&ones), "a quarter of 400 is about 100, not {ones}");
}

const STOCK: &str = "\
flow: shop
start: stock
slots:
  left: { type: number, min: 0 }
  note: { type: text }
nodes:
  stock:
    http:
      method: POST
      url: 'https://stock.example.com/items/{{message.text}}?lang={{session.language}}'
      headers: { X-Client: '{{client.first_name}}' }
      body: { article: message.text, many: '2 + 1' }
      into: { left: /items/0/left }
      deadline: 3s
    next: { ok: tell, failed: sorry }
  tell:
    say: { text: 'left {{slots.left}}' }
  sorry:
    say: { text: sorry }
";

#[test]
fn another_system_is_asked_and_its_reply_checked() {
    let said = |status: u16, body: serde_json::Value| {
        let mut chat = Chat::new(release(&[("shop.yaml", STOCK)])).with(move |query| match query {
            Query::Http(_) => QueryOutcome::Http(HttpReply { status, body: body.clone() }),
            other => no_results(other),
        });
        chat.says("RH-10537")[0].text.clone()
    };
    assert_eq!(said(200, json!({ "items": [{ "left": 4 }] })), "left 4");
    assert_eq!(said(404, json!({ "items": [{ "left": 4 }] })), "sorry");
    assert_eq!(said(200, json!({ "items": [] })), "sorry", "a missing part is an exit");
    assert_eq!(
        said(200, json!({ "items": [{ "left": "many" }] })),
        "sorry",
        "a part of another type is an exit"
    );
    assert_eq!(said(200, json!({ "items": [{ "left": -1 }] })), "sorry", "a value out of bounds is an exit");
}

#[test]
fn a_request_cannot_be_bent_by_what_the_client_writes() {
    let asked = std::rc::Rc::new(RefCell::new(None));
    let seen = std::rc::Rc::clone(&asked);
    let mut chat = Chat::new(release(&[("shop.yaml", STOCK)])).with(move |query| {
        if let Query::Http(request) = query {
            *seen.borrow_mut() = Some(request.clone());
        }
        QueryOutcome::Failed { reason: "nobody".into() }
    });
    chat.says("../admin?x=1#й");
    let request = asked.borrow().clone().unwrap();
    assert_eq!(request.url, "https://stock.example.com/items/..%2Fadmin%3Fx%3D1%23%D0%B9?lang=ru");
    assert_eq!((request.method, request.deadline, request.max_bytes), (Method::Post, 3000, 256 * 1024));
    assert_eq!(request.body, Some(json!({ "article": "../admin?x=1#й", "many": 3 })));
    assert!(request.headers.contains_key("Idempotency-Key"));
    assert_eq!(chat.path(), ["stock", "sorry"]);
}

#[test]
fn quick_answers_are_given_or_missed() {
    let flow = "\
flow: shop
start: quick
nodes:
  quick:
    faq: { from: general }
    next: { hit: wait, miss: other }
  other:
    say: { text: other }
";
    let answers = "\
- questions: [есть ли парковка]
  answer: { ru: 'Есть у {{company.name}}', en: 'There is at {{company.name}}' }
- questions: [можно с собакой]
  answer: Можно
";
    let files = [("shop.yaml", flow), ("faq/general.yaml", answers), ("company.yaml", "name: Оснадар\n")];
    let said = |text: &str, score: f32| {
        let mut chat = Chat::new(release(&files)).with(nearest("1", score));
        chat.says(text)[0].text.clone()
    };
    assert_eq!(said("Есть ли парковка?", 0.0), "Есть у Оснадар");
    assert_eq!(said("с псом пустите?", 0.8), "Можно");
    assert_eq!(said("сколько стоит насос", 0.4), "other");
}

#[test]
fn a_fault_in_a_called_flow_takes_the_callers_error_path() {
    let leasing = LEASING.replace("next: { done: return,", "next: { done: boom,").replace(
        "  terms:",
        "  boom:\n    set: { months: slots.months / 0 - slots.plan }\n    next: return\n  terms:",
    );
    let broken = leasing.replace("slots.months / 0 - slots.plan", "\"[1, 2][int(slots.months) + 5]\"");
    let mut chat = Chat::new(release(&[("shop.yaml", FORM), ("leasing.yaml", &broken)]));
    chat.command("lease");
    assert_eq!(chat.says("x")[0].text, "sorry");
    assert_eq!((chat.path(), chat.session.frames.len()), (vec!["which", "boom", "sorry"], 1));
}

#[test]
fn a_second_failure_calls_for_a_person() {
    let flow = "flow: shop\nstart: a\non: { error: b }\nnodes:\n  a: { set: { session.language: message.text } }\n  b: { set: { session.language: message.text } }\n";
    let mut chat = Chat::new(release(&[("shop.yaml", flow)]));
    assert!(chat.says("привет")[0].text.contains("что-то пошло не так"));
    assert!(commands(&chat).iter().any(|command| matches!(command, Command::Notify(n) if n.about_chat)));
}
