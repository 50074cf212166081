//! The task that owns the write connection. It is never cancelled inside a transaction: it ends when every handle
//! of the store is gone, or on close.

use std::sync::Arc;

use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tolmach_runtime::ports::Result;

use super::{
    batch::{self, Failure},
    checkpoint::Checkpointer,
    open::explain,
    operation::{Answer, Operation},
};

/// Operations that share one transaction at most.
const BATCH: usize = 512;

/// What callers ask of the writer.
pub(super) enum Request {
    Run(Operation, Reply),
    Close(oneshot::Sender<Result<()>>),
}

type Reply = oneshot::Sender<Result<Answer>>;

/// Serves requests until the store is closed or dropped.
pub(super) async fn run(
    mut connection: SqliteConnection,
    checkpointer: Checkpointer,
    mut queue: mpsc::Receiver<Request>,
    path: Arc<str>,
) {
    let mut closing = Vec::new();
    let mut requests = Vec::with_capacity(BATCH);
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
            serve(&mut connection, waiting, &path).await;
            checkpointer.wrote(operations);
        }
    }
    checkpointer.stop().await;
    let closed = finish(connection).await.map_err(|error| explain(&path, &error));
    if let Err(error) = &closed {
        tracing::warn!(%error, "the database was not closed cleanly; the next start completes it");
    }
    for reply in closing {
        // Nobody has to wait for the end.
        drop(reply.send(closed.clone()));
    }
}

/// Runs what waits as one transaction; where that fails, each on its own, so that one bad operation cannot fail the
/// others. A caller that has gone away does not undo its write.
async fn serve(connection: &mut SqliteConnection, waiting: Vec<(Operation, Reply)>, path: &str) {
    let all: Vec<&Operation> = waiting.iter().map(|(operation, _)| operation).collect();
    match batch::run(connection, &all).await {
        Ok(answers) => {
            for ((_, reply), answer) in waiting.into_iter().zip(answers) {
                drop(reply.send(Ok(answer)));
            }
        }
        Err(Failure::Inside(error)) if waiting.len() > 1 => {
            tracing::warn!(%error, operations = waiting.len(), "a group of writes failed; running them one by one");
            for (operation, reply) in waiting {
                let answer = batch::run(connection, &[&operation]).await;
                let answer = answer.map(|answers| answers.into_iter().next().unwrap_or(Answer::Done));
                drop(reply.send(answer.map_err(|failure| explain(path, failure.error()))));
            }
        }
        // The transaction could not even begin (another process holds the file): one by one would only wait as often.
        Err(failure) => {
            let error = explain(path, failure.error());
            for (_, reply) in waiting {
                drop(reply.send(Err(error.clone())));
            }
        }
    }
}

async fn finish(mut connection: SqliteConnection) -> sqlx::Result<()> {
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await?;
    connection.close().await
}
