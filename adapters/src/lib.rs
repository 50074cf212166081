//! Outside systems that have no crate of their own: mail and HTTP.

pub mod email;
pub mod http;
