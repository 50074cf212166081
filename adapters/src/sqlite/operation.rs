//! A caller's write, made ready for a batch in the caller's own task: its rows are already JSON, so that the
//! writer only joins texts. Nothing here touches the database.

use std::collections::HashSet;

use serde::Serialize;
use tolmach_engine::effect::{Command, Lead, Who};
use tolmach_engine::event::Event;
use tolmach_runtime::ports::{
    Bundle, ChatKey, Commit, CommitOutcome, Error, Inbound, Publication, PublicationKind, PublishOutcome,
    Result, presses,
};
use uuid::Uuid;

/// One write.
pub(super) enum Operation {
    Receive(Vec<Received>),
    Commit(Box<Turn>),
    /// Effects, as comma-joined JSON strings.
    Delivered(Rows),
    /// `[effect, due]`.
    PutOff(Rows),
    FireTimers {
        now: i64,
        channels: String,
    },
    /// `[id, files, at]`.
    KeepRelease(Rows),
    Publish(Box<Publishing>),
}

/// A publication made ready.
pub(super) struct Publishing {
    pub(super) expected: Option<String>,
    /// `[release, parent, author, note, at, kind, moves]`.
    pub(super) row: String,
}

/// What a write answers.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Chats(Vec<ChatKey>),
    Outcome(CommitOutcome),
    Published(PublishOutcome),
    Done,
}

impl Answer {
    pub(super) fn chats(self) -> Vec<ChatKey> {
        match self {
            Answer::Chats(chats) => chats,
            Answer::Outcome(_) | Answer::Published(_) | Answer::Done => Vec::new(),
        }
    }

    pub(super) fn outcome(self) -> CommitOutcome {
        match self {
            Answer::Outcome(outcome) => outcome,
            // Unreachable by construction; "nothing was stored" is the safe reading.
            Answer::Chats(_) | Answer::Published(_) | Answer::Done => CommitOutcome::Conflict,
        }
    }

    pub(super) fn published(self) -> PublishOutcome {
        match self {
            Answer::Published(outcome) => outcome,
            // Unreachable by construction, as above.
            Answer::Chats(_) | Answer::Outcome(_) | Answer::Done => {
                PublishOutcome::Conflict { current: None }
            }
        }
    }
}

/// A row for the inbox. The writer needs the key and the chat to tell which callers brought something new.
pub(super) struct Received {
    pub(super) identity: (String, String),
    pub(super) chat: ChatKey,
    /// `[channel, key, chat, event, button]`.
    pub(super) row: String,
}

/// A turn whose rows are ready.
pub(super) struct Turn {
    pub(super) chat: ChatKey,
    pub(super) at: i64,
    /// `[chat, version, [inbox…]]`: what must still hold.
    pub(super) check: String,
    /// `[chat, session, version, at, release, flow, node, handed]`.
    pub(super) session: String,
    /// `[inbox, at]`.
    pub(super) consumed: Rows,
    /// `[chat, who, body, at]`.
    pub(super) messages: Rows,
    /// `[chat, event, release, trace, at]`.
    pub(super) turn: String,
    /// `[chat, id, press]`.
    pub(super) buttons: Rows,
    /// `[effect, chat, payload, due]`.
    pub(super) outbox: Rows,
    /// `[chat, name]` of every timer that the turn touches.
    pub(super) stopped: Rows,
    /// `[chat, name, channel, due]` of those that run afterwards.
    pub(super) started: Rows,
    /// Effect ids with leads, in order.
    pub(super) leads: Vec<(String, Lead)>,
    /// `[effect, chat, kind, name, value, arms, arm, release, at]`.
    pub(super) marks: Rows,
}

/// JSON values joined by commas: part of an array to come.
#[derive(Default)]
pub(super) struct Rows(String);

impl Rows {
    fn push<T: Serialize>(&mut self, row: &T) -> Result<()> {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(&json(row)?);
        Ok(())
    }

    fn one<T: Serialize>(row: &T) -> Result<Rows> {
        json(row).map(Rows)
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

pub(super) fn receive(at: i64, inbound: Vec<(Uuid, Inbound)>) -> Result<Operation> {
    let mut known = HashSet::new();
    let mut rows = Vec::with_capacity(inbound.len());
    for (id, inbound) in inbound {
        let Inbound { address, key, client, kind, button } = inbound;
        let chat = address.to_string();
        plain("chat", &chat)?;
        plain("key", &key)?;
        let event = json(&Event { id, at, client, kind })?;
        let row = json(&(&address.channel, &key, &chat, event, button.map(without_nul)))?;
        let identity = (address.channel, key);
        if known.insert(identity.clone()) {
            rows.push(Received { identity, chat, row });
        }
    }
    Ok(Operation::Receive(rows))
}

pub(super) fn commit(commit: Commit) -> Result<Operation> {
    let Commit {
        chat,
        inbox,
        event,
        version,
        session,
        waits,
        handed,
        messages,
        effects,
        notices,
        trace,
        release,
    } = commit;
    let at = event.at;
    plain("session", &session)?;
    plain("trace", &trace)?;
    let (flow, node) = waits.unzip();
    let pinned = node.as_ref().map(|_| &release);
    let mut turn = Turn {
        at,
        check: json(&(&chat, version, &inbox))?,
        session: json(&(&chat, session, version.saturating_add(1), at, pinned, flow, node, handed))?,
        consumed: Rows::default(),
        messages: Rows::default(),
        turn: json(&(&chat, json(&event)?, &release, trace, at))?,
        buttons: Rows::default(),
        outbox: Rows::default(),
        stopped: Rows::default(),
        started: Rows::default(),
        leads: Vec::new(),
        marks: Rows::default(),
        chat,
    };
    for seq in inbox {
        turn.consumed.push(&(seq, at))?;
    }
    for message in messages {
        let who = match message.who {
            Who::Client => "client",
            Who::Bot => "bot",
        };
        turn.messages.push(&(&turn.chat, who, without_nul(message.body), message.at))?;
    }
    let mut timers: Vec<(String, Option<i64>)> = Vec::new();
    for effect in effects {
        match effect.command {
            Command::Send(outgoing) => {
                turn.outbox.push(&(&effect.id, &turn.chat, json(&outgoing)?, at))?;
                for (id, press) in presses(&outgoing.buttons) {
                    plain("button", id)?;
                    turn.buttons.push(&(&turn.chat, id, json(press)?))?;
                }
            }
            Command::Lead(lead) => turn.leads.push((effect.id, lead)),
            Command::StartTimer { name, due } => touch(&mut timers, name, Some(due)),
            Command::CancelTimer { name } => touch(&mut timers, name, None),
            Command::Goal(goal) => {
                let (name, arms) = (without_nul(goal.name), json(&goal.arms)?);
                let none = None::<&str>;
                turn.marks
                    .push(&(&effect.id, &turn.chat, "goal", name, goal.value, arms, none, &release, at))?;
            }
            Command::Arm { experiment, arm } => {
                let (name, arm) = (without_nul(experiment), without_nul(arm));
                let (value, arms) = (None::<f64>, None::<&str>);
                turn.marks.push(&(&effect.id, &turn.chat, "arm", name, value, arms, arm, &release, at))?;
            }
            // Notices come with their recipients; who has a chat comes with the session.
            Command::Notify(_) | Command::HandOff { .. } | Command::TakeBack => {}
        }
    }
    for notice in notices {
        plain("address", &notice.chat)?;
        turn.outbox.push(&(&notice.effect, &notice.chat, json(&notice.message)?, at))?;
    }
    let channel = turn.chat.split(':').next().unwrap_or_default();
    for (name, due) in timers {
        plain("timer", &name)?;
        turn.stopped.push(&(&turn.chat, &name))?;
        if let Some(due) = due {
            turn.started.push(&(&turn.chat, &name, channel, due))?;
        }
    }
    Ok(Operation::Commit(Box::new(turn)))
}

pub(super) fn delivered(effects: Vec<String>) -> Result<Operation> {
    let mut rows = Rows::default();
    for effect in effects {
        rows.push(&effect)?;
    }
    Ok(Operation::Delivered(rows))
}

pub(super) fn put_off(effect: &str, due: i64) -> Result<Operation> {
    Rows::one(&(effect, due)).map(Operation::PutOff)
}

pub(super) fn fire_timers(now: i64, channels: &[String]) -> Result<Operation> {
    Ok(Operation::FireTimers { now, channels: json(&channels)? })
}

pub(super) fn keep_release(bundle: &Bundle, at: i64) -> Result<Operation> {
    plain("release", &bundle.files)?;
    Rows::one(&(&bundle.id, &bundle.files, at)).map(Operation::KeepRelease)
}

pub(super) fn publish(publication: Publication, expected: Option<String>) -> Result<Operation> {
    let Publication { seq: _, release, parent, author, note, at, kind, moves } = publication;
    let kind = match kind {
        PublicationKind::Publish => "publish",
        PublicationKind::Rollback => "rollback",
    };
    let (author, note) = (without_nul(author), without_nul(note));
    let row = json(&(release, parent, author, note, at, kind, json(&moves)?))?;
    Ok(Operation::Publish(Box::new(Publishing { expected, row })))
}

/// The two changes of leads, in the words of the port: fields given again replace the old, others stay.
pub(super) fn merge(into: &mut Lead, from: Lead) {
    // Whoever first brings a contact is where the lead comes from, even if a silence was noted before.
    if into.source.is_empty()
        || into.contact.is_empty() && !from.contact.is_empty() && !from.source.is_empty()
    {
        into.source = from.source;
    }
    into.contact.extend(from.contact);
    if !from.summary.trim().is_empty() {
        into.summary = from.summary;
    }
    into.details.extend(from.details);
}

/// What the last command about a timer leaves of it.
fn touch(timers: &mut Vec<(String, Option<i64>)>, name: String, due: Option<i64>) {
    match timers.iter_mut().find(|(known, _)| *known == name) {
        Some(timer) => timer.1 = due,
        None => timers.push((name, due)),
    }
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::refused("database", format!("encode a row: {error}")))
}

/// SQLite's JSON functions end a text at U+0000 and PostgreSQL has none at all: an identifier with one is refused
/// rather than shortened.
fn plain(what: &'static str, text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::refused("database", format!("the {what} contains the character U+0000")));
    }
    Ok(())
}

/// What people write keeps its place with a visible substitute.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }
}

/// Reads JSON that the store itself wrote.
pub(super) fn stored<T: serde::de::DeserializeOwned>(text: &str) -> sqlx::Result<T> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
