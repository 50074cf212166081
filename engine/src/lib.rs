//! The flow language of Tolmach: its model, its compiler with collected diagnostics, and the pure [`step`](crate).
//!
//! No clock, no randomness, no input or output lives here: time arrives in events, the world in outcomes.

pub mod catalog;
pub mod effect;
pub mod event;
pub mod language;
