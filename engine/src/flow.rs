//! One dialog graph, as written in one file.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    header::Header,
    kind::{KindSpec, Node},
    node_info::Transition,
    slot,
    span::{Span, Spanned},
    target::Target,
};

/// A flow that has been read.
#[derive(Debug)]
pub struct Flow {
    /// Its id.
    pub id: String,
    /// The file it came from.
    pub file: String,
    /// Everything but the nodes.
    pub header: Header,
    /// Slot declarations by name.
    pub slots: BTreeMap<String, slot::Declaration>,
    /// The nodes by name.
    pub nodes: BTreeMap<String, NodeEntry>,
    /// The names of all nodes, also of those that could not be read: a transition to one of them is not an error.
    pub declared: BTreeSet<String>,
    /// Whether everything beside the nodes could be read.
    pub header_complete: bool,
}

/// A node with its transitions.
#[derive(Debug)]
pub struct NodeEntry {
    /// The span of its name.
    pub span: Span,
    /// What it is.
    pub kind: &'static KindSpec,
    /// What it does.
    pub node: Box<dyn Node>,
    /// Where its exits lead: the field `next`.
    pub transitions: Transitions,
}

/// Where the exits of a node lead.
#[derive(Clone, Debug, Default)]
pub enum Transitions {
    /// None given: every exit waits.
    #[default]
    None,
    /// All exits lead to one target.
    All(Spanned<Target>),
    /// A target for each exit, with the span of the exit's name.
    ByExit(BTreeMap<String, (Span, Spanned<Target>)>),
}

impl NodeEntry {
    /// Where an exit leads.
    pub fn target(&self, exit: &str) -> Target {
        match &self.transitions {
            Transitions::None => Target::Wait,
            Transitions::All(target) => target.value.clone(),
            Transitions::ByExit(map) => {
                let fallback = || self.node.exits().into_iter().find(|known| known.name == exit)?.fallback;
                let found = map.get(exit).or_else(|| map.get(fallback()?));
                found.map_or(Target::Wait, |(_, target)| target.value.clone())
            }
        }
    }

    /// Every transition: those in the node's body, then those of its exits (exits that fall back to another are left
    /// out).
    pub fn all_transitions(&self) -> Vec<Transition> {
        let mut all = self.node.transitions();
        for exit in self.node.exits() {
            let span = match &self.transitions {
                Transitions::None => self.span,
                Transitions::All(target) => target.span,
                Transitions::ByExit(map) => match map.get(&exit.name) {
                    Some((_, target)) => target.span,
                    None if exit.fallback.is_some() => continue,
                    None => self.span,
                },
            };
            let to = Spanned::new(self.target(&exit.name), span);
            all.push(Transition { label: exit.name, to, automatic: true, ensures: Vec::new() });
        }
        all
    }
}
