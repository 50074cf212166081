//! Routing: decides at which node an event enters the dialog.

use super::{
    cursor::{Cursor, waiting},
    edit,
    fit::fit,
    give, interrupt,
};
use crate::{
    context::Context,
    effect::{Author, Choice, Command, Outgoing, Press},
    event::{Event, EventKind, StaffAction},
    flow::NodeEntry,
    kind::NodeInput,
    language::{Evidence, Language},
    personal::PersonalValues,
    phrases,
    redact::personal_values,
    release::Release,
    session::{LastPress, Session},
    target::Target,
    timers::{HANDOFF, INACTIVITY, of_lasting},
    turn_state::TurnState,
};

/// How long a handoff lasts after the last message of staff where no node has set it, milliseconds: 4 hours.
const DEFAULT_HANDOFF_TIMEOUT: i64 = 4 * 60 * 60 * 1000;

/// How long a wait that is over is put off while staff have the chat, milliseconds.
const HOUR: i64 = 60 * 60 * 1000;

/// How long the same button, pressed again with nothing in between, counts as the same press, milliseconds.
const REPEATED_PRESS: i64 = 10_000;

/// Adapts the session to the release and decides where the event enters.
pub(super) fn begin(release: &Release, session: &mut Session, event: Event) -> (TurnState, Cursor) {
    session.release.clone_from(&release.id);
    let mut turn_state = TurnState::new(event);
    // The event as it is read: no longer than a turn may take.
    let event = turn_state.event.clone();
    if event.client != Default::default() {
        session.client = event.client.clone();
    }
    session.context.expire(event.at);
    learn_language(release, session, &event);
    fit(session, release);
    let cursor = route(release, session, &mut turn_state, &event);
    (turn_state, cursor)
}

/// Updates the dialog's language by a message: at once when the language is clear, after two messages when it is not
/// («ok» or "hi" in a Russian dialog). Only languages that the entry flow promises are spoken, unless the flow chose one.
fn learn_language(release: &Release, session: &mut Session, event: &Event) {
    if session.language_chosen {
        return;
    }
    let entry = release.flow(release.entry_of(session));
    let promised = entry.map_or(&[][..], |flow| flow.header.languages.as_slice());
    let spoken = |language: &Language| promised.is_empty() || promised.contains(language);
    if let Some(first) = promised.first().filter(|_| !spoken(&session.language)) {
        session.language = *first;
        session.language_known = false;
        session.language_doubt = None;
    }
    let assumed = event.client.language.filter(spoken);
    let EventKind::Message { text } = &event.kind else {
        return assume_language(session, assumed);
    };
    // Of a message without words the reading says nothing about the language.
    let written = text.chars().any(char::is_alphabetic);
    let evidence = Language::evidence(event.reading.as_ref().filter(|_| written).unwrap_or(text));
    match evidence.filter(|evidence| spoken(&evidence.language)) {
        None => assume_language(session, assumed),
        Some(Evidence { language, .. }) if language == session.language => {
            session.language_known = true;
            session.language_doubt = None;
        }
        Some(Evidence { language, clear }) => {
            if clear || !session.language_known || session.language_doubt == Some(language) {
                session.language = language;
                session.language_known = true;
                session.language_doubt = None;
            } else {
                session.language_doubt = Some(language);
            }
        }
    }
}

/// Uses the language of the client's application until a message shows the language.
fn assume_language(session: &mut Session, assumed: Option<Language>) {
    if !session.language_known
        && let Some(language) = assumed
    {
        session.language = language;
    }
}

fn route(release: &Release, session: &mut Session, turn_state: &mut TurnState, event: &Event) -> Cursor {
    if session.frames.is_empty() {
        return Cursor::Say(phrases::APOLOGY);
    }
    if let EventKind::Staff { action, by } = &event.kind {
        return staff(session, turn_state, action, by.as_deref());
    }
    if let EventKind::Timer { name } = &event.kind {
        return timer(release, session, turn_state, name);
    }
    if is_repeated_press(session, event) {
        turn_state.note("the same button was pressed again: nothing is done twice".to_owned());
        return Cursor::Stop;
    }
    if event.edits().is_some() && !edit::corrects(release, session, turn_state, event) {
        return Cursor::Stop;
    }
    edit::keep_question(session, event);
    edit::keep_messages(session, event);
    let said = match &event.kind {
        EventKind::Message { text } if !answers_personally(release, session) => text,
        EventKind::Press { label, .. } => label,
        _ => "",
    };
    let said = personal_values(release, session).redact(said, session.language);
    turn_state.remembered = session.remember(Author::Client, &said);
    if session.taken_over_at.is_some() {
        session.awaited_since.get_or_insert(event.at);
        // Staff have the chat and answer the client themselves.
        return Cursor::Stop;
    }
    // An answer that is kept, a name perhaps, is kept as it was written.
    if !waits_to_collect(release, session) {
        turn_state.take_reading(&personal_values(release, session), session.language);
    }
    match &event.kind {
        EventKind::Unsupported { .. } => Cursor::Say(phrases::UNSUPPORTED),
        EventKind::Command { name, .. } => command(release, session, name),
        EventKind::Press { press: Some(press), .. } => pressed(release, session, turn_state, press),
        EventKind::Press { press: None, .. } => Cursor::Stale,
        _ => match interrupt::by_contact(release, session, &event.kind) {
            Some(cursor) => cursor,
            None => reply_or_start(release, session),
        },
    }
}

/// Whether a client's event is the last press once more; remembers it if it is a press.
fn is_repeated_press(session: &mut Session, event: &Event) -> bool {
    let press = match &event.kind {
        EventKind::Press { press: Some(press), .. } if !press.id.is_empty() => press,
        _ => {
            session.last_press = None;
            return false;
        }
    };
    let last = session.last_press.take().filter(|last| last.id == press.id);
    let repeated = last.as_ref().is_some_and(|last| event.at.saturating_sub(last.at) <= REPEATED_PRESS);
    // Repetitions do not prolong the time: a client who presses on is heard.
    let first = last.filter(|_| repeated).map_or(event.at, |last| last.at);
    session.last_press = Some(LastPress { id: press.id.clone(), at: first });
    repeated
}

fn reply_or_start(release: &Release, session: &mut Session) -> Cursor {
    interrupt::set_aside(session);
    let Some(frame) = session.frames.last_mut() else { return Cursor::Say(phrases::APOLOGY) };
    match (frame.waiting.take(), release.flow(&frame.flow)) {
        (Some(waiting), _) => Cursor::Node(waiting, NodeInput::Reply),
        (None, Some(flow)) => Cursor::Node(waiting(&flow.header.start), NodeInput::Enter),
        (None, None) => Cursor::Say(phrases::APOLOGY),
    }
}

fn command(release: &Release, session: &mut Session, name: &str) -> Cursor {
    if name == "start" {
        // `/start` begins a new dialog whatever the state of the old one.
        session.reset();
        session.context = Context::default();
        fit(session, release);
        let Some(flow) = release.flow(release.entry_of(session)) else {
            return Cursor::Say(phrases::APOLOGY);
        };
        let to = flow.header.on.command.get("start").unwrap_or(&flow.header.start);
        return Cursor::Node(waiting(to), NodeInput::Enter);
    }
    let of = |name: &str| {
        interrupt::innermost(release, session, |flow| flow.header.on.command.get(name).map(|to| to.as_str()))
    };
    match of(name).or_else(|| of("help")) {
        Some((frame, to)) => interrupt::by_command(release, session, frame, &to),
        None => reply_or_start(release, session),
    }
}

fn pressed(release: &Release, session: &mut Session, turn_state: &mut TurnState, press: &Press) -> Cursor {
    let runs = |session: &Session| session.frames.iter().rposition(|frame| frame.flow == press.flow);
    let frame = runs(session).or_else(|| {
        interrupt::restore(release, session, &press.flow);
        runs(session)
    });
    let flow = release.flow(&press.flow).filter(|flow| flow.nodes.contains_key(&press.node));
    let (Some(frame), Some(flow)) = (frame, flow) else { return Cursor::Stale };
    match &press.choice {
        Choice::More { request } => {
            turn_state.paging_flow = Some(press.flow.clone());
            Cursor::Node(waiting(&press.node), NodeInput::NextPage((**request).clone()))
        }
        Choice::Go { to } => match Target::parse(to) {
            Target::Node(node) if !flow.nodes.contains_key(&node) => Cursor::Stale,
            Target::Node(node) if waits_to_collect(release, session) => {
                let called = session.frames.len() > frame + 1
                    && session
                        .frames
                        .get(frame)
                        .and_then(|frame| frame.waiting.as_ref())
                        .is_some_and(|call| call.node == node);
                let waiting =
                    session.frames.last_mut().filter(|_| called).and_then(|frame| frame.waiting.take());
                match waiting {
                    // It began the flow that runs: back to its question.
                    Some(waiting) => Cursor::Node(waiting, NodeInput::Resumed),
                    // What was given in answer is not lost: the question is asked again afterwards.
                    None => interrupt::by(release, session, frame, &node),
                }
            }
            target => {
                // The button leads elsewhere: the menu that waits is dropped.
                give::results(release, session, frame);
                session.frames.truncate(frame + 1);
                session.clear_waiting();
                Cursor::Follow(target)
            }
        },
        Choice::Answer { value } => {
            let keep = waits_to_collect(release, session);
            give::results(release, session, frame);
            let above = session.frames.split_off((frame + 1).min(session.frames.len()));
            let at = interrupt::answered(session, &press.node, above, keep);
            Cursor::Node(at, NodeInput::ButtonPressed(value.clone()))
        }
    }
}

fn timer(release: &Release, session: &mut Session, turn_state: &mut TurnState, name: &str) -> Cursor {
    if let Some((flow, node)) = of_lasting(name) {
        // While staff have the chat nothing is sent between their words.
        if session.taken_over_at.is_some() {
            let due = turn_state.event.at.saturating_add(HOUR);
            turn_state.push(Command::StartTimer { name: name.to_owned(), due });
            return Cursor::Stop;
        }
        turn_state.client_inactive = true;
        return interrupt::by_lasting(release, session, flow, node);
    }
    let own = waiting_entry(release, session).is_some_and(|entry| entry.node.timer() == Some(name));
    if name == HANDOFF && session.end_handoff() {
        turn_state.push(Command::EndHandoff);
    }
    if own && (name == HANDOFF || session.taken_over_at.is_none()) {
        let waiting = session.frames.last_mut().and_then(|frame| frame.waiting.take());
        return waiting.map_or(Cursor::Stop, |waiting| Cursor::Node(waiting, NodeInput::TimerFired));
    }
    // An interrupted delay checks the time itself when it is resumed.
    if name != INACTIVITY || session.taken_over_at.is_some() {
        return Cursor::Stop;
    }
    let silence = |flow: &'_ crate::flow::Flow| -> Option<String> {
        flow.header.on.inactivity.as_ref().map(|inactivity| inactivity.to.value.clone())
    };
    let found = session
        .frames
        .iter()
        .enumerate()
        .rev()
        .find_map(|(at, frame)| Some((at, silence(release.flow(&frame.flow)?)?)));
    match found {
        Some((frame, to)) => {
            // An inactive client is not asked again: their question stays as it is.
            turn_state.client_inactive = true;
            interrupt::by(release, session, frame, &to)
        }
        None => Cursor::Stop,
    }
}

fn staff(
    session: &mut Session,
    turn_state: &mut TurnState,
    action: &StaffAction,
    by: Option<&str>,
) -> Cursor {
    if *action == StaffAction::Return {
        if !session.end_handoff() {
            return Cursor::Stop;
        }
        turn_state.push(Command::EndHandoff);
        turn_state.push(Command::CancelTimer { name: HANDOFF.to_owned() });
        let waiting = session.frames.last_mut().and_then(|frame| frame.waiting.take());
        return waiting.map_or(Cursor::Stop, |waiting| Cursor::Node(waiting, NodeInput::HandoffEnded));
    }
    if session.taken_over_at.is_none() {
        turn_state
            .push(Command::HandOff { reason: phrases::TAKEN_BY_STAFF.get(session.language).to_owned() });
    }
    session.taken_over_at = Some(turn_state.event.at);
    session.taken_over_by = by.map(str::to_owned).or(session.taken_over_by.take());
    let timeout = session.handoff_timeout.unwrap_or(DEFAULT_HANDOFF_TIMEOUT);
    let due = turn_state.event.at.saturating_add(timeout);
    turn_state.push(Command::StartTimer { name: HANDOFF.to_owned(), due });
    if let StaffAction::Say { text, cards, files } = action {
        session.awaited_since = None;
        turn_state.send(
            session,
            &PersonalValues::default(),
            Outgoing {
                text: text.clone(),
                cards: cards.clone(),
                files: files.clone(),
                staff: by.map(str::to_owned),
                ..Outgoing::default()
            },
        );
    }
    Cursor::Stop
}

impl Session {
    /// Ends the handoff; returns whether there was one.
    fn end_handoff(&mut self) -> bool {
        self.handoff_timeout = None;
        self.handoff_group = None;
        self.taken_over_by = None;
        self.awaited_since = None;
        self.taken_over_at.take().is_some()
    }
}

/// Whether the node that waits innermost asks for personal data.
fn answers_personally(release: &Release, session: &Session) -> bool {
    let flow = session.frames.last().and_then(|frame| release.flow(&frame.flow));
    let waiting = waiting_entry(release, session);
    waiting.zip(flow).is_some_and(|(entry, flow)| entry.node.collects_personal_data(&flow.slots))
}

/// The entry of a node of the innermost flow.
pub(super) fn entry_of<'r>(release: &'r Release, session: &Session, node: &str) -> Option<&'r NodeEntry> {
    release.flow(&session.frames.last()?.flow)?.nodes.get(node)
}

/// Whether what waits innermost asks for something that would be lost if its question were dropped.
pub(super) fn waits_to_collect(release: &Release, session: &Session) -> bool {
    waiting_entry(release, session).is_some_and(|entry| entry.node.collects())
}

/// The entry of the node that waits innermost.
pub(super) fn waiting_entry<'r>(release: &'r Release, session: &Session) -> Option<&'r NodeEntry> {
    let frame = session.frames.last()?;
    release.flow(&frame.flow)?.nodes.get(&frame.waiting.as_ref()?.node)
}
