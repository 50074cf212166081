//! The maintenance loop: renews leases, fires due timers, and takes up unfinished work of other processes.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{
    ports::{self, Address},
    runtime::Runtime,
};

/// Interval of the loop.
const TICK: Duration = Duration::from_millis(500);

/// Interval of lease renewal: well below the duration of a lease (10 s), so that one late tick loses none.
const RENEW: Duration = Duration::from_secs(3);

/// Who performs the store's tasks: postponed deliveries and timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tasks {
    /// The runtime itself, which polls for due work twice a second.
    Here,
    /// A queue worker, in this or another process. The runtime takes up only overdue work, in case a task was lost.
    ByWorkers,
}

impl Tasks {
    /// How long timers and messages must be due before the runtime takes them up, milliseconds. Timers get less time,
    /// because a client notices a late one; handling a timer twice is harmless, because the store fires it once.
    fn overdue(self) -> (i64, i64) {
        match self {
            Tasks::Here => (0, 0),
            Tasks::ByWorkers => (1_000, 10_000),
        }
    }
}

impl Runtime {
    /// Takes up unfinished work of an earlier process: waiting events and undelivered messages. Returns the number of
    /// chats.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn recover(&self) -> ports::Result<usize> {
        self.wake_unfinished(self.ports.clock.now()).await
    }

    /// Runs the maintenance loop until the runtime is closed.
    pub async fn run_maintenance(self: Arc<Self>, tasks: Tasks) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut renewed = Instant::now();
        while !self.chats.closing() {
            tick.tick().await;
            if renewed.elapsed() >= RENEW {
                renewed = Instant::now();
                if let Err(why) = self.ports.store.lease(self.chats.leased()).await {
                    tracing::error!(%why, "the chats in hand could not be kept");
                }
            }
            let (now, (timers, messages)) = (self.ports.clock.now(), tasks.overdue());
            if let Err(why) = self.fire_timers(now - timers).await {
                tracing::error!(%why, "timers could not be looked at");
            }
            if let Err(why) = self.wake_unfinished(now - messages).await {
                tracing::error!(%why, "waiting events could not be looked at");
            }
        }
    }

    /// Reacts to changes of chats by other processes on the same database. Ends with the first change after the runtime
    /// is closed.
    pub async fn listen(self: Arc<Self>) {
        while !self.chats.closing() {
            for chat in &self.ports.store.changed().await {
                let Some(to) = Address::parse(chat) else { continue };
                // A chat of a channel that this process does not have belongs to other processes.
                if let Some(channel) = self.ports.channel(&to.channel) {
                    channel.changed(&to);
                    self.wake_undelivered(chat);
                }
            }
        }
    }

    /// Turns the timers that are due now into events.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn fire_due_timers(&self) -> ports::Result<()> {
        self.fire_timers(self.ports.clock.now()).await
    }

    async fn fire_timers(&self, due: i64) -> ports::Result<()> {
        let chats = self.ports.store.fire_timers(due, &self.ports.channel_names()).await?;
        chats.iter().for_each(|chat| self.wake(chat));
        Ok(())
    }

    /// Wakes chats with unfinished work. Another process, such as a staff command, may have stored an event, or died
    /// while it worked on one.
    async fn wake_unfinished(&self, due: i64) -> ports::Result<usize> {
        let busy = self.chats.busy();
        let mut chats = self.ports.store.unfinished(due, &self.ports.channel_names()).await?;
        chats.retain(|chat| !busy.contains(chat));
        chats.iter().for_each(|chat| self.wake_unfinished_chat(chat));
        Ok(chats.len())
    }
}
