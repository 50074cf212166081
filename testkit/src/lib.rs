//! External systems for tests and for the harness: fakes that validate requests as the real systems do and fail on
//! demand, and temporary real servers. Besides, a judge of values by their JSON Schema.
//!
//! The fakes depend on no product crate: they implement protocols, not our types.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "whoever stands in for the outside ends a test at the first surprise"
)]

pub mod faults;
pub mod http;
pub mod meilisearch;
pub mod model;
#[cfg(unix)]
pub mod postgres;
pub mod schema;
pub mod smtp;
pub mod telegram;
