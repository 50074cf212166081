//! A chat without a runtime: events in, messages out, queries answered by a script.

use std::collections::BTreeMap;

use tolmach_engine::{
    Release, Session, Step,
    bundle::Bundle,
    catalog::{Hit, Localized, Product, SearchRequest, SearchResults},
    compile,
    effect::{Action, Classification, Command, Effect, Outgoing, Press, Query, QueryOutcome, Reply, Usage},
    event::{Client, Event, EventKind, Sent},
    resume, start,
    trace::Trace,
};
use uuid::Uuid;

pub fn bundle(files: &[(&str, &str)]) -> Bundle {
    let files: BTreeMap<_, _> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    Bundle { files }
}

pub fn release(files: &[(&str, &str)]) -> Release {
    let compiled = compile(&bundle(files), &tolmach_nodes::platform());
    let diagnostics: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    compiled.release.unwrap_or_else(|| panic!("the bundle does not compile:\n{}", diagnostics.join("\n")))
}

pub type QueryAnswers = Box<dyn Fn(&Query) -> QueryOutcome>;

/// Knows nothing and finds nothing.
pub fn no_results(query: &Query) -> QueryOutcome {
    match query {
        Query::Classify(_) => QueryOutcome::Classify { labels: Vec::new() },
        Query::LlmClassify(_) => {
            QueryOutcome::LlmClassify(Classification { label: None, usage: Usage::default() })
        }
        Query::Generate(_) => QueryOutcome::Generate(Reply { text: String::new(), usage: Usage::default() }),
        Query::Search(_) => QueryOutcome::Search(SearchResults::default()),
        Query::Http(_) => QueryOutcome::Failed { reason: "nobody is there".into() },
    }
}

pub fn product(n: u32) -> Product {
    Product {
        id: format!("test/{n}"),
        article: format!("{n:05}"),
        name: Localized { ru: format!("Насос {n}"), en: format!("Pump {n}") },
        price: Some(f64::from(n) * 1000.0),
        currency: "RUB".into(),
        stock: Some(3.0),
        unit: "шт".into(),
        ..Product::default()
    }
}

/// A shop with so many pumps.
pub fn shop(total: u32) -> impl Fn(&Query) -> QueryOutcome {
    move |query| match query {
        Query::Search(SearchRequest { limit, offset, .. }) => {
            let hits = (offset + 1..=total).take(*limit as usize).map(|n| Hit {
                product: product(n),
                score: 0.9,
                near: None,
            });
            let hits = hits.collect();
            QueryOutcome::Search(SearchResults {
                generation: "g1".into(),
                total: u64::from(total),
                hits,
                facets: vec![],
                only_accessories: false,
            })
        }
        other => no_results(other),
    }
}

/// A chat with its release.
pub struct Chat {
    pub release: Release,
    pub session: Session,
    pub answers: QueryAnswers,
    turn: u128,
    pub trace: Trace,
    pub effects: Vec<Effect>,
}

impl Chat {
    pub fn new(release: Release) -> Chat {
        let answers = Box::new(no_results);
        Chat {
            release,
            session: Session::default(),
            answers,
            turn: 0,
            trace: Trace::default(),
            effects: Vec::new(),
        }
    }

    pub fn with(mut self, answers: impl Fn(&Query) -> QueryOutcome + 'static) -> Chat {
        self.answers = Box::new(answers);
        self
    }

    pub fn event(&mut self, kind: EventKind) -> Vec<Outgoing> {
        self.turn += 1;
        let at = 1_795_000_000_000 + self.turn as i64 * 1000;
        self.turn_of(Event {
            id: Uuid::from_u128(self.turn),
            at,
            client: Client::default(),
            origin: None,
            sent: Vec::new(),
            reading: None,
            kind,
        })
    }

    /// A message with its id, or another text of one, so many milliseconds after the first turn.
    pub fn sends(&mut self, sent: Sent, text: &str, after: i64) -> Vec<Outgoing> {
        self.sends_all(vec![sent], text, after)
    }

    /// The same for messages that were merged.
    pub fn sends_all(&mut self, sent: Vec<Sent>, text: &str, after: i64) -> Vec<Outgoing> {
        self.turn += 1;
        self.turn_of(Event {
            id: Uuid::from_u128(self.turn),
            at: 1_795_000_000_000 + after,
            client: Client::default(),
            origin: None,
            sent,
            reading: None,
            kind: EventKind::Message { text: text.into() },
        })
    }

    fn turn_of(&mut self, event: Event) -> Vec<Outgoing> {
        let before = self.session.clone();
        let mut step = start(&self.release, std::mem::take(&mut self.session), event.clone());
        let (effects, trace) = loop {
            match step {
                Step::Query { query, suspended } => {
                    step = resume(&self.release, suspended, (self.answers)(&query));
                }
                Step::Done { session, effects, trace } => {
                    self.session = session;
                    break (effects, trace);
                }
            }
        };
        self.replays(before, event, &effects, &trace);
        self.trace = trace;
        self.effects = effects;
        self.messages()
    }

    /// Every turn of every test is replayed from its trace, through JSON as it would be stored.
    fn replays(&self, before: Session, event: Event, effects: &[Effect], trace: &Trace) {
        let stored = serde_json::to_string(&(before, event, trace)).unwrap();
        let (session, event, trace): (Session, Event, Trace) = serde_json::from_str(&stored).unwrap();
        let mut outcomes = trace.outcomes.clone().into_iter();
        let mut step = start(&self.release, session, event);
        loop {
            match step {
                Step::Query { suspended, .. } => {
                    step = resume(&self.release, suspended, outcomes.next().expect("an outcome a query"));
                }
                Step::Done { session, effects: replayed, trace: again } => {
                    assert_eq!(replayed, effects);
                    assert_eq!(again, trace);
                    assert_eq!(session, self.session);
                    return;
                }
            }
        }
    }

    pub fn messages(&self) -> Vec<Outgoing> {
        let sent = |effect: &Effect| match &effect.command {
            Command::Send(message) => Some(message.clone()),
            _ => None,
        };
        self.effects.iter().filter_map(sent).collect()
    }

    pub fn says(&mut self, text: &str) -> Vec<Outgoing> {
        self.event(EventKind::Message { text: text.into() })
    }

    pub fn command(&mut self, name: &str) -> Vec<Outgoing> {
        self.event(EventKind::Command { name: name.into(), rest: String::new() })
    }

    /// Presses the button with this label on the last messages.
    pub fn press(&mut self, label: &str) -> Vec<Outgoing> {
        let press = self.button(label);
        self.event(EventKind::Press { label: label.into(), press: Some(press) })
    }

    pub fn button(&self, label: &str) -> Press {
        let buttons = self.messages().into_iter().flat_map(|message| message.buttons);
        let pressed = buttons.filter(|button| button.label == label).find_map(|button| match button.action {
            // As the runtime gives it to the engine.
            Action::Press { press, id } => Some(Press { id, ..press }),
            Action::Open { .. } => None,
        });
        pressed.unwrap_or_else(|| panic!("no button «{label}» in {:?}", self.messages()))
    }

    pub fn path(&self) -> Vec<&str> {
        self.trace.path()
    }

    pub fn waits_at(&self) -> Option<&str> {
        self.session.waits_at().map(|(_, node)| node)
    }
}
