//! The language as a whole: examples, diagnostics, and what a turn does. The world is scripted; nothing here waits.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends at the first unexpected result"
)]

mod broken;
mod clients;
mod compiling;
mod edits;
mod examples;
mod explained;
mod forms;
mod fuzzed;
mod kinds;
mod personal;
mod properties;
mod spans;
mod support;
mod traps;
mod turns;
mod values;
mod wishes;
