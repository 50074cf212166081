//! The runtime: one turn a chat at a time, many chats at once.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    burst::Burst,
    names::short,
    ports::{self, Channel, ChatKey, Clock, Inbound, InboxRow, Intake, Store},
    queries::World,
    shelf::Shelf,
    staff::Staff,
};

/// How often timers are looked at.
const TICK: Duration = Duration::from_millis(500);

/// A client who goes on typing is answered after so many windows all the same.
const WINDOWS: u32 = 5;

/// Everything the runtime works with.
pub struct Parts {
    /// Memory.
    pub store: Arc<dyn Store>,
    /// What answers queries.
    pub world: World,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ways out, one a name.
    pub channels: Vec<Arc<dyn Channel>>,
    /// What counts as one message.
    pub burst: Burst,
    /// Who of the staff is told.
    pub staff: Staff,
}

impl Parts {
    pub(crate) fn channel(&self, name: &str) -> Option<&Arc<dyn Channel>> {
        self.channels.iter().find(|channel| channel.name() == name)
    }

    fn channel_names(&self) -> Vec<String> {
        self.channels.iter().map(|channel| channel.name().to_owned()).collect()
    }
}

/// The turn loop.
pub struct Runtime {
    pub(crate) parts: Parts,
    pub(crate) shelf: Shelf,
    me: Weak<Runtime>,
    chats: Mutex<Chats>,
    idle: Notify,
}

#[derive(Default)]
struct Chats {
    /// Chats being worked on.
    busy: HashMap<ChatKey, Busy>,
    /// Chats with undelivered messages in the store, which later ones must not overtake.
    behind: HashSet<ChatKey>,
    closing: bool,
}

/// A chat being worked on.
#[derive(Default)]
struct Busy {
    /// Something came in meanwhile.
    again: bool,
    /// Ends the wait for a client who is typing.
    woken: Arc<Notify>,
}

impl Runtime {
    /// A runtime without a release; publish one on the shelf before events come.
    pub fn new(parts: Parts, shelf: Shelf) -> Arc<Runtime> {
        Arc::new_cyclic(|me| Runtime {
            parts,
            shelf,
            me: me.clone(),
            chats: Mutex::default(),
            idle: Notify::new(),
        })
    }

    /// The releases in use.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.parts.store
    }

    /// Takes up what an earlier process left: waiting events and undelivered messages. Returns how many chats.
    pub async fn recover(&self) -> ports::Result<usize> {
        let chats = self.parts.store.unfinished(i64::MAX, &self.parts.channel_names()).await?;
        self.chats().behind.extend(chats.iter().cloned());
        for chat in &chats {
            self.wake(chat);
        }
        Ok(chats.len())
    }

    /// Lets due timers fall, until the runtime is dropped or closed.
    pub async fn run_timers(self: Arc<Self>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !self.chats().closing {
            tick.tick().await;
            if let Err(why) = self.fire_due_timers().await {
                tracing::error!(%why, "timers could not be looked at");
            }
            if let Err(why) = self.wake_waiting().await {
                tracing::error!(%why, "waiting events could not be looked at");
            }
        }
    }

    /// Another process, such as a command of the staff's, may have put an event there.
    async fn wake_waiting(&self) -> ports::Result<()> {
        let chats = self.parts.store.unfinished(self.parts.clock.now(), &self.parts.channel_names()).await?;
        let busy = |chat: &ChatKey| self.chats().busy.contains_key(chat);
        chats.iter().filter(|chat| !busy(chat)).for_each(|chat| self.wake(chat));
        Ok(())
    }

    /// Turns the timers that are due now into events.
    pub async fn fire_due_timers(&self) -> ports::Result<()> {
        let chats = self.parts.store.fire_timers(self.parts.clock.now(), &self.parts.channel_names()).await?;
        chats.iter().for_each(|chat| self.wake(chat));
        Ok(())
    }

    /// Waits until no chat is being worked on.
    pub async fn settle(&self) {
        loop {
            let idle = self.idle.notified();
            tokio::pin!(idle);
            // Registered before looking, so that a chat which ends in between is not missed.
            idle.as_mut().enable();
            if self.chats().busy.is_empty() {
                return;
            }
            idle.await;
        }
    }

    /// Stops taking up work and waits for the turns in hand, at most `deadline`. Returns whether all ended.
    pub async fn close(&self, deadline: Duration) -> bool {
        {
            let mut chats = self.chats();
            chats.closing = true;
            chats.busy.values().for_each(|busy| busy.woken.notify_one());
        }
        tokio::time::timeout(deadline, self.settle()).await.is_ok()
    }

    /// Has a chat worked on, now or after what it is doing.
    pub(crate) fn wake(&self, chat: &str) {
        let mut chats = self.chats();
        if chats.closing {
            return;
        }
        if let Some(busy) = chats.busy.get_mut(chat) {
            busy.again = true;
            busy.woken.notify_one();
            return;
        }
        let Some(me) = self.me.upgrade() else { return };
        chats.busy.insert(chat.to_owned(), Busy::default());
        drop(chats);
        let working = Working { runtime: me, chat: chat.to_owned(), freed: false };
        tokio::spawn(async move { working.run().await });
    }

    /// Wakes a chat after a pause.
    pub(crate) fn wake_later(&self, chat: &str, pause: Duration) {
        let (me, chat) = (self.me.clone(), chat.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            if let Some(runtime) = me.upgrade() {
                runtime.wake(&chat);
            }
        });
    }

    async fn work(&self, chat: &str) -> ports::Result<()> {
        if self.chats().behind.contains(chat) {
            self.catch_up(chat).await?;
        }
        let mut patience = self.parts.burst.window * WINDOWS;
        while let Some((mut rows, state)) = self.parts.store.next(chat).await? {
            if let Some(waited) = self.client_types(chat, &rows, patience).await {
                patience = patience.saturating_sub(waited);
                continue;
            }
            patience = self.parts.burst.window * WINDOWS;
            rows.truncate(self.parts.burst.length(&rows));
            let Some(turned) = self.turn(rows, state).await? else { continue };
            if self.chats().behind.contains(chat) {
                // Earlier messages still wait: these go to the end of that queue.
                self.catch_up(chat).await?;
            } else if self.deliver_now(chat, &turned.effects).await? {
                self.chats().behind.insert(chat.to_owned());
            }
            for address in turned.notified {
                self.wake_behind(address);
            }
            if self.chats().closing {
                break;
            }
        }
        Ok(())
    }

    /// Waits while a client may still be typing, until something comes in; returns how long, or `None` when it is
    /// time to answer.
    async fn client_types(&self, chat: &str, rows: &[InboxRow], patience: Duration) -> Option<Duration> {
        let pause = self.parts.burst.pause(rows, self.parts.clock.now())?;
        let pause = Duration::from_millis(pause).min(patience);
        let woken = {
            let chats = self.chats();
            // A server that stops answers what it has.
            let busy = chats.busy.get(chat).filter(|_| !chats.closing && !pause.is_zero())?;
            Arc::clone(&busy.woken)
        };
        let started = tokio::time::Instant::now();
        // Whichever comes first, the store is looked at again.
        let _ = tokio::time::timeout(pause, woken.notified()).await;
        // Time must run out even if wakes come thick and fast.
        Some(started.elapsed().max(Duration::from_millis(1)))
    }

    /// Has messages delivered that another chat's turn put into the outbox of this one.
    fn wake_behind(&self, chat: ChatKey) {
        self.chats().behind.insert(chat.clone());
        self.wake(&chat);
    }

    async fn catch_up(&self, chat: &str) -> ports::Result<()> {
        // Taken away before looking, so that what another chat's turn adds meanwhile is not forgotten.
        self.chats().behind.remove(chat);
        let left = self.deliver_stored(chat).await;
        if !matches!(left, Ok(false)) {
            self.chats().behind.insert(chat.to_owned());
        }
        left.map(drop)
    }

    fn chats(&self) -> MutexGuard<'_, Chats> {
        // Nothing panics while the lock is held, and the map is whole at every step.
        self.chats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Intake for Runtime {
    async fn receive(&self, inbound: Vec<Inbound>) -> ports::Result<()> {
        let with_ids = inbound.into_iter().map(|inbound| (Uuid::now_v7(), inbound)).collect();
        let chats = self.parts.store.receive(self.parts.clock.now(), with_ids).await?;
        chats.iter().for_each(|chat| self.wake(chat));
        Ok(())
    }
}

/// A chat being worked on. Dropping it, even by a panic, frees the chat.
struct Working {
    runtime: Arc<Runtime>,
    chat: ChatKey,
    freed: bool,
}

impl Working {
    async fn run(mut self) {
        let mut failures = 0u32;
        loop {
            match self.runtime.work(&self.chat).await {
                Ok(()) => failures = 0,
                Err(why) => {
                    failures += 1;
                    tracing::error!(chat = short(&self.chat), %why, failures, "a chat could not be worked on");
                    // The event is still in the store: a database that is away for a moment costs a moment.
                    let pause = Duration::from_millis(100 << failures.min(8));
                    if self.runtime.chats().closing || failures > 20 {
                        return;
                    }
                    tokio::time::sleep(pause).await;
                    continue;
                }
            }
            let mut chats = self.runtime.chats();
            let closing = chats.closing;
            match chats.busy.get_mut(&self.chat) {
                Some(busy) if busy.again && !closing => busy.again = false,
                _ => {
                    // Freed under the same lock, so that no wake falls between the look and the end.
                    chats.busy.remove(&self.chat);
                    drop(chats);
                    self.freed = true;
                    return;
                }
            }
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if !self.freed {
            self.runtime.chats().busy.remove(&self.chat);
        }
        self.runtime.idle.notify_waiters();
    }
}
