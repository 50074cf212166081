//! Nodes that lead to each other without ever waiting for the client.

use std::collections::BTreeSet;

use super::graph::FlowGraph;
use crate::{
    diagnostic::{Code, Diagnostic},
    node_info::Transition,
    target::Target,
};

/// Reports endless cycles. Without one, the nodes in an order in which each comes after those that a turn may run next.
pub(super) fn check(graph: &FlowGraph<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<usize>> {
    let passing = passing(graph);
    let mut state = vec![State::New; graph.nodes.len()];
    let mut order = Vec::with_capacity(graph.nodes.len());
    let mut endless = false;
    for root in 0..graph.nodes.len() {
        if state[root] != State::New {
            continue;
        }
        // Depth first with a stack of our own: a chain of nodes may be longer than the program's.
        let mut path = vec![(root, onward(graph, &passing, root), 0)];
        state[root] = State::Open;
        while let Some((at, next, done)) = path.last_mut() {
            let Some(to) = next.get(*done).copied() else {
                state[*at] = State::Done;
                order.push(*at);
                path.pop();
                continue;
            };
            *done += 1;
            match state[to] {
                State::New => {
                    state[to] = State::Open;
                    path.push((to, onward(graph, &passing, to), 0));
                }
                State::Open => {
                    endless = true;
                    let begin = path.iter().position(|(at, ..)| *at == to).unwrap_or_default();
                    let mut cycle: Vec<usize> = path[begin..].iter().map(|(at, ..)| *at).collect();
                    cycle.push(to);
                    report(graph, &cycle, diagnostics);
                }
                State::Done => {}
            }
        }
    }
    (!endless).then_some(order)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

fn report(graph: &FlowGraph<'_>, cycle: &[usize], diagnostics: &mut Vec<Diagnostic>) {
    // Reported at the node of the cycle that comes first in the file, so that a cycle is one diagnostic.
    let first =
        cycle.iter().map(|at| &graph.nodes[*at]).min_by_key(|node| (&node.flow.file, node.entry.span));
    let Some(first) = first else { return };
    let message =
        format!("these nodes lead to each other and never wait for the client: {}", graph.path(cycle));
    let help = "put a node that waits (ask, menu) on the path, or lead one of them to `wait`";
    diagnostics.push(Diagnostic::new(Code::EndlessCycle, &first.flow.file, first.entry.span, message, help));
}

/// The nodes that a turn may run right after a node, without the client.
pub(super) fn onward(graph: &FlowGraph<'_>, passing: &BTreeSet<String>, at: usize) -> Vec<usize> {
    let node = &graph.nodes[at];
    if node.waits {
        return Vec::new();
    }
    let mut next: Vec<usize> = node.calls.into_iter().collect();
    let goes_on = match node.entry.node.call() {
        Some(call) => passing.contains(&call.flow.value),
        None => true,
    };
    if goes_on {
        next.extend(node.edges.iter().filter(|(edge, _)| edge.automatic).filter_map(|(_, to)| *to));
    }
    next
}

/// Flows that can be gone through, from `start` to `return`, without waiting.
pub(super) fn passing(graph: &FlowGraph<'_>) -> BTreeSet<String> {
    let mut passing = BTreeSet::new();
    loop {
        let before = passing.len();
        for flow in &graph.flows {
            let mut open: Vec<usize> = graph.at(&flow.id, &flow.header.start).into_iter().collect();
            let mut seen = BTreeSet::new();
            while let Some(at) = open.pop() {
                if !seen.insert(at) {
                    continue;
                }
                let node = &graph.nodes[at];
                let returns = |(edge, _): &(Transition, Option<usize>)| {
                    edge.automatic && edge.to.value == Target::Return
                };
                let through = node.entry.node.call().is_none_or(|call| passing.contains(&call.flow.value));
                if !node.waits && through && node.edges.iter().any(returns) {
                    passing.insert(flow.id.clone());
                }
                let own = onward(graph, &passing, at).into_iter();
                open.extend(own.filter(|to| graph.nodes[*to].flow.id == flow.id));
            }
        }
        if passing.len() == before {
            return passing;
        }
    }
}
