//! The task that owns the write connection. It is never cancelled inside a transaction: it ends when every handle
//! of the store is gone, or on close. A connection that is lost is made anew; those who waited on the lost one are
//! told to try again, because nobody knows whether a last commit happened.

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

/// Operations that share one transaction at most.
const BATCH: usize = 512;

/// As often a group is tried whose transaction met another one.
const MEETINGS: u32 = 6;

/// A transaction takes milliseconds: a connection that is silent for so long has lost its other end.
const SILENCE: Duration = Duration::from_secs(40);

/// What callers ask of the writer.
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
                    // What was queued before is still received; nothing new is.
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
        // Nobody has to wait for the end.
        drop(reply.send(closed.clone()));
    }
}

/// How a group ended that was not stored.
enum Ended {
    /// Each on its own may fare better.
    Apart,
    /// All fare the same.
    Together(Error),
}

struct Writer<D: Dialect> {
    dialect: Arc<D>,
    /// `None` when it was lost.
    session: Option<D::DbConnection>,
    /// Vain attempts to have one, in a row.
    failures: u32,
    not_before: Instant,
}

impl<D: Dialect> Writer<D> {
    /// Runs what waits as one transaction; where that fails, each on its own, so that one bad operation cannot fail
    /// the others. A caller that has gone away does not undo its write.
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
                    // While nobody answers there, the rest need not wait as often.
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
            match self.dialect.trouble(&error) {
                DbError::Met if attempt < MEETINGS => {
                    sleep(backoff::wait(Duration::from_millis(5), Duration::from_millis(200), attempt)).await;
                }
                // A connection that died while nobody used it: nothing has begun, so nothing is unknown.
                DbError::Lost if !began && attempt == 1 => self.session = None,
                DbError::Lost => {
                    tracing::warn!(%error, "the connection to the database was lost");
                    self.session = None;
                    return Err(Ended::Together(explained));
                }
                // Another process holds the file: one by one would only wait as often.
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
