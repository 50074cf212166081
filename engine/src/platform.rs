//! What a program offers the flows that it runs.

use std::collections::BTreeSet;

use crate::{channel::Capabilities, kind::KindSpec};

/// The model role that every program has.
pub const DEFAULT_ROLE: &str = "default";

/// What a program offers its flows: the compiler checks a bundle against it.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The kinds of node, in the order of the reference.
    pub kinds: &'static [&'static KindSpec],
    /// The channels through which clients are reached. A text must fit all of them.
    pub channels: Vec<Capabilities>,
    /// The names of the configured language models.
    pub model_roles: BTreeSet<String>,
}
