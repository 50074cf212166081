//! The worst 4,000 characters for each reader of a client's text: `cargo bench --bench hostile`.
//!
//! The texts are a table of repeated motifs; the slowest of them counts for each reader.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement stops at the first failure and prints"
)]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use tolmach_catalog::{EmbeddedCatalog, Source, TitleEmbedder, import};
use tolmach_engine::{catalog::SearchRequest, compile, effect::ClassifyRequest, event::MAX_TEXT, text::cut};
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_nodes::reading::{HOSTILE, READERS};
use tolmach_runtime::{Trainer, ports::Catalog as _, read_bundle};

/// For one reader and one text.
const TARGET: Duration = Duration::from_millis(5);
const RUNS: usize = 5;
/// How many rows of the sample list lend their names to a text.
const ROWS: usize = 200;

fn main() {
    let texts: Vec<(&str, String)> =
        HOSTILE.iter().map(|motif| (*motif, motif.chars().cycle().take(MAX_TEXT).collect())).collect();
    println!("worst {MAX_TEXT} characters a kind, of {} motifs; target under {TARGET:?}", texts.len());
    for (name, read) in READERS {
        report(name, &texts, read);
    }

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows");
    let bundle = read_bundle(&folder).expect("the demo bundle");
    let release = compile(&bundle, &tolmach_nodes::platform()).release.expect("it compiles");
    let examples = &release.resources.examples["consultant.route"];
    let trainer = Trainer::new(Arc::new(MeaningEmbedder));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let learned = runtime.block_on(trainer.learn(examples)).expect("learned");
    report("classify", &texts, |text| {
        // As the engine cuts it.
        let text = cut(text, ClassifyRequest::MAX_TEXT);
        runtime.block_on(trainer.place(&learned, text)).expect("placed");
    });
    report("an example", &texts, |text| {
        std::hint::black_box(examples.matching(text, |_| true));
    });

    // Words that stand in many rows are slower to search than words that stand in none.
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog-samples/tolmach-samples.xlsx");
    let items = import::read(&list).expect("a sample list").items;
    let names: String =
        items.iter().take(ROWS).map(|item| format!("{} {} ", item.name.ru, item.name.en)).collect();
    let home = tempfile::tempdir().expect("a folder");
    let catalog = EmbeddedCatalog::open(home.path().to_owned(), Arc::new(TitleEmbedder)).expect("a folder");
    let source = Source { name: "samples".into(), demo: false };
    runtime.block_on(catalog.import(source, items, |_| {})).expect("an import");
    let mut texts = texts;
    texts.push(("names of the list", names.chars().cycle().take(MAX_TEXT).collect()));
    // What reads bounds in the text has a row above.
    report("search", &texts, |text| {
        let request =
            SearchRequest { text: text.into(), semantic_ratio: 0.3, limit: 10, ..Default::default() };
        runtime.block_on(catalog.search(&request)).expect("an answer");
    });
}

fn report(name: &str, texts: &[(&str, String)], mut run: impl FnMut(&str)) {
    let mut worst = (Duration::ZERO, "");
    for (motif, text) in texts {
        // The first run compiles patterns.
        run(text);
        let least = (0..RUNS).map(|_| {
            let started = Instant::now();
            run(text);
            started.elapsed()
        });
        let least = least.min().unwrap_or_default();
        if least > worst.0 {
            worst = (least, motif);
        }
    }
    let mark = if worst.0 > TARGET { "  OVER" } else { "" };
    println!("  {name:<20} {:>9.2?}  by «{}»{mark}", worst.0, worst.1);
}
