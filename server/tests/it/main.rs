//! The main job, end to end: the real binary as a child process, on real files, a real database and real sockets.
//!
//! Only what is far away is played by the fakes of the testkit, and these refuse what the real ones refuse.
//! What a single part does is tested beside that part.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends at the first surprise"
)]

mod audit;
mod backtest;
mod browser;
mod bundles;
mod catalogue;
mod catalogue_tools;
mod config;
mod crash;
mod dialog_tests;
#[cfg(unix)]
mod faults;
mod first_start;
mod guide;
mod intents;
mod leads;
mod meilisearch;
mod model;
mod other_systems;
mod page;
#[cfg(unix)]
mod postgres;
mod price_lists;
#[cfg(unix)]
mod processes;
mod redaction;
mod releases;
mod save_test;
mod staff;
mod suggest;
mod support;
mod telegram;
mod terminal;
mod turns;
mod upgrade;
mod web_chat;
