//! How well the built-in classifier tells intents apart, on examples and messages of one's own.

mod measure;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tolmach_engine::kind::Example;
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_runtime::{Trainer, ports};

pub use measure::{Confusion, Cut, Figures, KEPT};

/// The intent of messages that belong to none.
const OUT_OF_SCOPE: &str = "oos";

/// A message, and what became of it.
#[derive(Clone, Debug, PartialEq)]
struct Placed {
    text: String,
    /// `None` for one that belongs to no intent.
    wanted: Option<String>,
    /// The likeliest intent; `None` when it was taken for out of scope, or says nothing.
    found: Option<String>,
    /// How likely, 0 to 1.
    confidence: f32,
}

/// How well intents are told apart.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// How many examples there were to learn.
    pub examples: usize,
    /// Of how many intents.
    pub intents: usize,
    /// How long learning took.
    pub learning: Duration,
    /// How long each message took from text to intent, sorted.
    pub times: Vec<Duration>,
    /// How well the messages were placed.
    pub figures: Figures,
}

/// What is being done; each takes a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The examples are learned.
    Learning {
        /// How many.
        examples: usize,
        /// Of how many intents.
        intents: usize,
    },
    /// The messages are placed.
    Placing {
        /// How many.
        messages: usize,
    },
}

/// Why intents cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refuses.
    #[error("{} cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Not text.
    #[error("{} is not UTF-8 text: save it as .tsv in UTF-8", .0.display())]
    NotText(PathBuf),
    /// A line with more or fewer columns.
    #[error(
        "{} line {line}: {columns} columns; a line is a message and its intent with a tab between them",
        file.display()
    )]
    Columns {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// How many it has.
        columns: usize,
    },
    /// A line that lacks a part.
    #[error("{} line {line}: the {part} is empty", file.display())]
    EmptyCell {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// `message` or `intent`.
        part: &'static str,
    },
    /// A file without messages.
    #[error("{} has no messages; a line is a message and its intent with a tab between them", .0.display())]
    Empty(PathBuf),
    /// A file that has only messages which belong to no intent.
    #[error("{} has no intent but `{OUT_OF_SCOPE}`; there is nothing to learn", .0.display())]
    NoIntent(PathBuf),
    /// The embedder.
    #[error(transparent)]
    Embedder(#[from] ports::Error),
}

/// Learns the intents of one file and places the messages of another among them. In both a line is a message and its intent with a
/// tab between them; `oos` is the intent of messages that belong to none. `elapsed` gives the time since any fixed moment;
/// `on_step` is called when a step begins.
///
/// # Errors
/// When a file is none, or there is nothing to learn.
pub async fn intents(
    train: &Path,
    test: &Path,
    elapsed: &(dyn Fn() -> Duration + Sync),
    mut on_step: impl FnMut(Step),
) -> Result<Evaluation, Error> {
    let (examples, messages) = (read(train)?, read(test)?);
    let named: Vec<Example> = with_names(&examples);
    let intents = named.len() - examples.len();
    if intents == 0 {
        return Err(Error::NoIntent(train.to_owned()));
    }
    on_step(Step::Learning { examples: examples.len(), intents });
    let trainer = Trainer::new(Arc::new(MeaningEmbedder));
    let started = elapsed();
    let learned = trainer.learn(&named).await?;
    let learning = elapsed().saturating_sub(started);
    on_step(Step::Placing { messages: messages.len() });
    let (mut placed, mut times) = (Vec::with_capacity(messages.len()), Vec::with_capacity(messages.len()));
    for Example { text, label } in messages {
        let started = elapsed();
        let best = trainer.place(&learned, &text).await?.into_iter().next();
        times.push(elapsed().saturating_sub(started));
        let confidence = best.as_ref().map_or(0.0, |best| best.score);
        let found = best.map(|best| best.label).filter(|label| label != OUT_OF_SCOPE);
        let wanted = Some(label).filter(|label| label != OUT_OF_SCOPE);
        placed.push(Placed { text, wanted, found, confidence });
    }
    times.sort();
    let figures = measure::figures(&placed);
    Ok(Evaluation { examples: examples.len(), intents, learning, times, figures })
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
fn read(file: &Path) -> Result<Vec<Example>, Error> {
    let owned = || file.to_owned();
    let bytes = std::fs::read(file).map_err(|source| Error::Unreadable { file: owned(), source })?;
    let text = String::from_utf8(bytes).map_err(|_| Error::NotText(owned()))?;
    let mut examples = Vec::new();
    for (line, written) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        if written.trim().is_empty() {
            continue;
        }
        let cells: Vec<&str> = written.split('\t').map(str::trim).collect();
        let [text, label] = cells.as_slice() else {
            return Err(Error::Columns { file: owned(), line, columns: cells.len() });
        };
        if line == 1 && text.eq_ignore_ascii_case("text") && label.eq_ignore_ascii_case("intent") {
            continue; // The columns' names.
        }
        if text.is_empty() || label.is_empty() {
            let part = if text.is_empty() { "message" } else { "intent" };
            return Err(Error::EmptyCell { file: owned(), line, part });
        }
        examples.push(Example { label: (*label).to_owned(), text: (*text).to_owned() });
    }
    if examples.is_empty() { Err(Error::Empty(owned())) } else { Ok(examples) }
}
