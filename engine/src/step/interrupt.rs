//! What may come between a question and its answer: commands, intents, silence. Afterwards the question is asked again.

use super::{Cursor, waiting};
use crate::{
    effect::{Author, ClassifyRequest, Query, QueryOutcome},
    event::EventKind,
    flow::Flow,
    kind::NodeInput,
    release::Release,
    session::{Frame, Interrupted, Session, Waiting},
    turn::TurnState,
    wording,
};

/// Questions put aside in one flow; the oldest is forgotten first.
const ASIDE: usize = 8;

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

/// Goes to a node of a running flow; what waits there, and everything that flow had called, is put aside.
pub(super) fn by(session: &mut Session, frame: usize, node: &str) -> Cursor {
    let above = session.frames.split_off((frame + 1).min(session.frames.len()));
    if let Some(frame) = session.frames.last_mut()
        && let Some(waited) = frame.waiting.take()
        // A question that is asked again by the interruption itself need not be put aside.
        && waited.node != node
    {
        put_aside(frame, Interrupted { waiting: waited, above });
    }
    Cursor::Node(waiting(node), NodeInput::Enter)
}

/// The node whose button answers, as it stood. A question that was put aside is answered out of turn, and the one that
/// waits now is asked again afterwards; the button of a question long gone is a choice of another way.
pub(super) fn answered(session: &mut Session, node: &str) -> Waiting {
    let Some(frame) = session.frames.last_mut() else { return waiting(node) };
    let current = frame.waiting.take();
    if let Some(current) = current.as_ref().filter(|current| current.node == node) {
        return current.clone();
    }
    let aside = frame.interrupted.iter().position(|aside| aside.waiting.node == node);
    let Some(aside) = aside else {
        frame.interrupted.clear();
        return waiting(node);
    };
    let aside = frame.interrupted.remove(aside);
    if let Some(current) = current {
        put_aside(frame, Interrupted { waiting: current, above: Vec::new() });
    }
    aside.waiting
}

fn put_aside(frame: &mut Frame, aside: Interrupted) {
    frame.interrupted.retain(|earlier| earlier.waiting.node != aside.waiting.node);
    if frame.interrupted.len() == ASIDE {
        frame.interrupted.remove(0);
    }
    frame.interrupted.push(aside);
}

/// The end of a path: what was interrupted last goes on.
pub(super) fn resume(session: &mut Session, turn_state: &TurnState) -> Cursor {
    let Some(frame) = session.frames.last_mut() else { return Cursor::Stop };
    let Some(Interrupted { waiting, above }) = frame.interrupted.pop() else { return Cursor::Stop };
    frame.waiting = Some(waiting);
    session.frames.extend(above);
    if turn_state.quiet {
        return Cursor::Stop;
    }
    match session.frames.last_mut().and_then(|frame| frame.waiting.take()) {
        Some(waiting) => Cursor::Node(waiting, NodeInput::Resume),
        None => Cursor::Stop,
    }
}

/// The client's words do not answer the question: are they one of the intents that may interrupt? The very words of
/// an example tell at once; otherwise the nearest examples are asked for.
pub(super) fn listen(
    release: &Release,
    session: &mut Session,
    turn_state: &mut TurnState,
) -> Result<Cursor, Box<Query>> {
    let not_answered = || Cursor::Node(turn_state.current.clone(), NodeInput::NotAnswered);
    let EventKind::Message { text } = &turn_state.event.kind else { return Ok(not_answered()) };
    let Some((frame, set)) = listens(release, session) else { return Ok(not_answered()) };
    if let Some(intent) = exactly(release, session, text) {
        return Ok(go(release, session, turn_state, frame, &intent, "the words of an example".to_owned()));
    }
    turn_state.listening = true;
    Err(Box::new(Query::Classify(ClassifyRequest { set, text: text.clone() })))
}

/// The nearest examples have come back.
pub(super) fn heard(
    release: &Release,
    session: &mut Session,
    turn_state: &mut TurnState,
    outcome: &QueryOutcome,
) -> Cursor {
    let not_answered = Cursor::Node(turn_state.current.clone(), NodeInput::NotAnswered);
    let QueryOutcome::Classify { labels } = outcome else { return not_answered };
    let Some((frame, _)) = listens(release, session) else { return not_answered };
    let Some(first) = labels.first() else { return not_answered };
    let wanted = interrupt_of(release, session, frame).is_some_and(|intent| {
        intent.to.contains_key(&first.label) && first.score >= intent.min_confidence.value
    });
    if wanted {
        return go(release, session, turn_state, frame, &first.label, format!("{:.2}", first.score));
    }
    not_answered
}

/// Whether a text is, word for word, an example of an intent that may interrupt.
pub(crate) fn exactly(release: &Release, session: &Session, text: &str) -> Option<String> {
    let (frame, set) = listens(release, session)?;
    let to = &interrupt_of(release, session, frame)?.to;
    let text = wording::normalized(text);
    let examples = release.examples.get(&set)?;
    let example = examples
        .iter()
        .find(|example| to.contains_key(&example.label) && wording::normalized(&example.text) == text);
    example.map(|example| example.label.clone())
}

/// The innermost running flow that listens for intents, and its set of examples.
fn listens(release: &Release, session: &Session) -> Option<(usize, String)> {
    let found = innermost(release, session, |flow| flow.header.on.intent.as_ref().map(|on| on.from.as_str()));
    found.map(|(frame, from)| {
        let set = Release::example_set(&session.frames[frame].flow, &from);
        (frame, set)
    })
}

fn interrupt_of<'r>(
    release: &'r Release,
    session: &Session,
    frame: usize,
) -> Option<&'r crate::flow::IntentInterrupt> {
    release.flow(&session.frames.get(frame)?.flow)?.header.on.intent.as_ref()
}

fn go(
    release: &Release,
    session: &mut Session,
    turn_state: &mut TurnState,
    frame: usize,
    intent: &str,
    because: String,
) -> Cursor {
    let to =
        interrupt_of(release, session, frame).and_then(|on| on.to.get(intent)).map(|to| to.value.clone());
    let Some(to) = to else { return Cursor::Node(turn_state.current.clone(), NodeInput::NotAnswered) };
    if let Some(visit) = turn_state.trace.visits.last_mut() {
        visit.notes.push(format!("interrupted by the intent {intent}: {because}"));
        visit.exit = Some("interrupted".to_owned());
    }
    // What was written where personal data is asked for was kept out of the history; it turned out to be talk.
    if let EventKind::Message { text } = &turn_state.event.kind {
        let said = session.history.back().is_some_and(|last| {
            last.who == Author::Client && last.text == crate::text::shorten(text, crate::session::UTTERANCE)
        });
        if !said {
            session.remember(Author::Client, text);
        }
    }
    if let Some(frame) = session.frames.last_mut() {
        frame.waiting = Some(std::mem::take(&mut turn_state.current));
    }
    by(session, frame, &to)
}
