//! What a program offers the flows that it runs.

use std::collections::BTreeSet;

use crate::{channel::Capabilities, kind::KindSpec, phrases::Listed};

/// The model role that every program has.
pub const DEFAULT_ROLE: &str = "default";

/// What a program offers its flows: the compiler checks a bundle against it.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The kinds of node, in the order of the reference.
    pub kinds: &'static [&'static KindSpec],
    /// The sentences of the kinds of node that a bundle may say otherwise, beside those of the engine.
    pub phrases: &'static [Listed],
    /// The channels through which clients are reached. A text must fit all of them.
    pub channels: Vec<Capabilities>,
    /// The names of the configured language models; `None` for any name.
    pub model_roles: Option<BTreeSet<String>>,
    /// Flows in which chats begin besides a bundle's entry, as the configuration names them. A bundle may lack them.
    pub entry_flows: BTreeSet<String>,
}

impl Platform {
    /// The same platform for a release that was published before. A role that it names may no longer be configured; the
    /// release is served all the same, and a query of such a role fails with an error that names it.
    #[must_use]
    pub fn for_kept_release(&self) -> Platform {
        Platform { model_roles: None, ..self.clone() }
    }
}
