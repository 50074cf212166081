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

impl Platform {
    /// The smallest of a limit over all channels, where `value` exceeds it, with the names of the channels that have it.
    pub(crate) fn exceeded(
        &self,
        value: usize,
        limit: impl Fn(&Capabilities) -> u32,
    ) -> Option<(usize, String)> {
        let smallest = self.channels.iter().map(&limit).min()?;
        let most = usize::try_from(smallest).unwrap_or(usize::MAX);
        let names = self.channels.iter().filter(|channel| limit(channel) == smallest);
        let names: Vec<&str> = names.map(|channel| channel.name).collect();
        (value > most).then(|| (most, names.join(", ")))
    }
}
