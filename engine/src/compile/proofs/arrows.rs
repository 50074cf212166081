//! The nodes of all flows with the ways between them, numbered once for every proof.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    flow::{Flow, NodeEntry},
    node_info::Transition,
    target::Target,
};

/// A node and where it leads.
pub(super) struct Spot<'f> {
    pub(super) flow: &'f Flow,
    pub(super) name: &'f str,
    pub(super) entry: &'f NodeEntry,
    /// Its ways; `None` in place of a target is a stop (`wait`, `end`, `return`).
    pub(super) ways: Vec<(Transition, Option<usize>)>,
    /// Where the flow that it calls begins.
    pub(super) calls: Option<usize>,
    pub(super) waits: bool,
}

pub(super) struct Arrows<'f> {
    pub(super) spots: Vec<Spot<'f>>,
    pub(super) flows: Vec<&'f Flow>,
    index: BTreeMap<(&'f str, &'f str), usize>,
}

impl<'f> Arrows<'f> {
    pub(super) fn of(flows: &[&'f Flow]) -> Arrows<'f> {
        let mut arrows = Arrows { spots: Vec::new(), flows: flows.to_vec(), index: BTreeMap::new() };
        for flow in flows {
            for name in flow.nodes.keys() {
                let at = arrows.index.len();
                arrows.index.insert((&flow.id, name), at);
            }
        }
        for flow in flows {
            for (name, entry) in &flow.nodes {
                let ways = entry.all_transitions().into_iter().map(|way| {
                    let to = match &way.to.value {
                        Target::Node(node) => arrows.index.get(&(flow.id.as_str(), node.as_str())).copied(),
                        _ => None,
                    };
                    (way, to)
                });
                let ways = ways.collect();
                let called = entry.node.call().and_then(|call| {
                    flows.iter().find(|flow| flow.id == call.flow.value).map(|flow| (*flow).start_of())
                });
                let calls = called.and_then(|key| arrows.index.get(&key).copied());
                let waits = entry.node.waits();
                arrows.spots.push(Spot { flow, name, entry, ways, calls, waits });
            }
        }
        arrows
    }

    /// The spot of a flow's node.
    pub(super) fn at(&self, flow: &str, node: &str) -> Option<usize> {
        self.index.get(&(flow, node)).copied()
    }

    /// The spots of one flow.
    pub(super) fn of_flow<'a>(&'a self, flow: &'a Flow) -> impl Iterator<Item = (usize, &'a Spot<'f>)> {
        self.spots.iter().enumerate().filter(move |(_, spot)| spot.flow.id == flow.id)
    }

    /// Where turns of a flow may enter besides its waiting nodes and buttons: `start` first.
    pub(super) fn doors(&self, flow: &Flow) -> Vec<usize> {
        let on = &flow.header.on;
        let intents = on.intent.iter().flat_map(|intent| intent.to.values());
        let names = std::iter::once(&flow.header.start)
            .chain(on.command.values())
            .chain(intents)
            .chain(on.inactivity.iter().map(|silence| &silence.to))
            .chain(&on.error);
        let mut seen = BTreeSet::new();
        names.filter_map(|name| self.at(&flow.id, name)).filter(|at| seen.insert(*at)).collect()
    }

    /// The name of a spot, with its flow where there are several.
    pub(super) fn name(&self, at: usize) -> String {
        let spot = &self.spots[at];
        if self.flows.len() > 1 { format!("{}.{}", spot.flow.id, spot.name) } else { spot.name.to_owned() }
    }

    /// Names along a path.
    pub(super) fn path(&self, path: &[usize]) -> String {
        path.iter().map(|at| self.name(*at)).collect::<Vec<_>>().join(" → ")
    }
}

impl Flow {
    fn start_of(&self) -> (&str, &str) {
        (&self.id, &self.header.start.value)
    }
}
