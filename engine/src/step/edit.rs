//! Edited messages. A message that is edited before its turn begins has its new text when it is read; this module is for
//! those that are edited later. The new text is a correction: it is answered as a message is, the history shows it in
//! place of the old text, and where it answered a question of a form that still waits, it answers that question again.

use crate::{
    effect::Author,
    event::Event,
    redact::personal_values,
    release::Release,
    session::{Replied, SentMessage, Session},
    turn_state::TurnState,
    wording,
};

/// How long after it was received a message may be corrected, milliseconds: 1 hour. Later edits are ignored: the dialog has
/// gone on, and nobody waits for an answer.
pub const LONGEST: i64 = 60 * 60 * 1000;

/// How many messages of a client are known by their ids.
const KEPT: usize = 20;

/// Why an edit is ignored.
enum Ignored {
    Unknown,
    Old,
    Same,
}

impl Ignored {
    const fn reason(&self) -> &'static str {
        match self {
            Ignored::Unknown => "an edit was ignored: the message is not among the last ones",
            Ignored::Old => "an edit was ignored: the message is more than an hour old",
            Ignored::Same => "an edit was ignored: its words are the same",
        }
    }
}

/// Whether an event is an edit that a dialog ignores: of a message that is old or not known, or one that changes no word. Such
/// an event belongs neither into the transcript nor to the staff.
pub fn changes_nothing(session: &Session, event: &Event) -> bool {
    event.edits().is_some() && corrected(session, event).is_err()
}

/// The place of the message that an edit corrects.
fn corrected(session: &Session, event: &Event) -> Result<usize, Ignored> {
    let id = event.edits().map(|edit| edit.id.as_str()).unwrap_or_default();
    let at = session.sent.iter().position(|sent| sent.id == id).ok_or(Ignored::Unknown)?;
    let known = session.sent.get(at).ok_or(Ignored::Unknown)?;
    if event.at.saturating_sub(known.at) > LONGEST {
        return Err(Ignored::Old);
    }
    if known.words == words_of(event.kind.text()) { Err(Ignored::Same) } else { Ok(at) }
}

/// Prepares the session for the correction that an edit is; returns whether it is one.
pub(super) fn corrects(
    release: &Release,
    session: &mut Session,
    turn_state: &mut TurnState,
    event: &Event,
) -> bool {
    let at = match corrected(session, event) {
        Ok(at) => at,
        Err(ignored) => {
            turn_state.note(ignored.reason().to_owned());
            return false;
        }
    };
    let Some(known) = session.sent.get(at).cloned() else { return false };
    let said = personal_values(release, session).redact(&known.said, session.language);
    let seconds = event.at.saturating_sub(known.at) / 1000;
    let which = if said.is_empty() { String::new() } else { format!(" «{said}»") };
    turn_state.note(format!("corrects the message{which} of {seconds} s before"));
    forget(session, &known.said);
    // Only the last message: what was answered after an earlier one would be lost.
    if let Some(replied) = session.replied.take().filter(|replied| replied.ids.contains(&known.id))
        && session.frames.len() == replied.depth
        && let Some(frame) = session.frames.last_mut()
        && frame.flow == replied.flow
        && frame.waiting.is_some()
    {
        if frame.waiting.as_ref().is_some_and(|waiting| waiting.node != replied.waiting.node) {
            turn_state.note(format!("the question of {} is answered again", replied.waiting.node));
        }
        frame.interrupted.retain(|interrupted| interrupted.waiting.node != replied.waiting.node);
        frame.waiting = Some(replied.waiting);
    }
    true
}

/// Removes a text of the client's from the history.
fn forget(session: &mut Session, said: &str) {
    if said.is_empty() {
        return;
    }
    let by_client = |who: Author| who == Author::Client;
    let found = session.history.iter().rposition(|entry| by_client(entry.who) && entry.text.contains(said));
    let Some(entry) = found.and_then(|at| session.history.get_mut(at)) else { return };
    // A burst of several messages is one entry.
    let lines = entry.text.replacen(said, "", 1);
    entry.text = lines.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n");
    session.history.retain(|entry| !by_client(entry.who) || !entry.text.is_empty());
}

/// Keeps the question that a message of the client's is a reply to, as it waits before the reply. Any event of the client's
/// ends what the message before it could correct.
pub(super) fn keep_question(session: &mut Session, event: &Event) {
    let ids: Vec<String> = event.sent.iter().map(|sent| sent.id.clone()).collect();
    let depth = session.frames.len();
    session.replied = session.frames.last().filter(|_| !ids.is_empty()).and_then(|frame| {
        let waiting = frame.waiting.clone()?;
        Some(Replied { ids, depth, flow: frame.flow.clone(), waiting })
    });
}

/// Keeps the ids of the messages of an event, with hashes of their words. A corrected message keeps the time of the first.
pub(super) fn keep_messages(session: &mut Session, event: &Event) {
    for sent in &event.sent {
        let known = session.sent.iter().position(|known| known.id == sent.id);
        let first = known.and_then(|at| session.sent.remove(at)).filter(|_| sent.edited);
        if session.sent.len() == KEPT {
            session.sent.pop_front();
        }
        session.sent.push_back(SentMessage {
            id: sent.id.clone(),
            at: first.map_or(event.at, |first| first.at),
            words: words_of(sent.text.as_deref().unwrap_or(event.kind.text())),
            said: String::new(),
        });
    }
}

/// Keeps, at the end of a turn, what the history holds of its messages.
pub(super) fn keep_said(session: &mut Session, turn_state: &TurnState) {
    let Some(remembered) = &turn_state.remembered else { return };
    for sent in &turn_state.event.sent {
        let said = match &sent.text {
            None => remembered.as_str(),
            Some(text) if remembered.contains(text.as_str()) => text,
            Some(_) => "",
        };
        if let Some(known) = session.sent.iter_mut().find(|known| known.id == sent.id) {
            said.clone_into(&mut known.said);
        }
    }
}

/// A hash of the words of a text: 16 hexadecimal digits.
fn words_of(text: &str) -> String {
    blake3::hash(wording::normalized(text).as_bytes()).to_hex()[..16].to_owned()
}
