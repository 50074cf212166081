//! The reading of what a message refers to: before anything else is made of a message, the node of `on.refer` may take it.
//! A node that declines leaves no visit behind, and the turn goes on as if it had not been asked.

use super::{
    cursor::{Cursor, waiting},
    interrupt,
};
use crate::{
    effect::Author,
    event::EventKind,
    flow::Flow,
    kind::NodeInput,
    redact::personal_values,
    release::Release,
    session::{Session, Waiting},
    turn_state::{Referring, TurnState},
};

/// Asks the innermost running flow that names a `refer` node. `waited` is the node whose question the message does not answer;
/// without one a flow is about to begin at its start. `None` where nobody is to be asked.
pub(super) fn ask(
    release: &Release,
    session: &mut Session,
    turn_state: &mut TurnState,
    waited: Option<Waiting>,
) -> Option<Cursor> {
    if turn_state.referred || !matches!(turn_state.event.kind, EventKind::Message { .. }) {
        return None;
    }
    fn find(flow: &Flow) -> Option<&str> {
        flow.header.on.refer.as_ref().map(|node| node.as_str())
    }
    let (frame, node) = interrupt::innermost(release, session, find)?;
    // A flow that was called begins with its own question; nothing was written to it yet.
    if waited.is_none() && frame + 1 != session.frames.len() {
        return None;
    }
    if waited.as_ref().is_some_and(|waited| waited.node == node) {
        return None;
    }
    turn_state.referred = true;
    let frames = session.frames.clone();
    let cursor = match &waited {
        Some(waited) => {
            if let Some(last) = session.frames.last_mut() {
                last.waiting = Some(waited.clone());
            }
            interrupt::by(release, session, frame, &node)
        }
        None => Cursor::Node(waiting(&node), NodeInput::Enter),
    };
    turn_state.referring = Some(Box::new(Referring { frames, waited }));
    Some(cursor)
}

/// The node took the message.
pub(super) fn taken(release: &Release, session: &mut Session, turn_state: &mut TurnState) {
    let Some(referring) = turn_state.referring.take() else { return };
    // A message to a node that asks for personal data was kept out of the history; this one answers it with none.
    if referring.waited.is_some()
        && turn_state.remembered.is_none()
        && let EventKind::Message { text } = &turn_state.event.kind
    {
        let text = personal_values(release, session).redact(text, session.language);
        turn_state.remembered = session.remember(Author::Client, &text);
    }
}

/// The node declined: everything is as it was. Returns the node whose question waits, if one does.
pub(super) fn declined(
    session: &mut Session,
    turn_state: &mut TurnState,
    referring: Referring,
) -> Option<Waiting> {
    if let Some(visit) = turn_state.trace.visits.pop() {
        turn_state.visited = turn_state.visited.saturating_sub(1);
        // Why it declined is worth knowing at the node that takes the message instead.
        match turn_state.trace.visits.last_mut() {
            Some(before) if referring.waited.is_some() => before.notes.extend(visit.notes),
            _ => turn_state.notes.extend(visit.notes),
        }
    }
    session.frames = referring.frames;
    referring.waited
}
