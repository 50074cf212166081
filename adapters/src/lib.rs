//! Adapters for external systems that have no crate of their own: e-mail and HTTP.

pub mod email;
pub mod http;
