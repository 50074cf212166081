//! Turn records are listed and exported without personal values.

use tolmach_engine::{
    Session, Step,
    bundle::Bundle,
    compile,
    event::{Client, Event, EventKind},
    start,
};
use tolmach_runtime::Record;

const FLOW: &str = "\
flow: flow
start: phone
slots:
  phone: { type: phone, personal: true }
nodes:
  phone:
    ask: { text: Phone?, into: phone }
    next: { done: thanks, cancelled: wait, gave_up: wait }
  thanks:
    say: { text: 'Thanks, {{slots.phone}}' }
";

#[test]
fn a_redacted_record_holds_no_personal_value() {
    let bundle = Bundle { files: [("flow.yaml".to_owned(), FLOW.to_owned())].into() };
    let release = compile(&bundle, &tolmach_nodes::platform()).release.unwrap();
    let mut session = Session::default();
    for (turn, text) in ["hello", "+7 900 123-45-67"].into_iter().enumerate() {
        let kind = EventKind::Message { text: text.to_owned() };
        let id = uuid::Uuid::from_u128(turn as u128);
        let event = Event {
            id,
            at: 1_795_000_000_000,
            client: Client::default(),
            origin: None,
            sent: Vec::new(),
            reading: None,
            kind,
        };
        let before = session.clone();
        let Step::Done { session: after, effects, trace } = start(&release, before.clone(), event.clone())
        else {
            panic!("no query is expected")
        };
        session = after;
        let record = Record { before, trace, effects, millis: Vec::new() };
        record.replay(&release, &event).unwrap();
        let shown = serde_json::to_string(&record.redacted(&release, &event)).unwrap();
        assert!(!shown.contains("4567") && !shown.contains("45-67"), "{shown}");
    }
    assert!(serde_json::to_string(&session).unwrap().contains("+79001234567"));
    assert!(!serde_json::to_string(&session.redacted(&release)).unwrap().contains("+79001234567"));
}
