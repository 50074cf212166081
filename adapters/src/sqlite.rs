//! The default store: one SQLite file in WAL mode, written by one connection and read by a few.
//!
//! Writes are **committed in groups**: callers queue operations, one task drains the queue and runs all that wait in one
//! transaction, whose statements take the whole group as one JSON array. Each caller is answered after the
//! commit. So the number of disk flushes, and of calls into the database thread, does not grow with the load.
//!
//! No policy lives here: what to retry, when to deliver and what a turn means belong to the runtime.

mod batch;
mod checkpoint;
mod open;
mod operation;
mod read;
mod writer;

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};
use tolmach_engine::effect::Press;
use tolmach_runtime::ports::{
    Bundle, Chat, ChatKey, Commit, CommitOutcome, Error, HandedChat, Inbound, LeadRow, Mark, MessageRow,
    Next, OutboxRow, Publication, PublishOutcome, Result, Store, StoredTurn, WaitingPlace,
};
use uuid::Uuid;

use checkpoint::Checkpointer;
use open::Opened;
use operation::{Answer, Operation};
use writer::Request;

/// Operations that may wait for the writer before callers have to.
const QUEUE: usize = 4096;

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database file; it and its folder are created when missing.
    pub path: PathBuf,
    /// What survives a power cut.
    pub durability: Durability,
    /// Read connections, at least 1.
    pub readers: u32,
    /// How long to wait for another process that is writing.
    pub busy_timeout: Duration,
}

impl Options {
    /// Full durability, 4 read connections, 5 seconds of patience.
    pub fn new(path: impl Into<PathBuf>) -> Options {
        Options {
            path: path.into(),
            durability: Durability::Full,
            readers: 4,
            busy_timeout: Duration::from_secs(5),
        }
    }
}

/// What of the acknowledged writes survives. Both survive a crash of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Everything survives a power cut too: the disk is flushed before a caller is answered.
    #[default]
    Full,
    /// A power cut may lose the last moments, never the file's consistency. Faster on slow disks.
    Normal,
}

/// See the module. Cheap to share behind an [`Arc`]; dropping it without [`SqliteStore::close`] loses nothing that was
/// acknowledged.
pub struct SqliteStore {
    path: Arc<str>,
    writer: mpsc::Sender<Request>,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the database, creating or migrating it.
    ///
    /// # Errors
    /// Names the path and what to do: a folder in place of the file, no permission, a damaged file, another
    /// program's database, a database written by a newer version, an SQLite library too old to trust.
    pub async fn open(options: Options) -> Result<SqliteStore> {
        let path: Arc<str> = options.path.display().to_string().into();
        let Opened { writer: connection, checkpoints, readers } = open::open(&options).await?;
        let (writer, queue) = mpsc::channel(QUEUE);
        let checkpointer = Checkpointer::start(checkpoints);
        tokio::spawn(writer::run(connection, checkpointer, queue, Arc::clone(&path)));
        Ok(SqliteStore { path, writer, readers })
    }

    /// Carries out what is queued, folds the write-ahead log into the file and closes it. Later calls fail as
    /// unavailable.
    ///
    /// # Errors
    /// When the log could not be folded in; nothing is lost then, the next start does it.
    pub async fn close(&self) -> Result<()> {
        self.readers.close().await;
        let (reply, answer) = oneshot::channel();
        if self.writer.send(Request::Close(reply)).await.is_err() {
            return Ok(());
        }
        answer.await.unwrap_or(Ok(()))
    }

    async fn write(&self, operation: Operation) -> Result<Answer> {
        let (reply, answer) = oneshot::channel();
        self.writer.send(Request::Run(operation, reply)).await.map_err(|_| self.closed())?;
        answer.await.map_err(|_| self.closed())?
    }

    fn closed(&self) -> Error {
        Error::unavailable("database", format!("{} is closed", self.path))
    }

    fn error(&self, error: sqlx::Error) -> Error {
        open::explain(&self.path, &error)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn receive(&self, at: i64, inbound: Vec<(Uuid, Inbound)>) -> Result<Vec<ChatKey>> {
        if inbound.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.write(operation::receive(at, inbound)?).await?.chats())
    }

    async fn next(&self, chat: &str) -> Result<Next> {
        read::next(&self.readers, chat).await.map_err(|error| self.error(error))
    }

    async fn chat(&self, chat: &str) -> Result<Chat> {
        read::chat(&self.readers, chat).await.map_err(|error| self.error(error))
    }

    async fn commit(&self, commit: Commit) -> Result<CommitOutcome> {
        Ok(self.write(operation::commit(commit)?).await?.outcome())
    }

    async fn unfinished(&self, now: i64, channels: &[String]) -> Result<Vec<ChatKey>> {
        read::unfinished(&self.readers, now, channels).await.map_err(|error| self.error(error))
    }

    async fn outbox(&self, chat: &str) -> Result<Vec<OutboxRow>> {
        read::outbox(&self.readers, chat).await.map_err(|error| self.error(error))
    }

    async fn delivered(&self, effects: Vec<String>) -> Result<()> {
        if effects.is_empty() {
            return Ok(());
        }
        self.write(operation::delivered(effects)?).await.map(drop)
    }

    async fn put_off(&self, effect: &str, due: i64) -> Result<()> {
        self.write(operation::put_off(effect, due)?).await.map(drop)
    }

    async fn button(&self, chat: &str, id: &str) -> Result<Option<Press>> {
        read::button(&self.readers, chat, id).await.map_err(|error| self.error(error))
    }

    async fn fire_timers(&self, now: i64, channels: &[String]) -> Result<Vec<ChatKey>> {
        Ok(self.write(operation::fire_timers(now, channels)?).await?.chats())
    }

    async fn next_timer(&self, channels: &[String]) -> Result<Option<i64>> {
        read::next_timer(&self.readers, channels).await.map_err(|error| self.error(error))
    }

    async fn messages(&self, chat: &str, after: i64, limit: u32) -> Result<Vec<MessageRow>> {
        read::messages(&self.readers, chat, after, limit).await.map_err(|error| self.error(error))
    }

    async fn leads(&self, limit: u32) -> Result<Vec<LeadRow>> {
        read::leads(&self.readers, limit).await.map_err(|error| self.error(error))
    }

    async fn turns(&self, chat: &str, limit: u32) -> Result<Vec<StoredTurn>> {
        read::turns(&self.readers, chat, limit).await.map_err(|error| self.error(error))
    }

    async fn turns_since(&self, at: i64, after: i64, limit: u32) -> Result<Vec<StoredTurn>> {
        read::turns_since(&self.readers, at, after, limit).await.map_err(|error| self.error(error))
    }

    async fn waiting_places(&self) -> Result<Vec<WaitingPlace>> {
        read::waiting_places(&self.readers).await.map_err(|error| self.error(error))
    }

    async fn chats_at_rest(&self) -> Result<u64> {
        read::chats_at_rest(&self.readers).await.map_err(|error| self.error(error))
    }

    async fn handed(&self) -> Result<Vec<HandedChat>> {
        read::handed(&self.readers).await.map_err(|error| self.error(error))
    }

    async fn marks_since(&self, at: i64) -> Result<Vec<Mark>> {
        read::marks_since(&self.readers, at).await.map_err(|error| self.error(error))
    }

    async fn publish(&self, publication: Publication, expected: Option<String>) -> Result<PublishOutcome> {
        Ok(self.write(operation::publish(publication, expected)?).await?.published())
    }

    async fn current_release(&self) -> Result<Option<Publication>> {
        let last = read::publications(&self.readers, 1).await.map_err(|error| self.error(error))?;
        Ok(last.into_iter().next())
    }

    async fn publications(&self, limit: u32) -> Result<Vec<Publication>> {
        read::publications(&self.readers, limit).await.map_err(|error| self.error(error))
    }

    async fn chats_like(&self, part: &str) -> Result<Vec<ChatKey>> {
        read::chats_like(&self.readers, part).await.map_err(|error| self.error(error))
    }

    async fn releases_like(&self, prefix: &str) -> Result<Vec<String>> {
        read::releases_like(&self.readers, prefix).await.map_err(|error| self.error(error))
    }

    async fn keep_release(&self, bundle: &Bundle, at: i64) -> Result<()> {
        self.write(operation::keep_release(bundle, at)?).await.map(drop)
    }

    async fn release(&self, id: &str) -> Result<Option<Bundle>> {
        read::release(&self.readers, id).await.map_err(|error| self.error(error))
    }

    async fn ping(&self) -> Result<()> {
        if self.writer.is_closed() {
            return Err(self.closed());
        }
        read::ping(&self.readers).await.map_err(|error| self.error(error))
    }
}

#[cfg(test)]
mod tests;
