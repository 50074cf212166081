//! Several wishes in one message: when one is answered the next is read, as far as the turn's limits reach. What is left is
//! remembered in the session and offered.

use super::cursor::{Cursor, waiting};
use crate::{
    effect::{Button, Choice},
    kind::NodeInput,
    phrases,
    release::Release,
    session::Session,
    text::shorten,
    turn_state::{TurnState, Wish},
};

/// The most wishes that one turn answers after the first.
const MOST: u32 = 4;
/// Nodes that an answer may take: a wish is begun only where so many are left of the turn's limit.
const NODES: u32 = 4;
/// Calls of language models that an answer may take.
const CALLS: u32 = 1;
/// The most characters of a wish that an offer to answer it quotes.
const QUOTED: usize = 60;

/// The next wish, when the one before is answered and no question waits.
pub(super) fn next(release: &Release, session: &mut Session, turn_state: &mut TurnState) -> Option<Cursor> {
    if turn_state.client_inactive || session.taken_over_at.is_some() || turn_state.failed {
        return None;
    }
    let frame = session.frames.last()?;
    if frame.interrupted.iter().any(|interrupted| !interrupted.waiting.lasting) {
        // The question that was interrupted comes first; the wishes are kept.
        return None;
    }
    let limits = release.limits(session);
    let room = turn_state.answered < MOST
        && turn_state.visited + NODES <= limits.nodes_per_turn
        && turn_state.model_calls + CALLS <= limits.llm_calls_per_turn;
    if !room {
        return None;
    }
    let wish = turn_state.wishes.pop_front().or_else(|| {
        let text = session.context.pending.pop_front()?;
        Some(Wish { text, flow: frame.flow.clone(), node: String::new(), exit: None, said: true })
    })?;
    let flow = release.flow(&wish.flow).filter(|flow| flow.id == frame.flow)?;
    turn_state.answered += 1;
    let personal = crate::redact::personal_values(release, session);
    let quoted = shorten(&personal.redact(&wish.text, session.language), QUOTED);
    turn_state.heading = wish
        .said
        .then(|| release.resources.phrases.get(phrases::OF_WISH, session.language).replace("{}", &quoted));
    turn_state.read_as(wish.text.clone());
    let exit = wish.exit.as_ref().map_or(String::new(), |exit| format!(": {exit}"));
    turn_state.notes.push(format!("the next wish of the message{exit}"));
    let target = wish.exit.as_ref().and_then(|exit| Some(flow.nodes.get(&wish.node)?.target(exit)));
    Some(match target {
        Some(target) => Cursor::Follow(target),
        None => Cursor::Node(waiting(&flow.header.start), NodeInput::Enter),
    })
}

/// The end of a turn: wishes without an answer are remembered. Unless a question waits, after which they are answered, they
/// are offered.
pub(super) fn keep(
    release: &Release,
    session: &mut Session,
    turn_state: &mut TurnState,
) -> Option<(String, Vec<Button>)> {
    turn_state.heading = None;
    if turn_state.ended {
        turn_state.wishes.clear();
        session.context.pending.clear();
        return None;
    }
    let more = !turn_state.wishes.is_empty();
    let personal = crate::redact::personal_values(release, session);
    for wish in std::mem::take(&mut turn_state.wishes) {
        session.context.want(&personal.redact(&wish.text, session.language));
    }
    let waits = session.waits_at().is_some() || session.taken_over_at.is_some();
    if waits || !more && turn_state.answered == 0 || session.context.pending.is_empty() {
        return None;
    }
    let quoted: Vec<String> =
        session.context.pending.iter().map(|wish| format!("«{}»", shorten(wish, QUOTED))).collect();
    let text = release
        .resources
        .phrases
        .get(phrases::MORE_WISHES, session.language)
        .replace("{}", &quoted.join(", "));
    let flow = session.frames.last()?.flow.clone();
    let start = release.flow(&flow)?.header.start.value.clone();
    let label = release.resources.phrases.get(phrases::GO_ON, session.language).to_owned();
    let choice = Choice::Go { to: "wait".to_owned() };
    let button = turn_state.button(&release.id, &flow, &start, label, choice);
    Some((text, vec![button]))
}
