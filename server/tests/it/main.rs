//! End-to-end tests: the real binary as a child process, on real files, a real database and real sockets.
//!
//! Only remote services are replaced by the fakes of the testkit, which refuse what the real services refuse. Single
//! components are tested in their own crates.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends at the first unexpected result"
)]

mod audit;
mod backtest;
mod browser;
mod bundles;
mod catalogue;
mod catalogue_tools;
#[cfg(unix)]
mod clients;
mod config;
mod crash;
mod dialog_tests;
mod documents;
#[cfg(unix)]
mod faults;
mod first_start;
#[cfg(unix)]
mod greeting;
mod guide;
mod intents;
#[cfg(unix)]
mod internet;
mod leads;
mod meilisearch;
mod mends;
mod model;
mod new;
mod other_systems;
mod page;
mod panel;
mod personal;
mod platform;
#[cfg(unix)]
mod postgres;
mod price_lists;
#[cfg(unix)]
mod processes;
mod redaction;
mod releases;
mod save_test;
mod second_channel;
mod sites;
mod staff;
mod suggest;
mod support;
mod talk;
mod telegram;
mod terminal;
mod third_party;
mod turns;
mod upgrade;
mod web_chat;
