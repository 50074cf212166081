//! `tolmach embed`: the vectors of texts, for tools.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, ValueEnum};
use tolmach_catalog::TitleEmbedder;
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_runtime::ports::Embedder;

/// Texts that are embedded before their vectors are printed.
const AT_ONCE: usize = 1024;

#[derive(Debug, Args)]
pub struct Embed {
    /// A text a line
    #[arg(long, value_name = "FILE")]
    texts: PathBuf,
    /// Whose vectors: those that intents are told apart by, or those of the catalogue
    #[arg(long = "for", value_enum, default_value_t = Use::Intents)]
    purpose: Use,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Use {
    Intents,
    Search,
}

impl Embed {
    /// Prints a vector a line, a JSON array, in the order of the texts; all zeros for a line without letters or digits.
    pub async fn execute(self) -> anyhow::Result<ExitCode> {
        let file = self.texts.display();
        let bytes = std::fs::read(&self.texts).with_context(|| format!("{file} cannot be read"))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| anyhow::anyhow!("{file} is not UTF-8 text: a line is a text"))?;
        let embedder: &dyn Embedder = match self.purpose {
            Use::Intents => &MeaningEmbedder,
            Use::Search => &TitleEmbedder,
        };
        let texts: Vec<String> = text.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect();
        for texts in texts.chunks(AT_ONCE) {
            for vector in embedder.embed(texts).await? {
                println!("{}", serde_json::to_string(&vector)?);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
