//! The process in which price lists are read: this program once more, as `tolmach catalog read`.

use anyhow::Context;
use tolmach_app::price_list::ReaderProcess;

use crate::config::Config;

/// How it is started, and what it may take.
pub fn process(config: &Config) -> anyhow::Result<ReaderProcess> {
    let program = std::env::current_exe().context("the path of this program is not known")?;
    Ok(ReaderProcess { program, arguments: &["catalog", "read"], limits: config.import.limits() })
}
