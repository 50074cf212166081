//! Product catalogue: price list import, immutable generations of rows, embedded search, and a mirror on a Meilisearch
//! server.
//!
//! [`import`] reads a price list into products. [`EmbeddedCatalog`] builds a new generation next to the serving one,
//! verifies it and switches to it; the two previous generations are kept for rollback. [`meilisearch`] mirrors the
//! serving generation. How results are presented to a client is the engine's concern.

mod articles;
mod budget;
mod build;
mod cache;
mod candidate;
#[cfg(test)]
mod catalog_suite;
pub mod changes;
mod embedded;
mod embedder;
mod explain;
mod facets;
mod filter;
mod fuse;
mod generation;
mod golden;
mod head;
pub mod import;
mod index;
pub mod meilisearch;
mod names;
pub mod photos;
mod query;
mod rank;
mod roots;
mod rows;
mod scratch;
mod search;
mod sketch;
mod spelling;
#[cfg(test)]
mod tests;
mod vectors;
mod words;

pub use budget::{BuildLimits, memory_needed};
pub use cache::{Cached, Counts};
pub use embedded::{EmbeddedCatalog, Error, ImportOutcome, Progress, Source, Stage};
pub use embedder::TitleEmbedder;
pub use explain::{HeldWord, Reasons};
pub use generation::{Manifest, SourceSummary};
pub use golden::{Answered, Question, Questions};
pub use photos::{OpenPhoto, PhotoFolder};
pub use rows::{Row, rows};
