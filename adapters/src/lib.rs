//! The outside systems of Tolmach, one module each, behind the ports of the runtime.

mod backoff;
pub mod catalog;
#[cfg(test)]
mod catalog_suite;
pub mod email;
pub mod embedder;
pub mod http;
pub mod import;
pub mod ladder;
pub mod offline;
pub mod openai;
pub mod postgres;
pub mod secret;
pub mod sqlite;
mod store;
pub use store::JobPool;
#[cfg(test)]
mod store_suite;
pub mod telegram;
pub mod widget;
mod words;
