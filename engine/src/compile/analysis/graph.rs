//! The nodes of all flows with the edges between them, numbered once for every analysis.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    flow::{Flow, NodeEntry},
    node_info::Transition,
    target::Target,
};

/// A node and where it leads.
pub(super) struct GraphNode<'f> {
    pub(super) flow: &'f Flow,
    pub(super) name: &'f str,
    pub(super) entry: &'f NodeEntry,
    /// Its edges; `None` in place of a target is a stop (`wait`, `end`, `return`).
    pub(super) edges: Vec<(Transition, Option<usize>)>,
    /// Where the flow that it calls begins.
    pub(super) calls: Option<usize>,
    pub(super) waits: bool,
}

pub(super) struct FlowGraph<'f> {
    pub(super) nodes: Vec<GraphNode<'f>>,
    pub(super) flows: Vec<&'f Flow>,
    index: BTreeMap<(&'f str, &'f str), usize>,
}

impl<'f> FlowGraph<'f> {
    pub(super) fn of(flows: &[&'f Flow]) -> FlowGraph<'f> {
        let mut graph = FlowGraph { nodes: Vec::new(), flows: flows.to_vec(), index: BTreeMap::new() };
        for flow in flows {
            for name in flow.nodes.keys() {
                let at = graph.index.len();
                graph.index.insert((&flow.id, name), at);
            }
        }
        for flow in flows {
            for (name, entry) in &flow.nodes {
                let edges = entry.all_transitions().into_iter().map(|edge| {
                    let to = match &edge.to.value {
                        Target::Node(node) => graph.index.get(&(flow.id.as_str(), node.as_str())).copied(),
                        _ => None,
                    };
                    (edge, to)
                });
                let edges = edges.collect();
                let called = entry.node.call().and_then(|call| {
                    flows.iter().find(|flow| flow.id == call.flow.value).map(|flow| (*flow).start_of())
                });
                let calls = called.and_then(|key| graph.index.get(&key).copied());
                let waits = entry.node.waits();
                graph.nodes.push(GraphNode { flow, name, entry, edges, calls, waits });
            }
        }
        graph
    }

    /// The number of a flow's node.
    pub(super) fn at(&self, flow: &str, node: &str) -> Option<usize> {
        self.index.get(&(flow, node)).copied()
    }

    /// The nodes of one flow.
    pub(super) fn of_flow<'a>(&'a self, flow: &'a Flow) -> impl Iterator<Item = (usize, &'a GraphNode<'f>)> {
        self.nodes.iter().enumerate().filter(move |(_, node)| node.flow.id == flow.id)
    }

    /// Where turns of a flow may enter besides its waiting nodes and buttons: `start` first.
    pub(super) fn entry_points(&self, flow: &Flow) -> Vec<usize> {
        let on = &flow.header.on;
        let intents = on.intent.iter().flat_map(|intent| intent.to.values());
        let names = std::iter::once(&flow.header.start)
            .chain(on.command.values())
            .chain(intents)
            .chain(&on.refer)
            .chain(on.inactivity.iter().map(|silence| &silence.to))
            .chain(&on.error)
            .chain(&on.contact);
        let mut seen = BTreeSet::new();
        names.filter_map(|name| self.at(&flow.id, name)).filter(|at| seen.insert(*at)).collect()
    }

    /// The name of a node, with its flow where there are several.
    pub(super) fn name(&self, at: usize) -> String {
        let node = &self.nodes[at];
        if self.flows.len() > 1 { format!("{}.{}", node.flow.id, node.name) } else { node.name.to_owned() }
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
