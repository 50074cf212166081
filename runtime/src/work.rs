//! Work on a chat: what waits in its inbox becomes turns, what they say is delivered. One task a chat at a time in this
//! process, and, by a lease, in all processes on one database.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use crate::{
    acknowledgements::AckPosition,
    busy_chats::Busy,
    names::short,
    ports::{self, ChatKey, InboxRow, MAX_PENDING},
    runtime::Runtime,
};

/// A client who goes on typing is answered after so many windows all the same.
const WINDOWS: u32 = 5;

/// Failures in a row after which a chat is left to whoever looks next.
const TIMEOUT: u32 = 20;

impl Runtime {
    /// Has a chat worked on, now or after what it is doing, because it has new events.
    pub(crate) fn wake(&self, chat: &str) {
        self.wake_for(chat, false);
    }

    /// The same, because its outbox may hold messages that no turn of this work put there.
    pub(crate) fn wake_owed(&self, chat: &str) {
        self.wake_for(chat, true);
    }

    fn wake_for(&self, chat: &str, owed: bool) {
        let mut chats = self.chats.lock();
        if chats.closing {
            return;
        }
        if let Some(busy) = chats.busy.get_mut(chat) {
            busy.again = true;
            busy.owed |= owed;
            busy.woken.notify_one();
            return;
        }
        let Some(me) = self.me.upgrade() else { return };
        let busy = Busy::default();
        let woken = Arc::clone(&busy.woken);
        chats.busy.insert(chat.to_owned(), busy);
        drop(chats);
        let working = Working {
            runtime: me,
            chat: chat.to_owned(),
            woken,
            leased: false,
            behind: None,
            delivered: AckPosition::default(),
            freed: false,
        };
        tokio::spawn(async move { working.run().await });
    }

    /// Has a chat worked on and waits for the end of it.
    pub(crate) async fn work_on(&self, chat: &str) {
        self.wake_owed(chat);
        self.chats.settle(|busy| !busy.contains_key(chat)).await;
    }
}

/// A chat being worked on. Dropping it, even by a panic, frees the chat.
struct Working {
    runtime: Arc<Runtime>,
    chat: ChatKey,
    woken: Arc<Notify>,
    leased: bool,
    /// Whether messages that later ones must not overtake wait in the store; `None` when the store has to be asked.
    behind: Option<bool>,
    /// The deliveries of this work.
    delivered: AckPosition,
    freed: bool,
}

impl Working {
    async fn run(mut self) {
        let mut failures = 0u32;
        loop {
            match self.work().await {
                Ok(()) => failures = 0,
                Err(why) => {
                    failures += 1;
                    let chat = short(&self.chat);
                    tracing::error!(chat, %why, failures, "a chat could not be worked on");
                    // The event is still in the store: a database that is away for a moment costs a moment.
                    let pause = Duration::from_millis(100 << failures.min(8));
                    if self.runtime.chats.closing() || failures > TIMEOUT {
                        return;
                    }
                    tokio::time::sleep(pause).await;
                    continue;
                }
            }
            if self.again() {
                continue;
            }
            // Given back before it is free here: the next work of this process leases it anew.
            self.give_back().await;
            if !self.again_or_free() {
                return;
            }
        }
    }

    /// Whether something has come in meanwhile that is to be worked on.
    fn again(&mut self) -> bool {
        let mut chats = self.runtime.chats.lock();
        let closing = chats.closing;
        let Some(busy) = chats.busy.get_mut(&self.chat).filter(|busy| busy.again && !closing) else {
            return false;
        };
        busy.again = false;
        if std::mem::take(&mut busy.owed) {
            self.behind = None;
        }
        true
    }

    /// The same, and frees the chat where nothing has: under one lock, so that no wake falls between the two.
    fn again_or_free(&mut self) -> bool {
        let mut chats = self.runtime.chats.lock();
        if !chats.closing && chats.busy.get(&self.chat).is_some_and(|busy| busy.again) {
            drop(chats);
            return self.again();
        }
        chats.busy.remove(&self.chat);
        self.freed = true;
        false
    }

    /// Does what there is to do, and waits until everything about it is stored or more has come in.
    async fn work(&mut self) -> ports::Result<()> {
        if !self.lease().await? {
            return Ok(());
        }
        let mut timeout = self.runtime.parts.coalescing.window * WINDOWS;
        loop {
            let next = self.runtime.parts.store.next(&self.chat).await?;
            if self.behind.unwrap_or(next.owed) {
                self.catch_up().await?;
            }
            let mut rows = next.rows;
            if rows.is_empty() {
                break;
            }
            if let Some(waited) = self.client_types(&rows, timeout).await {
                timeout = timeout.saturating_sub(waited);
                continue;
            }
            timeout = self.runtime.parts.coalescing.window * WINDOWS;
            let found = rows.len();
            rows.truncate(self.runtime.parts.coalescing.length(&rows));
            let left = found - rows.len();
            let Some(turned) = self.runtime.turn(rows, next.chat).await? else { continue };
            if self.behind == Some(true) {
                // Earlier messages still wait: these go to the end of that queue.
                self.catch_up().await?;
            } else {
                // An error may come after a delivery: only the store knows then.
                self.behind = None;
                let behind =
                    self.runtime.deliver_now(&self.chat, &turned.effects, &mut self.delivered).await?;
                self.behind = Some(behind);
            }
            // Without the channel this process could only keep the address from one that has it.
            let ours = turned.notified.iter().filter(|address| self.runtime.parts.reaches(address));
            ours.for_each(|address| self.runtime.wake_owed(address));
            // What comes in from now on wakes the chat again.
            if left == 0 && found < MAX_PENDING as usize || self.runtime.chats.closing() {
                break;
            }
        }
        self.stored().await;
        Ok(())
    }

    async fn catch_up(&mut self) -> ports::Result<()> {
        self.behind = None;
        // What is delivered but not marked yet would be delivered again.
        self.runtime.acknowledgements.stored(self.runtime.acknowledgements.given()).await;
        let behind = self.runtime.deliver_stored(&self.chat, &mut self.delivered).await?;
        self.behind = Some(behind);
        Ok(())
    }

    /// Waits while a client may still be typing, until something comes in; returns how long, or `None` when it is
    /// time to answer.
    async fn client_types(&self, rows: &[InboxRow], timeout: Duration) -> Option<Duration> {
        let pause = self.runtime.parts.coalescing.pause(rows, self.runtime.parts.clock.now())?;
        let pause = Duration::from_millis(pause).min(timeout);
        // A server that stops answers what it has.
        if self.runtime.chats.closing() || pause.is_zero() {
            return None;
        }
        let started = tokio::time::Instant::now();
        // Whichever comes first, the store is looked at again.
        let _ = tokio::time::timeout(pause, self.woken.notified()).await;
        // Time must run out even if wakes come thick and fast.
        Some(started.elapsed().max(Duration::from_millis(1)))
    }

    /// The chat is not free before its deliveries are marked, or the next look would deliver them again. But whoever
    /// writes meanwhile does not wait for that.
    async fn stored(&self) {
        loop {
            tokio::select! {
                () = self.runtime.acknowledgements.stored(self.delivered) => return,
                () = self.woken.notified() => {
                    let chats = self.runtime.chats.lock();
                    if !chats.closing && chats.busy.get(&self.chat).is_some_and(|busy| busy.again) {
                        return;
                    }
                }
            }
        }
    }

    /// Whether the chat is this process's. While another process has it, that one is told of all that comes in.
    async fn lease(&mut self) -> ports::Result<bool> {
        if !self.leased {
            self.leased = !self.runtime.parts.store.lease(vec![self.chat.clone()]).await?.is_empty();
            self.runtime.chats.note_lease(&self.chat, self.leased);
        }
        Ok(self.leased)
    }

    async fn give_back(&mut self) {
        // Whoever has it meanwhile may leave messages behind.
        self.behind = None;
        self.runtime.chats.note_lease(&self.chat, false);
        if std::mem::take(&mut self.leased)
            && let Err(why) = self.runtime.parts.store.give_back(vec![self.chat.clone()]).await
        {
            // It runs out by itself.
            tracing::warn!(chat = short(&self.chat), %why, "a lease could not be given back");
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if !self.freed {
            self.runtime.chats.lock().busy.remove(&self.chat);
        }
        self.runtime.chats.idle.notify_waiters();
    }
}
