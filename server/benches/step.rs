//! How long the pure step takes: a turn of three nodes, without store and network.

#![expect(clippy::panic, reason = "a measurement stops at the first failure")]

use std::{hint::black_box, time::Instant};

use tolmach_engine::{
    Input, Next, Release, Session,
    bundle::Bundle,
    compile,
    event::{Client, Event, Kind},
    step,
};
use tolmach_nodes::KINDS;
use uuid::Uuid;

/// Computes, decides and speaks: an expression, a condition and a template a turn.
const FLOW: &str = "\
flow: bench
start: count
slots:
  n: { type: number, default: 0 }
  budget: { type: number, default: 4000 }
on: { inactivity: { after: 30m, to: count } }
nodes:
  count:
    set: { n: slots.n + 1 }
    next: gate
  gate:
    branch:
      - { when: slots.budget != null && slots.budget < 1000, to: cheap }
      - { else: tell }
  cheap:
    say: { text: cheap }
  tell:
    say:
      text: { ru: 'Здравствуйте, {{client.first_name}}! Сообщение {{slots.n}}.', en: 'Hello, {{client.first_name}}! Message {{slots.n}}.' }
      buttons: [{ label: { ru: Ещё, en: More }, to: count }]
";

const TURNS: usize = 50_000;
const TARGET: f64 = 50.0;

fn main() {
    let bundle = Bundle { files: [("bench.yaml".to_owned(), FLOW.to_owned())].into() };
    let release =
        compile(&bundle, KINDS).release.unwrap_or_else(|| panic!("the bench's flow does not compile"));
    let mut session = Session::default();
    let mut micros = Vec::with_capacity(TURNS);
    for turn in 0..TURNS {
        let event = Event {
            id: Uuid::from_u128(turn as u128),
            at: 1_795_000_000_000 + turn as i64,
            client: Client { first_name: "Анна".into(), ..Client::default() },
            kind: Kind::Message { text: "нужен перфоратор для дома".into() },
        };
        let started = Instant::now();
        session = turn_of(&release, session, event);
        micros.push(started.elapsed().as_secs_f64() * 1e6);
    }
    // The first turns fill caches of templates and conditions.
    let warm = &mut micros[TURNS / 10..];
    warm.sort_by(f64::total_cmp);
    let at = |share: f64| warm[((warm.len() - 1) as f64 * share) as usize];
    println!("pure step, a turn of three nodes (set, branch, say), {TURNS} turns");
    println!("  p50 {:.1} µs   p99 {:.1} µs   target p50 under {TARGET} µs", at(0.5), at(0.99));

    let started = Instant::now();
    const COMPILATIONS: u32 = 200;
    for _ in 0..COMPILATIONS {
        black_box(compile(&bundle, KINDS));
    }
    println!(
        "  compiling its bundle of four nodes: {:.2} ms",
        started.elapsed().as_secs_f64() * 1e3 / f64::from(COMPILATIONS)
    );
}

fn turn_of(release: &Release, session: Session, event: Event) -> Session {
    let stepped = step(release, session, Input::Event(event));
    match stepped.next {
        Next::Done { effects, trace } => {
            assert_eq!(trace.visits.len(), 3, "the turn visits three nodes");
            black_box(effects);
        }
        Next::Query(query) => panic!("no query is expected: {query:?}"),
    }
    stepped.session
}
