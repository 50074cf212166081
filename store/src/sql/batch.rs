//! Runs a group of operations in one transaction. Every statement takes the rows of the whole group as one JSON array.
//!
//! Rows are written in the order of their chats, which reduces deadlocks between the groups of two processes. This
//! module does not retry: a failure rolls everything back and is reported.

mod retention;
mod tasks;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use tolmach_runtime::{
    leads::{self, LeadHistoryRow, LeadRow, LeadUpdate},
    ports::{ChatKey, CommitOutcome, LeadChanged, PublishOutcome},
};

use super::{
    DbConnection, Fetched, Value,
    answer::Answer,
    change,
    operation::{
        ChangingLead, LeadColumns, Operation, Publishing, Pushed, Received, Rows, Turn, lead,
        lead_history_row, lead_row,
    },
    statements::Statements,
};

/// Why a group was not stored.
pub(super) enum Failure {
    /// The transaction could not begin.
    Begin(sqlx::Error),
    /// A statement failed; the transaction was rolled back.
    Inside(sqlx::Error),
    /// Another process stored a turn of one of the chats after the check; the transaction was rolled back.
    Overtaken,
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Failure {
        Failure::Inside(error)
    }
}

/// Runs all operations or none. Returns their results in the order of `operations`. `owner` is the sender of change
/// notifications; `None` sends none.
pub(super) async fn run<S: DbConnection>(
    session: &mut S,
    statements: &'static Statements,
    owner: Option<&str>,
    operations: &[&Operation],
) -> Result<Vec<Answer>, Failure> {
    session.run(statements.begin, vec![]).await.map_err(Failure::Begin)?;
    let mut group = Group { session, statements, tasks: Vec::new(), changed: BTreeSet::new() };
    let stored = match group.whole(owner, operations).await {
        Ok(answers) => group.session.run("COMMIT", vec![]).await.map(|_| answers).map_err(Failure::Inside),
        Err(failure) => Err(failure),
    };
    if stored.is_err() {
        // A failure here is harmless: SQLite has rolled back by itself (a full disk), or the connection is gone.
        drop(session.rollback().await);
    }
    stored
}

pub(super) struct Group<'s, S> {
    pub(super) session: &'s mut S,
    pub(super) statements: &'static Statements,
    /// Tasks to push into the queue.
    tasks: Vec<Pushed>,
    /// Chats to announce to other processes.
    changed: BTreeSet<ChatKey>,
}

impl<S: DbConnection> Group<'_, S> {
    async fn whole(
        &mut self,
        owner: Option<&str>,
        operations: &[&Operation],
    ) -> Result<Vec<Answer>, Failure> {
        let answers = self.inside(operations).await?;
        let tasks = std::mem::take(&mut self.tasks);
        if !tasks.is_empty() {
            self.session.push(tasks).await?;
        }
        if let Some(owner) = owner {
            for news in news(owner, &self.changed)? {
                self.session.run(self.statements.notify, vec![Value::Text(news)]).await?;
            }
        }
        Ok(answers)
    }

    async fn inside(&mut self, operations: &[&Operation]) -> Result<Vec<Answer>, Failure> {
        let mut answers = vec![Answer::Done; operations.len()];
        let mut received = Vec::new();
        let mut turns = Vec::new();
        let mut delivered = Array::default();
        let mut given_up = Array::default();
        let mut postpone = Array::default();
        let (mut releases, mut images) = (Array::default(), Array::default());
        let mut fires = Vec::new();
        let mut publications = Vec::new();
        let mut ended = Array::default();
        let mut posted = Array::default();
        let mut audited = Array::default();
        let mut model_calls = Array::default();
        let (mut added, mut dropped) = (Array::default(), Array::default());
        let mut others = Vec::new();
        for (index, operation) in operations.iter().enumerate() {
            match operation {
                Operation::Receive(rows) => received.push((index, rows.as_slice())),
                Operation::Commit(turn) => turns.push((index, turn.as_ref())),
                Operation::Delivered(rows) => delivered.add(rows),
                Operation::GiveUp(rows) => given_up.add(rows),
                Operation::Postpone(rows) => postpone.add(rows),
                Operation::FireTimers { now, channels } => fires.push((index, *now, channels.as_str())),
                Operation::KeepRelease(rows, named) => {
                    releases.add(rows);
                    images.add(named);
                }
                Operation::Publish(publishing) => publications.push((index, publishing.as_ref())),
                Operation::Push(task) => self.tasks.push(task.clone()),
                Operation::Post(rows, tasks) => {
                    posted.add(rows);
                    self.tasks.extend_from_slice(tasks);
                }
                Operation::EndTask(rows) => ended.add(rows),
                Operation::Record(rows) => audited.add(rows),
                Operation::ModelCalls(rows) => model_calls.add(rows),
                Operation::AddUpload(rows) => added.add(rows),
                Operation::RemoveUpload(rows) => dropped.add(rows),
                Operation::FireTimer { .. }
                | Operation::DeliverAgain { .. }
                | Operation::BeginTask { .. }
                | Operation::PushOnce { .. }
                | Operation::Quarantine { .. }
                | Operation::RetryTask { .. }
                | Operation::ChangeLead(..)
                | Operation::Change(..)
                | Operation::Account(..)
                | Operation::Draft(..)
                | Operation::KeepImage(..)
                | Operation::Settings(..)
                | Operation::DiscardTask(..)
                | Operation::Data(..)
                | Operation::AddNote(..)
                | Operation::EraseHistory { .. }
                | Operation::EraseClient(..)
                | Operation::Retain(..) => others.push((index, *operation)),
            }
        }
        self.receive(&received, &mut answers).await?;
        self.commit(turns, &mut answers).await?;
        self.run(self.statements.delivered, delivered).await?;
        self.run(self.statements.give_up, given_up).await?;
        self.postpone(postpone).await?;
        self.run(self.statements.outbox, posted).await?;
        self.run(self.statements.keep_release, releases).await?;
        for (index, now, channels) in fires {
            if let Some(answer) = answers.get_mut(index) {
                *answer = Answer::Chats(self.fire(now, channels).await?);
            }
        }
        for (index, operation) in others {
            let answer = self.other(operation).await?;
            if let Some(place) = answers.get_mut(index) {
                *place = answer;
            }
        }
        // After those that came in the same group.
        self.run(self.statements.keep_named_images, images).await?;
        self.run(self.statements.end_task, ended).await?;
        self.run(self.statements.audit, audited).await?;
        self.run(self.statements.model_calls, model_calls).await?;
        self.run(self.statements.add_upload, added).await?;
        self.run(self.statements.remove_upload, dropped).await?;
        for (index, publishing) in publications {
            if let Some(answer) = answers.get_mut(index) {
                *answer = Answer::Published(self.publish(publishing).await?);
            }
        }
        Ok(answers)
    }

    pub(super) async fn receive(
        &mut self,
        received: &[(usize, &[Received])],
        answers: &mut [Answer],
    ) -> sqlx::Result<()> {
        // If two callers bring the same update, the first one gets the new chat reported.
        let mut bringers: HashMap<(&str, &str), (usize, &ChatKey)> = HashMap::new();
        let mut news = Vec::new();
        for (index, items) in received {
            for item in *items {
                let identity = (item.identity.0.as_str(), item.identity.1.as_str());
                bringers.entry(identity).or_insert_with(|| {
                    news.push(item);
                    (*index, &item.chat)
                });
            }
        }
        // The sort is stable, so the order of receipt within a chat stays.
        news.sort_by(|a, b| a.chat.cmp(&b.chat));
        let mut rows = Array::default();
        for item in news {
            rows.push(&item.row);
        }
        let mut chats: HashMap<usize, Vec<ChatKey>> = HashMap::new();
        let stored: Vec<(String, String)> = self.fetch(self.statements.receive, rows).await?;
        for (channel, key) in &stored {
            if let Some((index, chat)) = bringers.get(&(channel.as_str(), key.as_str())) {
                let chats = chats.entry(*index).or_default();
                if !chats.contains(chat) {
                    chats.push((*chat).clone());
                }
                self.changed.insert((*chat).clone());
            }
        }
        for (index, _) in received {
            if let Some(answer) = answers.get_mut(*index) {
                *answer = Answer::Chats(chats.remove(index).unwrap_or_default());
            }
        }
        Ok(())
    }

    async fn commit(
        &mut self,
        mut turns: Vec<(usize, &Turn)>,
        answers: &mut [Answer],
    ) -> Result<(), Failure> {
        // The sort is stable, so of two turns of one chat the first one in the queue wins.
        turns.sort_by(|a, b| a.1.chat.cmp(&b.1.chat));
        let winners = self.winners(&turns).await?;
        let mut chats = Array::default();
        let mut consumed = Array::default();
        let mut messages = Array::default();
        let mut traces = Array::default();
        let mut buttons = Array::default();
        let mut outbox = Array::default();
        let mut stopped = Array::default();
        let mut started = Array::default();
        let mut analytics = Array::default();
        let mut figures = Array::default();
        let mut leads = Vec::new();
        let mut events = 0;
        for (position, (index, turn)) in turns.iter().enumerate() {
            let won = winners.contains(&position);
            if let Some(answer) = answers.get_mut(*index) {
                let outcome = if won { CommitOutcome::Stored } else { CommitOutcome::Conflict };
                *answer = Answer::Outcome(outcome);
            }
            if !won {
                continue;
            }
            chats.push(&turn.session);
            consumed.add(&turn.consumed);
            events += turn.events;
            messages.add(&turn.messages);
            traces.push(&turn.turn);
            buttons.add(&turn.buttons);
            outbox.add(&turn.outbox);
            stopped.add(&turn.stopped);
            started.add(&turn.started);
            analytics.add(&turn.analytics);
            figures.add(&turn.figures);
            self.changed.insert(turn.chat.clone());
            self.tasks.extend(turn.notices.iter().map(|(_, task)| task.clone()));
            leads.extend(turn.leads.iter().cloned());
        }
        let statements = self.statements;
        if statements.alone {
            self.run(statements.chats, chats).await?;
        } else {
            let stored: Vec<(i64,)> = self.fetch(statements.chats, chats).await?;
            if stored.len() < winners.len() {
                return Err(Failure::Overtaken);
            }
        }
        if statements.alone {
            self.run(statements.consume, consumed).await?;
        } else if let Some(rows) = consumed.finish() {
            // Another process may have erased the chat since the check; the upsert has then made it anew.
            let consumed = self.session.run(statements.consume, vec![Value::Text(rows)]).await?;
            if consumed < events {
                return Err(Failure::Overtaken);
            }
        }
        self.run(statements.messages, messages).await?;
        self.run(statements.turns, traces).await?;
        self.run(statements.buttons, buttons).await?;
        self.run(statements.outbox, outbox).await?;
        self.run(statements.stop_timers, stopped.clone()).await?;
        self.run(statements.stop_fired, stopped).await?;
        self.run(statements.start_timers, started.clone()).await?;
        // A timer that was moved to a later time already has a task, which will find it not yet due and push another
        // one.
        let early: Vec<(String, String, i64)> = self.fetch(statements.timer_tasks, started).await?;
        self.push_timers(early)?;
        self.run(statements.analytics, analytics).await?;
        self.run(statements.figures.add, figures).await?;
        Ok(self.store_leads(leads).await?)
    }

    /// Positions of the turns that may be stored: the chat's version and the inbox rows are as the turn found them, and
    /// no earlier turn of the group belongs to the same chat.
    async fn winners(&mut self, turns: &[(usize, &Turn)]) -> sqlx::Result<HashSet<usize>> {
        let mut checks = Array::default();
        for (_, turn) in turns {
            checks.push(&turn.check);
        }
        let checked: Vec<(i64, bool)> = self.fetch(self.statements.check, checks).await?;
        let fitting = checked.into_iter().filter(|(_, fits)| *fits);
        let mut fitting: Vec<usize> =
            fitting.filter_map(|(position, _)| usize::try_from(position).ok()).collect();
        fitting.sort_unstable();
        let mut taken = HashSet::new();
        fitting.retain(|position| {
            turns.get(*position).is_some_and(|(_, turn)| taken.insert(turn.chat.as_str()))
        });
        Ok(fitting.into_iter().collect())
    }

    /// Merges updates into the open leads of their chats, by the rules of [`tolmach_runtime::leads`].
    async fn store_leads(&mut self, updates: Vec<LeadUpdate>) -> sqlx::Result<()> {
        let mut chats = Array::default();
        let known: BTreeSet<&str> = updates.iter().map(|update| update.chat.as_str()).collect();
        for chat in known {
            chats.push(&encode(&[chat])?);
        }
        let found: Vec<LeadColumns> = self.fetch(self.statements.open_leads, chats).await?;
        let mut open: BTreeMap<ChatKey, LeadRow> = BTreeMap::new();
        for columns in found {
            let row = lead(columns)?;
            open.insert(row.chat.clone(), row);
        }
        let mut history = Vec::new();
        for update in updates {
            let chat = update.chat.clone();
            let (row, events) = leads::merge(open.remove(&chat), update);
            open.insert(chat, row);
            history.extend(events);
        }
        self.write_leads(open.values(), &history).await
    }

    /// Applies a staff change to one lead.
    pub(super) async fn change_lead(&mut self, changing: &ChangingLead) -> sqlx::Result<LeadChanged> {
        let ChangingLead { id, change, actor, at, audit } = changing;
        let values = vec![Value::Text(id.clone())];
        let found: Vec<LeadColumns> = self.session.fetch(self.statements.lead_for_change, values).await?;
        let Some(columns) = found.into_iter().next() else { return Ok(LeadChanged::Unknown) };
        let mut row = lead(columns)?;
        let was_open = row.status.is_open();
        let before = told(&row);
        let noted = change.note.is_some();
        let history = leads::apply(&mut row, change.clone(), actor, *at);
        if row.status.is_open() && !was_open {
            let values = vec![Value::Text(row.chat.clone()), Value::Text(id.clone())];
            let other: Vec<(String,)> = self.session.fetch(self.statements.another_open_lead, values).await?;
            if let Some((other,)) = other.into_iter().next() {
                return Ok(LeadChanged::AnotherOpen(other));
            }
        }
        self.write_leads([&row], &history).await?;
        if let Some(mut entry) = audit.clone() {
            change::tell(&mut entry.details, "before", &before);
            change::tell(&mut entry.details, "after", &told(&row));
            change::tell(&mut entry.details, "after", &[("note", noted.into())]);
            self.flush().await?;
            self.record(entry).await?;
        }
        Ok(LeadChanged::Changed(Box::new(row)))
    }

    async fn write_leads(
        &mut self,
        leads: impl IntoIterator<Item = &LeadRow>,
        history: &[LeadHistoryRow],
    ) -> sqlx::Result<()> {
        let failed = |error| sqlx::Error::Encode(Box::new(error));
        let (mut rows, mut events) = (Array::default(), Array::default());
        for row in leads {
            rows.push(&lead_row(row).map_err(failed)?);
        }
        for event in history {
            events.push(&lead_history_row(event).map_err(failed)?);
        }
        self.run(self.statements.leads, rows).await?;
        self.run(self.statements.lead_history, events).await
    }

    /// Stores a publication if the current release is the expected one. No other publication can come between the check
    /// and the insert: in SQLite the transaction excludes other writers, in PostgreSQL it holds a lock.
    async fn publish(&mut self, publishing: &Publishing) -> sqlx::Result<PublishOutcome> {
        if !self.statements.lock_publications.is_empty() {
            self.session.run(self.statements.lock_publications, vec![]).await?;
        }
        let current: Vec<(String,)> = self.session.fetch(self.statements.current, vec![]).await?;
        let current = current.into_iter().next().map(|(release,)| release);
        if current != publishing.expected {
            return Ok(PublishOutcome::Conflict { current });
        }
        let rows = vec![Value::Text(publishing.rows.clone())];
        let stored: Vec<(i64,)> = self.session.fetch(self.statements.publish, rows).await?;
        stored.first().map(|(seq,)| PublishOutcome::Stored(*seq)).ok_or(sqlx::Error::RowNotFound)
    }

    async fn run(&mut self, sql: &'static str, rows: Array) -> sqlx::Result<()> {
        match rows.finish() {
            Some(rows) => self.session.later(sql, vec![Value::Text(rows)]).await,
            None => Ok(()),
        }
    }

    async fn fetch<T: Fetched>(&mut self, sql: &'static str, rows: Array) -> sqlx::Result<Vec<T>> {
        match rows.finish() {
            Some(rows) => self.session.fetch(sql, vec![Value::Text(rows)]).await,
            None => Ok(Vec::new()),
        }
    }
}

/// What the audit log says of a lead.
fn told(row: &LeadRow) -> [(&'static str, serde_json::Value); 2] {
    [("status", row.status.name().into()), ("assignee", row.assignee.clone().into())]
}

/// Notification payloads for changed chats: JSON `[owner, chat…]`, split because PostgreSQL limits a payload to less
/// than 8000 bytes. A chat whose key alone is too long is left out; other processes find it by polling for unfinished
/// chats.
fn news(owner: &str, chats: &BTreeSet<ChatKey>) -> sqlx::Result<Vec<String>> {
    const MOST: usize = 7_000;
    let head = format!("[{}", encode(&owner)?);
    let mut texts = Vec::new();
    let mut text = head.clone();
    for chat in chats {
        let chat = encode(chat)?;
        if chat.len() > MOST {
            continue;
        }
        if text.len() + chat.len() > MOST + head.len() {
            texts.push(std::mem::replace(&mut text, head.clone()) + "]");
        }
        text.push(',');
        text.push_str(&chat);
    }
    if text.len() > head.len() {
        texts.push(text + "]");
    }
    Ok(texts)
}

fn encode<T: serde::Serialize>(value: &T) -> sqlx::Result<String> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

/// A JSON array being built. An empty one means that its statement need not run.
#[derive(Clone, Default)]
struct Array(String);

impl Array {
    fn add(&mut self, rows: &Rows) {
        if !rows.text().is_empty() {
            self.push(rows.text());
        }
    }

    fn push(&mut self, rows: &str) {
        self.0.push(if self.0.is_empty() { '[' } else { ',' });
        self.0.push_str(rows);
    }

    fn finish(mut self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        self.0.push(']');
        Some(self.0)
    }
}
