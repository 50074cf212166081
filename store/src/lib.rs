//! The SQL implementation of the store ports: chats, turns, messages, releases, leads and tasks in SQLite or
//! PostgreSQL.
//!
//! [`sqlite`] and [`postgres`] are two dialects of one implementation; one conformance suite runs on both.

pub mod postgres;
mod sql;
pub mod sqlite;
#[cfg(test)]
mod suite;

pub use sql::JobPool;
