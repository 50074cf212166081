//! The chats that this process works on: whether they were woken again meanwhile, and which of them it has leased.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::ports::ChatKey;

/// The chats that this process works on.
#[derive(Default)]
pub(crate) struct Chats {
    inner: Mutex<Inner>,
    pub(crate) idle: Notify,
}

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) busy: HashMap<ChatKey, Busy>,
    pub(crate) closing: bool,
}

/// A chat being worked on.
#[derive(Default)]
pub(crate) struct Busy {
    /// The chat was woken again during the work.
    pub(crate) again: bool,
    /// Whether this process holds the chat's lease.
    pub(crate) leased: bool,
    /// The outbox may hold messages that this work did not put there.
    pub(crate) undelivered: bool,
    /// Ends a wait of the work: the chat was woken again, or the process stops.
    pub(crate) woken: Arc<Notify>,
}

impl Chats {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics while the lock is held, and the map is consistent after every step.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn closing(&self) -> bool {
        self.lock().closing
    }

    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        inner.closing = true;
        inner.busy.values().for_each(|busy| busy.woken.notify_one());
    }

    /// The chats being worked on.
    pub(crate) fn busy(&self) -> Vec<ChatKey> {
        self.lock().busy.keys().cloned().collect()
    }

    /// The chats being worked on whose lease this process holds.
    pub(crate) fn leased(&self) -> Vec<ChatKey> {
        let inner = self.lock();
        inner.busy.iter().filter(|(_, busy)| busy.leased).map(|(chat, _)| chat.clone()).collect()
    }

    pub(crate) fn note_lease(&self, chat: &str, leased: bool) {
        if let Some(busy) = self.lock().busy.get_mut(chat) {
            busy.leased = leased;
        }
    }

    /// Waits until a condition on the chats being worked on holds.
    pub(crate) async fn settle(&self, settled: impl Fn(&HashMap<ChatKey, Busy>) -> bool) {
        loop {
            let idle = self.idle.notified();
            tokio::pin!(idle);
            // Register before the check, so that a chat that ends in between is not missed.
            idle.as_mut().enable();
            if settled(&self.lock().busy) {
                return;
            }
            idle.await;
        }
    }
}
