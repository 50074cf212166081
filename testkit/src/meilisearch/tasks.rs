//! The task queue: requests enqueue tasks, which run one after another.

use serde_json::{Value, json};

use super::{Meilisearch, Refusal, State, index::Index};

/// A task.
pub(super) struct Task {
    uid: usize,
    pub indexes: Vec<String>,
    kind: &'static str,
    pub status: &'static str,
    work: Option<Work>,
    details: Value,
    error: Option<Refusal>,
}

/// The operation of a task.
pub(super) enum Work {
    Create { uid: String, primary_key: Option<String> },
    Delete { uid: String },
    Settings { uid: String, settings: Value },
    Add { uid: String, documents: Vec<Value>, primary_key: Option<String> },
    Swap(Vec<(String, String)>),
}

impl Work {
    fn kind(&self) -> &'static str {
        match self {
            Work::Create { .. } => "indexCreation",
            Work::Delete { .. } => "indexDeletion",
            Work::Settings { .. } => "settingsUpdate",
            Work::Add { .. } => "documentAdditionOrUpdate",
            Work::Swap(_) => "indexSwap",
        }
    }

    fn indexes(&self) -> Vec<String> {
        match self {
            Work::Create { uid, .. }
            | Work::Delete { uid }
            | Work::Settings { uid, .. }
            | Work::Add { uid, .. } => vec![uid.clone()],
            Work::Swap(pairs) => pairs.iter().flat_map(|(a, b)| [a.clone(), b.clone()]).collect(),
        }
    }

    fn details(&self, done: bool) -> Value {
        match self {
            Work::Create { primary_key, .. } => json!({ "primaryKey": primary_key }),
            Work::Delete { .. } => json!({ "deletedDocuments": 0 }),
            Work::Settings { settings, .. } => settings.clone(),
            Work::Add { documents, .. } => {
                let indexed = if done { documents.len() } else { 0 };
                json!({ "receivedDocuments": documents.len(), "indexedDocuments": indexed })
            }
            Work::Swap(pairs) => {
                let swaps = pairs.iter().map(|(a, b)| json!({ "indexes": [a, b], "rename": false }));
                json!({ "swaps": swaps.collect::<Vec<_>>() })
            }
        }
    }
}

/// Fixed timestamp. Clients only need a valid time.
const WHEN: &str = "2026-01-01T00:00:00.000000Z";

impl Task {
    /// The task as JSON.
    pub fn show(&self) -> Value {
        let (begun, ended) =
            (self.status != "enqueued", self.status == "succeeded" || self.status == "failed");
        json!({
            "uid": self.uid,
            "batchUid": begun.then_some(self.uid),
            "indexUid": if self.kind == "indexSwap" { None } else { self.indexes.first() },
            "status": self.status,
            "type": self.kind,
            "canceledBy": null,
            "details": self.details,
            "error": self.error.as_ref().map(Refusal::body),
            "duration": ended.then_some("PT0.002S"),
            "enqueuedAt": WHEN,
            "startedAt": begun.then_some(WHEN),
            "finishedAt": ended.then_some(WHEN),
        })
    }
}

impl Meilisearch {
    /// Enqueues a task. Returns the summary that answers the request.
    pub(super) fn enqueue(&self, work: Work) -> Value {
        let mut state = self.state();
        let (uid, kind, indexes) = (state.tasks.len(), work.kind(), work.indexes());
        let details = work.details(false);
        let index = if kind == "indexSwap" { None } else { indexes.first().cloned() };
        let summary = json!({
            "taskUid": uid, "indexUid": index, "status": "enqueued", "type": kind, "enqueuedAt": WHEN,
        });
        state.tasks.push(Task {
            uid,
            indexes,
            kind,
            status: "enqueued",
            work: Some(work),
            details,
            error: None,
        });
        drop(state);
        self.inner.waiting.notify_one();
        summary
    }

    /// Runs the tasks in order. Never returns.
    pub(super) async fn work(&self) {
        loop {
            let next = {
                let mut state = self.state();
                let pace = state.pace;
                let next = state.tasks.iter_mut().find(|task| task.status == "enqueued");
                next.map(|task| {
                    task.status = "processing";
                    (task.uid, task.work.take(), pace)
                })
            };
            let Some((uid, Some(work), pace)) = next else {
                self.inner.waiting.notified().await;
                continue;
            };
            tokio::time::sleep(pace).await;
            let mut state = self.state();
            let outcome = match state.failing.iter().position(|kind| *kind == work.kind()) {
                Some(at) => {
                    state.failing.remove(at);
                    Err(Refusal::new(500, "internal", "An internal error has occurred. `told to`."))
                }
                None => state.apply(&work),
            };
            let Some(task) = state.tasks.get_mut(uid) else { continue };
            task.details = work.details(outcome.is_ok());
            task.status = if outcome.is_ok() { "succeeded" } else { "failed" };
            task.error = outcome.err();
        }
    }
}

impl State {
    fn apply(&mut self, work: &Work) -> Result<(), Refusal> {
        match work {
            Work::Create { uid, primary_key } => {
                if self.indexes.contains_key(uid) {
                    let message = format!("Index `{uid}` already exists.");
                    return Err(Refusal::new(409, "index_already_exists", message));
                }
                self.indexes.insert(uid.clone(), Index::new(primary_key.clone()));
                Ok(())
            }
            Work::Delete { uid } => match self.indexes.remove(uid) {
                Some(_) => Ok(()),
                None => Err(missing(uid)),
            },
            // Both create the index if it does not exist.
            Work::Settings { uid, settings } => {
                self.indexes.entry(uid.clone()).or_insert_with(|| Index::new(None)).set(settings)
            }
            Work::Add { uid, documents, primary_key } => {
                let index = self.indexes.entry(uid.clone()).or_insert_with(|| Index::new(None));
                index.add(documents, primary_key.as_deref()).map_err(|refusal| Refusal {
                    message: format!("Index `{uid}`: {}", refusal.message),
                    ..refusal
                })
            }
            Work::Swap(pairs) => {
                // The swap is atomic.
                for uid in pairs.iter().flat_map(|(a, b)| [a, b]) {
                    if !self.indexes.contains_key(uid) {
                        return Err(missing(uid));
                    }
                }
                for (a, b) in pairs {
                    let (Some(first), Some(second)) = (self.indexes.remove(a), self.indexes.remove(b)) else {
                        return Err(missing(a));
                    };
                    self.indexes.insert(a.clone(), second);
                    self.indexes.insert(b.clone(), first);
                }
                Ok(())
            }
        }
    }
}

/// The error for an index that does not exist.
pub(super) fn missing(uid: &str) -> Refusal {
    Refusal::new(404, "index_not_found", format!("Index `{uid}` not found."))
}
