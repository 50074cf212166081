//! The outside systems of Tolmach, one module each, behind the ports of the runtime.

pub mod catalog;
pub mod embedder;
pub mod import;
mod words;
