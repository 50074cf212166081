//! The meter of a running program: allows every call and keeps what was reported in the store.
//!
//! Budgets are not here. A meter with budgets wraps this one and refuses in [`Meter::reserve`].

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use tokio::sync::mpsc;
use tolmach_runtime::ports::{
    AttemptResult, Clock, Estimate, Meter, MeterStore, ModelCall, ModelCallRow, Reservation, Result,
};
use uuid::Uuid;

/// Rows that may wait to be written. More are counted as lost and logged.
const QUEUE: usize = 10_000;
/// Rows of one write.
const ROWS: usize = 256;

/// See the module.
pub struct StoredMeter {
    rows: mpsc::Sender<ModelCallRow>,
    clock: Arc<dyn Clock>,
    lost: AtomicU64,
}

impl StoredMeter {
    /// A meter that writes to this store, in a task of its own that ends when the meter is dropped.
    ///
    /// Must be called within a tokio runtime.
    pub fn new<S: MeterStore + ?Sized + 'static>(store: Arc<S>, clock: Arc<dyn Clock>) -> StoredMeter {
        let (rows, queue) = mpsc::channel(QUEUE);
        tokio::spawn(write(store, queue));
        StoredMeter { rows, clock, lost: AtomicU64::new(0) }
    }

    /// Rows that were lost because the store was away for too long. For /health.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Meter for StoredMeter {
    async fn reserve(&self, _: &ModelCall, _: &Estimate) -> Result<Reservation> {
        Ok(Reservation { id: Uuid::now_v7() })
    }

    fn settle(&self, reservation: Reservation, call: &ModelCall, result: AttemptResult) {
        let AttemptResult { model, attempt, millis, failure, usage } = result;
        let took = i64::try_from(millis).unwrap_or_default();
        let row = ModelCallRow {
            seq: 0,
            id: reservation.id,
            at: self.clock.now().saturating_sub(took),
            call: call.clone(),
            model,
            attempt,
            millis,
            failure,
            usage,
        };
        if self.rows.try_send(row).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
            tracing::error!("a model call could not be recorded; the store is away for too long");
        }
    }
}

/// Writes rows in groups until the meter is gone. Rows of a failed write are tried again: a repeated id is written once.
async fn write<S: MeterStore + ?Sized>(store: Arc<S>, mut queue: mpsc::Receiver<ModelCallRow>) {
    let mut rows = Vec::new();
    while queue.recv_many(&mut rows, ROWS).await > 0 {
        let mut failures = 0;
        while let Err(why) = store.record_model_calls(rows.clone()).await {
            if queue.is_closed() && failures > 3 {
                tracing::error!(%why, rows = rows.len(), "model calls could not be recorded before the end");
                return;
            }
            tracing::warn!(%why, rows = rows.len(), "model calls could not be recorded; it is tried again");
            let (first, most) = (std::time::Duration::from_millis(200), std::time::Duration::from_secs(10));
            tokio::time::sleep(tolmach_runtime::backoff::wait(first, most, failures)).await;
            failures = failures.saturating_add(1);
        }
        rows.clear();
    }
}
