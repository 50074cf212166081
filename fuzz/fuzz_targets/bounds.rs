//! Expressions, filters, templates and dialog test files: whatever is in them, reading and running them ends, never panics,
//! and stays within its bounds.
//!
//! `cargo +nightly fuzz run bounds fuzz/corpus/bounds -- -max_total_time=3600 -timeout=2 -rss_limit_mb=512`
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    tolmach_nodes::reading::evaluate_all(&text);
    let (_, diagnostics) = tolmach_runtime::testing::read("tests/fuzzed.test.yaml", &text);
    for diagnostic in diagnostics {
        assert!(!diagnostic.message.is_empty() && !diagnostic.help.is_empty(), "{diagnostic:?}");
    }
});
