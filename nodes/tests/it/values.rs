//! Dates, times, lengths of time and money: in conditions, texts, `set`, questions and waits. The first turn is on Wednesday,
//! 18 November 2026, at 14:06 in Moscow.

use serde_json::json;
use tolmach_engine::{compile, effect::Command, event::EventKind};

use crate::support::{Chat, bundle, release};

const COMPANY: &str = "\
name: Example
timezone: Europe/Moscow
working_hours: { mon-fri: 09:00-18:00, sat: 10:00-15:00 }
holidays: [2026-11-20]
visit_price: 4500
call_price: 1 500 ₽
quoted: \"4500\"
since: 2010-05-01
cities: [Москва, Тула]
";

/// A chat of one flow beside [`COMPANY`].
fn chat(slots: &str, nodes: &str) -> Chat {
    let flow =
        format!("flow: shop\nstart: a\non: {{ command: {{ go: a }} }}\nslots:\n{slots}nodes:\n{nodes}");
    Chat::new(release(&[("shop.yaml", &flow), ("company.yaml", COMPANY)]))
}

/// What is said at last.
fn said(chat: &mut Chat, text: &str) -> String {
    chat.says(text).last().map(|message| message.text.clone()).unwrap_or_default()
}

/// The codes of the diagnostics of a flow, and their texts.
fn diagnostics(slots: &str, nodes: &str) -> (Vec<String>, String) {
    let flow = format!("flow: shop\nstart: a\nslots:\n{slots}nodes:\n{nodes}");
    let found =
        compile(&bundle(&[("shop.yaml", &flow), ("company.yaml", COMPANY)]), &tolmach_nodes::platform());
    let codes = found.diagnostics.iter().map(|diagnostic| diagnostic.code.text().to_owned()).collect();
    (codes, found.diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect())
}

/// Faults in the trace's notes.
fn faults(chat: &Chat) -> Vec<String> {
    let notes = chat.trace.visits.iter().flat_map(|visit| &visit.notes);
    notes.filter(|note| note.starts_with("fault: ")).cloned().collect()
}

#[test]
fn conditions_know_days_from_texts() {
    let mut chat = chat(
        "  day: { type: date }\n",
        "  a: { ask: { text: When?, into: day }, next: { done: b, cancelled: wait, gave_up: wait } }
  b:
    branch:
      - { when: slots.day == now.date, to: today }
      - { when: slots.day > now.date + days(7), to: later }
      - { when: \"'2026-11-20' == slots.day\", to: friday }
      - { when: slots.day - now.date < duration('2d'), to: tomorrow }
      - { else: soon }
  today: { say: { text: TODAY } }
  later: { say: { text: LATER } }
  friday: { say: { text: FRIDAY } }
  tomorrow: { say: { text: TOMORROW } }
  soon: { say: { text: SOON } }
",
    );
    for (day, expected) in [
        ("сегодня", "TODAY"),
        ("завтра", "TOMORROW"),
        ("20 ноября", "FRIDAY"),
        ("в субботу", "SOON"),
        ("1 декабря", "LATER"),
    ] {
        chat.command("go");
        assert_eq!(said(&mut chat, day), expected, "{day}");
    }
}

#[test]
fn texts_show_values_as_clients_write_them() {
    let mut chat = chat(
        "  day: { type: date, default: 2026-12-01 }
  at: { type: datetime, default: 2026-12-01T10:30 }
  long: { type: duration, default: 1h30m }
  price: { type: money, default: 4500 RUB }
  share: { type: number, default: 1.5 }
  yes: { type: boolean, default: true }
  tags: { type: list, default: [a, b] }
",
        "  a:
    say:
      text: '{{slots.day}}|{{date slots.day \"weekday\"}}|{{slots.at}}|{{slots.long}}|{{slots.price}}|{{slots.share}}|{{slots.yes}}|{{slots.tags}}|{{money company.visit_price \"RUB\"}}|{{company.call_price}}|{{date company.since \"long\"}}|{{company.cities}}|{{company.working_hours}}|{{calc \"slots.price * 2 - company.call_price\"}}|{{now.date}} {{now.time}} {{now.weekday}}'
",
    );
    let russian = "01.12.2026|вторник, 1 декабря|01.12.2026 10:30|1 час 30 минут|4\u{a0}500\u{a0}₽|1,5|да|a, b|4\u{a0}500\u{a0}₽|1\u{a0}500\u{a0}₽|1 мая 2010|Москва, Тула|пн–пт 09:00–18:00, сб 10:00–15:00|7\u{a0}500\u{a0}₽|18.11.2026 14:06 3";
    assert_eq!(said(&mut chat, "привет"), russian);
    let english = said(&mut chat, "hello, what do you have for me?");
    assert!(
        english.starts_with("1 Dec 2026|Tuesday, 1 December|1 Dec 2026, 10:30|1 hour 30 minutes|"),
        "{english}"
    );
    assert!(english.contains("|1.5|yes|"), "{english}");
}

#[test]
fn a_value_that_cannot_be_shown_is_a_dash_and_a_fault() {
    let mut chat = chat(
        "  n: { type: number }\n  contact: { type: contact }\n",
        "  a: { say: { text: '{{slots.n}}/{{slots.contact.name}}/{{money slots.n \"RUB\"}}' } }\n",
    );
    assert_eq!(said(&mut chat, "привет"), "—/—/—");
    let faults = faults(&chat);
    assert!(faults.iter().any(|fault| fault.contains("`slots.n` is unset")), "{faults:?}");
    assert!(faults.iter().any(|fault| fault.contains("`slots.contact.name` is unset")), "{faults:?}");
    assert!(faults.iter().any(|fault| fault.contains("`money` shows a number")), "{faults:?}");
}

#[test]
fn unlike_types_are_found_when_the_bundle_is_compiled() {
    let slots = "  day: { type: date, default: 2026-12-01 }\n  word: { type: text, default: x }\n  price: { type: money, default: 5 RUB }\n  n: { type: number, default: 1 }\n";
    let branch = |when: &str| {
        format!(
            "  a:\n    branch:\n      - {{ when: \"{when}\", to: b }}\n      - {{ else: b }}\n  b: {{ say: {{ text: '{{{{slots.day}}}}{{{{slots.word}}}}{{{{slots.price}}}}{{{{slots.n}}}}' }} }}\n"
        )
    };
    for (when, part) in [
        ("slots.day > slots.word", "a date > a text"),
        ("slots.day > '29.11.2026'", "'29.11.2026' is no date"),
        ("slots.day > now", "slots.at.date, now.date"),
        ("slots.price > 5000", "money(5000, 'RUB')"),
        ("slots.day + 2 == slots.day", "slots.day + days(2)"),
        ("slots.n * slots.price == slots.price", "write the money first"),
        ("company.quoted > slots.n", "a text > a number"),
        ("slots.day == date('31.12.2026')", "'31.12.2026' is no date"),
        ("days(slots.word) == days(1)", "`days` takes a number"),
        ("min(slots.n, slots.day) == slots.n", "a number min a date"),
    ] {
        let (codes, text) = diagnostics(slots, &branch(when));
        assert_eq!(codes, ["wrong-type"], "{when}: {text}");
        assert!(text.contains(part), "{when}: {text}");
    }
    for fine in [
        "slots.day > '2026-12-01'",
        "slots.day + '2d' > now.date",
        "now - hours(2) < now",
        "slots.price * slots.n > money(100, 'RUB')",
        "now.working && now.weekday < 6",
        "company.visit_price > slots.n",
        "company.call_price > slots.price",
        "round(slots.n / 3, 2) == 0.33",
    ] {
        let (codes, text) = diagnostics(slots, &branch(fine));
        assert!(codes.is_empty(), "{fine}: {text}");
    }
    for (say, part) in [
        ("{{money company.quoted \"RUB\"}}", "without quotes: 4500"),
        ("{{money slots.word}}", "`slots.word` is a text"),
        ("{{date slots.n}}", "`date` shows a date or a datetime"),
        ("{{#if (gt slots.day slots.n)}}x{{/if}}", "compares `slots.day`, a date, with a number"),
    ] {
        let nodes = format!(
            "  a: {{ say: {{ text: '{say}{{{{slots.day}}}}{{{{slots.word}}}}{{{{slots.price}}}}{{{{slots.n}}}}' }} }}\n"
        );
        let (codes, text) = diagnostics(slots, &nodes);
        assert_eq!(codes, ["wrong-type"], "{say}: {text}");
        assert!(text.contains(part), "{say}: {text}");
    }
    let contact = "  contact: { type: contact }\n  a: { type: text }\n";
    let (codes, text) = diagnostics(contact, "  a: { say: { text: '{{slots.contact}}' } }\n");
    assert!(codes.contains(&"wrong-type".to_owned()) && text.contains("{{slots.contact.name}}"), "{text}");
}

#[test]
fn what_may_be_unset_is_said_of_texts_too() {
    let (codes, text) = diagnostics(
        "  n: { type: number }\n",
        "  a: { ask: { text: 'N, {{client.first_name}}?', into: n }, next: { done: b, cancelled: b, gave_up: b } }\n  b: { say: { text: 'N={{slots.n}}' } }\n",
    );
    assert_eq!(codes, ["maybe-unset", "maybe-unset"], "{text}");
    assert!(
        text.contains("the first name of a client may be unknown") && text.contains("a dash would stand"),
        "{text}"
    );
}

#[test]
fn a_value_outside_of_limits_is_found() {
    let slots = "  n: { type: number, min: 10, max: 20 }\n";
    let after = "  b: { say: { text: '{{slots.n}}' } }\n";
    for (nodes, part) in [
        ("  a: { set: { n: 5 }, next: b }\n", "5 is outside of the limits"),
        (
            "  a: { ask: { text: N?, into: n, max: 5 }, next: { done: b, cancelled: a, gave_up: a } }\n",
            "no answer fits",
        ),
        (
            "  a: { ask: { text: N?, into: n, min: \"'5'\" }, next: { done: b, cancelled: a, gave_up: a } }\n",
            "`min` is a text",
        ),
    ] {
        let (_, text) = diagnostics(slots, &format!("{nodes}{after}"));
        assert!(text.contains(part), "{nodes}: {text}");
    }
    let mut chat = chat(
        "  r: { type: products }\n  budget: { type: number, min: 1000 }\n",
        "  a: { search: { price: { max: budget }, into: r }, next: { found: b, empty: b } }\n  b: { say: { text: 'B={{slots.budget}}' } }\n",
    );
    assert_eq!(said(&mut chat, "дрель до 100 рублей"), "B=—");
    let faults = faults(&chat);
    assert!(faults.iter().any(|fault| fault.contains("100 is below the slot's min")), "{faults:?}");
}

#[test]
fn a_question_has_limits_and_says_them() {
    let mut chat = chat(
        "  day: { type: date }\n",
        "  a:
    ask: { text: When?, into: day, min: now.date + days(1), max: now.date + days(30), only: workdays }
    next: { done: b, cancelled: wait, gave_up: wait }
  b: { say: { text: 'OK {{slots.day}}' } }
",
    );
    chat.command("go");
    assert_eq!(said(&mut chat, "сегодня"), "Не раньше: 19.11.2026. Выберите другой день.");
    assert!(said(&mut chat, "20 ноября").contains("пн–пт 09:00–18:00"), "a holiday");
    assert_eq!(said(&mut chat, "завтра"), "OK 19.11.2026");
    chat.command("go");
    assert_eq!(said(&mut chat, "1 марта"), "Не позже: 18.12.2026. Выберите другой день.");
}

#[test]
fn a_question_that_gives_up_in_silence_says_so() {
    let chat_of = |to: &str| {
        let nodes = format!(
            "  a: {{ ask: {{ text: 'N?', into: n, attempts: 1 }}, next: {{ done: b, cancelled: wait, gave_up: {to} }} }}\n  b: {{ say: {{ text: OK }} }}\n"
        );
        chat("  n: { type: number }\n", &nodes)
    };
    for (to, expected) in [("wait", "Не получилось разобрать ответ"), ("end", "Не получилось"), ("b", "OK")]
    {
        let mut chat = chat_of(to);
        chat.command("go");
        let said = chat.says("сто пятьсот тыщ");
        assert_eq!(said.len(), 1, "{to}: {said:?}");
        assert!(said[0].text.starts_with(expected), "{to}: {said:?}");
    }
}

#[test]
fn a_visit_is_named_in_one_message_or_in_two() {
    let nodes = "  a:
    ask: { text: When?, into: at, min: now + hours(2), only: working_hours }
    next: { done: b, cancelled: wait, gave_up: wait }
  b: { say: { text: '{{slots.at}}, {{calc \"slots.at - now > hours(24)\"}}' } }
";
    let mut chat = chat("  at: { type: datetime }\n", nodes);
    for (messages, expected) in [
        (&["завтра в 11"][..], "19.11.2026 11:00, нет"),
        (&["в понедельник", "в 3"], "23.11.2026 15:00, да"),
        (&["в 16:30", "в четверг"], "19.11.2026 16:30, да"),
        (&["завтра в 8 утра", "завтра в полдень"], "19.11.2026 12:00, нет"),
        (&["в субботу в половине двенадцатого"], "21.11.2026 11:30, да"),
    ] {
        chat.command("go");
        let answers: Vec<String> = messages.iter().map(|message| said(&mut chat, message)).collect();
        assert_eq!(answers.last().map(String::as_str), Some(expected), "{messages:?}: {answers:?}");
    }
    chat.command("go");
    assert_eq!(said(&mut chat, "завтра"), "А во сколько?");
    assert!(said(&mut chat, "в 7 утра").starts_with("В это время мы не работаем"));
}

#[test]
fn other_values_are_asked_for() {
    let mut chat = chat(
        "  time: { type: time }\n  long: { type: duration }\n  sum: { type: money }\n",
        "  a: { ask: { text: T?, into: time }, next: { done: b, cancelled: wait, gave_up: wait } }
  b: { ask: { text: L?, into: long, min: hours(1) }, next: { done: c, cancelled: wait, gave_up: wait } }
  c: { ask: { text: M?, into: sum, max: \"money(10000, 'RUB')\" }, next: { done: d, cancelled: wait, gave_up: wait } }
  d: { say: { text: '{{slots.time}} {{slots.long}} {{slots.sum}}' } }
",
    );
    chat.command("go");
    said(&mut chat, "в шесть вечера");
    assert_eq!(said(&mut chat, "полчаса"), "Не меньше: 1 час.");
    said(&mut chat, "полтора часа");
    assert_eq!(said(&mut chat, "20 тысяч"), "Не больше: 10\u{a0}000\u{a0}₽.");
    assert_eq!(said(&mut chat, "5 тысяч рублей"), "18:00 1 час 30 минут 5\u{a0}000\u{a0}₽");
    let slots = &chat.session.frames[0].slots;
    assert_eq!(slots["time"], json!("18:00"));
    assert_eq!(slots["sum"], json!({ "amount": 5000, "currency": "RUB" }));
}

#[test]
fn a_call_that_brings_nothing_back_takes_nothing_away() {
    let main = "flow: main\nentry: true\nstart: name\non: { command: { help: help } }\nslots: { name: { type: text, default: Bob } }\nnodes:
  name: { call: { flow: sub, into: { name: name } }, next: last }
  last: { say: { text: 'kept: {{slots.name}}' } }
  help: { say: { text: 'help for {{slots.name}}' } }
";
    let sub = "flow: sub\nstart: a\nslots: { name: { type: text }, city: { type: text } }\nnodes:
  a: { ask: { text: New name?, into: name }, next: { done: b, cancelled: return, gave_up: return } }
  b: { ask: { text: 'City of {{slots.name}}?', into: city }, next: { done: return, cancelled: return, gave_up: return } }
";
    let mut chat = Chat::new(release(&[("main.yaml", main), ("sub.yaml", sub)]));
    chat.says("hi there");
    assert_eq!(said(&mut chat, "cancel"), "kept: Bob");
    chat.says("hi there");
    chat.says("Ann");
    let texts: Vec<String> = chat.command("help").into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["help for Ann", "City of Ann?"], "an interrupted flow has given what it knows");
}

#[test]
fn a_choice_has_a_name() {
    let mut chat = chat(
        "  way: { type: text }\n",
        "  a:
    ask:
      text: How?
      into: way
      choices:
        - { value: pickup, label: { ru: Самовывоз, en: Pickup } }
        - { value: courier, label: { ru: Курьером, en: By courier } }
    next: { done: b, cancelled: wait, gave_up: wait }
  b: { say: { text: '{{labels.way}} ({{slots.way}})' } }
",
    );
    chat.command("go");
    assert_eq!(said(&mut chat, "самовывоз"), "Самовывоз (pickup)");
    let (codes, text) = diagnostics(
        "  n: { type: text, default: x }\n",
        "  a: { say: { text: '{{labels.n}}{{slots.n}}' } }\n",
    );
    assert!(codes.contains(&"unknown-variable".to_owned()), "{text}");
}

#[test]
fn a_language_that_was_chosen_can_be_freed() {
    let flow = "flow: b\nstart: hi\non: { command: { ru: ru, auto: auto } }\nnodes:
  hi: { say: { text: { ru: РУ, en: EN } } }
  ru: { set: { session.language: \"'ru'\" }, next: hi }
  auto: { set: { session.language: null }, next: hi }
";
    let mut chat = Chat::new(release(&[("b.yaml", flow)]));
    chat.command("ru");
    assert_eq!(said(&mut chat, "hello there, how are you?"), "РУ");
    chat.command("auto");
    assert_eq!(said(&mut chat, "hello"), "EN", "the first message decides");
}

#[test]
fn a_wait_may_last_whatever_the_client_does() {
    let mut chat = chat(
        "  day: { type: date }\n",
        "  a: { say: { text: Hi }, next: later }
  later: { delay: { for: 3d, on_message: wait }, next: how }
  how: { say: { text: How is it? } }
  q: { ask: { text: When?, into: day }, next: { done: a, cancelled: wait, gave_up: wait } }
",
    );
    let fires = |chat: &mut Chat| {
        let messages = chat.event(EventKind::Timer { name: "delay:shop/later".into() });
        messages.into_iter().map(|message| message.text).collect::<Vec<_>>()
    };
    chat.says("привет");
    let due = chat.effects.iter().find_map(|effect| match &effect.command {
        Command::StartTimer { name, due } if name == "delay:shop/later" => Some(*due),
        _ => None,
    });
    assert_eq!(due, Some(1_795_000_001_000 + 3 * 86_400_000));
    // A message is answered as if nothing waited, and the wait goes on.
    assert_eq!(said(&mut chat, "и ещё"), "Hi");
    assert_eq!(chat.waits_at(), Some("later"));
    assert_eq!(fires(&mut chat), ["How is it?"]);
}

#[test]
fn a_lasting_wait_ends_with_its_dialog() {
    let flow = "flow: shop\nstart: r\non: { command: { wait: w, bye: bye } }\nnodes:
  r: { say: { text: Hi } }
  w: { delay: { for: 2d, on_message: wait }, next: t }
  t: { say: { text: Over } }
  bye: { end: { text: Bye } }
";
    let mut chat = Chat::new(release(&[("shop.yaml", flow)]));
    chat.command("wait");
    chat.command("bye");
    assert!(chat.event(EventKind::Timer { name: "delay:shop/w".into() }).is_empty());
    chat.command("wait");
    assert_eq!(said(&mut chat, "привет"), "Hi");
    let texts: Vec<String> = chat
        .event(EventKind::Timer { name: "delay:shop/w".into() })
        .into_iter()
        .map(|message| message.text)
        .collect();
    assert_eq!(texts, ["Over"]);
}

#[test]
fn a_question_is_kept_to_its_currency() {
    let mut chat = chat(
        "  sum: { type: money }\n",
        "  a: { ask: { text: M?, into: sum }, next: { done: b, cancelled: wait, gave_up: wait } }\n  b: { say: { text: '{{slots.sum}}' } }\n",
    );
    for (answer, expected) in
        [("100 долларов", "100\u{a0}$"), ("20 евро", "20\u{a0}€"), ("500", "500\u{a0}₽")]
    {
        chat.command("go");
        assert_eq!(said(&mut chat, answer), expected, "{answer}");
    }
    chat.command("go");
    assert!(said(&mut chat, "500 коп").starts_with("Напишите"));
}

#[test]
fn an_earlier_case_of_a_branch_has_taken_what_is_unset() {
    let nodes =
        "  a: { ask: { text: N?, into: n, optional: true }, next: { done: b, cancelled: b, gave_up: b } }
  b:
    branch:
      - { when: slots.n == null, to: c }
      - { when: slots.n >= 3, to: d }
      - { else: d }
  c: { say: { text: none } }
  d: { say: { text: '{{slots.n}}' } }
";
    let (codes, text) = diagnostics("  n: { type: number }\n", nodes);
    assert!(codes.is_empty(), "{text}");
}

#[test]
fn a_wait_until_a_moment_ends_then() {
    let mut chat = chat(
        "  at: { type: datetime, default: 2026-11-20T10:00 }\n",
        "  a: { delay: { until: slots.at - hours(24) }, next: { done: how, message: how } }\n  how: { say: { text: How? } }\n",
    );
    chat.says("привет");
    let due = chat.effects.iter().find_map(|effect| match &effect.command {
        Command::StartTimer { name, due } if name == "delay" => Some(*due),
        _ => None,
    });
    // 2026-11-19T10:00 in Moscow.
    assert_eq!(due, Some(1_795_071_600_000));
    let (codes, text) = diagnostics(
        "  n: { type: number, default: 1 }\n",
        "  a: { delay: { until: slots.n }, next: { done: b, message: b } }\n  b: { delay: {}, next: { done: a, message: a } }\n",
    );
    assert_eq!(codes, ["wrong-type", "missing-field"], "{text}");
}
