//! The process that reads price lists: this program, started as `tolmach catalog read`.

use anyhow::Context;
use tolmach_app::price_list::ReaderProcess;

use crate::config::Config;

/// The reader's program, arguments and limits.
///
/// # Errors
/// When the path of this program is unknown.
pub fn process(config: &Config) -> anyhow::Result<ReaderProcess> {
    let program = std::env::current_exe().context("the path of this program is not known")?;
    let import = &config.import;
    Ok(ReaderProcess {
        program,
        arguments: &["catalog", "read"],
        limits: import.limits(),
        currency: import.currency.clone(),
    })
}
