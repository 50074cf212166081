//! Channels: where clients are. A module each, with intake, rendering and delivery of its own.
//!
//! A channel knows the runtime's ports and nothing of the others.

pub mod telegram;
pub mod web;
