//! Runs one dialog test.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use tolmach_engine::{
    Release, Session,
    catalog::Product,
    effect::{Effect, Lead, Outgoing, QueryOutcome},
    event::{EventKind, Sent},
    span::Span,
    target::Target,
    trace::{Trace, Visit},
};

use super::{
    chat::{Chat, NotThere},
    coverage::Coverage,
    dialog::{Dialog, Step},
    expect::{self, Difference, Seen},
    fakes::{ManualClock, Recorder},
    scripted::Scripted,
    transcript::Line,
};
use crate::{
    Record, Runtime,
    ports::{self, Clock, Inbound, Intake, LeadQuery, TurnQuery},
};

/// Maximum number of timers that fire within one step; more means a dialog that restarts its own timers without end.
const TIMERS: usize = 1000;

/// The first failure of a test.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The position of the step.
    pub step: Span,
    /// The step in one line.
    pub what: String,
    /// The differences from its expectations.
    pub differences: Vec<Difference>,
    /// The transcript from the beginning of the test to the end of the step.
    pub transcript: Vec<Line>,
}

/// The result of a test.
#[derive(Clone, Debug, Default)]
pub struct TestOutcome {
    /// `None` when it passed.
    pub failure: Option<Failure>,
    /// The nodes and exits that the test reached.
    pub coverage: Coverage,
    /// The steps of the client with expectations, and how many of them were met. Steps after a failure count only where the
    /// test was run to its end.
    pub turns: Turned,
}

/// How many turns of a client were understood as meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turned {
    /// The client's steps that ran.
    pub all: usize,
    /// Those whose expectations were met.
    pub met: usize,
}

/// The environment of a dialog test. The runtime's only channel must be `recorder`, its clock `clock`, and its model
/// and other systems `scripted`.
pub struct Environment<'a> {
    /// The runtime.
    pub runtime: &'a Arc<Runtime>,
    /// Its channel.
    pub recorder: &'a Recorder,
    /// Its clock.
    pub clock: &'a ManualClock,
    /// Its model and other systems.
    pub scripted: &'a Scripted,
    /// The release that it runs.
    pub release: &'a str,
}

/// How far a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// To its first failure.
    FirstFailure,
    /// Through all its steps.
    ToTheEnd,
    /// Through all its steps, with a model that says what the client `means` where a step tells it.
    WithModel,
}

/// Runs a dialog test. Each turn is also replayed from its record.
///
/// # Errors
/// When the store fails, or when a stored record cannot be parsed. A failed expectation is no error.
pub async fn run(dialog: &Dialog, stage: &Environment<'_>, extent: Extent) -> ports::Result<TestOutcome> {
    let mut run = Run::new(dialog, stage);
    let mut outcome = TestOutcome::default();
    if let Some(difference) = run.seat().await? {
        let (step, what) = (difference.span, "the arms that are given".to_owned());
        outcome.failure = Some(Failure { step, what, differences: vec![difference], transcript: Vec::new() });
        return Ok(outcome);
    }
    for (number, step) in dialog.steps.iter().enumerate() {
        let meant = step.means.as_ref().filter(|_| extent == Extent::WithModel);
        stage.scripted.mean(meant.map(|intent| intent.as_str()));
        let mut differences = run.step(number, step).await?;
        differences.extend(stage.scripted.take_unexpected(step.span));
        if number + 1 == dialog.steps.len() && differences.is_empty() {
            differences.extend(stage.scripted.left_over());
        }
        if step.by_client() {
            outcome.turns.all += 1;
            outcome.turns.met += usize::from(differences.is_empty());
        }
        if !differences.is_empty() && outcome.failure.is_none() {
            let transcript = run.transcript.clone();
            outcome.failure =
                Some(Failure { step: step.span, what: step.describe(), differences, transcript });
            if extent == Extent::FirstFailure {
                break;
            }
        }
    }
    outcome.coverage = run.coverage;
    Ok(outcome)
}

struct Run<'a> {
    dialog: &'a Dialog,
    stage: &'a Environment<'a>,
    /// The chats of the clients: the only one, or one for each name.
    chats: Vec<Chat>,
    products: HashMap<String, Product>,
    transcript: Vec<Line>,
    coverage: Coverage,
}

/// The results of the turns of a step in one chat.
#[derive(Default)]
struct Turns {
    visits: Vec<Visit>,
    effects: Vec<Effect>,
    notes: Vec<String>,
    readings: Vec<String>,
    outcomes: Vec<QueryOutcome>,
    before: Option<Session>,
    release: String,
}

impl<'a> Run<'a> {
    fn new(dialog: &'a Dialog, stage: &'a Environment<'a>) -> Run<'a> {
        let named = dialog.given.clients.keys().map(|name| Chat::new(Some(&name.value)));
        let mut chats: Vec<Chat> = named.collect();
        if chats.is_empty() {
            chats.push(Chat::new(None));
        }
        Run {
            dialog,
            stage,
            chats,
            products: HashMap::new(),
            transcript: Vec::new(),
            coverage: Coverage::default(),
        }
    }

    /// Gives the clients the arms of experiments that the test names; the difference where there are none such.
    async fn seat(&mut self) -> ports::Result<Option<Difference>> {
        let arms = &self.dialog.given.arms;
        let Some(at) = arms.keys().next().map(|name| name.span) else { return Ok(None) };
        let chats = &mut self.chats;
        let seat = |release: &Release| {
            let experiments = release.experiments();
            for (name, arm) in arms {
                let Some(known) = experiments.get(name.as_str()) else {
                    let names: Vec<&str> = experiments.keys().copied().collect();
                    let found = format!("experiments: {}", listed(&names));
                    return Some(Difference::new(
                        name.span,
                        format!("an experiment `{}`", name.value),
                        found,
                    ));
                };
                if !known.iter().any(|(known, _)| *known == arm.as_str()) {
                    let names: Vec<&str> = known.iter().map(|(arm, _)| *arm).collect();
                    let wanted = format!("an arm `{}` of the experiment `{}`", arm.value, name.value);
                    return Some(Difference::new(arm.span, wanted, format!("arms: {}", listed(&names))));
                }
            }
            let wanted: Vec<(&str, &str)> =
                arms.iter().map(|(name, arm)| (name.as_str(), arm.as_str())).collect();
            let seated = chats.iter_mut().all(|chat| chat.seat(&experiments, &wanted));
            (!seated).then(|| {
                let found = "too few clients are in all of them to find one; name fewer";
                Difference::new(at, "a client in these arms", found)
            })
        };
        let seated = self.stage.runtime.releases().with_release(self.stage.release, seat).await?;
        Ok(seated.flatten())
    }

    /// The paths of the release's images by the addresses that messages have.
    async fn images(&self) -> ports::Result<BTreeMap<String, String>> {
        let named = |release: &Release| {
            let images = release.resources.images.iter();
            images.map(|(path, image)| (image.address(), path.clone())).collect()
        };
        let releases = self.stage.runtime.releases();
        Ok(releases.with_release(self.stage.release, named).await?.unwrap_or_default())
    }

    async fn step(&mut self, number: usize, step: &Step) -> ports::Result<Vec<Difference>> {
        let span = self.dialog.steps.get(number).map(|step| step.span).unwrap_or_default();
        // A step without a name in a test with several clients is time that passes, of which nothing is expected.
        let at = self.chats.iter().position(|chat| chat.name.as_deref() == step.who()).unwrap_or_default();
        let calls = self.stage.scripted.calls();
        drop(self.stage.scripted.take_requests());
        self.transcript.extend(Line::of_step(step));
        // At least one second passes before each step, as between the messages of a real client.
        let passing = 1000 + step.after.map_or(0, |after| after.0);
        if let Err(difference) = self.pass(passing, span).await? {
            return Ok(vec![difference]);
        }
        match self.inbound(number, at, step) {
            Ok(inbound) => self.stage.runtime.receive(inbound).await?,
            Err(NotThere { wanted, found }) => return Ok(vec![Difference::new(span, wanted, found)]),
        }
        self.stage.runtime.settle().await;

        let mut delivered: Vec<Vec<Outgoing>> = vec![Vec::new(); self.chats.len()];
        let images = self.images().await?;
        for (to, _, mut message) in self.stage.recorder.take() {
            // An image is told by the name that authors know it by.
            if let Some(path) = message.photo.as_ref().and_then(|address| images.get(address)) {
                message.photo = Some(path.clone());
            }
            let Some(chat) = self.chats.iter().position(|chat| chat.address == to) else { continue };
            self.transcript.extend(Line::of_message(self.chats[chat].name.as_deref(), &message));
            delivered[chat].push(message);
        }
        for (chat, messages) in self.chats.iter_mut().zip(&delivered) {
            chat.show(messages);
        }
        let mut differences = Vec::new();
        for (chat, messages) in delivered.iter().enumerate() {
            let turns = match self.turns(chat, span).await? {
                Ok(turns) => turns,
                Err(difference) => return Ok(vec![difference]),
            };
            if chat == at {
                let calls = self.stage.scripted.calls() - calls;
                differences.extend(self.compare(step, chat, &turns, messages, calls, span).await?);
            } else {
                let name = self.chats[chat].name.as_deref().unwrap_or_default();
                let faults =
                    turns.visits.iter().filter_map(|visit| Some((&visit.node, visit.fault.as_ref()?)));
                differences.extend(faults.map(|(node, fault)| {
                    Difference::new(
                        span,
                        format!("no fault in the chat of {name}"),
                        format!("fault in {node}: {fault}"),
                    )
                }));
            }
        }
        Ok(differences)
    }

    async fn compare(
        &self,
        step: &Step,
        chat: usize,
        turns: &Turns,
        messages: &[Outgoing],
        model_calls: usize,
        span: Span,
    ) -> ports::Result<Vec<Difference>> {
        let store = self.stage.runtime.store();
        let chat = self.chats[chat].address.to_string();
        let stored = store.chat(&chat).await?.session.unwrap_or_default();
        let session: Session = serde_json::from_str(&stored).unwrap_or_default();
        let last = LeadQuery { chat: Some(chat), ..LeadQuery::newest(1) };
        let lead: Option<Lead> = store.leads(&last).await?.into_iter().next().map(|row| row.lead);
        let releases = self.stage.runtime.releases();
        let ended = releases.with_release(&turns.release, |release| ended(release, &turns.visits)).await?;
        let seen = Seen {
            visits: &turns.visits,
            effects: &turns.effects,
            turn_notes: &turns.notes,
            readings: &turns.readings,
            outcomes: &turns.outcomes,
            before: turns.before.as_ref(),
            session: &session,
            messages,
            products: &self.products,
            lead: lead.as_ref(),
            requests: &self.stage.scripted.take_requests(),
            model_calls,
            ended: ended == Some(true) || session.frames.is_empty(),
            step: span,
        };
        Ok(expect::compare(&step.expect, &seen))
    }

    /// Lets time pass. Each timer that becomes due fires at its own time.
    async fn pass(&self, millis: i64, span: Span) -> ports::Result<Result<(), Difference>> {
        let Environment { runtime, clock, .. } = self.stage;
        let until = clock.now() + millis;
        let channels: Vec<String> =
            self.chats.first().map(|chat| chat.address.channel.clone()).into_iter().collect();
        for _ in 0..TIMERS {
            match runtime.store().next_timer(&channels).await? {
                Some(due) if due <= until => {
                    clock.advance((due - clock.now()).max(0));
                    runtime.fire_due_timers().await?;
                    runtime.settle().await;
                }
                _ => {
                    clock.advance(until - clock.now());
                    return Ok(Ok(()));
                }
            }
        }
        let expected = format!("at most {TIMERS} timers within one step");
        Ok(Err(Difference::new(span, expected, "a dialog that wakes itself again and again")))
    }

    /// The events of a step: none where only time passes, one per text for several messages, one per press.
    fn inbound(&mut self, number: usize, at: usize, step: &Step) -> Result<Vec<Inbound>, NotThere> {
        let chat = &mut self.chats[at];
        let (kinds, button) = kinds(step, chat)?;
        let edited =
            step.edit.as_ref().map(|edit| chat.message(edit.of.value)).transpose()?.map(Sent::edited);
        let before = chat.written;
        chat.written += step.client.as_ref().map_or(0, |texts| texts.0.len());
        // Staff and time carry no data about the client.
        let client = match step.by_client() {
            true => self.dialog.given.client(step.who()),
            false => Default::default(),
        };
        let address = &chat.address;
        let inbound = kinds.into_iter().enumerate().map(|(part, kind)| {
            let written = step.client.as_ref().map(|_| Sent::written((before + part + 1).to_string()));
            Inbound {
                address: address.clone(),
                key: format!("{number}.{part}"),
                client: client.clone(),
                kind,
                button: button.clone(),
                origin: None,
                sent: edited.clone().or(written),
            }
        });
        Ok(inbound.collect())
    }

    /// The further turns of a chat, each replayed from its record.
    async fn turns(&mut self, chat: usize, span: Span) -> ports::Result<Result<Turns, Difference>> {
        let runtime = self.stage.runtime;
        let mut all = Turns::default();
        let address = self.chats[chat].address.to_string();
        let turns = runtime.store().turns(&TurnQuery::of(address, u32::MAX)).await?;
        let known = std::mem::replace(&mut self.chats[chat].turns, turns.len());
        for turn in turns.into_iter().skip(known) {
            let record: Record = serde_json::from_str(&turn.trace)
                .map_err(|why| ports::Error::refused("read a trace", why))?;
            let replayed = runtime
                .releases()
                .with_release(&turn.release, |release| record.explained(release, &turn.event))
                .await?;
            let trace = match replayed {
                Some(Err(difference)) => {
                    let expected = "a turn that replays to the same effects";
                    return Ok(Err(Difference::new(span, expected, difference.to_string())));
                }
                Some(Ok(trace)) => trace,
                None => record.trace,
            };
            self.coverage.add(&trace);
            learn_products(&trace, &mut self.products);
            all.before.get_or_insert(record.before);
            all.readings.extend(turn.event.reading);
            all.visits.extend(trace.visits);
            all.notes.extend(trace.notes);
            all.outcomes.extend(trace.outcomes);
            all.effects.extend(record.effects);
            all.release = turn.release;
        }
        Ok(Ok(all))
    }
}

/// What a step is to the dialog, and for presses the button.
fn kinds(step: &Step, chat: &Chat) -> Result<(Vec<EventKind>, Option<String>), NotThere> {
    let one = |kind| Ok((vec![kind], None));
    if let Some(texts) = &step.client {
        let texts = texts.0.iter();
        return Ok((texts.map(|text| EventKind::from_text(text)).collect(), None));
    }
    if let Some(edit) = &step.edit {
        return one(EventKind::Message { text: edit.text.clone() });
    }
    if let Some(command) = step.command_text() {
        return one(EventKind::from_text(&command));
    }
    if let Some(contact) = &step.contact {
        return one(EventKind::Contact { phone: contact.phone.clone(), name: contact.name.clone() });
    }
    if let Some(media) = step.media() {
        return one(media);
    }
    if let Some(staff) = &step.staff {
        return one(EventKind::Staff { action: staff.action(), by: Some("staff".to_owned()) });
    }
    let Some(press) = &step.press else { return Ok((Vec::new(), None)) };
    let (label, id) = chat.button(press)?;
    let press_event = EventKind::Press { label: label.to_owned(), press: None };
    Ok((vec![press_event; press.times], Some(id.to_owned())))
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Whether the last node led to the end of the dialog.
fn ended(release: &Release, visits: &[Visit]) -> bool {
    let last = visits.last().and_then(|visit| Some((visit, visit.exit.as_deref()?)));
    let Some((visit, exit)) = last else { return false };
    let entry = release.flow(&visit.flow).and_then(|flow| flow.nodes.get(&visit.node));
    match exit.strip_prefix("to ") {
        Some(target) => Target::parse(target) == Target::End,
        None => exit != "wait" && entry.is_some_and(|entry| entry.target(exit) == Target::End),
    }
}

fn learn_products(trace: &Trace, products: &mut HashMap<String, Product>) {
    for outcome in &trace.outcomes {
        if let QueryOutcome::Search(results) = outcome {
            products.extend(results.hits.iter().map(|hit| (hit.product.id.clone(), hit.product.clone())));
        }
    }
}
