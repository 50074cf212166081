//! What was delivered, on its way into the store: many chats' deliveries are marked by one write, and no client waits
//! for it.
//!
//! A crash before the mark has a message delivered once more, as one between the delivery and a mark of its own would.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::sync::watch;

use crate::ports::Store;

/// Between two attempts to reach a store that is away.
const PAUSE: Duration = Duration::from_millis(200);

/// Deliveries that are not marked yet.
pub(crate) struct Acknowledgements {
    store: Arc<dyn Store>,
    open: Mutex<Open>,
    /// How many receipts are in the store.
    stored: watch::Sender<u64>,
    me: Weak<Acknowledgements>,
}

#[derive(Default)]
struct Open {
    effects: Vec<String>,
    given: u64,
    /// Whether a task writes them.
    writing: bool,
}

/// Knows when the receipts up to one are in the store; the default is for none.
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

    /// Has these effects marked as delivered, soon.
    pub(crate) fn give(&self, effects: Vec<String>) -> AckPosition {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.given += effects.len() as u64;
        open.effects.extend(effects);
        let ticket = AckPosition(open.given);
        if !open.effects.is_empty() && !open.writing {
            open.writing = true;
            if let Some(me) = self.me.upgrade() {
                tokio::spawn(me.write());
            }
        }
        ticket
    }

    /// For all that were given so far.
    pub(crate) fn given(&self) -> AckPosition {
        AckPosition(self.open.lock().unwrap_or_else(PoisonError::into_inner).given)
    }

    /// Waits until they are in the store.
    pub(crate) async fn stored(&self, ticket: AckPosition) {
        // The sender lives as long as `self`, so this ends only when the count is reached.
        let _ = self.stored.subscribe().wait_for(|stored| *stored >= ticket.0).await;
    }

    /// Writes until nothing is left. What is given meanwhile goes with the next write.
    async fn write(self: Arc<Acknowledgements>) {
        loop {
            let (effects, given) = {
                let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
                if open.effects.is_empty() {
                    open.writing = false;
                    return;
                }
                (std::mem::take(&mut open.effects), open.given)
            };
            while let Err(why) = self.store.delivered(effects.clone()).await {
                tracing::error!(%why, messages = effects.len(), "deliveries could not be marked; it is tried again");
                tokio::time::sleep(PAUSE).await;
            }
            self.stored.send_replace(given);
        }
    }
}
