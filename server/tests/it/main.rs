//! The main job, end to end: the real binary as a child process, on real files, a real database and real sockets.
//!
//! Only what is far away is played by fakes (Telegram, a language model), and these refuse what the real ones refuse.
//! What a single part does is tested beside that part.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends at the first surprise"
)]

mod browser;
mod bundles;
mod catalogue;
mod config;
mod crash;
mod dialog_tests;
mod fake;
mod first_start;
mod guide;
mod model;
mod other_systems;
mod page;
#[cfg(unix)]
mod postgres;
mod rehearsal;
mod releases;
mod save_test;
#[expect(
    dead_code,
    reason = "it can fail in more ways than are tried here; the channel's own tests try them all"
)]
#[path = "../../../adapters/src/email/fake.rs"]
mod smtp;
mod staff;
mod support;
mod telegram;
mod terminal;
mod turns;
mod web_chat;
