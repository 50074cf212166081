//! The store over SQL: one write queue, one set of statements, and two dialects, [`crate::sqlite`] and
//! [`crate::postgres`].
//!
//! Writes use **group commit**: callers queue operations, and one task runs everything that waits in one transaction.
//! Each statement takes the rows of the whole group as one JSON array. Each caller gets its reply after the commit. The
//! number of disk flushes and of database calls therefore does not grow with the load.
//!
//! This module holds no policy: when to deliver, when to retry a task and what a turn means is decided by the runtime.

mod accounts;
mod answer;
mod areas;
pub(crate) mod audit;
mod batch;
mod change;
mod clients;
mod data;
mod dialect;
mod dialogs;
mod drafts;
mod figures;
mod images;
mod look;
mod manage;
mod operation;
pub(crate) mod queue;
mod read;
pub(crate) mod retention;
mod settings;
mod shop;
pub(crate) mod statements;
mod tokens;
mod writer;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tolmach_runtime::ports::{Error, Removed, Result, Retention, Store, Task, TaskStore};

use answer::Answer;
pub(crate) use dialect::bound;
pub use dialect::{DbConnection, DbError, Dialect, Fetched, JobPool, Value};
use look::Look;
use operation::Operation;
pub(crate) use operation::Pushed;
use writer::Request;

/// Capacity of the write queue, and of the queue of reads for [`InboxStore::next`]. Callers wait when it is full.
const QUEUE: usize = 4096;

/// Timeout of the read in a ping, and of the probe write that follows after a failed write.
const PING: Duration = Duration::from_secs(2);

/// Task id of the probe write: this task is begun and ended to test whether the database accepts writes.
const PROBE: &str = "ping";

/// A store over one dialect; see the module. Share it behind an [`Arc`]. Dropping it without [`Store::close`] loses no
/// acknowledged write.
pub struct SqlStore<D> {
    dialect: Arc<D>,
    writer: mpsc::Sender<Request>,
    looks: mpsc::Sender<Look>,
    /// The last write error that was [`Error::Unavailable`]; cleared when a ping has written successfully.
    last_write_error: Arc<Mutex<Option<Error>>>,
    /// The database's own catalogue, as the database browser last read it.
    catalogue: Mutex<Option<data::Catalogue>>,
}

impl<D: Dialect> SqlStore<D> {
    /// Connections for a worker on the queue [`tolmach_runtime::ports::QUEUE`]. They are opened on first use and closed
    /// with the store.
    pub fn jobs(&self) -> JobPool {
        self.dialect.jobs()
    }

    pub(crate) fn start(dialect: D, session: D::DbConnection) -> SqlStore<D> {
        let dialect = Arc::new(dialect);
        let (writer, queue) = mpsc::channel(QUEUE);
        tokio::spawn(writer::run(Arc::clone(&dialect), session, queue));
        let (looks, queue) = mpsc::channel(QUEUE);
        tokio::spawn(look::run(Arc::clone(&dialect), queue));
        SqlStore { dialect, writer, looks, last_write_error: Arc::default(), catalogue: Mutex::default() }
    }

    async fn write(&self, operation: Operation) -> Result<Answer> {
        let (reply, answer) = oneshot::channel();
        self.writer.send(Request::Run(operation, reply)).await.map_err(|_| self.closed())?;
        let answer = answer.await.map_err(|_| self.closed())?;
        self.note(answer.as_ref().err());
        answer
    }

    /// Remembers a failed write for [`Store::ping`]. A successful write does not clear it, because a write without rows
    /// succeeds even on a full disk.
    fn note(&self, error: Option<&Error>) {
        if let Some(error @ Error::Unavailable { .. }) = error {
            *self.last_write_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        }
    }

    /// Probes whether the database accepts writes, by beginning and ending a task.
    async fn try_to_write(&self) -> Result<()> {
        self.begin_task(PROBE, &Task::Retain, 0).await?;
        self.end_task(PROBE).await
    }

    fn closed(&self) -> Error {
        Error::unavailable("database", format!("{} is closed", self.dialect.name()))
    }

    fn said<T>(&self, read: sqlx::Result<T>) -> Result<T> {
        read.map_err(|error| self.dialect.explain(&error))
    }
}

#[async_trait]
impl<D: Dialect> Store for SqlStore<D> {
    async fn retain(&self, keep: &Retention, limit: u32) -> Result<Removed> {
        Ok(self.write(Operation::Retain(Box::new(*keep), limit)).await?.removed())
    }

    async fn ping(&self) -> Result<()> {
        if self.writer.is_closed() {
            return Err(self.closed());
        }
        let away = || Error::unavailable("database", format!("{} does not answer", self.dialect.name()));
        let read = timeout(PING, read::ping(&*self.dialect)).await;
        self.said(read.map_err(|_| away())?)?;
        let Some(last_write_error) =
            self.last_write_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
        else {
            return Ok(());
        };
        // Reads can succeed while writes fail, such as on a full disk. Without other traffic only the ping can notice
        // that the database accepts writes again.
        timeout(PING, self.try_to_write()).await.unwrap_or(Err(last_write_error))?;
        *self.last_write_error.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        self.dialect.close_readers().await;
        let (reply, answer) = oneshot::channel();
        if self.writer.send(Request::Close(reply)).await.is_err() {
            return Ok(());
        }
        answer.await.unwrap_or(Ok(()))
    }
}
