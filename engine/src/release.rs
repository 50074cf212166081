//! A compiled bundle: immutable, identified by its content hash, ready to be run.

use std::collections::BTreeMap;

use crate::{
    bundle::Bundle, experiment::Arm, flow::Flow, header::Limits, resources::Resources, session::Session,
};

/// What [`crate::start`] and [`crate::resume`] run on.
#[derive(Debug)]
pub struct Release {
    /// The bundle's content hash.
    pub id: String,
    /// The texts it was compiled from.
    pub bundle: Bundle,
    /// The flow in which a chat begins.
    pub entry: String,
    /// Flows by id.
    pub flows: BTreeMap<String, Flow>,
    /// What the flows refer to.
    pub resources: Resources,
}

impl Release {
    /// A flow by its id.
    pub fn flow(&self, id: &str) -> Option<&Flow> {
        self.flows.get(id)
    }

    /// The flow in which the dialogs of a session begin: that of its client, if the release has it, or the release's own.
    pub fn entry_of(&self, session: &Session) -> &str {
        let own = session.client.entry.as_deref().and_then(|entry| self.flow(entry));
        own.map_or(&self.entry, |flow| &flow.id)
    }

    /// The experiments by name, each with its arms.
    pub fn experiments(&self) -> BTreeMap<&str, Vec<Arm<'_>>> {
        let nodes = self.flows.values().flat_map(|flow| flow.nodes.values());
        nodes.filter_map(|entry| entry.node.experiment()).map(|(name, arms)| (name.as_str(), arms)).collect()
    }

    /// The bounds of a chat's turns: those of the flow in which it began.
    pub fn limits(&self, session: &Session) -> Limits {
        let outermost = session.frames.first().map_or(&self.entry, |frame| &frame.flow);
        self.flow(outermost).map(|flow| flow.header.limits).unwrap_or_default()
    }
}
