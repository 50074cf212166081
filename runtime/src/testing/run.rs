//! Runs one dialog test.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use tolmach_engine::{
    Release, Session,
    catalog::Product,
    effect::{Action, Effect, Lead, Outgoing, QueryOutcome},
    event::{EventKind, Sent},
    span::Span,
    target::Target,
    trace::{Trace, Visit},
};

use super::{
    coverage::Coverage,
    dialog::{Dialog, MOST_PRESSABLE, PressStep, Step},
    expect::{self, Difference, Seen},
    fakes::{ManualClock, Recorder},
    scripted::Scripted,
    transcript::Line,
};
use crate::{
    Record, Runtime,
    ports::{self, Address, Clock, Inbound, Intake, LeadQuery, TurnQuery},
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
    address: Address,
    /// Labels and ids of the buttons of the steps that showed any, oldest first.
    buttons: VecDeque<Vec<(String, String)>>,
    /// How many messages the client has written.
    written: usize,
    products: HashMap<String, Product>,
    transcript: Vec<Line>,
    coverage: Coverage,
}

/// The results of the turns of a step.
#[derive(Default)]
struct Turns {
    visits: Vec<Visit>,
    effects: Vec<Effect>,
    release: String,
}

/// The button of a `press` step does not exist or is ambiguous.
struct NoButton {
    wanted: String,
    found: String,
}

impl<'a> Run<'a> {
    fn new(dialog: &'a Dialog, stage: &'a Environment<'a>) -> Run<'a> {
        Run {
            dialog,
            stage,
            address: Address::new("test", "chat"),
            buttons: VecDeque::new(),
            written: 0,
            products: HashMap::new(),
            transcript: Vec::new(),
            coverage: Coverage::default(),
        }
    }

    async fn step(&mut self, number: usize, step: &Step) -> ports::Result<Vec<Difference>> {
        let span = self.dialog.steps.get(number).map(|step| step.span).unwrap_or_default();
        let (store, chat) = (self.stage.runtime.store(), self.address.to_string());
        let before = store.turns(&TurnQuery::of(&chat, u32::MAX)).await?.len();
        let calls = self.stage.scripted.calls();
        self.transcript.extend(Line::of_step(step));
        // At least one second passes before each step, as between the messages of a real client.
        let passing = 1000 + step.after.map_or(0, |after| after.0);
        if let Err(difference) = self.pass(passing, span).await? {
            return Ok(vec![difference]);
        }
        match self.inbound(number, step) {
            Ok(inbound) => self.stage.runtime.receive(inbound).await?,
            Err(NoButton { wanted, found }) => return Ok(vec![Difference::new(span, wanted, found)]),
        }
        self.stage.runtime.settle().await;

        let messages: Vec<Outgoing> =
            self.stage.recorder.take().into_iter().map(|(_, _, message)| message).collect();
        self.transcript.extend(messages.iter().flat_map(Line::of_message));
        let shown: Vec<(String, String)> = messages.iter().flat_map(pressable).collect();
        if !shown.is_empty() {
            if self.buttons.len() == MOST_PRESSABLE {
                self.buttons.pop_front();
            }
            self.buttons.push_back(shown);
        }
        let turns = match self.turns(before, span).await? {
            Ok(turns) => turns,
            Err(difference) => return Ok(vec![difference]),
        };
        let stored = store.chat(&chat).await?.session.unwrap_or_default();
        let session: Session = serde_json::from_str(&stored).unwrap_or_default();
        let last = LeadQuery { chat: Some(chat.clone()), ..LeadQuery::newest(1) };
        let lead: Option<Lead> = store.leads(&last).await?.into_iter().next().map(|row| row.lead);
        let releases = self.stage.runtime.releases();
        let ended = releases.with_release(&turns.release, |release| ended(release, &turns.visits)).await?;
        let seen = Seen {
            visits: &turns.visits,
            effects: &turns.effects,
            session: &session,
            messages: &messages,
            products: &self.products,
            lead: lead.as_ref(),
            model_calls: self.stage.scripted.calls() - calls,
            ended: ended == Some(true) || session.frames.is_empty(),
            step: span,
        };
        Ok(expect::compare(&step.expect, &seen))
    }

    /// Lets time pass. Each timer that becomes due fires at its own time.
    async fn pass(&self, millis: i64, span: Span) -> ports::Result<Result<(), Difference>> {
        let Environment { runtime, clock, .. } = self.stage;
        let until = clock.now() + millis;
        let channels = [self.address.channel.clone()];
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

    /// The events of a step: none where only time passes, one per text for several messages.
    fn inbound(&mut self, number: usize, step: &Step) -> Result<Vec<Inbound>, NoButton> {
        let mut client = self.dialog.given.client.clone();
        client.language = self.dialog.given.language;
        let (kinds, button) = self.kinds(step)?;
        let before = self.written;
        self.written += step.client.as_ref().map_or(0, |texts| texts.0.len());
        let edited =
            step.edit.as_ref().map(|edit| Sent::edited((before + 1).saturating_sub(edit.of).to_string()));
        Ok(kinds
            .into_iter()
            .enumerate()
            .map(|(part, kind)| {
                // A staff action carries no data about the client.
                let staff = matches!(kind, EventKind::Staff { .. });
                let written = step.client.as_ref().map(|_| Sent::written((before + part + 1).to_string()));
                Inbound {
                    address: self.address.clone(),
                    key: format!("{number}.{part}"),
                    client: if staff { Default::default() } else { client.clone() },
                    kind,
                    button: button.clone(),
                    origin: None,
                    sent: edited.clone().or(written),
                }
            })
            .collect())
    }

    fn kinds(&self, step: &Step) -> Result<(Vec<EventKind>, Option<String>), NoButton> {
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
        if let Some(staff) = &step.staff {
            return one(EventKind::Staff { action: staff.action(), by: Some("staff".to_owned()) });
        }
        let Some(press) = &step.press else { return Ok((Vec::new(), None)) };
        let (label, id) = self.button(press)?;
        Ok((vec![EventKind::Press { label: label.to_owned(), press: None }], Some(id.to_owned())))
    }

    /// The button with this label, or the only one whose label contains it.
    fn button(&self, press: &PressStep) -> Result<(&str, &str), NoButton> {
        let label = press.label.as_str();
        let at = self.buttons.len().checked_sub(press.of);
        let shown = at.and_then(|at| self.buttons.get(at)).map(Vec::as_slice).unwrap_or_default();
        if let Some((label, id)) = shown.iter().find(|(known, _)| known == label) {
            return Ok((label, id));
        }
        let part = label.to_lowercase();
        let mut fitting = shown.iter().filter(|(known, _)| known.to_lowercase().contains(&part));
        match (fitting.next(), fitting.next()) {
            (Some((label, id)), None) => Ok((label, id)),
            (first, _) => {
                let labels: Vec<&str> = shown.iter().map(|(label, _)| label.as_str()).collect();
                let one = if first.is_some() { "only one button with" } else { "a button" };
                let found = format!("buttons {labels:?}");
                Err(NoButton { wanted: format!("{one} «{label}»"), found })
            }
        }
    }

    /// The turns since `before`, each replayed from its record.
    async fn turns(&mut self, before: usize, span: Span) -> ports::Result<Result<Turns, Difference>> {
        let runtime = self.stage.runtime;
        let mut all = Turns::default();
        let turns = runtime.store().turns(&TurnQuery::of(self.address.to_string(), u32::MAX)).await?;
        for turn in turns.into_iter().skip(before) {
            let record: Record = serde_json::from_str(&turn.trace)
                .map_err(|why| ports::Error::refused("read a trace", why))?;
            let replayed = runtime
                .releases()
                .with_release(&turn.release, |release| record.replay(release, &turn.event))
                .await?;
            if let Some(Err(difference)) = replayed {
                let expected = "a turn that replays to the same effects";
                return Ok(Err(Difference::new(span, expected, difference.to_string())));
            }
            self.coverage.add(&record.trace);
            learn_products(&record.trace, &mut self.products);
            all.visits.extend(record.trace.visits);
            all.effects.extend(record.effects);
            all.release = turn.release;
        }
        Ok(Ok(all))
    }
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

fn pressable(message: &Outgoing) -> Vec<(String, String)> {
    let id = |action: &Action| match action {
        Action::Press { id, .. } => Some(id.clone()),
        Action::Open { .. } => None,
    };
    message.buttons.iter().filter_map(|button| Some((button.label.clone(), id(&button.action)?))).collect()
}

fn learn_products(trace: &Trace, products: &mut HashMap<String, Product>) {
    for outcome in &trace.outcomes {
        if let QueryOutcome::Search(results) = outcome {
            products.extend(results.hits.iter().map(|hit| (hit.product.id.clone(), hit.product.clone())));
        }
    }
}
