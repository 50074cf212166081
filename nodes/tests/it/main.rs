//! The language as a whole: examples, findings, and what a turn does. The world is scripted; nothing here waits.

mod compiling;
mod examples;
mod support;
mod turns;
