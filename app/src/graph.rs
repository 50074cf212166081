//! A flow as a graph for drawing.

use std::path::Path;

use tolmach_engine::{Platform, bundle::Bundle, compile, graph::Graph};

use crate::diagnostics::Diagnosed;

/// Why a flow cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The flows do not compile.
    #[error("the flows do not compile\n\n{0}")]
    DoNotCompile(Box<Diagnosed>),
    /// There is no such flow.
    #[error("there is no flow `{flow}`; there are: {}", known.join(", "))]
    NoFlow {
        /// The flow that was asked for.
        flow: String,
        /// The flows of the bundle.
        known: Vec<String>,
    },
}

/// The graph of a flow; `None` means the entry flow. `folder` is the bundle's path as shown in diagnostics.
///
/// # Errors
/// When the flows do not compile, or there is no such flow.
pub fn of_flow(
    bundle: &Bundle,
    platform: &Platform,
    folder: &Path,
    flow: Option<&str>,
) -> Result<Graph, Error> {
    let compiled = compile(bundle, platform);
    let Some(release) = compiled.release else {
        return Err(Error::DoNotCompile(Diagnosed::boxed(bundle, folder, compiled.diagnostics)));
    };
    let name = flow.unwrap_or(&release.entry);
    match release.flow(name) {
        Some(flow) => Ok(Graph::of(flow)),
        None => Err(Error::NoFlow { flow: name.to_owned(), known: release.flows.keys().cloned().collect() }),
    }
}
