//! The interpreter: runs nodes until one waits for the client.
//!
//! [`start()`] and [`resume()`] are pure: the same release, session, event and outcomes give the same session and effects.
//! They are total: a fault inside a node takes the flow's error path once, and a fault there ends the turn with an apology
//! to the client and a notification of the staff.

mod abandon;
mod cursor;
mod edit;
mod fit;
mod give;
mod interrupt;
mod refer;
mod route;
mod wishes;

use std::cell::RefCell;

pub use abandon::{Abandoned, abandon};
use cursor::{Cursor, waiting};
pub use edit::changes_nothing;

use crate::{
    effect::{Button, Choice, Command, Effect, Notice, Outgoing, Query, QueryOutcome},
    event::{Event, EventKind},
    fault::Fault,
    flow::Flow,
    kind::{NodeInput, NodeOutcome},
    personal::PersonalValues,
    phrases::{self, Phrase},
    redact::personal_values,
    release::Release,
    session::{Frame, Session, Waiting},
    target::Target,
    timers::INACTIVITY,
    trace::{Asked, Trace, Visit},
    turn_context::TurnContext,
    turn_state::TurnState,
};

/// The state of a turn after [`start()`] or [`resume()`].
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The turn is over: commit the session, then carry out the effects.
    Done {
        /// The session after the turn.
        session: Session,
        /// In order.
        effects: Vec<Effect>,
        /// What happened.
        trace: Trace,
    },
    /// The turn needs an answer from outside: run the query, then [`resume()`].
    Query {
        /// What is asked.
        query: Query,
        /// The turn, to be resumed with the outcome.
        suspended: SuspendedTurn,
    },
}

/// A turn that waits for the outcome of a query. It lives in memory only: after a crash the turn starts again from
/// the stored session and the event.
#[derive(Clone, Debug, PartialEq)]
pub struct SuspendedTurn {
    session: Session,
    turn_state: Box<TurnState>,
}

impl SuspendedTurn {
    /// The flow and the node that ask.
    pub fn at(&self) -> (&str, &str) {
        (running_flow(&self.session, &self.turn_state).unwrap_or_default(), &self.turn_state.current.node)
    }

    /// How many nodes the turn has visited so far; the last one asks.
    pub fn visited(&self) -> usize {
        self.turn_state.trace.visits.len()
    }
}

/// Begins the turn of an event.
pub fn start(release: &Release, session: Session, event: Event) -> Step {
    begin(release, session, event, false)
}

/// Begins the same turn with a trace that tells more, because it is not stored: the values in the conditions of a branch, and
/// [`crate::trace::Understood`]. It costs time that a turn of a client does not spend.
pub fn explain(release: &Release, session: Session, event: Event) -> Step {
    begin(release, session, event, true)
}

fn begin(release: &Release, mut session: Session, event: Event, explained: bool) -> Step {
    let (mut turn_state, cursor) = route::begin(release, &mut session, event);
    turn_state.explained = explained;
    run(release, session, Box::new(turn_state), cursor)
}

/// Continues a turn with the outcome of the query that it asked.
pub fn resume(release: &Release, suspended: SuspendedTurn, outcome: QueryOutcome) -> Step {
    let SuspendedTurn { mut session, mut turn_state } = suspended;
    turn_state.trace.outcomes.push(outcome.clone());
    let cursor = if std::mem::take(&mut turn_state.classifying_interrupt) {
        interrupt::classified(release, &mut session, &mut turn_state, &outcome)
    } else {
        Cursor::Node(turn_state.current.clone(), NodeInput::Outcome(outcome))
    };
    run(release, session, turn_state, cursor)
}

/// The flow whose node runs: the innermost one, unless an older node only shows a further page.
fn running_flow<'a>(session: &'a Session, turn_state: &'a TurnState) -> Option<&'a str> {
    turn_state.paging_flow.as_deref().or_else(|| session.frames.last().map(|frame| frame.flow.as_str()))
}

fn run(release: &Release, mut session: Session, mut turn_state: Box<TurnState>, mut cursor: Cursor) -> Step {
    loop {
        if matches!(cursor, Cursor::Stop) {
            return done(release, session, turn_state);
        }
        let Some(flow) = running_flow(&session, &turn_state).and_then(|flow| release.flow(flow)) else {
            say(release, &mut session, &mut turn_state, phrases::APOLOGY, Vec::new());
            return done(release, session, turn_state);
        };
        if let Cursor::Node(at, NodeInput::Enter) = &cursor
            && at.node == flow.header.start.value
            && let Some(next) = refer::ask(release, &mut session, &mut turn_state, None)
        {
            cursor = next;
            continue;
        }
        match cursor {
            Cursor::Say(phrase) => {
                say(release, &mut session, &mut turn_state, phrase, Vec::new());
                return done(release, session, turn_state);
            }
            Cursor::Stale => {
                let start = start_button(release, &mut session, &mut turn_state);
                say(release, &mut session, &mut turn_state, phrases::STALE_BUTTON, start);
                return done(release, session, turn_state);
            }
            Cursor::Stop => return done(release, session, turn_state),
            Cursor::Follow(target) => cursor = follow(release, &mut session, &mut turn_state, target),
            Cursor::Node(at, input) => {
                let outcome = visit(release, flow, &mut session, &mut turn_state, at, input);
                if !matches!(outcome, Ok(NodeOutcome::Query(_) | NodeOutcome::NotAnswered)) {
                    refer::taken(release, &mut session, &mut turn_state);
                }
                match outcome {
                    Ok(NodeOutcome::Query(query)) => return ask(session, turn_state, query),
                    Ok(NodeOutcome::Wait) => {
                        if let Some(frame) = session.frames.last_mut()
                            && turn_state.paging_flow.is_none()
                        {
                            let mut waits = std::mem::take(&mut turn_state.current);
                            waits.lasting =
                                flow.nodes.get(&waits.node).is_some_and(|entry| entry.node.lasts());
                            // This question is asked now, so it is not asked again after the interruption.
                            frame.interrupted.retain(|interrupted| interrupted.waiting.node != waits.node);
                            frame.waiting = Some(waits);
                        }
                        cursor = Cursor::Stop;
                    }
                    Ok(NodeOutcome::To(target)) => cursor = Cursor::Follow(target),
                    Ok(NodeOutcome::Exit(exit) | NodeOutcome::Passed(exit)) => {
                        // Its question, interrupted earlier, is answered now.
                        if let Some(frame) =
                            session.frames.last_mut().filter(|_| turn_state.paging_flow.is_none())
                        {
                            let node = &turn_state.current.node;
                            frame.interrupted.retain(|interrupted| interrupted.waiting.node != *node);
                        }
                        let target =
                            flow.nodes.get(&turn_state.current.node).map(|entry| entry.target(&exit));
                        cursor = Cursor::Follow(target.unwrap_or(Target::Wait));
                    }
                    Ok(NodeOutcome::Call { flow: called, slots }) => {
                        cursor = match call(release, &mut session, &mut turn_state, &called, slots) {
                            Ok(cursor) => cursor,
                            Err(fault) => fail(release, &mut session, &mut turn_state, fault),
                        };
                    }
                    Ok(NodeOutcome::NotAnswered) => {
                        if let Some(referring) = turn_state.referring.take() {
                            match refer::declined(&mut session, &mut turn_state, *referring) {
                                Some(waited) => turn_state.current = waited,
                                None => {
                                    let start = running_flow(&session, &turn_state)
                                        .and_then(|flow| release.flow(flow))
                                        .map(|flow| waiting(&flow.header.start));
                                    cursor = start
                                        .map_or(Cursor::Stop, |start| Cursor::Node(start, NodeInput::Enter));
                                    continue;
                                }
                            }
                        }
                        match interrupt::find_interrupt(release, &mut session, &mut turn_state) {
                            Ok(next) => cursor = next,
                            Err(query) => return ask(session, turn_state, *query),
                        }
                    }
                    Err(fault) => cursor = fail(release, &mut session, &mut turn_state, fault),
                }
            }
        }
    }
}

fn ask(session: Session, mut turn_state: Box<TurnState>, query: Query) -> Step {
    turn_state.trace.asked.push(Asked { query: query.name().to_owned(), key: query.key() });
    Step::Query { query, suspended: SuspendedTurn { session, turn_state } }
}

/// Runs one node and records it.
fn visit(
    release: &Release,
    flow: &Flow,
    session: &mut Session,
    turn_state: &mut TurnState,
    at: Waiting,
    input: NodeInput,
) -> Result<NodeOutcome, Fault> {
    let limits = release.limits(session);
    // These continue a visit that the trace already shows.
    let resumed = matches!(input, NodeInput::Outcome(_) | NodeInput::NotAnswered);
    turn_state.current = at;
    let name = turn_state.current.node.clone();
    let entry = flow.nodes.get(&name).ok_or_else(|| Fault(format!("there is no node `{name}`")))?;
    if !resumed {
        turn_state.visited += 1;
        let kind = entry.kind.name.to_owned();
        let notes = std::mem::take(&mut turn_state.notes);
        let visit = Visit { flow: flow.id.clone(), node: name, kind, notes, ..Visit::default() };
        turn_state.trace.visits.push(visit);
        let limit = limits.nodes_per_turn;
        if turn_state.visited > limit {
            return Err(Fault(format!("more than {limit} nodes in one turn (limits.nodes_per_turn)")));
        }
    }
    let mut turn = TurnContext {
        release: &release.id,
        resources: &release.resources,
        limits,
        flow: &flow.id,
        declarations: &flow.slots,
        interrupting: interrupt::intents(release, session),
        personal: personal_values(release, session),
        collects_personal_data: entry.node.collects_personal_data(&flow.slots),
        text_faults: RefCell::default(),
        session,
        turn_state,
    };
    let outcome = entry.node.run(&mut turn, input);
    for fault in turn.text_faults.take() {
        turn.note(fault);
    }
    let outcome = outcome.map_err(|fault| Fault(turn.redacted(&fault.0)))?;
    let outcome = match outcome {
        NodeOutcome::Query(query) => {
            turn.query_allowed(&query)?;
            NodeOutcome::Query(turn.without_personal_values(query))
        }
        NodeOutcome::Passed(exit) => {
            pass(turn.turn_state);
            return Ok(NodeOutcome::Exit(exit));
        }
        outcome => outcome,
    };
    if let Some(visit) = turn.turn_state.trace.visits.last_mut() {
        visit.exit = match &outcome {
            NodeOutcome::Exit(exit) => Some(exit.clone()),
            NodeOutcome::To(target) => Some(format!("to {target}")),
            NodeOutcome::Call { flow, .. } => Some(format!("call {flow}")),
            NodeOutcome::Wait => Some("wait".to_owned()),
            NodeOutcome::Query(_) | NodeOutcome::NotAnswered | NodeOutcome::Passed(_) => None,
        };
    }
    Ok(outcome)
}

/// Takes the last visit out of the trace; its notes explain the one before.
fn pass(turn_state: &mut TurnState) {
    let Some(visit) = turn_state.trace.visits.pop() else { return };
    turn_state.visited = turn_state.visited.saturating_sub(1);
    match turn_state.trace.visits.last_mut() {
        Some(before) => before.notes.extend(visit.notes),
        None => turn_state.notes.extend(visit.notes),
    }
}

fn follow(release: &Release, session: &mut Session, turn_state: &mut TurnState, target: Target) -> Cursor {
    if turn_state.paging_flow.is_some() {
        return Cursor::Stop;
    }
    match target {
        Target::Node(node) => Cursor::Node(waiting(&node), NodeInput::Enter),
        Target::End => {
            session.reset();
            turn_state.ended = true;
            Cursor::Stop
        }
        Target::Return if session.frames.len() > 1 => {
            let slots = session.frames.pop().map(|frame| frame.slots).unwrap_or_default();
            match session.frames.last_mut().and_then(|frame| frame.waiting.take()) {
                Some(caller) => Cursor::Node(caller, NodeInput::FlowReturned(slots)),
                None => Cursor::Stop,
            }
        }
        // The entry flow has no caller to return to: it waits.
        Target::Wait | Target::Return => wishes::next(release, session, turn_state)
            .unwrap_or_else(|| interrupt::resume_interrupted(session, turn_state)),
    }
}

/// Enters another flow; the node that calls it waits below.
fn call(
    release: &Release,
    session: &mut Session,
    turn_state: &mut TurnState,
    called: &str,
    slots: Vec<(String, serde_json::Value)>,
) -> Result<Cursor, Fault> {
    let depth = release.limits(session).depth;
    if session.frames.len() as u64 >= u64::from(depth) {
        return Err(Fault(format!("flows call each other more than {depth} deep (limits.depth)")));
    }
    let flow = release.flow(called).ok_or_else(|| Fault(format!("there is no flow `{called}`")))?;
    let mut frame = Frame::new(&flow.id, &flow.slots);
    for (name, value) in slots {
        let declaration = flow.slots.get(&name);
        let declaration =
            declaration.ok_or_else(|| Fault(format!("flow `{called}` has no slot `{name}`")))?;
        let value = declaration.accept(value).map_err(|why| Fault(format!("slot `{name}`: {why}")))?;
        session
            .check_room(&value, &serde_json::Value::Null)
            .map_err(|why| Fault(format!("slot `{name}`: {why}")))?;
        frame.slots.insert(name, value);
    }
    if let Some(caller) = session.frames.last_mut() {
        let call = std::mem::take(&mut turn_state.current);
        caller.interrupted.retain(|interrupted| interrupted.waiting.node != call.node);
        caller.waiting = Some(call);
    }
    session.frames.push(frame);
    Ok(Cursor::Node(waiting(&flow.header.start), NodeInput::Enter))
}

fn fail(release: &Release, session: &mut Session, turn_state: &mut TurnState, fault: Fault) -> Cursor {
    let node = turn_state.current.node.clone();
    if let Some(visit) = turn_state.trace.visits.last_mut() {
        visit.fault = Some(fault.0);
    }
    if turn_state.paging_flow.is_some() {
        return Cursor::Say(phrases::LATER);
    }
    let path =
        interrupt::innermost(release, session, |flow| flow.header.on.error.as_ref().map(|to| to.as_str()));
    if let Some((frame, to)) = path
        && !turn_state.failed
    {
        // The error path belongs to the flow that declares it: the flows above it end.
        give::results(release, session, frame);
        session.frames.truncate(frame + 1);
        session.clear_waiting();
        turn_state.failed = true;
        // The error path gets a budget of its own; it cannot be entered twice.
        turn_state.visited = 0;
        return Cursor::Node(waiting(&to), NodeInput::Enter);
    }
    session.clear_waiting();
    let language = session.language;
    let text = phrases::FAILED_FOR_STAFF.get(language).replace("{node}", &node);
    let subject = phrases::FAILED_SUBJECT.get(language).to_owned();
    turn_state.push(Command::Notify(Notice {
        group: Notice::EVERYBODY.to_owned(),
        subject,
        text,
        about_chat: true,
    }));
    Cursor::Say(phrases::APOLOGY)
}

/// Whether a question took no further answer and the client was told nothing in this turn: they would wait for the question
/// that they believe to be still open.
fn gave_up_in_silence(session: &Session, turn_state: &TurnState) -> bool {
    let gave_up = |visit: &Visit| {
        ["ask", "collect_contact"].contains(&visit.kind.as_str()) && visit.exit.as_deref() == Some("gave_up")
    };
    session.taken_over_at.is_none()
        && turn_state.trace.visits.iter().any(gave_up)
        && !turn_state.effects.iter().any(|effect| matches!(effect.command, Command::Send(_)))
}

fn say(
    release: &Release,
    session: &mut Session,
    turn_state: &mut TurnState,
    phrase: Phrase,
    buttons: Vec<Button>,
) {
    let text = release.resources.phrases.get(phrase, session.language).to_owned();
    turn_state.send(session, &PersonalValues::default(), Outgoing { text, buttons, ..Outgoing::default() });
}

/// The button that starts over, for a client who pressed an out-of-date button.
fn start_button(release: &Release, session: &mut Session, turn_state: &mut TurnState) -> Vec<Button> {
    let Some(flow) = release.flow(release.entry_of(session)) else { return Vec::new() };
    let to = flow.header.on.command.get("start").unwrap_or(&flow.header.start).value.clone();
    let label = release.resources.phrases.get(phrases::START_OVER, session.language).to_owned();
    vec![turn_state.button(&release.id, &flow.id, &to, label, Choice::Go { to: to.clone() })]
}

fn done(release: &Release, mut session: Session, mut turn_state: Box<TurnState>) -> Step {
    if gave_up_in_silence(&session, &turn_state) {
        say(release, &mut session, &mut turn_state, phrases::GAVE_UP, Vec::new());
    }
    if let Some((text, buttons)) = wishes::keep(release, &mut session, &mut turn_state) {
        let offer = Outgoing { text, buttons, ..Outgoing::default() };
        turn_state.send(&mut session, &PersonalValues::default(), offer);
    }
    interrupt::drop_by_command(&mut session, &mut turn_state);
    let by_client = !matches!(turn_state.event.kind, EventKind::Timer { .. } | EventKind::Staff { .. });
    let of = |flow: &Flow| flow.header.on.inactivity.as_ref().map(|silence| silence.after.0);
    if session.taken_over_at.is_some() || turn_state.ended {
        // There is no inactivity after the end of a dialog or during a handoff.
        if release.flows.values().any(|flow| of(flow).is_some()) {
            turn_state.push(Command::CancelTimer { name: INACTIVITY.to_owned() });
        }
    } else if by_client
        && let Some(after) = session.frames.iter().rev().find_map(|frame| of(release.flow(&frame.flow)?))
    {
        let due = turn_state.event.at.saturating_add(after);
        turn_state.push(Command::StartTimer { name: INACTIVITY.to_owned(), due });
    }
    edit::keep_said(&mut session, &turn_state);
    if turn_state.trace.visits.is_empty() {
        turn_state.trace.notes = std::mem::take(&mut turn_state.notes);
    }
    Step::Done { session, effects: turn_state.effects, trace: turn_state.trace }
}
