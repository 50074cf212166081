//! Nodes that nothing leads to, nodes that cannot be left, flows that never return.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::FlowGraph;
use crate::{
    diagnostic::{Code, Diagnostic},
    flow::Flow,
    target::Target,
};

pub(super) fn check(
    graph: &FlowGraph<'_>,
    entry: Option<&str>,
    entry_flows: &BTreeSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for flow in &graph.flows {
        let reached = reached(graph, flow);
        unreachable(graph, flow, &reached, diagnostics);
        no_way_out(graph, flow, &reached, diagnostics);
    }
    calls(graph, entry, entry_flows, diagnostics);
}

/// The nodes of a flow to which some path leads.
pub(super) fn reached(graph: &FlowGraph<'_>, flow: &Flow) -> BTreeSet<usize> {
    let mut open = graph.entry_points(flow);
    let mut reached = BTreeSet::new();
    while let Some(at) = open.pop() {
        if reached.insert(at) {
            open.extend(graph.nodes[at].edges.iter().filter_map(|(_, to)| *to));
        }
    }
    reached
}

/// Reported at the first node that nothing leads to, not at every node behind it.
fn unreachable(
    graph: &FlowGraph<'_>,
    flow: &Flow,
    reached: &BTreeSet<usize>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut lost: Vec<usize> =
        graph.of_flow(flow).map(|(at, _)| at).filter(|at| !reached.contains(at)).collect();
    lost.sort_by_key(|at| graph.nodes[*at].entry.span);
    let leads_to = |from: usize, to: usize| graph.nodes[from].edges.iter().any(|(_, edge)| *edge == Some(to));
    let heads = lost.iter().copied().filter(|at| !lost.iter().any(|from| from != at && leads_to(*from, *at)));
    let heads: Vec<usize> = heads.collect();
    let mut behind = BTreeSet::new();
    // After the heads come those that only lead to each other.
    for at in heads.into_iter().chain(lost.iter().copied()) {
        if behind.contains(&at) {
            continue;
        }
        let mut open = vec![at];
        let mut names = Vec::new();
        while let Some(next) = open.pop() {
            if behind.insert(next) {
                if next != at {
                    names.push(graph.nodes[next].name);
                }
                let edges = graph.nodes[next].edges.iter().filter_map(|(_, to)| *to);
                open.extend(edges.filter(|to| !reached.contains(to)));
            }
        }
        let node = &graph.nodes[at];
        let mut message = format!("no path leads to the node `{}`", node.name);
        if !names.is_empty() {
            message.push_str(&format!(", and so none to `{}`", names.join("`, `")));
        }
        let help = "lead to it from another node, or remove it";
        diagnostics.push(Diagnostic::new(Code::Unreachable, &flow.file, node.entry.span, message, help));
    }
}

/// A node can be left if some edge of it stops, or leads to a node that can be left.
fn no_way_out(
    graph: &FlowGraph<'_>,
    flow: &Flow,
    reached: &BTreeSet<usize>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut before: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut open = Vec::new();
    for (at, node) in graph.of_flow(flow) {
        if node.edges.is_empty() || node.edges.iter().any(|(_, to)| to.is_none()) {
            open.push(at);
        }
        for to in node.edges.iter().filter_map(|(_, to)| *to) {
            before.entry(to).or_default().push(at);
        }
    }
    let mut out = BTreeSet::new();
    while let Some(at) = open.pop() {
        if out.insert(at) {
            open.extend(before.get(&at).into_iter().flatten());
        }
    }
    let stuck: Vec<usize> = graph
        .of_flow(flow)
        .map(|(at, _)| at)
        .filter(|at| reached.contains(at) && !out.contains(at))
        .collect();
    // Nodes that never wait are an endless cycle, which is reported as such.
    let first =
        stuck.iter().filter(|at| graph.nodes[**at].waits).min_by_key(|at| graph.nodes[**at].entry.span);
    let Some(first) = first else { return };
    let names: Vec<&str> = stuck.iter().map(|at| graph.nodes[*at].name).collect();
    let message = format!(
        "once a client is at `{}`, every answer leads back among these nodes: {}",
        graph.nodes[*first].name,
        names.join(", ")
    );
    let help = "lead one of their exits (`cancelled`, `gave_up`, `other`) to `wait`, `end` or a node outside";
    let span = graph.nodes[*first].entry.span;
    diagnostics.push(Diagnostic::new(Code::NoWayOut, &flow.file, span, message, help));
}

fn calls(
    graph: &FlowGraph<'_>,
    entry: Option<&str>,
    entry_flows: &BTreeSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut called: BTreeSet<&str> = entry_flows.iter().map(String::as_str).collect();
    for node in &graph.nodes {
        let Some(call) = node.entry.node.call() else { continue };
        let Some(flow) = graph.flows.iter().find(|flow| flow.id == call.flow.value) else { continue };
        called.insert(flow.id.as_str());
        let leaves = reached(graph, flow).into_iter().any(|at| {
            let edges = &graph.nodes[at].edges;
            edges.is_empty()
                || edges.iter().any(|(edge, _)| matches!(edge.to.value, Target::Return | Target::End))
        });
        if !leaves {
            let message = format!(
                "node `{}` calls the flow `{}`, but no path of that flow leads to `return`",
                node.name, flow.id
            );
            let help = format!("lead an exit in {} to `return`", flow.file);
            diagnostics.push(Diagnostic::new(
                Code::NeverReturns,
                &node.flow.file,
                call.flow.span,
                message,
                help,
            ));
        }
    }
    for flow in graph.flows.iter().filter(|_| entry.is_some()) {
        if entry != Some(flow.id.as_str()) && !called.contains(flow.id.as_str()) {
            let message = format!("no flow calls `{}`, and chats do not begin in it", flow.id);
            let help = "call it from another flow, or remove the file";
            let span = flow.header.flow.span;
            diagnostics.push(Diagnostic::new(Code::Unreachable, &flow.file, span, message, help));
        }
    }
}
