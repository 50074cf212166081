//! Logging to standard error, coloured in a terminal.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging. Commands other than the server do not log with the default filter.
///
/// # Errors
/// When the filter is malformed.
pub fn start(filter: &str, server: bool) -> anyhow::Result<()> {
    let filter = if server || filter != "info" { filter } else { "off" };
    // apalis logs every start and stop of workers at info; /health reports what matters.
    let quiet = format!("apalis_core=warn,{filter}");
    let filter = EnvFilter::try_new(quiet).map_err(|error| {
        anyhow::anyhow!("log: `{filter}` is not a filter ({error}); write `info` or `tolmach_runtime=debug`")
    })?;
    let ansi = std::io::stderr().is_terminal();
    fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(ansi).with_target(false).init();
    Ok(())
}
