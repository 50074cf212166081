//! Logging to standard error, coloured in a terminal; the last lines are kept for the panel as well.

use std::{
    fmt::Write,
    io::IsTerminal,
    sync::{Arc, LazyLock, OnceLock},
};

use anyhow::Context as _;
use tolmach_app::logs::{Level, LogRing};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt,
    layer::{Context, SubscriberExt},
    reload,
    util::SubscriberInitExt,
};

use crate::clock::now;

/// Lines that are kept.
const KEPT: usize = 2_000;

/// The log is one of the process, as its subscriber is.
static RING: LazyLock<Arc<LogRing>> = LazyLock::new(|| Arc::new(LogRing::new(KEPT)));

/// The last lines of this process's log.
pub fn ring() -> Arc<LogRing> {
    Arc::clone(&RING)
}

/// The filter of this process, where it logs.
static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Reads a filter.
///
/// # Errors
/// When it is malformed.
pub fn filter(filter: &str) -> anyhow::Result<EnvFilter> {
    // apalis logs every start and stop of workers at info; /health reports what matters.
    let quiet = format!("apalis_core=warn,{filter}");
    EnvFilter::try_new(quiet).map_err(|error| {
        anyhow::anyhow!("log: `{filter}` is not a filter ({error}); write `info` or `tolmach_runtime=debug`")
    })
}

/// Starts logging. Commands other than the server do not log with the default filter.
///
/// # Errors
/// When the filter is malformed.
pub fn start(text: &str, server: bool) -> anyhow::Result<()> {
    let (layer, handle) = reload::Layer::new(filter(if server || text != "info" { text } else { "off" })?);
    if server {
        // There is one start of a process.
        let _ = FILTER.set(handle);
    }
    let ansi = std::io::stderr().is_terminal();
    let printed = fmt::layer().with_writer(std::io::stderr).with_ansi(ansi).with_target(false);
    tracing_subscriber::registry().with(layer).with(printed).with(server.then(|| Keep(ring()))).init();
    Ok(())
}

/// Makes another filter hold, in a server; elsewhere nothing happens.
///
/// # Errors
/// When the filter is malformed.
pub fn set(text: &str) -> anyhow::Result<()> {
    let filter = filter(text)?;
    if let Some(handle) = FILTER.get() {
        handle.reload(filter).context("the log's filter cannot be replaced")?;
    }
    Ok(())
}

/// Keeps what is logged: the same lines that are printed, with the same fields.
struct Keep(Arc<LogRing>);

impl<S: Subscriber> Layer<S> for Keep {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let level = match *metadata.level() {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warn,
            tracing::Level::INFO => Level::Info,
            tracing::Level::DEBUG => Level::Debug,
            tracing::Level::TRACE => Level::Trace,
        };
        let mut said = Said::default();
        event.record(&mut said);
        let Said { mut message, fields } = said;
        message.push_str(&fields);
        self.0.add(now(), level, metadata.target(), message);
    }
}

/// The message of an event and its fields, `name=value`.
#[derive(Default)]
struct Said {
    message: String,
    fields: String,
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
