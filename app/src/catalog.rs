//! Inspecting the catalogue: its generations, rollback, search, and search quality.

mod eval;
mod search;

use serde::Serialize;
use serde_json::json;
use tolmach_catalog::{Answered, EmbeddedCatalog, Manifest};
use tolmach_engine::catalog::Product;
use tolmach_runtime::ports::{Actor, AuditStore, Catalog};

use crate::audit::Change;

pub use eval::{Changed, Evaluation, Judgments, JudgmentsError, changes, evaluate};
pub use search::{Found, Narrowed, Query, SearchError, Wanted, holds_words, row, search, search_within};

/// A stored generation of the catalogue.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
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

/// An item of the catalogue with its history over the generations that are kept.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Item {
    /// The supplier.
    pub source: String,
    /// The item, as it serves or was last.
    pub product: Product,
    /// The newest generation first.
    pub history: Vec<ItemMoment>,
}

/// An item in a generation.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ItemMoment {
    /// The generation.
    pub generation: String,
    /// When it was built, milliseconds since the Unix epoch.
    pub created: i64,
    /// Whether searches are answered from it.
    pub serving: bool,
    /// Whether it has the item.
    pub there: bool,
    /// The price; `null` on request.
    pub price: Option<f64>,
    /// Pieces in stock; `null` where the price list does not say.
    pub stock: Option<f64>,
}

/// The item with an article, compared as written; `None` where no kept generation has one.
///
/// # Errors
/// When a generation cannot be read.
pub async fn item(catalog: &EmbeddedCatalog, article: &str) -> Result<Option<Item>, tolmach_catalog::Error> {
    let kept = catalog.history(article).await?;
    let newest = kept.iter().find(|(_, serves, row)| *serves && row.is_some());
    let newest = newest.or_else(|| kept.iter().find(|(.., row)| row.is_some()));
    let Some((_, _, Some((source, product)))) = newest.cloned() else { return Ok(None) };
    let moment = |(manifest, serving, row): &(Manifest, bool, Option<(String, Product)>)| {
        let product = row.as_ref().map(|(_, product)| product);
        ItemMoment {
            generation: manifest.id.clone(),
            created: manifest.created,
            serving: *serving,
            there: product.is_some(),
            price: product.and_then(|product| product.price),
            stock: product.and_then(|product| product.stock),
        }
    };
    Ok(Some(Item { source, product, history: kept.iter().map(moment).collect() }))
}

/// How the serving generation answers the golden questions.
///
/// # Errors
/// A sentence, when the questions or the generation cannot be read.
pub async fn golden(catalog: &EmbeddedCatalog) -> Result<Vec<Answered>, String> {
    let questions = catalog.questions().map_err(|why| why.to_string())?;
    catalog.answers(questions).await.map_err(|why| why.to_string())
}
