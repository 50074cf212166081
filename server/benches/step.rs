//! Latency of the pure step function, without store and network, and compile time of a large bundle.

#![expect(clippy::panic, reason = "a measurement stops at the first failure")]

use std::{hint::black_box, time::Instant};

use tolmach_app::assist::{self, Typed};
use tolmach_engine::{
    Release, Session, Step,
    bundle::Bundle,
    compile,
    event::{Client, Event, EventKind},
    start,
};
use uuid::Uuid;

/// Evaluates two expressions, a condition, a goal and a template per turn.
const FLOW: &str = "\
flow: bench
start: count
slots:
  n: { type: number, default: 0 }
  twice: { type: number }
  seen: { type: boolean }
  budget: { type: number, default: 4000 }
on: { inactivity: { after: 30m, to: count } }
nodes:
  count:
    set: { n: slots.n + 1 }
    next: gate
  gate:
    branch:
      - { when: slots.budget != null && slots.budget < 1000, to: cheap }
      - { else: notify_staff }
  cheap:
    say: { text: cheap }
  notify_staff:
    set: { twice: slots.n * 2, seen: slots.n > 1 }
    next: reached
  reached:
    goal: { name: seen }
    next: greet
  greet:
    say:
      text: { ru: 'Здравствуйте, {{client.first_name}}! Сообщение {{slots.n}}.', en: 'Hello, {{client.first_name}}! Message {{slots.n}}.' }
      buttons: [{ label: { ru: Ещё, en: More }, to: count }]
";

const TURNS: usize = 50_000;
/// Microseconds per turn.
const TARGET: f64 = 30.0;
/// Milliseconds to compile a bundle of [`NODES`] nodes.
const COMPILE_TARGET: f64 = 20.0;
const NODES: usize = 200;

fn main() {
    let bundle = Bundle { files: [("bench.yaml".to_owned(), FLOW.to_owned())].into() };
    let release = compile(&bundle, &tolmach_nodes::platform())
        .release
        .unwrap_or_else(|| panic!("the bench's flow does not compile"));
    let mut session = Session::default();
    let mut micros = Vec::with_capacity(TURNS);
    for turn in 0..TURNS {
        let event = Event {
            id: Uuid::from_u128(turn as u128),
            at: 1_795_000_000_000 + turn as i64,
            origin: None,
            sent: Vec::new(),
            reading: None,
            client: Client { first_name: "Анна".into(), ..Client::default() },
            kind: EventKind::Message { text: "нужен перфоратор для дома".into() },
        };
        let started = Instant::now();
        session = turn_of(&release, session, event);
        micros.push(started.elapsed().as_secs_f64() * 1e6);
    }
    // Skip the first turns, which fill the caches of templates and conditions.
    let warm = &mut micros[TURNS / 10..];
    warm.sort_by(f64::total_cmp);
    let at = |share: f64| warm[((warm.len() - 1) as f64 * share) as usize];
    println!("pure step, a turn of five nodes (set, branch, set, goal, say), {TURNS} turns");
    println!("  p50 {:.1} µs   p99 {:.1} µs   target p50 under {TARGET} µs", at(0.5), at(0.99));

    let large = large();
    let compiled = compile(&large, &tolmach_nodes::platform());
    assert!(compiled.release.is_some(), "the large bundle compiles: {:?}", compiled.diagnostics);
    let mut millis: Vec<f64> = (0..COMPILATIONS)
        .map(|_| {
            let started = Instant::now();
            black_box(compile(&large, &tolmach_nodes::platform()));
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    millis.sort_by(f64::total_cmp);
    let at = |share: f64| millis[((millis.len() - 1) as f64 * share) as usize];
    let bytes: usize = large.files.values().map(String::len).sum();
    println!("compiling a bundle of {NODES} nodes ({} kB), {COMPILATIONS} times", bytes / 1024);
    println!("  p50 {:.1} ms   p99 {:.1} ms   target under {COMPILE_TARGET} ms", at(0.5), at(0.99));
    typing(&large);
}

const COMPILATIONS: usize = 200;

/// The target of what the editor asks while somebody types, milliseconds at p99 of [`NODES`] nodes.
const TYPING_TARGET: f64 = 150.0;

/// What the editor asks while somebody types: problems, proposals and meanings, where the text is whole and where it is no YAML.
fn typing(large: &Bundle) {
    let platform = tolmach_nodes::platform();
    let file = "large.yaml";
    let whole = &large.files[file];
    let broken = whole.replacen("classify:", "classify: {", 1);
    println!("typing in a flow of {NODES} nodes");
    for (name, text) in [("whole", whole), ("no YAML", &broken)] {
        let bundle = Bundle { files: [(file.to_owned(), text.clone())].into() };
        let typed = Typed { bundle: &bundle, file, platform: &platform };
        let length = text.encode_utf16().count();
        let asks: [(&str, &dyn Fn(usize)); 3] = [
            ("problems", &|_| drop(black_box(assist::findings(&bundle, &platform)))),
            ("proposals", &|at| drop(black_box(assist::complete(&typed, at)))),
            ("meaning", &|at| drop(black_box(assist::meaning(&typed, at)))),
        ];
        for (what, ask) in asks {
            let mut millis: Vec<f64> = (0..COMPILATIONS)
                .map(|n| {
                    let started = Instant::now();
                    ask(length * n / COMPILATIONS);
                    started.elapsed().as_secs_f64() * 1e3
                })
                .collect();
            millis.sort_by(f64::total_cmp);
            let at = |share: f64| millis[((millis.len() - 1) as f64 * share) as usize];
            println!(
                "  {what:<10} {name:<8} p50 {:5.1} ms   p99 {:5.1} ms   target p99 under {TYPING_TARGET} ms",
                at(0.5),
                at(0.99)
            );
        }
    }
}

/// A bundle of [`NODES`] nodes: groups of eight, most with texts in two languages, templates and conditions.
fn large() -> Bundle {
    let mut text = String::from(
        "flow: large\nstart: route0\nslots:\n  results: { type: products }\n  budget: { type: number, min: 1 }\n  \
         contact: { type: contact, personal: true }\n  n: { type: number, default: 0 }\non: { command: { help: say0 \
         }, inactivity: { after: 30m, to: set0 } }\nnodes:\n",
    );
    let groups = NODES / 8;
    for g in 0..groups {
        let next = (g + 1) % groups;
        text.push_str(&format!(
            "  route{g}:
    classify:
      intents:
        product: {{ description: looks for equipment, examples: [нужен насос {g}, ищу дрель {g}, I need a pump {g}] }}
        manager: {{ description: wants a person, examples: [позовите менеджера {g}, call a manager {g}] }}
    next: {{ product: find{g}, manager: contact{g}, unsure: say{g} }}
  find{g}:
    search: {{ price: {{ max: budget }}, filter: price <= slots.budget && stock > 0, into: results }}
    next: {{ found: offer{g}, empty: say{g} }}
  offer{g}:
    say:
      text: {{ ru: 'Нашлось {{{{slots.results.total}}}} по запросу «{{{{slots.results.query}}}}»', en: 'Found {{{{slots.results.total}}}}' }}
      cards: results
      buttons: [{{ label: {{ ru: Подешевле, en: Cheaper }}, to: ask{g} }}, {{ label: {{ ru: Менеджер, en: Manager }}, to: contact{g} }}]
  ask{g}:
    ask: {{ text: {{ ru: 'На какую сумму, {{{{client.first_name}}}}?', en: 'What is your budget, {{{{client.first_name}}}}?' }}, into: budget }}
    next: {{ done: gate{g}, cancelled: wait, gave_up: say{g} }}
  gate{g}:
    branch:
      - {{ when: slots.budget != null && slots.budget < 5000, to: say{g} }}
      - {{ when: slots.n > {g} || slots.results != null, to: set{g} }}
      - {{ else: contact{g} }}
  set{g}:
    set: {{ n: slots.n + {g} }}
    next: say{g}
  contact{g}:
    collect_contact: {{ into: contact }}
    next: {{ done: say{g}, cancelled: wait, gave_up: wait }}
  say{g}:
    say:
      text: {{ ru: 'Здравствуйте, {{{{client.first_name}}}}! {{{{#if slots.contact}}}}{{{{slots.contact.name}}}}{{{{/if}}}} {g}', en: 'Hello {g}' }}
      buttons: [{{ label: {{ ru: Дальше, en: Next }}, to: route{next} }}]
"
        ));
    }
    Bundle { files: [("large.yaml".to_owned(), text)].into() }
}

fn turn_of(release: &Release, session: Session, event: Event) -> Session {
    match start(release, session, event) {
        Step::Done { session, effects, trace } => {
            assert_eq!(trace.visits.len(), 5, "the turn visits five nodes");
            black_box(effects);
            session
        }
        Step::Query { query, .. } => panic!("no query is expected: {query:?}"),
    }
}
