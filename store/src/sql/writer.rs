//! The task that owns the write connection. It is never cancelled inside a transaction: it ends on close, or when every
//! handle of the store is dropped. A lost connection is opened anew. Callers whose operations were running on the lost
//! connection get [`Error::Unavailable`], because it is unknown whether the commit took effect.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, sleep_until, timeout},
};
use tolmach_runtime::ports::{CommitOutcome, Error, Result};

use super::{
    DbError, Dialect,
    answer::Answer,
    batch::{self, Failure},
    operation::Operation,
};
use tolmach_runtime::backoff;

/// Maximum number of operations in one transaction.
const BATCH: usize = 512;

/// Maximum number of attempts for a group whose transaction conflicts with another one.
const MAX_ATTEMPTS: u32 = 6;

/// Timeout of a transaction, which normally takes milliseconds. After it the connection counts as lost.
const SILENCE: Duration = Duration::from_secs(40);

/// Requests to the writer.
pub(super) enum Request {
    Run(Operation, Reply),
    Close(oneshot::Sender<Result<()>>),
}

type Reply = oneshot::Sender<Result<Answer>>;

/// Serves requests until the store is closed or dropped.
pub(super) async fn run<D: Dialect>(
    dialect: Arc<D>,
    session: D::DbConnection,
    mut queue: mpsc::Receiver<Request>,
) {
    let mut closing = Vec::new();
    let mut requests = Vec::with_capacity(BATCH);
    let mut writer = Writer { dialect, session: Some(session), failures: 0, not_before: Instant::now() };
    while queue.recv_many(&mut requests, BATCH).await > 0 {
        let mut waiting = Vec::with_capacity(requests.len());
        for request in requests.drain(..) {
            match request {
                Request::Run(operation, reply) => waiting.push((operation, reply)),
                Request::Close(reply) => {
                    // Requests that are already queued are still received; new ones are refused.
                    queue.close();
                    closing.push(reply);
                }
            }
        }
        if !waiting.is_empty() {
            let operations = waiting.len();
            writer.serve(waiting).await;
            writer.dialect.wrote(operations);
        }
    }
    let closed = writer.dialect.finish(writer.session).await;
    if let Err(error) = &closed {
        tracing::warn!(%error, "the database was not closed cleanly; the next start completes it");
    }
    for reply in closing {
        // The caller may be gone.
        drop(reply.send(closed.clone()));
    }
}

/// Why a group was not stored.
enum Ended {
    /// Running the operations one by one may store some of them.
    Apart,
    /// Every operation of the group fails with this error.
    Together(Error),
}

struct Writer<D: Dialect> {
    dialect: Arc<D>,
    /// `None` after the connection was lost.
    session: Option<D::DbConnection>,
    /// Consecutive failed attempts to connect.
    failures: u32,
    not_before: Instant,
}

impl<D: Dialect> Writer<D> {
    /// Runs a group as one transaction. If that fails, runs the operations one by one, so that one bad operation cannot
    /// fail the others. A write is not undone when its caller is gone.
    async fn serve(&mut self, waiting: Vec<(Operation, Reply)>) {
        let all: Vec<&Operation> = waiting.iter().map(|(operation, _)| operation).collect();
        match self.attempt(&all).await {
            Ok(answers) => {
                for ((_, reply), answer) in waiting.into_iter().zip(answers) {
                    drop(reply.send(Ok(answer)));
                }
            }
            Err(Ended::Together(error)) => {
                for (_, reply) in waiting {
                    drop(reply.send(Err(error.clone())));
                }
            }
            Err(Ended::Apart) => {
                let mut away = None;
                for (operation, reply) in waiting {
                    let answer = match &away {
                        Some(error) => Err(Error::clone(error)),
                        None => self.alone(&operation).await,
                    };
                    // The database is unreachable: fail the remaining operations instead of waiting for a connection
                    // for each.
                    if self.failures > 0 {
                        away = answer.as_ref().err().cloned();
                    }
                    drop(reply.send(answer));
                }
            }
        }
    }

    async fn alone(&mut self, operation: &Operation) -> Result<Answer> {
        match self.attempt(&[operation]).await {
            Ok(answers) => Ok(answers.into_iter().next().unwrap_or(Answer::Done)),
            Err(Ended::Together(error)) => Err(error),
            Err(Ended::Apart) => Err(Error::unavailable("database", "the write was not tried")),
        }
    }

    async fn attempt(&mut self, operations: &[&Operation]) -> std::result::Result<Vec<Answer>, Ended> {
        let dialect = Arc::clone(&self.dialect);
        let (statements, owner) = (dialect.statements(), dialect.owner());
        let mut attempt = 0;
        loop {
            attempt += 1;
            let session = self.session().await.map_err(Ended::Together)?;
            let failure = match timeout(SILENCE, batch::run(session, statements, owner, operations)).await {
                Ok(Ok(answers)) => return Ok(answers),
                Ok(Err(failure)) => failure,
                Err(_) => {
                    self.session = None;
                    let why = format!("{} does not answer", self.dialect.name());
                    return Err(Ended::Together(Error::unavailable("database", why)));
                }
            };
            let (began, error) = match failure {
                Failure::Overtaken if operations.len() == 1 => {
                    return Ok(vec![Answer::Outcome(CommitOutcome::Conflict)]);
                }
                Failure::Overtaken => return Err(Ended::Apart),
                Failure::Begin(error) => (false, error),
                Failure::Inside(error) => (true, error),
            };
            let explained = self.dialect.explain(&error);
            match self.dialect.classify_error(&error) {
                DbError::Conflict if attempt < MAX_ATTEMPTS => {
                    sleep(backoff::wait(Duration::from_millis(5), Duration::from_millis(200), attempt)).await;
                }
                // The connection died while it was idle. No transaction has begun, so nothing is unknown.
                DbError::Lost if !began && attempt == 1 => self.session = None,
                DbError::Lost => {
                    tracing::warn!(%error, "the connection to the database was lost");
                    self.session = None;
                    return Err(Ended::Together(explained));
                }
                // The transaction could not begin, for example because another process holds the file. Running the
                // operations one by one would only repeat the wait.
                _ if !began => return Err(Ended::Together(explained)),
                _ if operations.len() == 1 => return Err(Ended::Together(explained)),
                _ => {
                    let operations = operations.len();
                    tracing::warn!(%error, operations, "a group of writes failed; running them one by one");
                    return Err(Ended::Apart);
                }
            }
        }
    }

    async fn session(&mut self) -> Result<&mut D::DbConnection> {
        if self.session.is_none() {
            sleep_until(self.not_before).await;
            match self.dialect.connect().await {
                Ok(session) => {
                    if self.failures > 0 {
                        tracing::info!("the database answers again");
                    }
                    self.failures = 0;
                    self.session = Some(session);
                }
                Err(error) => {
                    let pause =
                        backoff::wait(Duration::from_millis(50), Duration::from_secs(2), self.failures);
                    self.failures = self.failures.saturating_add(1);
                    self.not_before = Instant::now() + pause;
                    return Err(error);
                }
            }
        }
        self.session.as_mut().ok_or_else(|| Error::unavailable("database", "there is no connection"))
    }
}
