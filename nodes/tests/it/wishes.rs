//! Several wishes in one message: answered in turn within the turn's limits, what is left is offered; and speech about rows, which
//! leaves no visit behind when it is about something else.

use tolmach_engine::effect::{Query, QueryOutcome, ScoredLabel};

use crate::support::{Chat, release, shop};

const FLOW: &str = "\
flow: desk
start: route
languages: [en]
slots: { found: { type: products } }
on: { refer: shown }
limits: { nodes_per_turn: 6 }
nodes:
  route:
    classify:
      intents:
        goods: { articles: true, examples: [pumps please] }
        delivery: { examples: [do you deliver] }
        payment: { examples: [can I pay by card] }
        call: { commits: true, examples: [call me] }
    next: { goods: find, delivery: delivery, payment: payment, call: call, unsure: other, refused: fine }
  find:
    search: { into: found, limit: 3 }
    next: { found: offer, empty: other }
  shown:
    refer: { into: found }
    next: { found: offer, empty: other, ordered: call }
  offer: { say: { text: here you are, cards: found } }
  delivery: { say: { text: we deliver } }
  payment: { say: { text: cards are fine } }
  call: { say: { text: we will call } }
  fine: { say: { text: nobody calls } }
  other: { say: { text: what? } }
";

/// Intents by their words, as sure as an example.
fn chat() -> Chat {
    let rows = shop(9);
    Chat::new(release(&[("desk.yaml", FLOW)])).with(move |query| match query {
        Query::Classify(request) => {
            let text = request.text.to_lowercase();
            let label = [("pump", "goods"), ("deliver", "delivery"), ("pay", "payment"), ("call", "call")]
                .into_iter()
                .find(|(word, _)| text.contains(word))
                .map(|(_, label)| label);
            let scored = label.map(|label| ScoredLabel {
                label: label.to_owned(),
                score: 0.9,
                example: String::new(),
            });
            QueryOutcome::Classify { labels: scored.into_iter().collect() }
        }
        query => rows(query),
    })
}

fn texts(messages: Vec<tolmach_engine::effect::Outgoing>) -> Vec<String> {
    messages.into_iter().map(|message| message.text).collect()
}

#[test]
fn what_does_not_fit_into_a_turn_is_offered_and_answered_then() {
    let mut chat = chat();
    let said =
        texts(chat.says("we want you to call us. also how do you deliver? and is it ok to pay later?"));
    // The limit of six nodes holds two answers; the call, which commits, comes last.
    assert_eq!(
        said[..2],
        ["we deliver".to_owned(), "About «is it ok to pay later»: cards are fine".to_owned()],
        "{said:?}"
    );
    assert!(said[2].contains("we want you to call us"), "{said:?}");
    assert_eq!(chat.session.context.pending.len(), 1);
    let said = texts(chat.press("Yes, please"));
    assert_eq!(said, ["About «we want you to call us»: we will call"]);
    assert!(chat.session.context.pending.is_empty());
}

#[test]
fn a_refusal_begins_nothing() {
    assert_eq!(texts(chat().says("please don't call me")), ["nobody calls"]);
}

#[test]
fn speech_about_rows_is_taken_and_anything_else_leaves_no_visit() {
    let mut chat = chat();
    chat.says("pumps");
    assert_eq!(chat.path(), ["route", "find", "offer"]);
    let shown = chat.session.context.shown.clone().expect("rows were shown");
    let told = chat.says("how much is the second one?");
    assert_eq!(chat.path(), ["shown"]);
    assert_eq!(told[0].cards.len(), 1);
    assert_eq!(told[0].cards[0].id, shown.rows[1].id);
    assert_eq!(chat.session.context.focus.as_ref().map(|row| &row.id), Some(&shown.rows[1].id));
    chat.says("do you deliver");
    assert_eq!(chat.path(), ["route", "delivery"]);
    // What was chosen is in the order, with the client's words.
    chat.says("I'll take the first one, 2 pcs");
    assert_eq!(chat.path(), ["shown", "call"]);
    let line = chat.session.context.order.lines[0].clone();
    assert_eq!((line.id, line.quantity), (shown.rows[0].id.clone(), Some(2.0)));
    assert_eq!(line.said, "I'll take the first one, 2 pcs");
    // A new dialog knows nothing of it.
    chat.command("start");
    assert!(chat.session.context.is_empty());
}
