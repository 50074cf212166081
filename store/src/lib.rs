//! The store: chats, turns, messages, releases and tasks in SQLite or PostgreSQL, behind the store ports.
//!
//! [`sqlite`] and [`postgres`] are thin dialects of one store over SQL; one conformance suite runs on both.

pub mod postgres;
mod sql;
pub mod sqlite;
#[cfg(test)]
mod suite;

pub use sql::JobPool;
