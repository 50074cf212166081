//! The corpora of the fuzz targets, and generated inputs, through the same functions as the targets.

use std::{fs, path::Path};

use proptest::prelude::*;
use tolmach_engine::event::MAX_TEXT;
use tolmach_nodes::reading::{evaluate_all, read_all};

fn corpus(target: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let files = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let texts: Vec<String> = files.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
    assert!(texts.len() >= 10, "{target}: {} inputs", texts.len());
    texts
}

#[test]
fn the_corpus_of_sources_is_evaluated_within_bounds() {
    for source in corpus("bounds") {
        evaluate_all(&source);
        // As an author might go on, and as it is cut off while it is written.
        for times in [2, 50, 2_000] {
            evaluate_all(&source.repeat(times));
        }
        source.char_indices().for_each(|(at, _)| evaluate_all(&source[..at]));
    }
}

#[test]
fn the_corpus_of_messages_is_read() {
    for motif in corpus("readers") {
        read_all(&motif);
        read_all(&motif.chars().cycle().take(MAX_TEXT).collect::<String>());
    }
}

/// Pieces of expressions and templates.
const PIECES: &[&str] = &[
    "slots.n",
    "slots.name",
    "slots.list",
    "x",
    "1",
    "1.5",
    "'a'",
    "\"",
    "'",
    "'''",
    "r'",
    "\\",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "+",
    "-",
    "!",
    "*",
    "==",
    "<",
    "&&",
    "||",
    "?",
    ":",
    ",",
    ".",
    " in ",
    ".map(x, ",
    ".exists(x, ",
    ".filter(x, ",
    ".matches('",
    "size(",
    "has(",
    "//",
    "\n",
    " ",
    "{{",
    "}}",
    "{{#if ",
    "{{else}}",
    "{{else if ",
    "{{/if}}",
    "{{#each ",
    "{{/each}}",
    "{{{",
    "}}}",
    "../",
    "this",
    "(eq ",
    "{{!",
    "--}}",
    "{{>",
    "\\{{",
    "насос",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_source_is_evaluated_within_bounds(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..30),
        times in proptest::sample::select(vec![1_usize, 1, 1, 40, 400]),
    ) {
        evaluate_all(&pieces.concat().repeat(times));
    }
}
