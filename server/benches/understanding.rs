//! Latency of the built-in embedder and classifier on one core: `cargo bench --bench understanding`.

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

use tolmach_engine::compile;
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_model::{Encoder, Titles};
use tolmach_runtime::{Trainer, read_bundle};

const MESSAGES: &str = include_str!("../tests/it/intents/demo.tsv");
const TITLES: usize = 50_000;

fn main() {
    let started = Instant::now();
    Encoder::built_in();
    println!("load the model          {:>9.1?}   target 50 ms", started.elapsed());
    let texts: Vec<&str> = MESSAGES.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    let each = timed(&texts, |text| {
        Encoder::built_in().vector(text);
    });
    println!("a message to a vector   p50 {:.1?}, p99 {:.1?}", at(&each, 0.5), at(&each, 0.99));

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows");
    let release = compile(&read_bundle(&folder).expect("the demo bundle"), &tolmach_nodes::platform())
        .release
        .expect("it compiles");
    let examples = &release.resources.examples["consultant.route"];
    let trainer = Trainer::new(Arc::new(MeaningEmbedder));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().expect("a runtime");
    let started = Instant::now();
    let learned = runtime.block_on(trainer.learn(examples)).expect("learned");
    println!("learn {} examples      {:>9.1?}", examples.len(), started.elapsed());
    let each = timed(&texts, |text| {
        runtime.block_on(trainer.place(&learned, text)).expect("placed");
    });
    println!("a message to an intent  p50 {:.1?}, p99 {:.1?}   target 1 ms", at(&each, 0.5), at(&each, 0.99));

    // Titles made of a few thousand words in varying combinations, like a price list.
    let titles: Vec<String> = (0..TITLES)
        .map(|n| {
            let word = |at: usize| texts[at % texts.len()].split(' ').next().unwrap_or_default();
            format!("{} {} {} {}x{} мм, {} Вт", word(n), word(n / 7), word(n / 49), n % 90, n % 70, n % 3000)
        })
        .collect();
    let started = Instant::now();
    let mut embedder = Titles::new();
    titles.iter().for_each(|title| drop(embedder.vector(title)));
    let second = TITLES as f64 / started.elapsed().as_secs_f64();
    println!("titles to vectors       {second:>9.0} a second   target 20000");
}

/// The time for each text, ascending; measured on the second pass.
fn timed(texts: &[&str], mut run: impl FnMut(&str)) -> Vec<Duration> {
    texts.iter().for_each(|text| run(text));
    let mut each: Vec<Duration> = texts
        .iter()
        .map(|text| {
            let started = Instant::now();
            run(text);
            started.elapsed()
        })
        .collect();
    each.sort();
    each
}

fn at(sorted: &[Duration], share: f64) -> Duration {
    sorted.get((sorted.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or_default()
}
