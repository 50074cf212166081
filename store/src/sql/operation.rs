//! Write operations. They are encoded as JSON rows in the caller's task, so that the writer only joins texts. Nothing
//! here touches the database.

mod commit;

use std::collections::HashSet;

use serde::Serialize;
use tolmach_engine::{event::Event, text::shorten};
use tolmach_runtime::leads::{LeadChange, LeadHistoryRow, LeadRow, LeadStatus, LeadUpdate};
use tolmach_runtime::ports::{
    Actor, AuditEntry, AuditResult, Bundle, ChatKey, DraftWrite, Error, Inbound, ModelCall, ModelCallRow,
    NoticeRow, Publication, PublicationKind, Result, Retention, StoredImage, Task, Tokens, Upload,
};
use uuid::Uuid;

use super::{accounts::AccountWrite, change::Changing, clients::Erasing, data::DataWrite};
pub(super) use commit::commit;

/// One write operation. Comments give the columns of its JSON rows.
pub(super) enum Operation {
    Receive(Vec<Received>),
    Commit(Box<Turn>),
    /// Rows `[effect]`.
    Delivered(Rows),
    /// Rows `[effect, why]`.
    GiveUp(Rows),
    /// Rows `[effect, due, why]`.
    Postpone(Rows),
    DeliverAgain {
        chat: ChatKey,
        message: i64,
        now: i64,
    },
    FireTimers {
        now: i64,
        /// JSON `[[channel], …]`.
        channels: String,
    },
    /// Rows `[id, files, at]`, and rows `[hash]` of the images that the releases name.
    KeepRelease(Rows, Rows),
    KeepImage(Box<StoredImage>, i64),
    Publish(Box<Publishing>),
    FireTimer {
        chat: ChatKey,
        name: String,
        now: i64,
    },
    Push(Pushed),
    /// Outbox rows, and the tasks that deliver them.
    Post(Rows, Vec<Pushed>),
    PushOnce {
        key: String,
        at: i64,
        pushed: Pushed,
    },
    BeginTask {
        id: String,
        task: String,
        now: i64,
    },
    /// Rows `[id]`.
    EndTask(Rows),
    Quarantine {
        id: String,
        why: String,
        now: i64,
    },
    RetryTask {
        id: String,
        now: i64,
    },
    Retain(Box<Retention>, u32),
    EraseHistory {
        chat: ChatKey,
        limit: u32,
    },
    EraseClient(Box<Erasing>),
    ChangeLead(Box<ChangingLead>),
    Change(Box<Changing>),
    Account(Box<AccountWrite>),
    Draft(Box<DraftWrite>),
    Settings(Box<super::settings::SettingsRows>),
    /// A part of a change: the id of a task in quarantine.
    DiscardTask(String),
    /// A part of a change.
    Data(Box<DataWrite>),
    /// `[chat, at, author, body]`.
    AddNote(Rows),
    /// `[id, at, chat, turn, release, flow, node, purpose, role, model, attempt, millis, failure, usage]`.
    ModelCalls(Rows),
    /// `[id, name, bytes, hash, at, actor, via]`.
    AddUpload(Rows),
    /// `[id]`.
    RemoveUpload(Rows),
    /// `[at, actor, via, action, object, failure, details]`.
    Record(Rows),
}

/// A task to be pushed into the queue.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// The task as JSON.
    pub(crate) task: String,
    /// When it is due, seconds since the Unix epoch.
    pub(crate) at: u64,
}

/// An encoded publication.
pub(super) struct Publishing {
    pub(super) expected: Option<String>,
    /// JSON `[[release, parent, author, note, at, kind, moves]]`.
    pub(super) rows: String,
}

/// A staff change of a lead.
pub(super) struct ChangingLead {
    pub(super) id: String,
    pub(super) change: LeadChange,
    pub(super) actor: Actor,
    pub(super) at: i64,
    pub(super) audit: Option<AuditEntry>,
}

/// The columns of a lead: seq, id, chat, status, assignee, lead, sources, created, updated, closed.
pub(super) type LeadColumns =
    (i64, String, String, String, Option<String>, String, String, i64, i64, Option<i64>);

/// A row for the inbox. The writer needs `identity` (channel and key) and the chat to report new events to the callers.
pub(super) struct Received {
    pub(super) identity: (String, String),
    pub(super) chat: ChatKey,
    /// JSON `[channel, key, chat, event, button]`.
    pub(super) row: String,
}

/// An encoded turn.
pub(super) struct Turn {
    pub(super) chat: ChatKey,
    /// JSON `[chat, version, [inbox…]]`: what must still hold when the turn is stored.
    pub(super) check: String,
    /// JSON `[chat, session, version, at, release, flow, node, taken_over_at, spoke, staff, said, awaited_since, holder, language,
    /// client]`.
    pub(super) session: String,
    /// Rows `[inbox, at]`.
    pub(super) consumed: Rows,
    /// The number of rows in `consumed`.
    pub(super) events: u64,
    /// Rows `[chat, who, body, at, effect, [word…]]`, without the words where the database finds them itself.
    pub(super) messages: Rows,
    /// JSON `[chat, event, release, trace, at, intent]`.
    pub(super) turn: String,
    /// Rows `[chat, id, press, at]`.
    pub(super) buttons: Rows,
    /// Rows `[effect, chat, payload, due]`.
    pub(super) outbox: Rows,
    /// The distinct addresses of notices, with the tasks that deliver them.
    pub(super) notices: Vec<(ChatKey, Pushed)>,
    /// Rows `[chat, name]` of every timer that the turn starts or cancels.
    pub(super) stopped: Rows,
    /// Rows `[chat, name, channel, due]` of the timers that run after the turn.
    pub(super) started: Rows,
    /// Lead data of the turn, in order.
    pub(super) leads: Vec<LeadUpdate>,
    /// Rows `[effect, chat, kind, name, value, arms, arm, release, at]` of analytics events.
    pub(super) analytics: Rows,
    /// Rows `[day, chat, at, facts, reply]`: at most one.
    pub(super) figures: Rows,
}

/// JSON rows joined by commas, to become part of an array.
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

    pub(super) fn one<T: Serialize>(row: &T) -> Result<Rows> {
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
        let Inbound { address, key, client, origin, kind, button, sent } = inbound;
        let chat = address.to_string();
        plain("chat", &chat)?;
        plain("key", &key)?;
        let sent = sent.into_iter().collect();
        let event = json(&Event { id, at, client, origin, sent, reading: None, kind })?;
        let row = json(&(&address.channel, &key, &chat, event, button.map(without_nul)))?;
        let identity = (address.channel, key);
        if known.insert(identity.clone()) {
            rows.push(Received { identity, chat, row });
        }
    }
    Ok(Operation::Receive(rows))
}

pub(super) fn record(entry: AuditEntry) -> Result<Operation> {
    let AuditEntry { seq: _, at, actor, action, object, result, details } = entry;
    let failure = match result {
        AuditResult::Done => None,
        AuditResult::Failed(why) => Some(without_nul(shorten(&why, 500))),
    };
    let (id, via) = (without_nul(shorten(&actor.id, 200)), actor.via.to_string());
    let row = (at, id, via, action, without_nul(object), failure, without_nul(json(&details)?));
    Rows::one(&row).map(Operation::Record)
}

pub(super) fn delivered(effects: Vec<String>) -> Result<Operation> {
    let mut rows = Rows::default();
    for effect in effects {
        rows.push(&[effect])?;
    }
    Ok(Operation::Delivered(rows))
}

pub(super) fn give_up(effects: Vec<(String, String)>) -> Result<Operation> {
    let mut rows = Rows::default();
    for (effect, why) in effects {
        rows.push(&(effect, without_nul(why)))?;
    }
    Ok(Operation::GiveUp(rows))
}

pub(super) fn postpone(effect: &str, due: i64, why: &str) -> Result<Operation> {
    Rows::one(&(effect, due, without_nul(why.to_owned()))).map(Operation::Postpone)
}

pub(super) fn deliver_again(chat: &str, message: i64, now: i64) -> Result<Operation> {
    plain("chat", chat)?;
    Ok(Operation::DeliverAgain { chat: chat.to_owned(), message, now })
}

pub(super) fn fire_timers(now: i64, channels: &[String]) -> Result<Operation> {
    Ok(Operation::FireTimers { now, channels: listed(channels)? })
}

pub(super) fn keep_release(bundle: &Bundle, at: i64) -> Result<Operation> {
    plain("release", &bundle.files)?;
    let mut images = Rows::default();
    // What is no bundle names no images.
    let texts: tolmach_engine::bundle::Bundle = serde_json::from_str(&bundle.files).unwrap_or_default();
    for (_, image) in texts.pointers() {
        images.push(&[image.hash])?;
    }
    Ok(Operation::KeepRelease(Rows::one(&(&bundle.id, &bundle.files, at))?, images))
}

pub(super) fn publish(publication: Publication, expected: Option<String>) -> Result<Operation> {
    let Publication { seq: _, release, parent, author, note, at, kind, moves } = publication;
    let kind = match kind {
        PublicationKind::Publish => "publish",
        PublicationKind::Rollback => "rollback",
    };
    let (author, note) = (without_nul(author), without_nul(note));
    let rows = json(&[(release, parent, author, note, at, kind, json(&moves)?)])?;
    Ok(Operation::Publish(Box::new(Publishing { expected, rows })))
}

pub(super) fn fire_timer(chat: &str, name: &str, now: i64) -> Result<Operation> {
    plain("chat", chat)?;
    plain("timer", name)?;
    Ok(Operation::FireTimer { chat: chat.to_owned(), name: name.to_owned(), now })
}

/// A task due at `at`, milliseconds since the Unix epoch. The queue counts seconds, so the time is rounded up: a task
/// must not run too early.
pub(super) fn pushed<T: Serialize>(task: &T, at: i64) -> Result<Pushed> {
    let at = u64::try_from(at).unwrap_or_default().div_ceil(1000);
    Ok(Pushed { task: json(task)?, at })
}

pub(super) fn push_once(key: &str, task: &Task, at: i64) -> Result<Operation> {
    plain("key", key)?;
    Ok(Operation::PushOnce { key: key.to_owned(), at, pushed: pushed(task, at)? })
}

pub(super) fn post(notices: Vec<NoticeRow>, at: i64) -> Result<Operation> {
    let (mut rows, mut tasks) = (Rows::default(), Vec::new());
    for notice in notices {
        plain("address", &notice.chat)?;
        plain("effect", &notice.effect)?;
        rows.push(&(&notice.effect, &notice.chat, json(&notice.message)?, at))?;
        tasks.push(pushed(&Task::Deliver { chat: notice.chat }, at)?);
    }
    Ok(Operation::Post(rows, tasks))
}

pub(super) fn begin_task(id: &str, task: &Task, now: i64) -> Result<Operation> {
    plain("task", id)?;
    Ok(Operation::BeginTask { id: id.to_owned(), task: json(task)?, now })
}

pub(super) fn end_task(id: &str) -> Result<Operation> {
    plain("task", id)?;
    Rows::one(&[id]).map(Operation::EndTask)
}

pub(super) fn quarantine(id: &str, why: &str, now: i64) -> Result<Operation> {
    plain("task", id)?;
    Ok(Operation::Quarantine { id: id.to_owned(), why: without_nul(why.to_owned()), now })
}

pub(super) fn retry_task(id: &str, now: i64) -> Result<Operation> {
    plain("task", id)?;
    Ok(Operation::RetryTask { id: id.to_owned(), now })
}

pub(super) fn discard_task(id: &str) -> Result<Operation> {
    plain("task", id)?;
    Ok(Operation::DiscardTask(id.to_owned()))
}

pub(super) fn add_upload(upload: &Upload) -> Result<Operation> {
    let Upload { id, name, bytes, hash, at, by } = upload;
    plain("name", name)?;
    let actor = without_nul(shorten(&by.id, 200));
    Rows::one(&(id, name, bytes, hash, at, actor, by.via.to_string())).map(Operation::AddUpload)
}

pub(super) fn remove_upload(id: Uuid) -> Result<Operation> {
    Rows::one(&[id]).map(Operation::RemoveUpload)
}

pub(super) fn model_calls(calls: Vec<ModelCallRow>) -> Result<Operation> {
    let mut rows = Rows::default();
    for row in calls {
        let ModelCallRow { seq: _, id, at, call, model, attempt, millis, failure, usage } = row;
        let ModelCall { chat, turn, release, flow, node, purpose, role } = call;
        let tokens = usage.as_ref().and_then(Tokens::reported);
        let [input, cached, output] = match tokens {
            Some(Tokens { input, cached, output }) => [Some(input), Some(cached), Some(output)],
            None => [None; 3],
        };
        let usage = usage.map(|usage| json(&usage)).transpose()?.map(without_nul);
        let failure = failure.map(without_nul);
        let purpose = purpose.name();
        rows.push(&serde_json::json!([
            id, at, chat, turn, release, flow, node, purpose, role, model, attempt, millis, failure, usage,
            input, cached, output
        ]))?;
    }
    Ok(Operation::ModelCalls(rows))
}

pub(super) fn change_lead(
    id: &str,
    change: LeadChange,
    (actor, at): (&Actor, i64),
    audit: Option<AuditEntry>,
) -> Result<Operation> {
    plain("lead", id)?;
    let change = LeadChange {
        assignee: change.assignee.map(|name| name.map(without_nul)),
        note: change.note.map(without_nul),
        ..change
    };
    let actor = Actor { id: without_nul(shorten(&actor.id, 200)), via: actor.via.clone() };
    Ok(Operation::ChangeLead(Box::new(ChangingLead { id: id.to_owned(), change, actor, at, audit })))
}

/// A lead as a JSON row of the `leads` statement.
pub(super) fn lead_row(row: &LeadRow) -> Result<String> {
    let LeadRow { seq: _, id, chat, status, assignee, lead, sources, created, updated, closed } = row;
    let open = i32::from(status.is_open());
    let searched = without_nul(tolmach_runtime::leads::searched(lead));
    let (text, sources) = (json(lead)?, json(sources)?);
    json(&(id, chat, open, status.name(), assignee, text, sources, created, updated, closed, searched))
}

/// A history entry as a JSON row of the `lead_history` statement.
pub(super) fn lead_history_row(row: &LeadHistoryRow) -> Result<String> {
    json(&(&row.lead, row.at, &row.actor.id, row.actor.via.to_string(), json(&row.event)?))
}

/// Decodes a lead from its columns.
pub(super) fn lead(columns: LeadColumns) -> sqlx::Result<LeadRow> {
    let (seq, id, chat, status, assignee, lead, sources, created, updated, closed) = columns;
    let unknown = || sqlx::Error::Decode(format!("a lead has the unknown status {status:?}").into());
    let status = LeadStatus::parse(&status).ok_or_else(unknown)?;
    let (lead, sources) = (stored(&lead)?, stored(&sources)?);
    Ok(LeadRow { seq, id, chat, status, assignee, lead, sources, created, updated, closed })
}

/// JSON rows of one column.
pub(super) fn listed(texts: &[impl Serialize]) -> Result<String> {
    json(&texts.iter().map(|text| [text]).collect::<Vec<_>>())
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::refused("database", format!("encode a row: {error}")))
}

/// Rejects an identifier with U+0000: SQLite's JSON functions end a text there, and PostgreSQL cannot store it.
pub(super) fn plain(what: &'static str, text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::refused("database", format!("the {what} contains the character U+0000")));
    }
    Ok(())
}

/// Replaces U+0000 in text written by people with the visible U+FFFD.
pub(super) fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }
}

/// Decodes JSON that the store wrote.
pub(super) fn stored<T: serde::de::DeserializeOwned>(text: &str) -> sqlx::Result<T> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
