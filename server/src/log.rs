//! Where the log goes: to standard error, readable in a terminal.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging. A command that is not the server only speaks up about errors.
pub fn start(filter: &str, server: bool) -> anyhow::Result<()> {
    let filter = if server || filter != "info" { filter } else { "off" };
    // The queue tells of its own comings and goings; /health says what of them matters.
    let quiet = format!("apalis_core=warn,{filter}");
    let filter = EnvFilter::try_new(quiet).map_err(|error| {
        anyhow::anyhow!("log: `{filter}` is not a filter ({error}); write `info` or `tolmach_runtime=debug`")
    })?;
    let ansi = std::io::stderr().is_terminal();
    fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(ansi).with_target(false).init();
    Ok(())
}
