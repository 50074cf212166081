//! Delivery acknowledgements on their way into the store: one write marks the deliveries of many chats, and no client
//! waits for it.
//!
//! After a crash before the write a message is delivered once more, as it would be if each delivery were marked by a
//! write of its own.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::sync::watch;

use crate::ports::Store;

/// Pause between two attempts to write while the store is unavailable.
const PAUSE: Duration = Duration::from_millis(200);

/// Deliveries that are not yet marked in the store.
pub(crate) struct Acknowledgements {
    store: Arc<dyn Store>,
    open: Mutex<Open>,
    /// The number of acknowledgements that are in the store.
    stored: watch::Sender<u64>,
    me: Weak<Acknowledgements>,
}

#[derive(Default)]
struct Open {
    effects: Vec<String>,
    /// Messages that were given up, with the reasons.
    failed: Vec<(String, String)>,
    given: u64,
    /// Whether a task is writing them.
    writing: bool,
}

/// A position in the sequence of acknowledgements, for [`Acknowledgements::stored`]. The default is the position before
/// the first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AckPosition(u64);

impl Acknowledgements {
    pub(crate) fn new(store: Arc<dyn Store>) -> Arc<Acknowledgements> {
        Arc::new_cyclic(|me| Acknowledgements {
            store,
            open: Mutex::default(),
            stored: watch::Sender::new(0),
            me: me.clone(),
        })
    }

    /// Queues these effects to be marked as delivered; returns the position after them.
    pub(crate) fn give(&self, effects: Vec<String>) -> AckPosition {
        self.add(|open| {
            open.given += effects.len() as u64;
            open.effects.extend(effects);
        })
    }

    /// Has these effects marked as given up, with the reason; returns the position after them.
    pub(crate) fn give_up(&self, effects: Vec<String>, why: &str) -> AckPosition {
        self.add(|open| {
            open.given += effects.len() as u64;
            open.failed.extend(effects.into_iter().map(|effect| (effect, why.to_owned())));
        })
    }

    fn add(&self, more: impl FnOnce(&mut Open)) -> AckPosition {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        more(&mut open);
        let ticket = AckPosition(open.given);
        let waits = !open.effects.is_empty() || !open.failed.is_empty();
        if waits && !open.writing {
            open.writing = true;
            if let Some(me) = self.me.upgrade() {
                tokio::spawn(me.write());
            }
        }
        ticket
    }

    /// The position after all acknowledgements given so far.
    pub(crate) fn given(&self) -> AckPosition {
        AckPosition(self.open.lock().unwrap_or_else(PoisonError::into_inner).given)
    }

    /// Waits until all acknowledgements up to a position are in the store.
    pub(crate) async fn stored(&self, ticket: AckPosition) {
        // The sender lives as long as `self`, so this ends only when the count is reached.
        let _ = self.stored.subscribe().wait_for(|stored| *stored >= ticket.0).await;
    }

    /// Writes until the queue is empty. Effects that are added during a write go into the next one.
    async fn write(self: Arc<Acknowledgements>) {
        loop {
            let (effects, failed, given) = {
                let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
                if open.effects.is_empty() && open.failed.is_empty() {
                    open.writing = false;
                    return;
                }
                (std::mem::take(&mut open.effects), std::mem::take(&mut open.failed), open.given)
            };
            while let Err(why) = self.store.delivered(effects.clone()).await {
                tracing::error!(%why, messages = effects.len(), "deliveries could not be marked; it is tried again");
                tokio::time::sleep(PAUSE).await;
            }
            while let Err(why) = self.store.give_up(failed.clone()).await {
                tracing::error!(%why, messages = failed.len(), "lost messages could not be marked; it is tried again");
                tokio::time::sleep(PAUSE).await;
            }
            self.stored.send_replace(given);
        }
    }
}
