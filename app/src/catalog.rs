//! Inspecting the catalogue: its generations, rollback, search, and search quality.

mod eval;
mod search;

use serde::Serialize;
use serde_json::json;
use tolmach_catalog::{EmbeddedCatalog, Manifest};
use tolmach_runtime::ports::{Actor, AuditStore, Catalog};

use crate::audit::Change;

pub use eval::{Changed, Evaluation, Judgments, JudgmentsError, changes, evaluate};
pub use search::{Found, Narrowed, Query, SearchError, Wanted, holds_words, row, search, search_within};

/// A stored generation of the catalogue.
#[derive(Clone, Debug, Serialize)]
pub struct Generation {
    /// Whether searches are answered from it.
    pub serving: bool,
    /// Its manifest.
    #[serde(rename = "generation")]
    pub manifest: Manifest,
}

/// The stored generations, newest first.
///
/// # Errors
/// When the catalogue's folder cannot be read.
pub fn generations(catalog: &EmbeddedCatalog) -> Result<Vec<Generation>, tolmach_catalog::Error> {
    let kept = catalog.kept()?;
    Ok(kept.into_iter().map(|(manifest, serving)| Generation { serving, manifest }).collect())
}

/// The result of a catalogue rollback.
#[derive(Clone, Debug, Serialize)]
pub struct RolledBack {
    /// The generation that serves now.
    pub generation: String,
    /// How many items it has.
    pub rows: u64,
    /// The generation that served before; `None` when there was none.
    pub left: Option<String>,
}

/// Rolls back to the previous generation, on behalf of `actor`.
///
/// Writes a `catalog.rollback` row if an audit log is given.
///
/// # Errors
/// When there is no earlier generation or it cannot be read; the serving generation stays.
pub async fn roll_back(
    catalog: &EmbeddedCatalog,
    audit: Option<&dyn AuditStore>,
    actor: &Actor,
    now: i64,
) -> Result<RolledBack, tolmach_catalog::Error> {
    let left = catalog.generation();
    let done = catalog.roll_back().await.map(|generation| {
        let rows = catalog.generation().map(|(_, rows)| rows).unwrap_or_default();
        RolledBack { generation, rows, left: left.as_ref().map(|(id, _)| id.clone()) }
    });
    if let Some(audit) = audit {
        let mut change = Change::new(actor, "catalog.rollback", now);
        change.on(done.as_ref().map(|done| done.generation.clone()).unwrap_or_default());
        change.before(json!({ "generation": left.as_ref().map(|(id, _)| id), "items": left.as_ref().map(|(_, rows)| rows) }));
        if let Ok(done) = &done {
            change.after(json!({ "generation": done.generation, "items": done.rows }));
        }
        change.end(audit, &done).await;
    }
    done
}
