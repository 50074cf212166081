//! Edited messages: what a correction does to the history and to a form that waits.

use tolmach_engine::event::{EventKind, Sent};

use crate::support::{Chat, release};

const FLOW: &str = "\
flow: shop
start: hear
slots:
  pieces: { type: number, min: 1 }
  city: { type: text }
  contact: { type: contact, personal: true }
on: { command: { order: pieces, contact: contact } }
nodes:
  hear:
    say: { text: 'heard {{message.text}}' }
  pieces:
    ask: { text: how many, into: pieces }
    next: { done: city, cancelled: wait, gave_up: wait }
  city:
    ask: { text: which city, into: city }
    next: { done: ordered, cancelled: wait, gave_up: wait }
  ordered:
    say: { text: '{{slots.pieces}} to {{slots.city}}' }
  contact:
    collect_contact: { fields: [name, phone], into: contact }
    next: { done: thanks, cancelled: wait, gave_up: wait }
  thanks:
    say: { text: 'thanks {{slots.contact.name}} {{slots.contact.phone}}' }
";

const MINUTE: i64 = 60_000;

fn chat() -> Chat {
    let mut chat = Chat::new(release(&[("shop.yaml", FLOW)]));
    chat.event(EventKind::Message { text: "hello".into() });
    chat
}

fn texts(messages: Vec<tolmach_engine::effect::Outgoing>) -> Vec<String> {
    messages.into_iter().map(|message| message.text).collect()
}

fn history(chat: &Chat) -> Vec<&str> {
    chat.session.history.iter().map(|said| said.text.as_str()).collect()
}

#[test]
fn a_correction_is_answered_and_takes_the_place_of_the_message() {
    let mut chat = chat();
    chat.sends(Sent::written("5"), "a dril", 2_000);
    chat.sends(Sent::written("6"), "and a pump", 3_000);
    assert_eq!(texts(chat.sends(Sent::edited("5"), "a drill", 9_000)), ["heard a drill"]);
    assert_eq!(chat.trace.visits[0].notes, ["corrects the message «a dril» of 7 s before"]);
    let said = [
        "hello",
        "heard hello",
        "heard a dril",
        "and a pump",
        "heard and a pump",
        "a drill",
        "heard a drill",
    ];
    assert_eq!(history(&chat), said);
    // A second edit corrects the first; the hour counts from the message.
    let corrected = chat.sends(Sent::edited("5"), "a saw", 2_000 + 60 * MINUTE);
    assert_eq!(texts(corrected), ["heard a saw"]);
    assert!(!history(&chat).contains(&"a drill"));
}

#[test]
fn edits_that_change_no_word_or_are_late_are_ignored() {
    let mut chat = chat();
    chat.sends(Sent::written("5"), "a drill", 2_000);
    let before = chat.session.clone();
    for (id, text, after, why) in [
        ("5", "A drill!", 3_000, "its words are the same"),
        ("5", "a saw", 2_001 + 60 * MINUTE, "the message is more than an hour old"),
        ("4", "a saw", 4_000, "the message is not among the last ones"),
    ] {
        assert_eq!(texts(chat.sends(Sent::edited(id), text, after)), Vec::<String>::new(), "{text}");
        assert_eq!(chat.trace.notes, [format!("an edit was ignored: {why}")]);
        assert_eq!(chat.session.history, before.history);
        assert_eq!(chat.session.sent, before.sent);
    }
}

#[test]
fn an_answer_of_a_form_that_waits_is_corrected() {
    let mut chat = chat();
    chat.command("order");
    assert_eq!(texts(chat.sends(Sent::written("5"), "12", 4_000)), ["which city"]);
    // The question before is answered again, and the present one is asked again.
    assert_eq!(texts(chat.sends(Sent::edited("5"), "21", 5_000)), ["which city"]);
    assert!(chat.trace.visits[0].notes.contains(&"the question of pieces is answered again".to_owned()));
    assert_eq!(texts(chat.sends(Sent::written("6"), "Samara", 6_000)), ["21 to Samara"]);
    // The form does not wait any more: the correction is a message.
    assert_eq!(texts(chat.sends(Sent::edited("6"), "Tula", 7_000)), ["heard Tula"]);
}

#[test]
fn a_name_in_a_contact_form_is_corrected() {
    let mut chat = chat();
    chat.command("contact");
    chat.sends(Sent::written("5"), "Ани", 4_000);
    chat.sends(Sent::edited("5"), "Анна", 5_000);
    let thanks = texts(chat.sends(Sent::written("6"), "8 911 555-35-35", 6_000));
    assert_eq!(thanks, ["thanks Анна +79115553535"]);
    // No message of the form is known by its text.
    assert!(chat.session.sent.iter().all(|sent| sent.said.is_empty()), "{:?}", chat.session.sent);
}

#[test]
fn a_message_of_a_burst_is_corrected_alone() {
    let mut chat = chat();
    let part = |id: &str, text: &str| Sent { text: Some(text.to_owned()), ..Sent::written(id) };
    chat.sends_all(vec![part("5", "a dril"), part("6", "to Samara")], "a dril\nto Samara", 2_000);
    assert_eq!(texts(chat.sends(Sent::edited("5"), "a drill", 3_000)), ["heard a drill"]);
    assert_eq!(history(&chat)[2..], ["to Samara", "heard a dril\nto Samara", "a drill", "heard a drill"]);
}

#[test]
fn messages_are_forgotten_after_twenty() {
    let mut chat = chat();
    for n in 0..30 {
        chat.sends(Sent::written(n.to_string()), &format!("message {n}"), 2_000);
    }
    assert_eq!(chat.session.sent.len(), 20);
    assert!(chat.sends(Sent::edited("9"), "other", 3_000).is_empty());
    assert_eq!(texts(chat.sends(Sent::edited("10"), "other", 3_000)), ["heard other"]);
}
