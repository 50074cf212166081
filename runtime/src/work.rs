//! Work on a chat: runs turns for the events in its inbox and delivers their messages. At most one task works on a
//! chat, in this process and, by a lease, among all processes on one database.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;
use tolmach_engine::effect::Command;

use crate::{
    acknowledgements::AckPosition,
    busy_chats::Busy,
    coalescing,
    names::short,
    ports::{self, Address, ChatKey, InboxRow, MAX_PENDING},
    runtime::Runtime,
};

/// Number of coalescing windows after which a client who keeps typing is answered all the same.
const WINDOWS: u32 = 5;

/// Consecutive failures after which the work on a chat ends, until the chat is woken or found unfinished again.
const MAX_FAILURES: u32 = 20;

impl Runtime {
    /// Starts work on a chat that has new events, or has the running work continue with them.
    pub(crate) fn wake(&self, chat: &str) {
        self.wake_for(chat, false, false);
    }

    /// Like [`Runtime::wake`], for a chat whose outbox may hold messages that its running work did not put there.
    pub(crate) fn wake_undelivered(&self, chat: &str) {
        self.wake_for(chat, true, false);
    }

    /// Like [`Runtime::wake_undelivered`], for a chat that an earlier process or an earlier work may have left in the
    /// middle of a turn.
    pub(crate) fn wake_unfinished_chat(&self, chat: &str) {
        self.wake_for(chat, true, true);
    }

    fn wake_for(&self, chat: &str, undelivered: bool, begun: bool) {
        let mut chats = self.chats.lock();
        if chats.closing {
            return;
        }
        if let Some(busy) = chats.busy.get_mut(chat) {
            busy.again = true;
            busy.undelivered |= undelivered;
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
            begun,
            behind: None,
            delivered: AckPosition::default(),
            freed: false,
        };
        tokio::spawn(async move { working.run().await });
    }

    /// Wakes a chat and waits until the work on it ends.
    pub(crate) async fn work_on(&self, chat: &str) {
        self.wake_undelivered(chat);
        self.chats.settle(|busy| !busy.contains_key(chat)).await;
    }
}

/// The work on one chat. Dropping it, even in a panic, frees the chat.
struct Working {
    runtime: Arc<Runtime>,
    chat: ChatKey,
    woken: Arc<Notify>,
    leased: bool,
    /// Whether the waiting events may have been begun before: their starts are counted before they run.
    begun: bool,
    /// Whether the store holds undelivered messages, which new ones must not overtake; `None` when the store has to be
    /// asked.
    behind: Option<bool>,
    /// The position of the last acknowledgement of this work.
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
                    // The event is still in the store: a short outage of the database only delays it.
                    let pause = Duration::from_millis(100 << failures.min(8));
                    if self.runtime.chats.closing() || failures > MAX_FAILURES {
                        return;
                    }
                    tokio::time::sleep(pause).await;
                    continue;
                }
            }
            if self.again() {
                continue;
            }
            // The lease is given back before the chat is free in this process, because the next work takes a new lease.
            self.release_lease().await;
            if !self.again_or_free() {
                return;
            }
        }
    }

    /// Whether the chat was woken again during the work. Clears that flag.
    fn again(&mut self) -> bool {
        let mut chats = self.runtime.chats.lock();
        let closing = chats.closing;
        let Some(busy) = chats.busy.get_mut(&self.chat).filter(|busy| busy.again && !closing) else {
            return false;
        };
        busy.again = false;
        if std::mem::take(&mut busy.undelivered) {
            self.behind = None;
        }
        true
    }

    /// Like [`Working::again`], but frees the chat if it was not woken. Both happen under one lock, so that no wake is
    /// lost.
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

    /// Handles all pending work, then waits until its deliveries are marked or the chat is woken again.
    async fn work(&mut self) -> ports::Result<()> {
        if !self.lease().await? {
            return Ok(());
        }
        let mut timeout = self.runtime.ports.coalescing.get().window * WINDOWS;
        loop {
            let next = self.runtime.ports.store.next(&self.chat).await?;
            if self.behind.unwrap_or(next.undelivered) {
                self.catch_up().await?;
            }
            let stored = next.rows.len();
            let mut rows = coalescing::with_edits(next.rows);
            if rows.is_empty() {
                break;
            }
            if let Some(waited) = self.client_types(&rows, timeout).await {
                timeout = timeout.saturating_sub(waited);
                continue;
            }
            timeout = self.runtime.ports.coalescing.get().window * WINDOWS;
            let found = rows.len();
            rows.truncate(self.runtime.ports.coalescing.get().length(&rows));
            let left = found - rows.len();
            let Some(turned) = self.runtime.turn(rows, next.chat, self.begun).await? else { continue };
            if !turned.effects.iter().any(|effect| matches!(effect.command, Command::Send(_))) {
                // Nothing will be delivered, as where the staff has the chat, but the client's own message is stored now.
                self.show_change();
            }
            if self.behind == Some(true) {
                // Earlier messages are still undelivered, so the new ones are delivered after them.
                self.catch_up().await?;
            } else {
                // If this fails after a delivery, only the store knows what was delivered.
                self.behind = None;
                let behind =
                    self.runtime.deliver_now(&self.chat, &turned.effects, &mut self.delivered).await?;
                self.behind = Some(behind);
            }
            // Addresses whose channel this process does not have are left to a process that has it.
            let ours = turned.notified.iter().filter(|address| self.runtime.ports.reaches(address));
            ours.for_each(|address| self.runtime.wake_undelivered(address));
            // Events that arrive from now on wake the chat again.
            if left == 0 && stored < MAX_PENDING as usize || self.runtime.chats.closing() {
                break;
            }
        }
        self.stored().await;
        Ok(())
    }

    /// Lets the pages of the chat that are connected to this process show what was stored.
    fn show_change(&self) {
        let Some(to) = Address::parse(&self.chat) else { return };
        if let Some(channel) = self.runtime.ports.channel(&to.channel) {
            channel.changed(&to);
        }
    }

    async fn catch_up(&mut self) -> ports::Result<()> {
        self.behind = None;
        // A message that is delivered but not yet marked would be delivered again.
        self.runtime.acknowledgements.stored(self.runtime.acknowledgements.given()).await;
        let behind = self.runtime.deliver_stored(&self.chat, &mut self.delivered).await?;
        self.behind = Some(behind);
        Ok(())
    }

    /// Waits while the client may still be typing, until the chat is woken or the pause ends. Returns how long it
    /// waited, or `None` when it is time to answer.
    async fn client_types(&self, rows: &[InboxRow], timeout: Duration) -> Option<Duration> {
        let pause = self.runtime.ports.coalescing.get().pause(rows, self.runtime.ports.clock.now())?;
        let pause = Duration::from_millis(pause).min(timeout);
        // A process that stops answers the messages that it has.
        if self.runtime.chats.closing() || pause.is_zero() {
            return None;
        }
        let started = tokio::time::Instant::now();
        // In both cases the caller reads the store again.
        let _ = tokio::time::timeout(pause, self.woken.notified()).await;
        // At least 1 ms, so that the timeout is reached even if wakes follow each other quickly.
        Some(started.elapsed().max(Duration::from_millis(1)))
    }

    /// Waits until the deliveries are marked; otherwise the next work on the chat would deliver the messages again.
    /// Returns early when the chat is woken, so that a client who writes does not wait for the store.
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

    /// Takes the lease of the chat, unless it is held already; returns whether it is held. If another process holds it,
    /// that process is notified of new events.
    async fn lease(&mut self) -> ports::Result<bool> {
        if !self.leased {
            self.leased = !self.runtime.ports.store.lease(vec![self.chat.clone()]).await?.is_empty();
            self.runtime.chats.note_lease(&self.chat, self.leased);
        }
        Ok(self.leased)
    }

    async fn release_lease(&mut self) {
        // The next holder of the lease may leave messages undelivered.
        self.behind = None;
        self.runtime.chats.note_lease(&self.chat, false);
        if std::mem::take(&mut self.leased)
            && let Err(why) = self.runtime.ports.store.release_lease(vec![self.chat.clone()]).await
        {
            // The lease expires by itself.
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
