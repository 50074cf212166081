//! `tolmach embed`: prints embedding vectors, for tools.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, ValueEnum};
use tolmach_catalog::TitleEmbedder;
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_runtime::ports::Embedder;

/// How many texts are embedded per batch.
const AT_ONCE: usize = 1024;

#[derive(Debug, Args)]
pub struct Embed {
    /// A file with one text per line
    #[arg(long, value_name = "FILE")]
    texts: PathBuf,
    /// Which embedder: that of intents or that of the catalogue
    #[arg(long = "for", value_enum, default_value_t = Use::Intents)]
    purpose: Use,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Use {
    Intents,
    Search,
}

impl Embed {
    /// Prints one JSON array per line, in the order of the texts; all zeros for a line without letters or digits.
    ///
    /// # Errors
    /// When the file cannot be read or is not UTF-8.
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
