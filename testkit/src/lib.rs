//! The outside for tests and for the harness: fakes that refuse what the real ones refuse and fail as they are told
//! to, and real parts that are thrown away.
//!
//! Nothing here knows a crate of the product: a fake speaks the protocol, not our types.

#![expect(
    clippy::expect_used,
    reason = "whoever stands in for the outside ends a test at the first surprise"
)]

pub mod faults;
pub mod http;
pub mod meilisearch;
pub mod model;
#[cfg(unix)]
pub mod postgres;
pub mod smtp;
pub mod telegram;
