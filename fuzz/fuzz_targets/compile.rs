//! Whatever a bundle holds, compiling it ends, never panics, and says what is wrong; what compiles can be run.
//!
//! `cargo +nightly fuzz run compile fuzz/corpus/compile nodes/tests/broken -- -max_total_time=300`: the broken bundles
//! of the tests are good seeds, since an input has their form, `--- path` lines between the files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tolmach_engine::{
    Session, Step,
    bundle::Bundle,
    compile,
    effect::QueryOutcome,
    event::{Client, Event, EventKind},
    resume, start,
};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut bundle = Bundle::default();
    let mut path = "flow.yaml".to_owned();
    for line in text.lines() {
        match line.strip_prefix("--- ") {
            Some(name) => path = name.trim().to_owned(),
            None => {
                let file = bundle.files.entry(path.clone()).or_default();
                file.push_str(line);
                file.push('\n');
            }
        }
    }
    let compiled = compile(&bundle, &tolmach_nodes::platform());
    assert_eq!(compiled.release.is_none(), compiled.diagnostics.iter().any(|diagnostic| diagnostic.is_error()));
    for diagnostic in &compiled.diagnostics {
        assert!(!diagnostic.message.is_empty() && !diagnostic.help.is_empty(), "{diagnostic:?}");
    }
    let Some(release) = compiled.release else { return };
    // A few turns in a world that is away: each ends.
    let mut session = Session::default();
    for (turn, word) in ["привет", "7", "отмена", "x"].into_iter().enumerate() {
        let event = Event {
            id: uuid::Uuid::from_u128(turn as u128),
            at: 1_795_000_000_000,
            origin: None, client: Client::default(),
            sent: Vec::new(),
            reading: None,
            kind: EventKind::Message { text: word.to_owned() },
        };
        let mut step = start(&release, session, event);
        for _ in 0..10_000 {
            match step {
                Step::Done { .. } => break,
                Step::Query { suspended, .. } => {
                    let outcome = QueryOutcome::Failed { reason: "away".to_owned() };
                    step = resume(&release, suspended, outcome);
                }
            }
        }
        let Step::Done { session: after, .. } = step else { panic!("a turn that does not end") };
        session = after;
    }
});
