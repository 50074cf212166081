//! Everything that reads a client's text: whatever is in it, reading ends soon and never panics.
//!
//! An input is repeated to the most characters that are read, because what is slow is slow by repetition.
//! `cargo +nightly fuzz run readers fuzz/corpus/readers -- -max_len=64 -max_total_time=3600 -timeout=2`
#![no_main]

use libfuzzer_sys::fuzz_target;
use tolmach_engine::event::MAX_TEXT;

fuzz_target!(|data: &[u8]| {
    let motif = String::from_utf8_lossy(data);
    let text: String = motif.chars().cycle().take(MAX_TEXT).collect();
    tolmach_nodes::reading::read_all(&motif);
    tolmach_nodes::reading::read_all(&text);
});
