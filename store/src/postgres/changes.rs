//! The listening connection of an open store. It holds the advisory lock that marks the store as alive, and receives
//! notifications about chats that other processes changed.
//!
//! Notifications sent while the connection is down are lost, so every listener also polls for unfinished chats.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::{
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tolmach_runtime::{
    backoff,
    ports::{ChatKey, Error, Result},
};
use uuid::Uuid;

use super::{
    Options,
    explain::{self, WHAT},
};
use crate::sql::statements::{CHANNEL, LIFE};

/// Number of changed chats above which new notifications are dropped until somebody reads them. Polling finds the
/// dropped chats.
const MOST: usize = 10_000;

/// Idle time after which the connection is checked by a query.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// The identity of one open store: it takes leases under this identity and ignores its own notifications.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) id: String,
    /// The second key of the advisory lock; the first is [`LIFE`].
    pub(super) lock: i32,
}

impl Owner {
    fn new() -> Owner {
        let id = Uuid::now_v7().simple().to_string();
        let hash = blake3::hash(id.as_bytes());
        let bytes = hash.as_bytes().first_chunk().copied().unwrap_or_default();
        Owner { id, lock: i32::from_le_bytes(bytes) & i32::MAX }
    }
}

/// Changed chats that were received and not yet read.
#[derive(Default)]
pub(super) struct Changes {
    chats: Mutex<BTreeSet<ChatKey>>,
    more: Notify,
}

impl Changes {
    /// Waits until there are changed chats, and takes all of them.
    pub(super) async fn heard(&self) -> Vec<ChatKey> {
        loop {
            let more = self.more.notified();
            let chats = std::mem::take(&mut *self.chats.lock().unwrap_or_else(PoisonError::into_inner));
            if !chats.is_empty() {
                return chats.into_iter().collect();
            }
            more.await;
        }
    }

    fn add(&self, chats: Vec<ChatKey>) {
        let mut known = self.chats.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.extend(chats);
        }
        drop(known);
        self.more.notify_one();
    }
}

/// The running connection task; it ends when this is dropped.
pub(super) struct DbConnection {
    pub(super) owner: Owner,
    pub(super) changes: Arc<Changes>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl DbConnection {
    pub(super) async fn start(options: &Options, name: &str) -> Result<DbConnection> {
        let mut attempt = 0;
        let (owner, held) = loop {
            attempt += 1;
            let owner = Owner::new();
            match Held::new(options, &owner).await {
                Ok(Some(held)) => break (owner, held),
                // Another store has the same lock key by chance: try another identity.
                Ok(None) if attempt < 5 => {}
                Ok(None) => return Err(Error::unavailable(WHAT, format!("{name}: no free lock was found"))),
                Err(error) => return Err(explain::explain(name, &error)),
            }
        };
        let changes = Arc::new(Changes::default());
        let (stop, stopped) = oneshot::channel();
        let running = run(options.clone(), owner.clone(), Arc::clone(&changes), held, stopped);
        let task = tokio::spawn(running);
        Ok(DbConnection { owner, changes, stop: Mutex::new(Some(stop)), task: Mutex::new(Some(task)) })
    }

    /// Closes the connection, so that the store's leases become free.
    pub(super) async fn stop(&self) {
        drop(self.stop.lock().unwrap_or_else(PoisonError::into_inner).take());
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::warn!(%error, "the session of the database ended badly");
        }
    }
}

/// A connection that holds the lock and listens.
struct Held {
    pool: PgPool,
    listener: PgListener,
}

impl Held {
    /// Connects. Returns `None` when another connection holds the lock.
    async fn new(options: &Options, owner: &Owner) -> sqlx::Result<Option<Held>> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(options.connect_timeout)
            .connect_with(options.connect.clone())
            .await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.ignore_pool_close_event(true);
        listener.eager_reconnect(false);
        let lock = sqlx::query_as("SELECT pg_try_advisory_lock($1, $2)").bind(LIFE).bind(owner.lock);
        let (locked,): (bool,) = lock.fetch_one(&mut listener).await?;
        if locked {
            listener.listen(CHANNEL).await?;
        }
        let held = Held { pool, listener };
        if locked {
            return Ok(Some(held));
        }
        held.end().await;
        Ok(None)
    }

    /// Receives notifications until the connection is lost.
    async fn listen(&mut self, owner: &Owner, changes: &Changes) {
        loop {
            match timeout(KEEPALIVE, self.listener.try_recv()).await {
                Ok(Ok(Some(news))) => {
                    let mut words: Vec<String> = serde_json::from_str(news.payload()).unwrap_or_default();
                    if words.first().is_some_and(|by| *by != owner.id) {
                        words.remove(0);
                        changes.add(words);
                    }
                }
                Ok(Ok(None) | Err(_)) => return,
                Err(_) => {
                    let pulse = sqlx::query("SELECT 1").execute(&mut self.listener);
                    if !matches!(timeout(Duration::from_secs(10), pulse).await, Ok(Ok(_))) {
                        return;
                    }
                }
            }
        }
    }

    async fn end(self) {
        drop(self.listener);
        // Closing a dead connection could wait for a reply that never comes, hence the timeout.
        drop(timeout(Duration::from_secs(2), self.pool.close()).await);
    }
}

async fn run(
    options: Options,
    owner: Owner,
    changes: Arc<Changes>,
    held: Held,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut held = Some(held);
    let mut failures = 0;
    loop {
        let living = async {
            let Some(session) = &mut held else { return };
            session.listen(&owner, &changes).await;
        };
        tokio::select! {
            _ = &mut stopped => break,
            () = living => {}
        }
        if let Some(lost) = held.take() {
            tracing::info!(
                "the session of the database was lost; others may take its chats until it is back"
            );
            lost.end().await;
        }
        tokio::select! {
            _ = &mut stopped => break,
            () = sleep(backoff::wait(Duration::from_millis(50), Duration::from_secs(2), failures)) => {}
        }
        // The old connection may hold the lock until the server notices that it is dead.
        let again = tokio::select! {
            _ = &mut stopped => break,
            again = Held::new(&options, &owner) => again,
        };
        match again {
            Ok(found) => {
                failures = if found.is_some() { 0 } else { failures + 1 };
                held = found;
            }
            Err(error) => {
                tracing::debug!(%error, "the session of the database is not back yet");
                failures += 1;
            }
        }
    }
    if let Some(held) = held {
        held.end().await;
    }
}
