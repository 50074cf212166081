//! The greeting of a chat that has not begun: the first turn on a throwaway session, of which nothing is stored.
//!
//! Greetings are kept in memory for a minute, by release and by what is known of the client, so that a flood of new
//! pages costs one turn a minute. A flow whose greeting also depends on the chat (an `experiment`) is run for each chat.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tolmach_engine::{
    Session, Step,
    effect::{Action, Command, Effect, Method, Outgoing, Query, QueryOutcome},
    event::Event,
    resume, start,
    trace::Trace,
};
use uuid::{Builder, Uuid};

use crate::{
    ports::{self, Greeter, Inbound},
    release_registry::LoadedRelease,
    runtime::Runtime,
    turns::compute,
};

/// How long a greeting is kept, in milliseconds.
const KEPT: i64 = 60_000;
/// Most greetings that are kept. There are as many as sites times languages; the rest is a safeguard.
const MOST: usize = 64;
/// Time limit of all queries of a greeting. A client waits for it in front of an empty page.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Greetings of flows that depend on the chat, run at a time.
const AT_ONCE: usize = 4;

/// The greetings that are kept.
pub(crate) struct Greetings {
    by_client: Mutex<HashMap<String, Arc<Slot>>>,
    running: Semaphore,
}

/// One greeting. Whoever finds none computes it under the lock, so that it is computed once.
type Slot = tokio::sync::Mutex<Option<Kept>>;

struct Kept {
    /// Milliseconds since the Unix epoch.
    until: i64,
    greeting: Greeting,
}

/// What the first turn says.
#[derive(Clone)]
enum Greeting {
    /// The same to every chat, with the event's id of which the ids of its buttons are made.
    Same(Uuid, Vec<Outgoing>),
    /// Another text for another chat.
    ByChat,
    /// None can be given without storing the chat.
    None,
}

impl Default for Greetings {
    fn default() -> Greetings {
        Greetings { by_client: Mutex::default(), running: Semaphore::new(AT_ONCE) }
    }
}

impl Greetings {
    fn slot(&self, key: String) -> Arc<Slot> {
        let mut slots = self.by_client.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST && !slots.contains_key(&key) {
            slots.clear();
        }
        Arc::clone(slots.entry(key).or_default())
    }
}

#[async_trait]
impl Greeter for Runtime {
    async fn greeting(&self, first: &Inbound) -> Vec<Outgoing> {
        let Some(current) = self.releases.current() else { return Vec::new() };
        let ready = &current.ready;
        let id = start_id(&ready.release.id, first);
        let slot = self.greetings.slot(key(&ready.release.id, first));
        let mut kept = slot.lock().await;
        let now = self.ports.clock.now();
        // A clock that was set back must not keep a greeting for longer.
        let fresh = kept.as_ref().filter(|kept| (1..=KEPT).contains(&(kept.until - now)));
        let greeting = match fresh {
            Some(kept) => kept.greeting.clone(),
            None => {
                let (greeting, said) = self.first_turn(ready, first, id, now, Queries::All).await;
                *kept = Some(Kept { until: now + KEPT, greeting });
                return said;
            }
        };
        drop(kept);
        match greeting {
            Greeting::Same(made_for, said) => for_event(said, made_for, id),
            Greeting::None => Vec::new(),
            Greeting::ByChat => {
                let Ok(_running) = self.greetings.running.acquire().await else { return Vec::new() };
                self.first_turn(ready, first, id, now, Queries::Free).await.1
            }
        }
    }

    async fn begin(&self, first: Inbound, then: Inbound) -> ports::Result<()> {
        let id = match self.releases.current() {
            Some(current) => start_id(&current.ready.release.id, &first),
            None => Uuid::now_v7(),
        };
        self.receive_as(vec![(id, first), (Uuid::now_v7(), then)]).await
    }
}

impl Runtime {
    /// Runs the first turn of a chat: what it says to this chat, and what of it may be kept for others.
    async fn first_turn(
        &self,
        ready: &Arc<LoadedRelease>,
        first: &Inbound,
        id: Uuid,
        at: i64,
        queries: Queries,
    ) -> (Greeting, Vec<Outgoing>) {
        let event = Event {
            id,
            at,
            client: first.client.clone(),
            origin: first.origin.clone(),
            sent: Vec::new(),
            reading: None,
            kind: first.kind.clone(),
        };
        self.report_missing_entry(ready, &event);
        let none = (Greeting::None, Vec::new());
        let session = Session { chat: first.address.to_string(), ..Session::default() };
        let Some((effects, trace)) = self.without_storing(ready, session, event, queries, TIMEOUT).await
        else {
            return none;
        };
        let failed = trace.outcomes.iter().any(|outcome| matches!(outcome, QueryOutcome::Failed { .. }))
            || trace.visits.iter().any(|visit| visit.fault.is_some());
        if failed {
            // Nobody has asked for anything yet: an apology would be the first thing that a client reads.
            return none;
        }
        let by_chat = effects.iter().any(|effect| matches!(effect.command, Command::Arm { .. }));
        if by_chat && trace.asked.iter().any(|asked| !is_free(&asked.query)) {
            // Every page that is opened would cost a call.
            return none;
        }
        let said: Vec<Outgoing> = effects
            .into_iter()
            .filter_map(|effect| match effect.command {
                Command::Send(message) => Some(message),
                _ => None,
            })
            .collect();
        let greeting = if by_chat { Greeting::ByChat } else { Greeting::Same(id, said.clone()) };
        (greeting, said)
    }

    /// Runs a turn on a session and drops the session after it. `None` if it asks a query that it may not ask, or takes longer
    /// than `timeout`.
    pub(crate) async fn without_storing(
        &self,
        ready: &Arc<LoadedRelease>,
        session: Session,
        event: Event,
        queries: Queries,
        timeout: Duration,
    ) -> Option<(Vec<Effect>, Trace)> {
        let (chat, turn) = (session.chat.clone(), event.id);
        let deadline = Instant::now() + timeout;
        let of = Arc::clone(ready);
        let mut step = compute(deadline, move || start(&of.release, session, event)).await.ok()?;
        loop {
            match step {
                Step::Done { effects, trace, .. } => return Some((effects, trace)),
                Step::Query { query, suspended } => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() || !queries.allow(&query) {
                        return None;
                    }
                    let outcome = self.ask(ready, (&chat, turn), &query, &suspended, left).await;
                    let of = Arc::clone(ready);
                    step = compute(deadline, move || resume(&of.release, suspended, outcome)).await.ok()?;
                }
            }
        }
    }
}

/// Which queries a turn may ask of which nothing is stored.
#[derive(Clone, Copy)]
pub(crate) enum Queries {
    /// Those that change nothing.
    All,
    /// Those that also ask neither a language model nor another system.
    Free,
}

impl Queries {
    fn allow(self, query: &Query) -> bool {
        let changes = matches!(query, Query::Http(request) if request.method != Method::Get);
        match self {
            Queries::All => !changes,
            Queries::Free => is_free(query.name()),
        }
    }
}

/// Whether a query of this name is answered within the process.
fn is_free(query: &str) -> bool {
    matches!(query, "classify" | "search")
}

/// What greetings are kept by. The language and the entry flow are of the client.
fn key(release: &str, first: &Inbound) -> String {
    let client = serde_json::to_string(&first.client).unwrap_or_default();
    format!("{release} {client} {}", serde_json::to_string(&first.kind).unwrap_or_default())
}

/// The id of a chat's first event. It follows from the event and the release, so that the buttons that a client was
/// shown are those that the stored turn makes. A version 8 UUID, RFC 9562: 122 bits of a hash.
fn start_id(release: &str, first: &Inbound) -> Uuid {
    let of = format!("tolmach start {} {} {}", first.address, first.key, key(release, first));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&blake3::hash(of.as_bytes()).as_bytes()[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// Messages whose buttons were made for one event, as they are made for another.
fn for_event(mut said: Vec<Outgoing>, from: Uuid, to: Uuid) -> Vec<Outgoing> {
    let (from, to) = (from.simple().to_string(), to.simple().to_string());
    for button in said.iter_mut().flat_map(|message| &mut message.buttons) {
        if let Action::Press { id, .. } = &mut button.action
            && let Some(number) = id.strip_prefix(from.as_str())
        {
            *id = format!("{to}{number}");
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use tolmach_engine::{
        effect::{Button, Choice, Press},
        event::{Client, EventKind},
        language::Language,
    };

    use super::*;
    use crate::ports::Address;

    fn begins(chat: &str, language: Language) -> Inbound {
        Inbound {
            address: Address::new("web", chat),
            key: format!("{chat}:start"),
            client: Client { language: Some(language), ..Client::default() },
            origin: None,
            kind: EventKind::Command { name: "start".to_owned(), rest: String::new() },
            button: None,
            sent: None,
        }
    }

    #[test]
    fn the_id_of_the_first_event_follows_from_the_chat_the_client_and_the_release() {
        let id = start_id("r1", &begins("1", Language::Ru));
        assert_eq!(id, start_id("r1", &begins("1", Language::Ru)));
        assert_eq!(id.get_version_num(), 8);
        for other in [
            start_id("r2", &begins("1", Language::Ru)),
            start_id("r1", &begins("2", Language::Ru)),
            start_id("r1", &begins("1", Language::En)),
        ] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn a_kept_greeting_gets_the_buttons_of_the_chat() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let press = Press {
            id: String::new(),
            release: "r".to_owned(),
            flow: "f".to_owned(),
            node: "n".to_owned(),
            choice: Choice::Go { to: "n".to_owned() },
        };
        let button = |id: Uuid| Button {
            label: "a".to_owned(),
            action: Action::Press { id: format!("{}.3", id.simple()), press: press.clone() },
        };
        let link =
            Button { label: "b".to_owned(), action: Action::Open { url: "https://a.example".to_owned() } };
        let said = |id| Outgoing { buttons: vec![button(id), link.clone()], ..Outgoing::default() };
        assert_eq!(for_event(vec![said(one)], one, two), [said(two)]);
    }

    #[test]
    fn the_number_of_kept_greetings_is_bounded() {
        let greetings = Greetings::default();
        for number in 0..10 * MOST {
            greetings.slot(number.to_string());
        }
        assert!(greetings.by_client.lock().unwrap().len() <= MOST);
        let slot = greetings.slot("x".to_owned());
        assert!(Arc::ptr_eq(&slot, &greetings.slot("x".to_owned())));
    }
}
