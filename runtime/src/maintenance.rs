//! What a runtime does by itself: takes up what others left or asked for, keeps its chats, looks for what is due.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{
    ports::{self, Address},
    runtime::Runtime,
};

/// How often the store is looked at.
const TICK: Duration = Duration::from_millis(500);

/// How often the chats in hand are kept: well within a lease, so that one late tick loses none.
const RENEW: Duration = Duration::from_secs(3);

/// Who carries out the tasks that the store was given: deliveries that were put off, and timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tasks {
    /// The runtime itself, by looking for what is due twice a second.
    Here,
    /// A worker, here or elsewhere. The runtime looks only for what is long overdue, in case a task was lost.
    ByWorkers,
}

impl Tasks {
    /// A timer, and a message, due for so long is the runtime's to look after. A client notices a timer that is late,
    /// and nobody one that fell twice: the store lets it fall once.
    fn overdue(self) -> (i64, i64) {
        match self {
            Tasks::Here => (0, 0),
            Tasks::ByWorkers => (1_000, 10_000),
        }
    }
}

impl Runtime {
    /// Takes up what an earlier process left: waiting events and undelivered messages. Returns how many chats.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn recover(&self) -> ports::Result<usize> {
        self.take_up(self.parts.clock.now()).await
    }

    /// Tends to the chats until the runtime is closed.
    pub async fn tend(self: Arc<Self>, tasks: Tasks) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut renewed = Instant::now();
        while !self.chats.closing() {
            tick.tick().await;
            if renewed.elapsed() >= RENEW {
                renewed = Instant::now();
                if let Err(why) = self.parts.store.lease(self.chats.leased()).await {
                    tracing::error!(%why, "the chats in hand could not be kept");
                }
            }
            let (now, (timers, messages)) = (self.parts.clock.now(), tasks.overdue());
            if let Err(why) = self.fire_timers(now - timers).await {
                tracing::error!(%why, "timers could not be looked at");
            }
            if let Err(why) = self.take_up(now - messages).await {
                tracing::error!(%why, "waiting events could not be looked at");
            }
        }
    }

    /// Takes up what other processes on the same database do to chats, as soon as they do it, until the runtime is
    /// closed.
    pub async fn listen(self: Arc<Self>) {
        while !self.chats.closing() {
            for chat in &self.parts.store.changed().await {
                let Some(to) = Address::parse(chat) else { continue };
                // Where this process has no such channel, others look after the chat.
                if let Some(channel) = self.parts.channel(&to.channel) {
                    channel.changed(&to);
                    self.wake_owed(chat);
                }
            }
        }
    }

    /// Turns the timers that are due now into events.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn fire_due_timers(&self) -> ports::Result<()> {
        self.fire_timers(self.parts.clock.now()).await
    }

    async fn fire_timers(&self, due: i64) -> ports::Result<()> {
        let chats = self.parts.store.fire_timers(due, &self.parts.channel_names()).await?;
        chats.iter().for_each(|chat| self.wake(chat));
        Ok(())
    }

    /// Another process, such as a command of the staff's, may have put an event there, or died over one.
    async fn take_up(&self, due: i64) -> ports::Result<usize> {
        let busy = self.chats.busy();
        let mut chats = self.parts.store.unfinished(due, &self.parts.channel_names()).await?;
        chats.retain(|chat| !busy.contains(chat));
        chats.iter().for_each(|chat| self.wake_owed(chat));
        Ok(chats.len())
    }
}
