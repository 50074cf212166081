//! Publishes a generation: builds it in the second index, checks every task, verifies, and swaps the index with the
//! live one.
//!
//! The previous generation stays in the second index, so a rollback is a swap. A marker document says what an index
//! contains; an interrupted publication leaves no marker, and the next one starts over. Searches are in [`super::ask`].

use std::{sync::Arc, time::Duration};

use futures_util::io::Cursor;
use meilisearch_sdk::{
    client::{Client, SwapIndexes},
    indexes::Index,
    request::{HttpClient, Method},
    search::{SearchQuery, Selectors},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{
    super::generation::Generation,
    document::{self, Document, MARKER},
    filter,
    http::{Http, MirrorError},
};
use crate::words;

/// Size of a request with documents, in bytes, at which it is sent. Meilisearch accepts 100 MB by default.
const BATCH: usize = 8 << 20;
/// Approximate number of rows that are read back for verification.
const SAMPLED: usize = 20;
/// First and longest pause between polls of a task.
const FIRST_LOOK: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The two indexes of a catalogue on the server.
#[derive(Clone)]
pub(super) struct Publisher {
    pub url: String,
    pub http: Http,
    pub live: String,
    pub second: String,
    /// Timeout of one task.
    pub timeout: Duration,
}

#[derive(Deserialize)]
struct Task {
    status: String,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Queue {
    total: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    number_of_documents: u64,
    is_indexing: bool,
}

#[derive(Deserialize)]
struct Marked {
    marks: String,
}

#[derive(Deserialize)]
struct RetrievedRow {
    row: u32,
    product: String,
}

impl Publisher {
    /// The marker of the live index; `None` if it has none.
    ///
    /// # Errors
    /// The request failed.
    pub async fn live(&self) -> Result<Option<String>, MirrorError> {
        self.marks(&self.live).await
    }

    /// Makes this generation the live one. The caller must ensure that only one publication runs at a time.
    ///
    /// # Errors
    /// A request or task failed, verification failed, or the live index has another marker after the swap.
    pub async fn publish(&self, generation: &Arc<Generation>) -> Result<(), MirrorError> {
        self.drain().await?;
        let wanted = document::marks(&generation.manifest.id);
        if self.marks(&self.live).await?.as_ref() == Some(&wanted) {
            return Ok(());
        }
        // The second index may have the generation already: after an interruption before the swap, or after a rollback.
        if self.marks(&self.second).await?.as_ref() != Some(&wanted) {
            self.build(generation).await?;
        }
        self.verify(generation).await?;
        self.swap().await?;
        match self.marks(&self.live).await? {
            Some(marks) if marks == wanted => Ok(()),
            _ => Err(MirrorError::Unverified("the live index is another one after the swap".to_owned())),
        }
    }

    pub fn client(&self) -> Client<Http> {
        Client::new_with_client(self.url.clone(), None::<String>, self.http.clone())
    }

    /// A handle of an index; no request is made.
    pub fn index(&self, uid: &str) -> Index<Http> {
        self.client().index(uid)
    }

    async fn get<T: serde::de::DeserializeOwned + Send + 'static>(
        &self,
        path: &str,
    ) -> Result<T, MirrorError> {
        let url = format!("{}{path}", self.url);
        Ok(self.http.request::<(), (), T>(&url, Method::Get { query: () }, 200).await?)
    }

    async fn marks(&self, uid: &str) -> Result<Option<String>, MirrorError> {
        match self.get::<Marked>(&format!("/indexes/{uid}/documents/{MARKER}")).await {
            Ok(marked) => Ok(Some(marked.marks)),
            Err(MirrorError::Missing(_)) => Ok(None),
            Err(error_text) => Err(error_text),
        }
    }

    /// Waits until no tasks of the two indexes are left that another process, or an earlier run, has started.
    async fn drain(&self) -> Result<(), MirrorError> {
        let path =
            format!("/tasks?statuses=enqueued,processing&limit=1&indexUids={},{}", self.live, self.second);
        let (until, mut pause) = (Instant::now() + self.timeout, FIRST_LOOK);
        while self.get::<Queue>(&path).await?.total > 0 {
            if Instant::now() > until {
                return Err(MirrorError::Unavailable(format!(
                    "tasks of others do not end within {:?}",
                    self.timeout
                )));
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Ok(())
    }

    /// Waits for a task to succeed. The SDK's own wait treats a failed task as success, times out after 5 s, and cannot
    /// parse a cancelled one.
    ///
    /// # Errors
    /// [`MirrorError::Task`] if the task failed, was cancelled or timed out; [`MirrorError::Unavailable`] for an unknown
    /// status; or the error of the request.
    pub async fn done(&self, what: &'static str, task: u32) -> Result<(), MirrorError> {
        let (until, mut pause) = (Instant::now() + self.timeout, FIRST_LOOK);
        loop {
            let Task { status, error } = self.get(&format!("/tasks/{task}")).await?;
            match status.as_str() {
                "succeeded" => return Ok(()),
                "enqueued" | "processing" => {}
                "failed" | "canceled" => {
                    let said = |name: &str| Some(error.as_ref()?.get(name)?.as_str()?.to_owned());
                    let why = match (said("code"), said("message")) {
                        (Some(code), Some(message)) => format!("{code}: {message}"),
                        _ => status,
                    };
                    return Err(MirrorError::Task { task, what, why });
                }
                other => {
                    return Err(MirrorError::Unavailable(format!(
                        "task {task} is \"{other}\", which nobody knows"
                    )));
                }
            }
            if Instant::now() > until {
                let why = format!("it has not ended within {:?}", self.timeout);
                return Err(MirrorError::Task { task, what, why });
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn build(&self, generation: &Arc<Generation>) -> Result<(), MirrorError> {
        let client = self.client();
        let task = client.delete_index(&self.second).await?;
        match self.done("dropping the second index", task.get_task_uid()).await {
            Err(MirrorError::Task { why, .. }) if why.starts_with("index_not_found") => {}
            other => other?,
        }
        let task = client.create_index(&self.second, Some("id")).await?;
        self.done("making the second index", task.get_task_uid()).await?;
        let index = client.index(&self.second);
        let task = index.set_settings(&document::settings(generation)).await?;
        self.done("setting the index up", task.get_task_uid()).await?;
        let mut row = 0;
        loop {
            let next = {
                let generation = Arc::clone(generation);
                tokio::task::spawn_blocking(move || batch(&generation, row)).await
            };
            let (documents, next) =
                next.map_err(|error| MirrorError::Local(format!("writing documents: {error}")))??;
            if documents.is_empty() {
                break;
            }
            row = next;
            let task = index
                .add_or_replace_unchecked_payload(Cursor::new(documents), "application/x-ndjson", Some("id"))
                .await?;
            self.done("adding rows", task.get_task_uid()).await?;
        }
        // The marker is written last, so an index with a marker is complete.
        let task = index.add_documents(&[document::marker(generation)], Some("id")).await?;
        self.done("marking the index", task.get_task_uid()).await
    }

    /// Counts the rows, reads sampled rows back, and searches for some of them by name.
    async fn verify(&self, generation: &Generation) -> Result<(), MirrorError> {
        let rows = generation.products.len();
        let stats: Stats = self.get(&format!("/indexes/{}/stats", self.second)).await?;
        if stats.number_of_documents != rows as u64 + 1 || stats.is_indexing {
            return Err(MirrorError::Unverified(format!(
                "{} documents for {rows} rows",
                stats.number_of_documents
            )));
        }
        let index = self.index(&self.second);
        let whole = filter::expression(generation, &[]);
        let sampled: Vec<u32> = (0_u32..).take(rows).step_by((rows / SAMPLED).max(1)).collect();
        let among = format!("{whole} AND {}", filter::rows(&sampled));
        let mut query = SearchQuery::new(&index);
        query.with_filter(&among).with_limit(sampled.len());
        query.with_attributes_to_retrieve(Selectors::Some(&["row", "product"]));
        let read = query.execute::<RetrievedRow>().await?.hits;
        for row in &sampled {
            let product = generation.products.get(*row as usize);
            let shown = read.iter().map(|hit| &hit.result).find(|shown| shown.row == *row);
            let same = shown.and_then(|shown| serde_json::from_str(&shown.product).ok()) == product.cloned();
            if !same {
                return Err(MirrorError::Unverified(format!("row {row} is not what was given")));
            }
        }
        for row in sampled.iter().step_by(4) {
            let Some(product) = generation.products.get(*row as usize) else { continue };
            let name = words::index_terms(&product.name.ru);
            let (text, alone) = (document::written(name.iter().take(4)), format!("{whole} AND row = {row}"));
            let mut query = SearchQuery::new(&index);
            query.with_query(&text).with_filter(&alone).with_limit(1);
            if query.execute::<RetrievedRow>().await?.hits.is_empty() {
                return Err(MirrorError::Unverified(format!("row {row} is not found by its name")));
            }
        }
        Ok(())
    }

    /// Swaps the second index with the live one, which is created if it does not exist.
    ///
    /// # Errors
    /// A request or task failed.
    pub async fn swap(&self) -> Result<(), MirrorError> {
        let client = self.client();
        if let Err(MirrorError::Missing(_)) = self.get::<Value>(&format!("/indexes/{}", self.live)).await {
            let task = client.create_index(&self.live, Some("id")).await?;
            self.done("making the live index", task.get_task_uid()).await?;
        }
        let swap = SwapIndexes { indexes: (self.live.clone(), self.second.clone()), rename: None };
        let task = client.swap_indexes([&swap]).await?;
        self.done("swapping the indexes", task.get_task_uid()).await
    }
}

/// Serialises rows from `from` on as NDJSON, up to about [`BATCH`] bytes. Returns them with the next row; empty after
/// the last one.
fn batch(generation: &Generation, from: u32) -> Result<(Vec<u8>, u32), MirrorError> {
    let (mut lines, mut row) = (Vec::new(), from);
    while lines.len() < BATCH
        && let Some(document) = Document::of(generation, row)
    {
        serde_json::to_writer(&mut lines, &document)
            .map_err(|error| MirrorError::Local(format!("row {row} cannot be written: {error}")))?;
        lines.push(b'\n');
        row += 1;
    }
    Ok((lines, row))
}

/// Deletes both indexes, for tests on a real server.
#[cfg(test)]
pub(super) async fn drop_all(publisher: &Publisher) {
    for uid in [&publisher.live, &publisher.second] {
        if let Ok(task) = publisher.client().delete_index(uid).await {
            let _ = publisher.done("dropping", task.get_task_uid()).await;
        }
    }
}
