//! Evaluates the built-in intent classifier on a training file and a test file.

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

/// The label of messages that belong to no intent.
const OUT_OF_SCOPE: &str = "oos";

/// A test message with its expected and its predicted intent.
#[derive(Clone, Debug, PartialEq)]
struct Classified {
    text: String,
    /// The expected intent; `None` for an out-of-scope message.
    wanted: Option<String>,
    /// The most probable intent; `None` when the message was classified as out of scope or there was no prediction.
    found: Option<String>,
    /// The probability of the prediction, 0 to 1.
    confidence: f32,
}

/// The result of an evaluation.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// How many training examples there were, without the intents' names.
    pub examples: usize,
    /// How many intents they have.
    pub intents: usize,
    /// How long training took.
    pub learning: Duration,
    /// How long each message took from text to intent, ascending.
    pub times: Vec<Duration>,
    /// Accuracy, coverage and calibration.
    pub figures: Figures,
}

/// A phase of the evaluation, for progress output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Training on the examples.
    Learning {
        /// How many examples.
        examples: usize,
        /// How many intents they have.
        intents: usize,
    },
    /// Classifying the test messages.
    Placing {
        /// How many messages.
        messages: usize,
    },
}

/// Why intents cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("{} cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// A file is not UTF-8.
    #[error("{} is not UTF-8 text: save it as .tsv in UTF-8", .0.display())]
    NotText(PathBuf),
    /// A line does not have two columns.
    #[error(
        "{} line {line}: {columns} columns; a line is a message and its intent with a tab between them",
        file.display()
    )]
    Columns {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// How many columns the line has.
        columns: usize,
    },
    /// A column of a line is empty.
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
    /// A training file with out-of-scope messages only.
    #[error("{} has no intent but `{OUT_OF_SCOPE}`; there is nothing to learn", .0.display())]
    NoIntent(PathBuf),
    /// The embedder failed.
    #[error(transparent)]
    Embedder(#[from] ports::Error),
}

/// Trains the classifier on one file and classifies the messages of another. Both files have one message a line: the
/// text, a tab, and the intent; `oos` is the intent of out-of-scope messages. `elapsed` returns the time since any
/// fixed moment; `on_step` is called at the start of each phase.
///
/// # Errors
/// When a file cannot be read or has a malformed line, there is no intent to train on, or the embedder fails.
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
        placed.push(Classified { text, wanted, found, confidence });
    }
    times.sort();
    let figures = measure::figures(&placed);
    Ok(Evaluation { examples: examples.len(), intents, learning, times, figures })
}

/// The examples, plus the name of each intent as an example of it. A flow's `description` of an intent serves the same
/// purpose.
fn with_names(examples: &[Example]) -> Vec<Example> {
    let names: BTreeMap<&str, String> = examples
        .iter()
        .filter(|example| example.label != OUT_OF_SCOPE)
        .map(|example| (example.label.as_str(), example.label.replace(['_', '-', '.', '/'], " ")))
        .collect();
    let names = names.into_iter().map(|(label, text)| Example { label: label.to_owned(), text });
    examples.iter().cloned().chain(names).collect()
}

/// Reads a tab-separated file of messages and intents.
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
            continue; // The header.
        }
        if text.is_empty() || label.is_empty() {
            let part = if text.is_empty() { "message" } else { "intent" };
            return Err(Error::EmptyCell { file: owned(), line, part });
        }
        examples.push(Example { label: (*label).to_owned(), text: (*text).to_owned() });
    }
    if examples.is_empty() { Err(Error::Empty(owned())) } else { Ok(examples) }
}
