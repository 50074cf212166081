//! Price lists in, search out: reading what suppliers send, generations of rows, the embedded search and its mirror on a
//! Meilisearch server.
//!
//! [`import`] reads a price list into products. [`EmbeddedCatalog`] builds a generation of them beside the serving one, checks
//! it and switches; the last two before it are kept. [`meilisearch`] mirrors the serving generation. What a client is shown
//! belongs to the engine.

mod build;
mod cache;
#[cfg(test)]
mod catalog_suite;
pub mod changes;
mod embedded;
mod embedder;
mod facets;
mod filter;
mod fuse;
mod generation;
mod golden;
pub mod import;
mod index;
pub mod meilisearch;
mod names;
pub mod photos;
mod query;
mod rank;
mod rows;
mod search;
mod sketch;
mod spelling;
#[cfg(test)]
mod tests;
mod vectors;
mod words;

pub use cache::{Cached, Counts};
pub use embedded::{EmbeddedCatalog, Error, ImportOutcome, Progress, Source, Stage};
pub use embedder::TitleEmbedder;
pub use generation::{Manifest, SourceSummary};
pub use golden::{Question, Questions};
pub use photos::PhotoFolder;
pub use rows::{Row, rows};
