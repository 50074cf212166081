//! `tolmach eval intents`: the built-in classifier on examples and messages of one's own.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, stderr},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Args;
use tolmach_engine::kind::Example;
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_runtime::Trainer;

/// The intent of messages that belong to none.
const OUT_OF_SCOPE: &str = "oos";

#[derive(Debug, Args)]
pub struct Intents {
    /// What to learn: a line a message, its intent behind a tab. `oos` is the intent of messages that belong to none
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// What to place: the same
    #[arg(long, value_name = "FILE")]
    test: PathBuf,
    /// Show the N most frequent confusions
    #[arg(long, default_value_t = 10, value_name = "N")]
    worst: usize,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

/// A message, and what became of it.
pub struct Placed {
    pub text: String,
    /// `None` for one that belongs to no intent.
    pub wanted: Option<String>,
    /// The likeliest intent; `None` when it was taken for out of scope, or says nothing.
    pub found: Option<String>,
    /// How likely, 0 to 1.
    pub confidence: f32,
}

/// What there was to learn, and how long things took.
pub struct Work {
    pub examples: usize,
    pub intents: usize,
    pub learning: Duration,
    /// From text to intent, sorted.
    pub each: Vec<Duration>,
}

impl Intents {
    pub async fn execute(self) -> anyhow::Result<ExitCode> {
        let (train, test) = (read(&self.train)?, read(&self.test)?);
        let named: Vec<Example> = with_names(&train);
        let intents = named.len() - train.len();
        if intents == 0 {
            bail!("{} has no intent but `{OUT_OF_SCOPE}`; there is nothing to learn", self.train.display());
        }
        progress(&format!("learning {} examples of {intents} intents", train.len()));
        let trainer = Trainer::new(Arc::new(MeaningEmbedder));
        let started = Instant::now();
        let learned = trainer.learn(&named).await?;
        let learning = started.elapsed();
        progress(&format!("placing {} messages", test.len()));
        let (mut placed, mut each) = (Vec::with_capacity(test.len()), Vec::with_capacity(test.len()));
        for Example { text, label } in test {
            let started = Instant::now();
            let best = trainer.place(&learned, &text).await?.into_iter().next();
            each.push(started.elapsed());
            let confidence = best.as_ref().map_or(0.0, |best| best.score);
            let found = best.map(|best| best.label).filter(|label| label != OUT_OF_SCOPE);
            let wanted = Some(label).filter(|label| label != OUT_OF_SCOPE);
            placed.push(Placed { text, wanted, found, confidence });
        }
        progress("");
        each.sort();
        let work = Work { examples: train.len(), intents, learning, each };
        super::show::print(&placed, &work, self.worst, self.json)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The examples, and for each intent its name, which says what it is about as a flow's description does.
fn with_names(examples: &[Example]) -> Vec<Example> {
    let names: BTreeMap<&str, String> = examples
        .iter()
        .filter(|example| example.label != OUT_OF_SCOPE)
        .map(|example| (example.label.as_str(), example.label.replace(['_', '-', '.', '/'], " ")))
        .collect();
    let names = names.into_iter().map(|(label, text)| Example { label: label.to_owned(), text });
    examples.iter().cloned().chain(names).collect()
}

/// A file of messages with their intents.
fn read(file: &Path) -> anyhow::Result<Vec<Example>> {
    let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| anyhow::anyhow!("{} is not UTF-8 text: save it as .tsv in UTF-8", file.display()))?;
    let mut examples = Vec::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [text, label] = cells.as_slice() else {
            bail!(
                "{} line {number}: {} columns; a line is a message and its intent with a tab between them",
                file.display(),
                cells.len()
            );
        };
        if number == 1 && text.eq_ignore_ascii_case("text") && label.eq_ignore_ascii_case("intent") {
            continue; // The columns' names.
        }
        if text.is_empty() || label.is_empty() {
            let what = if text.is_empty() { "message" } else { "intent" };
            bail!("{} line {number}: the {what} is empty", file.display());
        }
        examples.push(Example { label: (*label).to_owned(), text: (*text).to_owned() });
    }
    if examples.is_empty() {
        bail!(
            "{} has no messages; a line is a message and its intent with a tab between them",
            file.display()
        );
    }
    Ok(examples)
}

/// Says what takes time, to a person only; nothing clears it.
fn progress(what: &str) {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K{what}");
    }
}
