//! Interruptions of a question: commands, intents, inactivity. Afterwards the question is asked again.

use super::{
    cursor::{Cursor, waiting},
    give,
    route::{self, waiting_entry, waits_to_collect},
};
use crate::{
    effect::{Author, Query, QueryOutcome, ScoredLabel},
    event::EventKind,
    flow::Flow,
    header::IntentInterrupt,
    intents::InterruptingIntents,
    kind::{NodeInput, Verdict},
    redact::personal_values,
    release::Release,
    resources::example_set,
    session::{Frame, Interrupted, Session, Waiting},
    turn_state::TurnState,
};

/// The most interrupted questions that one flow keeps; the oldest is dropped first.
const INTERRUPTED: usize = 8;

/// The innermost running flow that answers `find`, and its answer.
pub(super) fn innermost(
    release: &Release,
    session: &Session,
    find: impl Fn(&Flow) -> Option<&str>,
) -> Option<(usize, String)> {
    session
        .frames
        .iter()
        .enumerate()
        .rev()
        .find_map(|(at, frame)| Some((at, find(release.flow(&frame.flow)?)?.to_owned())))
}

/// Goes to a node of a running flow. What waits there, and every flow above it, is interrupted and continues afterwards.
pub(super) fn by(release: &Release, session: &mut Session, frame: usize, node: &str) -> Cursor {
    give::results(release, session, frame);
    let above = session.frames.split_off((frame + 1).min(session.frames.len()));
    if let Some(frame) = session.frames.last_mut()
        && let Some(waited) = frame.waiting.take()
    {
        // The interruption may ask the same question again: it is kept until then, with what it remembers.
        keep_interrupted(frame, Interrupted { waiting: waited, above, by_command: false });
    }
    Cursor::Node(waiting(node), NodeInput::Enter)
}

/// Goes to the node of a command. A command is a new wish: the question that waits comes back where the command is answered
/// within the turn, and is dropped by [`drop_by_command`] where the command asks something itself.
pub(super) fn by_command(release: &Release, session: &mut Session, frame: usize, node: &str) -> Cursor {
    let of = |session: &Session| session.frames.get(frame).and_then(|frame| frame.waiting.clone());
    let waited = of(session).is_some_and(|waiting| !waiting.lasting);
    let cursor = by(release, session, frame, node);
    if waited
        && let Some(interrupted) = session.frames.last_mut().and_then(|frame| frame.interrupted.last_mut())
    {
        interrupted.by_command = true;
    }
    cursor
}

/// The end of a turn: a question that a command interrupted and that is not back is dropped, with those behind it. Where a person
/// has taken the chat over it waits for them to give it back.
pub(super) fn drop_by_command(session: &mut Session, turn_state: &mut TurnState) {
    let taken_over = session.taken_over_at.is_some();
    for frame in &mut session.frames {
        let Some(at) = frame.interrupted.iter().position(|interrupted| interrupted.by_command) else {
            continue;
        };
        if taken_over {
            frame.interrupted.iter_mut().for_each(|interrupted| interrupted.by_command = false);
            continue;
        }
        let dropped = frame.interrupted.get(at).map_or("", |dropped| dropped.waiting.node.as_str());
        turn_state.note(format!("the question {dropped} is dropped: the command began something else"));
        frame.interrupted.retain(|interrupted| interrupted.waiting.lasting);
    }
}

/// The client writes while the innermost node waits for a time that does not hold the dialog up: it waits on beside it.
pub(super) fn set_aside(session: &mut Session) {
    if let Some(frame) = session.frames.last_mut()
        && let Some(waiting) = frame.waiting.take_if(|waiting| waiting.lasting)
    {
        keep_interrupted(frame, Interrupted { waiting, ..Interrupted::default() });
    }
}

/// The timer of a node of [`crate::kind::Node::lasts`] has fired: what waits is interrupted by it.
pub(super) fn by_lasting(release: &Release, session: &mut Session, flow: &str, node: &str) -> Cursor {
    let entry = release.flow(flow).and_then(|flow| flow.nodes.get(node));
    let frame = session.frames.iter().rposition(|frame| frame.flow == flow);
    let (Some(at), true) = (frame, entry.is_some_and(|entry| entry.node.lasts())) else {
        return Cursor::Stop;
    };
    let Some(frame) = session.frames.get_mut(at) else { return Cursor::Stop };
    if let Some(waiting) = frame.waiting.take_if(|waiting| waiting.lasting && waiting.node == node) {
        return Cursor::Node(waiting, NodeInput::TimerFired);
    }
    // Of a dialog that ended, or begun anew, nothing waits.
    let waits = |interrupted: &Interrupted| interrupted.waiting.lasting && interrupted.waiting.node == node;
    let Some(which) = frame.interrupted.iter().position(waits) else { return Cursor::Stop };
    frame.interrupted.remove(which);
    match by(release, session, at, node) {
        Cursor::Node(waiting, _) => Cursor::Node(waiting, NodeInput::TimerFired),
        cursor => cursor,
    }
}

/// The node whose button was pressed, with what it remembers. A press may answer an interrupted question: then the one
/// that waits now, with the flows `above` it, is asked again afterwards. A press for a question that no longer waits drops
/// the interrupted ones, and the one that waits unless `keep` is set.
pub(super) fn answered(session: &mut Session, node: &str, above: Vec<Frame>, keep: bool) -> Waiting {
    let Some(frame) = session.frames.last_mut() else { return waiting(node) };
    let current = frame.waiting.take();
    if let Some(current) = current.as_ref().filter(|current| current.node == node) {
        return current.clone();
    }
    let found = frame.interrupted.iter().position(|interrupted| interrupted.waiting.node == node);
    let answered = found.map(|found| frame.interrupted.remove(found));
    if answered.is_none() && !keep {
        frame.interrupted.retain(|interrupted| interrupted.waiting.lasting);
    }
    if let Some(current) = current
        && (answered.is_some() || keep || current.lasting)
    {
        keep_interrupted(frame, Interrupted { waiting: current, above, by_command: false });
    }
    answered.map_or_else(|| waiting(node), |answered| answered.waiting)
}

/// Brings a flow back that was interrupted together with the question that it asked; what waits now is asked again
/// afterwards. Nothing happens where no interrupted flow is this one.
pub(super) fn restore(release: &Release, session: &mut Session, flow: &str) {
    let holds = |interrupted: &Interrupted| interrupted.above.iter().any(|frame| frame.flow == flow);
    let found = session
        .frames
        .iter()
        .enumerate()
        .rev()
        .find_map(|(at, frame)| Some((at, frame.interrupted.iter().rposition(holds)?)));
    let Some((at, which)) = found else { return };
    let keep = waits_to_collect(release, session);
    let above = session.frames.split_off((at + 1).min(session.frames.len()));
    let Some(frame) = session.frames.last_mut() else { return };
    let interrupted = frame.interrupted.remove(which);
    if let Some(current) = frame.waiting.take().filter(|_| keep) {
        keep_interrupted(frame, Interrupted { waiting: current, above, by_command: false });
    }
    frame.waiting = Some(interrupted.waiting);
    session.frames.extend(interrupted.above);
}

/// A contact that comes by itself, while no form and no question waits, enters at the node of `on.contact`.
pub(super) fn by_contact(release: &Release, session: &mut Session, event: &EventKind) -> Option<Cursor> {
    let waits = waiting_entry(release, session);
    // A question reads the message first; so does a node that waits for something else than words.
    if waits.is_some_and(|entry| entry.node.collects() || entry.node.timer().is_some()) {
        return None;
    }
    let (frame, node) = contact_node(release, session, event)?;
    // A menu offers; nothing is lost when it is not shown again.
    session.frames.last_mut().and_then(|frame| frame.waiting.take_if(|_| waits.is_some()));
    Some(by(release, session, frame, &node))
}

/// The node of `on.contact` of the innermost flow that has one, if the event is a contact for it.
fn contact_node(release: &Release, session: &Session, event: &EventKind) -> Option<(usize, String)> {
    let takes = |flow: &'_ Flow| {
        let to = flow.header.on.contact.as_ref()?;
        flow.nodes
            .get(to.as_str())
            .is_some_and(|entry| entry.node.takes_contact(event))
            .then(|| to.value.clone())
    };
    session
        .frames
        .iter()
        .enumerate()
        .rev()
        .find_map(|(at, frame)| Some((at, takes(release.flow(&frame.flow)?)?)))
}

fn keep_interrupted(frame: &mut Frame, interrupted: Interrupted) {
    frame.interrupted.retain(|earlier| earlier.waiting.node != interrupted.waiting.node);
    if frame.interrupted.len() == INTERRUPTED {
        let oldest = frame.interrupted.iter().position(|interrupted| !interrupted.waiting.lasting);
        frame.interrupted.remove(oldest.unwrap_or_default());
    }
    frame.interrupted.push(interrupted);
}

/// The end of a path: the question that was interrupted last is asked again.
pub(super) fn resume_interrupted(session: &mut Session, turn_state: &TurnState) -> Cursor {
    let Some(frame) = session.frames.last_mut() else { return Cursor::Stop };
    // A question comes before a wait that does not hold the dialog up.
    let question = frame.interrupted.iter().rposition(|interrupted| !interrupted.waiting.lasting);
    let Some(last) = question.or(frame.interrupted.len().checked_sub(1)) else { return Cursor::Stop };
    let Interrupted { waiting, above, .. } = frame.interrupted.remove(last);
    // A wait that lasts has never ended: its timer runs.
    let lasting = waiting.lasting;
    frame.waiting = Some(waiting);
    session.frames.extend(above);
    if turn_state.client_inactive || lasting {
        return Cursor::Stop;
    }
    match session.frames.last_mut().and_then(|frame| frame.waiting.take()) {
        Some(waiting) => Cursor::Node(waiting, NodeInput::Resumed),
        None => Cursor::Stop,
    }
}

/// The client's message does not answer the question: does it interrupt? A message that is an example, word for word,
/// decides at once; otherwise the message is to be classified.
///
/// # Errors
/// The query that classifies the message.
pub(super) fn find_interrupt(
    release: &Release,
    session: &mut Session,
    turn_state: &mut TurnState,
) -> Result<Cursor, Box<Query>> {
    if let Some(cursor) = super::refer::ask(release, session, turn_state, Some(turn_state.current.clone())) {
        return Ok(cursor);
    }
    let not_answered = || Cursor::Node(turn_state.current.clone(), NodeInput::NotAnswered);
    // A contact is for `on.contact`, unless the node that waits is a form itself.
    let event = turn_state.event.kind.clone();
    let form = route::entry_of(release, session, &turn_state.current.node)
        .is_some_and(|entry| entry.node.takes_contact(&event));
    if !form && let Some((frame, to)) = contact_node(release, session, &event) {
        turn_state.note("interrupted by a contact".to_owned());
        if let Some(visit) = turn_state.trace.visits.last_mut() {
            visit.exit = Some("interrupted".to_owned());
        }
        if let Some(frame) = session.frames.last_mut() {
            frame.waiting = Some(std::mem::take(&mut turn_state.current));
        }
        return Ok(by(release, session, frame, &to));
    }
    let EventKind::Message { text } = &turn_state.event.kind else { return Ok(not_answered()) };
    let Some(listener) = listener(release, session) else { return Ok(not_answered()) };
    if let Some(intent) = listener.intents(release).and_then(|intents| intents.matching(&turn_state.words)) {
        let why = "the words of an example".to_owned();
        return Ok(interrupt(release, session, turn_state, &listener, intent, why));
    }
    let text = text.clone();
    turn_state.classifying_interrupt = true;
    Err(Box::new(turn_state.classify(listener.set, &text)))
}

/// The outcome of the query of [`find_interrupt`].
pub(super) fn classified(
    release: &Release,
    session: &mut Session,
    turn_state: &mut TurnState,
    outcome: &QueryOutcome,
) -> Cursor {
    let least = std::mem::take(&mut turn_state.least_confidence);
    if let QueryOutcome::Classify { labels } = outcome
        && let Some(first) = labels.first()
        && let Some(listener) = listener(release, session)
    {
        let considered = format!("{} {:.2}{}", first.label, first.score, others(labels));
        let why_not = match listener.verdict(release, session, turn_state, first, least) {
            Verdict::Taken { bound } => {
                let why = format!("{:.2} of {bound:.2}{}", first.score, others(labels));
                return interrupt(release, session, turn_state, &listener, &first.label, why);
            }
            Verdict::Refused => format!("{} is refused", first.label),
            Verdict::SaysNothing => "the words mean nothing by themselves".to_owned(),
            Verdict::Unsure { bound } => format!("an intent needs {bound:.2}"),
        };
        turn_state.note(format!("not interrupted: {considered}; {why_not}"));
    }
    Cursor::Node(turn_state.current.clone(), NodeInput::NotAnswered)
}

/// The runners-up, for the trace.
fn others(labels: &[ScoredLabel]) -> String {
    /// Labels that the trace names beside the first.
    const NAMED: usize = 2;
    /// What would be written as 0.00 is not named.
    const SMALLEST: f32 = 0.005;
    let likely = labels.iter().skip(1).take(NAMED).filter(|label| label.score >= SMALLEST);
    likely.map(|label| format!(", {} {:.2}", label.label, label.score)).collect()
}

/// The intents that may interrupt the question that waits.
pub(super) fn intents<'r>(release: &'r Release, session: &Session) -> Option<InterruptingIntents<'r>> {
    listener(release, session)?.intents(release)
}

/// The innermost running flow whose header names intents that interrupt.
struct Listener<'r> {
    /// The number of its frame.
    frame: usize,
    on: &'r IntentInterrupt,
    /// The name of its set of examples.
    set: String,
}

impl<'r> Listener<'r> {
    fn intents(&self, release: &'r Release) -> Option<InterruptingIntents<'r>> {
        let examples = release.resources.examples.get(&self.set)?;
        Some(InterruptingIntents { to: &self.on.to, examples })
    }

    /// Whether an intent interrupts: by what the node says whose intents these are, and at `least` where the node that waits
    /// asks for more.
    fn verdict(
        &self,
        release: &Release,
        session: &Session,
        turn_state: &TurnState,
        first: &ScoredLabel,
        least: f32,
    ) -> Verdict {
        let least = self.on.min_confidence.value.max(least);
        let flow = session.frames.get(self.frame).and_then(|frame| release.flow(&frame.flow));
        let from = flow.and_then(|flow| flow.nodes.get(&self.on.from.value));
        let message = turn_state.event.kind.text();
        from.map_or(Verdict::Unsure { bound: least }, |from| from.node.verdict(message, first, least))
    }
}

fn listener<'r>(release: &'r Release, session: &Session) -> Option<Listener<'r>> {
    session.frames.iter().enumerate().rev().find_map(|(frame, running)| {
        let on = release.flow(&running.flow)?.header.on.intent.as_ref()?;
        Some(Listener { frame, on, set: example_set(&running.flow, &on.from) })
    })
}

fn interrupt(
    release: &Release,
    session: &mut Session,
    turn_state: &mut TurnState,
    listener: &Listener<'_>,
    intent: &str,
    why: String,
) -> Cursor {
    let Some(to) = listener.on.to.get(intent) else {
        turn_state.note(format!("not interrupted: {intent} ({why}) is none of the intents of `on.intent`"));
        return Cursor::Node(turn_state.current.clone(), NodeInput::NotAnswered);
    };
    if let Some(visit) = turn_state.trace.visits.last_mut() {
        visit.notes.push(format!("interrupted by the intent {intent}: {why}"));
        visit.exit = Some("interrupted".to_owned());
        if turn_state.explained {
            visit.understood.intent = Some(intent.to_owned());
        }
    }
    // A message to a node that asks for personal data was kept out of the history; this one holds none.
    if let EventKind::Message { text } = &turn_state.event.kind
        && turn_state.remembered.is_none()
    {
        let text = personal_values(release, session).redact(text, session.language);
        turn_state.remembered = session.remember(Author::Client, &text);
    }
    turn_state.take_reading(&personal_values(release, session), session.language);
    if let Some(frame) = session.frames.last_mut() {
        frame.waiting = Some(std::mem::take(&mut turn_state.current));
    }
    by(release, session, listener.frame, to)
}
