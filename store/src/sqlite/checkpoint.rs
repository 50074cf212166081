//! Folds the write-ahead log into the database beside the writer, on a connection of its own.
//!
//! A passive checkpoint blocks nobody, so a commit does not have to wait for the two disk flushes of one. The
//! writer's own limit on the log stays as a backstop: most of what it finds is folded in already.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sqlx::{Connection, SqliteConnection};
use tokio::{sync::watch, task::JoinHandle, time::sleep};

/// Writes after which a checkpoint is worth its disk flushes.
const WRITES: u64 = 256;

/// Between two checkpoints, so that the disk serves commits most of the time.
const PAUSE: Duration = Duration::from_millis(100);

/// The running task, and where the writer tells how much it has written.
pub(super) struct Checkpointer {
    /// Gone once it is to stop.
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

    /// Waits for a checkpoint under way: it would keep the last one from emptying the log.
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
            // The writer's own limit takes over; a broken file shows there.
            tracing::debug!(%error, "a checkpoint failed");
        }
        sleep(PAUSE).await;
    }
    drop(connection.close().await);
}
