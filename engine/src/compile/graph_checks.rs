//! What can be said of a flow from its arrows alone: nodes out of reach and cycles that never wait.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    finding::{Code, Finding},
    flow::{Flow, Target},
};

pub(super) fn check(flow: &Flow, findings: &mut Vec<Finding>) {
    unreachable(flow, findings);
    endless_cycles(flow, findings);
}

fn unreachable(flow: &Flow, findings: &mut Vec<Finding>) {
    let on = &flow.header.on;
    let doors = std::iter::once(&flow.header.start)
        .chain(on.command.values())
        .chain(&on.error)
        .chain(on.inactivity.iter().map(|inactivity| &inactivity.to));
    let mut open: Vec<&str> = doors.map(|door| door.as_str()).collect();
    let mut reached = BTreeSet::new();
    let ways: BTreeMap<&str, Vec<String>> = flow
        .nodes
        .iter()
        .map(|(name, entry)| {
            let targets = entry.ways().into_iter().filter_map(|way| match way.to.value {
                Target::Node(node) => Some(node),
                _ => None,
            });
            (name.as_str(), targets.collect())
        })
        .collect();
    while let Some(node) = open.pop() {
        if reached.insert(node)
            && let Some(targets) = ways.get(node)
        {
            open.extend(targets.iter().map(String::as_str));
        }
    }
    for (name, entry) in &flow.nodes {
        if !reached.contains(name.as_str()) {
            let cause = format!("no path leads to the node `{name}`");
            let mend = "lead to it from another node, or remove it";
            findings.push(Finding::new(Code::Unreachable, &flow.file, entry.place, cause, mend));
        }
    }
}

/// Depth-first over the arrows that the walk takes by itself, out of nodes that do not wait.
fn endless_cycles(flow: &Flow, findings: &mut Vec<Finding>) {
    let mut done = BTreeSet::new();
    for name in flow.nodes.keys() {
        let mut path = Vec::new();
        visit(flow, name, &mut path, &mut done, findings);
    }
}

fn visit<'f>(
    flow: &'f Flow,
    name: &'f str,
    path: &mut Vec<&'f str>,
    done: &mut BTreeSet<&'f str>,
    findings: &mut Vec<Finding>,
) {
    if let Some(start) = path.iter().position(|seen| *seen == name) {
        let mut cycle = path[start..].to_vec();
        cycle.push(name);
        // Reported where the cycle's first name in the file stands, so that a cycle is one finding.
        let first = cycle.iter().filter_map(|node| flow.nodes.get(*node)).map(|entry| entry.place).min();
        let cause =
            format!("these nodes lead to each other and never wait for the client: {}", cycle.join(" → "));
        let mend = "put a node that waits (ask, menu) on the way, or lead one of them to `wait`";
        findings.push(Finding::new(Code::EndlessCycle, &flow.file, first.unwrap_or_default(), cause, mend));
        return;
    }
    if done.contains(name) {
        return;
    }
    let Some((name, entry)) = flow.nodes.get_key_value(name) else { return };
    if !entry.node.waits() {
        path.push(name);
        for way in entry.ways().into_iter().filter(|way| way.automatic) {
            if let Target::Node(target) = &way.to.value
                && let Some((target, _)) = flow.nodes.get_key_value(target)
            {
                visit(flow, target, path, done, findings);
            }
        }
        path.pop();
    }
    done.insert(name);
}
