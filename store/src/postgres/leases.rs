//! Leases: which of several processes works on a chat. A lease is a row with an expiry time. It also ends with its
//! owner's connection, because that releases the advisory lock: the leases of a process that dies are free at once,
//! those of a process that hangs run out.
//!
//! If two processes work on a chat at once, as after a lost connection, only one of their turns is stored. The rows
//! therefore need no disk flush, and the table is `UNLOGGED`: a crash of the server may lose it.

use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

use sqlx::PgConnection;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tolmach_runtime::ports::{ChatKey, Error, Result};

use super::{Options, changes::Owner, explain, open};
use crate::sql::{
    DbError,
    statements::{living, now},
};

/// Maximum number of requests served by one statement.
const BATCH: usize = 1024;

/// Timeout of the statements for a group of requests, which normally take a millisecond.
const SILENCE: Duration = Duration::from_secs(10);

/// Maximum number of attempts for statements that conflict with others or find their connection dead.
const ATTEMPTS: u32 = 5;

const TAKE: &str = concat!(
    "INSERT INTO leases AS l (chat, owner, lock, until)
    SELECT e.value, $2, $3, ",
    now!(),
    " + $4 FROM json_array_elements_text($1::json) AS e (value) ORDER BY e.value
    ON CONFLICT (chat) DO UPDATE SET owner = excluded.owner, lock = excluded.lock, until = excluded.until
    WHERE l.owner = excluded.owner OR l.until < ",
    now!(),
    " OR l.lock NOT IN ",
    living!(),
    " RETURNING chat"
);

const GIVE: &str = "DELETE FROM leases
    WHERE owner = $2 AND chat IN (SELECT e.value FROM json_array_elements_text($1::json) AS e (value))";

pub(super) enum Request {
    Take(Vec<ChatKey>, oneshot::Sender<Result<Vec<ChatKey>>>),
    Give(Vec<ChatKey>, oneshot::Sender<Result<()>>),
}

/// Serves requests until the store is dropped. Requests that arrive while a statement runs share the next one.
pub(super) async fn run(options: Options, name: String, owner: Owner, mut queue: mpsc::Receiver<Request>) {
    let mut leases = Leases { options, name, owner, connection: None };
    let mut requests = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut requests, BATCH).await > 0 {
        let (taken, given) = wanted(&requests);
        let outcome = leases.serve(taken, given).await;
        for request in requests.drain(..) {
            // The caller may be gone; its lease then runs out.
            match (request, &outcome) {
                (Request::Take(mut chats, reply), Ok(has)) => {
                    chats.retain(|chat| has.contains(chat));
                    drop(reply.send(Ok(chats)));
                }
                (Request::Give(_, reply), Ok(_)) => drop(reply.send(Ok(()))),
                (Request::Take(_, reply), Err(error)) => drop(reply.send(Err(error.clone()))),
                (Request::Give(_, reply), Err(error)) => drop(reply.send(Err(error.clone()))),
            }
        }
    }
}

/// All chats to take, and those to give back afterwards. For each chat the last request counts.
fn wanted(requests: &[Request]) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let (mut taken, mut given) = (BTreeSet::new(), BTreeSet::new());
    for request in requests {
        match request {
            Request::Take(chats, _) => {
                for chat in chats {
                    given.remove(chat.as_str());
                    taken.insert(chat.as_str());
                }
            }
            Request::Give(chats, _) => given.extend(chats.iter().map(String::as_str)),
        }
    }
    (taken, given)
}

struct Leases {
    options: Options,
    name: String,
    owner: Owner,
    connection: Option<PgConnection>,
}

impl Leases {
    async fn serve(&mut self, taken: BTreeSet<&str>, given: BTreeSet<&str>) -> Result<HashSet<ChatKey>> {
        let json = |chats: BTreeSet<&str>| {
            serde_json::to_string(&chats).map_err(|error| Error::refused("database", error))
        };
        let (take, give) = (!taken.is_empty(), !given.is_empty());
        let (taken, given) = (json(taken)?, json(given)?);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let done = timeout(SILENCE, async {
                let has = if take { self.take(&taken).await? } else { HashSet::new() };
                if give {
                    self.give(&given).await?;
                }
                Ok::<_, Failure>(has)
            });
            // Safe to retry: taking and giving back are idempotent.
            let error = match done.await {
                Ok(Ok(has)) => return Ok(has),
                Ok(Err(Failure::Connect(error))) => return Err(error),
                Ok(Err(Failure::Statement(error))) => error,
                Err(_) => {
                    self.connection = None;
                    return Err(Error::unavailable("database", format!("{} does not answer", self.name)));
                }
            };
            let trouble = explain::trouble(&error);
            if trouble != DbError::Conflict {
                self.connection = None;
            }
            if trouble == DbError::Other || attempt == ATTEMPTS {
                return Err(explain::explain(&self.name, &error));
            }
        }
    }

    async fn take(&mut self, chats: &str) -> std::result::Result<HashSet<ChatKey>, Failure> {
        let (owner, lock) = (self.owner.id.clone(), i64::from(self.owner.lock));
        let length = i64::try_from(self.options.lease.as_millis()).unwrap_or(i64::MAX / 2);
        let query = sqlx::query_as::<_, (String,)>(TAKE).bind(chats).bind(owner).bind(lock).bind(length);
        let rows = query.fetch_all(self.connected().await?).await.map_err(Failure::Statement)?;
        Ok(rows.into_iter().map(|(chat,)| chat).collect())
    }

    async fn give(&mut self, chats: &str) -> std::result::Result<(), Failure> {
        let query = sqlx::query(GIVE).bind(chats).bind(self.owner.id.clone());
        query.execute(self.connected().await?).await.map(drop).map_err(Failure::Statement)
    }

    async fn connected(&mut self) -> std::result::Result<&mut PgConnection, Failure> {
        if self.connection.is_none() {
            let mut connection = open::connect(&self.options, &self.name).await.map_err(Failure::Connect)?;
            let settings = sqlx::raw_sql("SET synchronous_commit = off").execute(&mut connection).await;
            settings.map_err(Failure::Statement)?;
            self.connection = Some(connection);
        }
        self.connection.as_mut().ok_or_else(|| {
            Failure::Connect(Error::unavailable("database", "there is no connection for leases"))
        })
    }
}

enum Failure {
    Connect(Error),
    Statement(sqlx::Error),
}
