//! Counts the starts of turns that may end the process, and quarantines those that did so repeatedly.
//!
//! Counting every start would cost every turn a write. So a start is counted only when there is a reason: the turn was
//! left unfinished before, or it is taking long.

use std::{future::Future, time::Duration};

use tolmach_engine::event::Event;
use uuid::Uuid;

use crate::{
    names::short,
    ports::{
        self, Actor, Address, AuditEntry, AuditResult, ChatKey, Inbound, Intake as _, Task, TurnQuery,
        UnreadUpdate,
    },
    runtime::Runtime,
};

/// Starts without an end after which a turn is quarantined, as for tasks.
const STARTS: i64 = 3;

/// A turn that takes this long is counted: it waits for a model or another system, and the process may end meanwhile.
const SLOW: Duration = Duration::from_secs(1);

/// The starts of one turn.
pub(crate) struct Starts<'a> {
    runtime: &'a Runtime,
    id: String,
    task: Task,
    counted: bool,
}

impl<'a> Starts<'a> {
    pub(crate) fn of(runtime: &'a Runtime, chat: &ChatKey, turn: Uuid) -> Starts<'a> {
        let task = Task::Turn { chat: chat.clone(), turn };
        Starts { runtime, id: format!("turn-{turn}"), task, counted: false }
    }

    /// Counts a start. Returns whether the turn is now in quarantine and must not be run.
    pub(crate) async fn count(&mut self) -> ports::Result<bool> {
        let now = self.runtime.ports.clock.now();
        let starts = self.runtime.store().begin_task(&self.id, &self.task, now).await?;
        self.counted = true;
        if starts <= STARTS {
            return Ok(false);
        }
        let why = format!("it was begun {STARTS} times and never came to an end");
        self.runtime.store().quarantine(&self.id, &why, now).await?;
        let entry = AuditEntry {
            seq: 0,
            at: now,
            actor: Actor::system(),
            action: "turn.quarantine".to_owned(),
            object: self.id.clone(),
            result: AuditResult::Done,
            details: serde_json::json!({ "starts": STARTS }),
        };
        if let Err(why) = self.runtime.store().record(entry).await {
            tracing::error!(%why, "the audit log could not be written");
        }
        Ok(true)
    }

    /// Runs a turn and counts its start if it takes long.
    pub(crate) async fn count_if_slow<T>(&mut self, turn: impl Future<Output = T>) -> T {
        let mut turn = std::pin::pin!(turn);
        if let Ok(ended) = tokio::time::timeout(SLOW, &mut turn).await {
            return ended;
        }
        if !self.counted {
            let now = self.runtime.ports.clock.now();
            match self.runtime.store().begin_task(&self.id, &self.task, now).await {
                Ok(_) => self.counted = true,
                Err(why) => tracing::warn!(%why, "the start of a slow turn could not be counted"),
            }
        }
        turn.await
    }

    /// Forgets the starts of a turn that has ended.
    pub(crate) async fn forget(self) {
        if self.counted
            && let Err(why) = self.runtime.store().end_task(&self.id).await
        {
            // A turn that is committed is not begun again; retention removes the row.
            tracing::warn!(%why, "the starts of a turn could not be forgotten");
        }
    }
}

impl Runtime {
    /// Receives the event of a quarantined turn again, as a new event.
    pub(crate) async fn receive_again(&self, chat: &ChatKey, turn: Uuid) -> ports::Result<()> {
        let event = self.event_of(chat, turn).await?;
        let (Some(Event { client, origin, kind, .. }), Some(address)) = (event, Address::parse(chat)) else {
            tracing::error!(chat = short(chat), %turn, "a quarantined turn is not stored any more");
            return Ok(());
        };
        // The key is constant, so a retry that comes twice is received once.
        let key = format!("retry:{turn}");
        self.receive(vec![Inbound { address, key, client, origin, kind, button: None, sent: None }]).await
    }

    /// Receives an update that could not be read, if it can be now; otherwise it goes back into the quarantine.
    pub(crate) async fn read_again(&self, update: &UnreadUpdate) -> ports::Result<()> {
        let channel = self.ports.channel(&update.channel);
        match channel.and_then(|channel| channel.read_update(&update.update)) {
            // The update's own key is used up: its client was told that it could not be read.
            Some(inbound) => self.receive(vec![Inbound { key: update.task_id(), ..inbound }]).await,
            None => self.put_aside(update.clone()).await,
        }
    }

    async fn event_of(&self, chat: &ChatKey, turn: Uuid) -> ports::Result<Option<Event>> {
        let turns = self.store().turns(&TurnQuery::of(chat, u32::MAX)).await?;
        Ok(turns.into_iter().rev().map(|stored| stored.event).find(|event| event.id == turn))
    }
}
