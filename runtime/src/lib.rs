//! The turn loop of Tolmach: takes events, runs them through the engine, commits, delivers.
//!
//! Knows no database, no network and no channel: those stand behind [`ports`].

pub mod ports;
