//! The catalogue as people look at it: its generations, the way back, a search, and how good the search is.

mod eval;
mod search;

use serde::Serialize;
use tolmach_catalog::{EmbeddedCatalog, Manifest};
use tolmach_runtime::ports::{Actor, AuditStore, Catalog};

use crate::audit::Change;

pub use eval::{Evaluation, Judgments, JudgmentsError, evaluate};
pub use search::{Found, Query, SearchError, Wanted, search};

/// A generation that is kept.
#[derive(Clone, Debug, Serialize)]
pub struct Generation {
    /// Whether clients are answered from it.
    pub serving: bool,
    /// What it is.
    #[serde(rename = "generation")]
    pub manifest: Manifest,
}

/// The generations that are kept, the newest first.
///
/// # Errors
/// When the catalogue's folder cannot be read.
pub fn generations(catalog: &EmbeddedCatalog) -> Result<Vec<Generation>, tolmach_catalog::Error> {
    let kept = catalog.kept()?;
    Ok(kept.into_iter().map(|(manifest, serving)| Generation { serving, manifest }).collect())
}

/// A catalogue that went back.
#[derive(Clone, Debug, Serialize)]
pub struct RolledBack {
    /// The generation that serves now.
    pub generation: String,
    /// How many items it has.
    pub rows: u64,
    /// The generation that served before.
    pub left: Option<String>,
}

/// Goes back to the generation before, in the name of `actor`.
///
/// Writes a `catalog.rollback` row of the audit log, where there is one.
///
/// # Errors
/// When there is no earlier generation or it cannot be read; the serving one serves on.
pub async fn roll_back(
    catalog: &EmbeddedCatalog,
    audit: Option<&dyn AuditStore>,
    actor: &Actor,
    now: i64,
) -> Result<RolledBack, tolmach_catalog::Error> {
    let left = catalog.generation().map(|(id, _)| id);
    let done = catalog.roll_back().await.map(|generation| {
        let rows = catalog.generation().map(|(_, rows)| rows).unwrap_or_default();
        RolledBack { generation, rows, left: left.clone() }
    });
    if let Some(audit) = audit {
        let mut change = Change::new(actor, "catalog.rollback", now);
        change.on(done.as_ref().map(|done| done.generation.clone()).unwrap_or_default());
        change.detail("left", left);
        if let Ok(done) = &done {
            change.detail("items", done.rows);
        }
        change.end(audit, &done).await;
    }
    done
}
