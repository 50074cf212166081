//! `tolmach catalog read`: the child process that reads a price list with resource limits. For users there is
//! `preview`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Args;
use tolmach_catalog::import::{
    Options,
    child::{self, Limits},
};

#[derive(Debug, Args)]
pub struct Read {
    /// The memory limit, in MiB
    #[arg(long)]
    memory: u64,
    /// The time limit, in seconds
    #[arg(long)]
    seconds: u64,
    /// The maximum number of items
    #[arg(long, default_value_t = tolmach_catalog::import::MAX_ROWS)]
    rows: usize,
    /// Ends when its standard input does
    #[arg(long)]
    attached: bool,
    /// The column mapping, as JSON
    #[arg(long, value_parser = options)]
    options: Options,
    /// The price list
    file: PathBuf,
}

fn options(text: &str) -> Result<Options, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

impl Read {
    pub fn execute(&self) -> anyhow::Result<ExitCode> {
        let limits = Limits { memory: self.memory, seconds: self.seconds, rows: self.rows };
        let out = std::io::BufWriter::new(std::io::stdout().lock());
        child::serve(&self.file, &self.options, limits, self.attached, out)
            .context("the answer cannot be given")?;
        Ok(ExitCode::SUCCESS)
    }
}
