//! `personal: true` on a slot: the client sees the value, models and traces do not.

use std::{cell::RefCell, rc::Rc};

use tolmach_engine::effect::{Query, QueryOutcome, Reply, Usage};

use crate::support::{Chat, no_results, release};

const FLOW: &str = "\
flow: flow
entry: true
start: route
slots:
  seen: { type: text }
  age: { type: number, personal: true, default: 41 }
nodes:
  route:
    call: { flow: form, into: { seen: note } }
    next: help
  help:
    answer: { prompt: help }
    next: { done: wait, failed: failed }
  failed:
    say: { text: 'Sorry.' }
";
const FORM: &str = "\
flow: form
start: phone
slots:
  phone: { type: phone, personal: true }
  note: { type: text }
nodes:
  phone:
    ask: { text: Phone?, into: phone }
    next: { done: copy, cancelled: return, gave_up: return }
  copy:
    set: { note: \"slots.phone\" }
    next: confirm
  confirm:
    say: { text: 'Your phone is {{slots.phone}}' }
    next: advise
  advise:
    answer: { prompt: advise }
    next: { done: return, failed: return }
";

type Asked = Rc<RefCell<Vec<String>>>;

fn chat() -> (Chat, Asked) {
    let asked = Asked::default();
    let heard = Rc::clone(&asked);
    let release = release(&[
        ("flow.yaml", FLOW),
        ("form.yaml", FORM),
        ("prompts/help.md", "Help. Age {{slots.age}}, at most 41 words.\n"),
        (
            "prompts/advise.md",
            "Call {{#if slots.phone}}{{slots.phone}}{{else}}nobody{{/if}}. Note: {{slots.note}}.\n",
        ),
    ]);
    let chat = Chat::new(release).with(move |query| match query {
        Query::Generate(_) => {
            heard.borrow_mut().push(serde_json::to_string(query).unwrap());
            QueryOutcome::Generate(Reply { text: "Good.".to_owned(), usage: Usage::default() })
        }
        other => no_results(other),
    });
    (chat, asked)
}

#[test]
fn a_prompt_never_holds_a_personal_value_and_the_client_sees_it() {
    let (mut chat, asked) = chat();
    chat.says("hello there");
    let said = chat.says("8 (900) 123-45-67");
    assert_eq!(said[0].text, "Your phone is +79001234567");
    chat.says("what about 8 900 123-45-67?");
    let asked = asked.borrow();
    // The form's own prompt, the one after it returned; in the next turn the form asks again.
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[0].contains("Call [phone]. Note: [phone]."), "{}", asked[0]);
    assert!(asked[0].contains("\"question\":\"[personal]\""), "{}", asked[0]);
    assert!(asked[1].contains("Age [personal], at most 41 words."), "{}", asked[1]);
    for query in asked.iter() {
        assert!(!query.contains("123-45-67") && !query.contains("1234567"), "{query}");
    }
    assert!(asked[1].contains("Your phone is [phone]"), "the history keeps the sentence: {}", asked[1]);
}

#[test]
fn notes_and_faults_of_a_trace_hold_no_personal_value() {
    // The search notes what it looked for when no row states the quantity; the copy hides where the value came from.
    let flow = "\
flow: flow
start: phone
slots:
  phone: { type: phone, personal: true }
  copy: { type: text }
  found: { type: products }
nodes:
  phone:
    ask: { text: Phone?, into: phone }
    next: { done: keep, cancelled: wait, gave_up: wait }
  keep:
    set: { copy: slots.phone }
    next: find
  find:
    search: { query: '{{slots.copy}} 5 kW', into: found }
    next: { found: wait, empty: wait }
";
    let mut chat = Chat::new(release(&[("flow.yaml", flow)]));
    chat.says("hello");
    chat.says("+79001234567");
    assert!(chat.path().contains(&"find"), "{:?}", chat.trace);
    let visits = serde_json::to_string(&chat.trace.visits).unwrap();
    assert!(
        visits.contains("[phone]") || visits.contains("[personal]"),
        "a note would have shown it: {visits}"
    );
    assert!(!visits.contains("9001234567"), "{visits}");
}

#[test]
fn a_redacted_session_holds_no_personal_value() {
    let (mut chat, _) = chat();
    chat.says("hello there");
    chat.says("8 (900) 123-45-67");
    let stored = serde_json::to_string(&chat.session).unwrap();
    assert!(stored.contains("41"), "the stored session is whole: {stored}");
    let shown = chat.session.redacted(&chat.release);
    assert_eq!(shown.frames[0].slots["age"], "[personal]");
    assert_eq!(chat.session.redacted(&chat.release).chat, chat.session.chat);
}
