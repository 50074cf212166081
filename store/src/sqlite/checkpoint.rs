//! Runs checkpoints of the write-ahead log (WAL) on a connection of their own, beside the writer.
//!
//! A passive checkpoint blocks nobody, so no commit waits for the two disk flushes of a checkpoint. The writer's own
//! limit (`wal_autocheckpoint`) stays as a backstop.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sqlx::{Connection, SqliteConnection};
use tokio::{sync::watch, task::JoinHandle, time::sleep};

/// Operations after which the next checkpoint runs.
const WRITES: u64 = 256;

/// Minimum pause between two checkpoints, so that the disk serves commits most of the time.
const PAUSE: Duration = Duration::from_millis(100);

/// The checkpoint task, and the channel on which the writer reports its number of operations.
pub(super) struct Checkpointer {
    /// `None` once the task has been told to stop.
    written: Mutex<Option<watch::Sender<u64>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpointer {
    pub(super) fn start(connection: SqliteConnection) -> Checkpointer {
        let (written, count) = watch::channel(0);
        let task = tokio::spawn(run(connection, count));
        Checkpointer { written: Mutex::new(Some(written)), task: Mutex::new(Some(task)) }
    }

    pub(super) fn wrote(&self, operations: usize) {
        if let Some(written) = &*self.written.lock().unwrap_or_else(PoisonError::into_inner) {
            written.send_modify(|written| *written += operations as u64);
        }
    }

    /// Stops the task. Waits for a running checkpoint, because it would keep the final one from truncating the WAL.
    pub(super) async fn stop(&self) {
        drop(self.written.lock().unwrap_or_else(PoisonError::into_inner).take());
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::warn!(%error, "the checkpoint task ended badly");
        }
    }
}

async fn run(mut connection: SqliteConnection, mut count: watch::Receiver<u64>) {
    let mut done = 0;
    while let Ok(written) = count.wait_for(|written| *written >= done + WRITES).await.map(|written| *written)
    {
        done = written;
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut connection).await {
            // `wal_autocheckpoint` of the writer takes over, and reports a damaged file.
            tracing::debug!(%error, "a checkpoint failed");
        }
        sleep(PAUSE).await;
    }
    drop(connection.close().await);
}
