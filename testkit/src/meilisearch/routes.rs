//! The routes that the catalogue uses.

use serde_json::{Value, json};

use super::{
    Answer, Meilisearch, Refusal,
    index::{Index, check_settings},
    search,
    tasks::{Work, missing},
};

impl Meilisearch {
    /// Answers one request. `lines` says that the body is NDJSON.
    pub(super) fn route(&self, method: &str, path: &str, query: &str, body: &[u8], lines: bool) -> Answer {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let json = || -> Result<Value, Refusal> {
            let malformed = |why: String| {
                Refusal::bad("malformed_payload", format!("The json payload provided is malformed. `{why}`."))
            };
            serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))
        };
        match (method, parts.as_slice()) {
            ("GET", ["health"]) => Ok((200, json!({ "status": "available" }))),
            ("GET", ["version"]) => {
                Ok((200, json!({ "commitSha": "unknown", "commitDate": "unknown", "pkgVersion": "1.50.0" })))
            }
            ("GET", ["tasks"]) => Ok((200, self.list_tasks(query))),
            ("GET", ["tasks", uid]) => {
                let state = self.state();
                let task = uid.parse().ok().and_then(|uid: usize| state.tasks.get(uid));
                let message = format!("Task `{uid}` not found.");
                task.map(|task| (200, task.show()))
                    .ok_or_else(|| Refusal::new(404, "task_not_found", message))
            }
            ("POST", ["indexes"]) => {
                let body = json()?;
                let Some(uid) = body["uid"].as_str() else {
                    return Err(Refusal::bad("missing_index_uid", "Missing field `uid`"));
                };
                check_uid(uid)?;
                let primary_key = body["primaryKey"].as_str().map(str::to_owned);
                Ok((202, self.enqueue(Work::Create { uid: uid.to_owned(), primary_key })))
            }
            ("GET", ["indexes", uid]) => self.on(uid, |index| {
                Ok(json!({
                    "uid": uid, "primaryKey": index.primary_key,
                    "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
                }))
            }),
            ("DELETE", ["indexes", uid]) => Ok((202, self.enqueue(Work::Delete { uid: (*uid).to_owned() }))),
            ("GET", ["indexes", uid, "stats"]) => {
                let busy = {
                    let state = self.state();
                    state.tasks.iter().any(|task| {
                        task.status == "processing" && task.indexes.iter().any(|index| index == uid)
                    })
                };
                self.on(uid, |index| {
                    Ok(json!({
                        "numberOfDocuments": index.documents.len(), "isIndexing": busy,
                        "rawDocumentDbSize": 0, "avgDocumentSize": 0, "numberOfEmbeddings": 0,
                        "numberOfEmbeddedDocuments": 0, "fieldDistribution": {},
                    }))
                })
            }
            ("PATCH", ["indexes", uid, "settings"]) => {
                check_uid(uid)?;
                let settings = json()?;
                check_settings(&settings)?;
                Ok((202, self.enqueue(Work::Settings { uid: (*uid).to_owned(), settings })))
            }
            ("GET", ["indexes", uid, "documents", id]) => self.on(uid, |index| {
                let found = index.find(id).map(|document| Value::Object(index.shown(document, None)));
                let message = format!("Document `{id}` not found.");
                found.ok_or_else(|| Refusal::new(404, "document_not_found", message))
            }),
            ("POST", ["indexes", uid, "documents"]) => {
                check_uid(uid)?;
                let documents = documents(body, lines)?;
                let primary_key = parameter(query, "primaryKey").map(str::to_owned);
                Ok((202, self.enqueue(Work::Add { uid: (*uid).to_owned(), documents, primary_key })))
            }
            ("POST", ["indexes", uid, "search"]) => {
                let body = json()?;
                self.on(uid, |index| search::search(index, &body))
            }
            ("POST", ["indexes", uid, "similar"]) => {
                let body = json()?;
                self.on(uid, |index| search::similar(index, &body))
            }
            ("POST", ["swap-indexes"]) => self.swap(&json()?),
            _ => Err(Refusal::new(404, "not_found", "there is no such route in this fake")),
        }
    }

    /// Answers from an existing index.
    fn on(&self, uid: &str, answer: impl FnOnce(&Index) -> Result<Value, Refusal>) -> Answer {
        check_uid(uid)?;
        let state = self.state();
        let index = state.indexes.get(uid).ok_or_else(|| missing(uid))?;
        Ok((200, answer(index)?))
    }

    fn list_tasks(&self, query: &str) -> Value {
        let of = |name: &str| parameter(query, name).map(|list| list.split(',').collect::<Vec<_>>());
        let (statuses, indexes) = (of("statuses"), of("indexUids"));
        let limit = parameter(query, "limit").and_then(|limit| limit.parse().ok()).unwrap_or(20);
        let state = self.state();
        let found: Vec<Value> = state
            .tasks
            .iter()
            .rev()
            .filter(|task| statuses.as_ref().is_none_or(|statuses| statuses.contains(&task.status)))
            .filter(|task| {
                indexes
                    .as_ref()
                    .is_none_or(|uids| task.indexes.iter().any(|uid| uids.contains(&uid.as_str())))
            })
            .map(super::tasks::Task::show)
            .collect();
        json!({
            "total": found.len(), "limit": limit, "from": null, "next": null,
            "results": found.into_iter().take(limit).collect::<Vec<_>>(),
        })
    }

    fn swap(&self, body: &Value) -> Answer {
        let Some(swaps) = body.as_array() else {
            return Err(Refusal::bad("bad_request", "Invalid value type: expected an array"));
        };
        let mut pairs = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        for swap in swaps {
            let indexes: Vec<String> = swap["indexes"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|uid| Some(uid.as_str()?.to_owned()))
                .collect();
            let [a, b] = indexes.as_slice() else {
                let message = "Two indexes must be given for each swap.";
                return Err(Refusal::bad("invalid_swap_indexes", message));
            };
            for uid in [a, b] {
                check_uid(uid)?;
                if seen.contains(uid) {
                    let message = format!(
                        "Indexes must be declared only once during a swap. `{uid}` was specified several times."
                    );
                    return Err(Refusal::bad("invalid_swap_duplicate_index_found", message));
                }
                seen.push(uid.clone());
            }
            pairs.push((a.clone(), b.clone()));
        }
        Ok((202, self.enqueue(Work::Swap(pairs))))
    }
}

/// Parses the documents of a request.
fn documents(body: &[u8], lines: bool) -> Result<Vec<Value>, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Refusal::bad("missing_payload", "A json payload is missing."));
    }
    let read: Result<Vec<Value>, serde_json::Error> = if lines {
        serde_json::Deserializer::from_slice(body).into_iter().collect()
    } else {
        serde_json::from_slice(body).map(|value| match value {
            Value::Array(documents) => documents,
            one => vec![one],
        })
    };
    let malformed = |error: serde_json::Error| {
        Refusal::bad("malformed_payload", format!("The `json` payload provided is malformed: `{error}`."))
    };
    let documents = read.map_err(malformed)?;
    match documents.iter().all(Value::is_object) {
        true => Ok(documents),
        false => Err(Refusal::bad(
            "malformed_payload",
            "The payload provided is malformed: documents must be objects.",
        )),
    }
}

fn check_uid(uid: &str) -> Result<(), Refusal> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=400).contains(&uid.len()) && uid.chars().all(fits) {
        return Ok(());
    }
    let message = format!(
        "`{uid}` is not a valid index uid. Index uid can be an integer or a string containing only alphanumeric characters, \
         hyphens (-) and underscores (_), and can not be more than 400 bytes."
    );
    Err(Refusal::bad("invalid_index_uid", message))
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .find_map(|pair| pair.split_once('=').filter(|(own, _)| *own == name).map(|(_, value)| value))
}
