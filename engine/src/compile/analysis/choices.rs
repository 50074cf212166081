//! Comparisons of a slot with a text that it never holds, because only questions with choices fill it.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::FlowGraph;
use crate::{
    diagnostic::{Code, Diagnostic},
    flow::Flow,
    scope::{Sets, SlotUse, SlotUses},
};

/// `all` says whether every flow is known, so that a flow's callers are.
pub(super) fn check(graph: &FlowGraph<'_>, uses: &SlotUses, all: bool, diagnostics: &mut Vec<Diagnostic>) {
    if !all {
        return;
    }
    for flow in &graph.flows {
        let Some(uses) = uses.get(&flow.id) else { continue };
        let mut told = BTreeSet::new();
        for (node, of_node) in uses {
            for (slot, text, span) in &of_node.compares {
                let Some(values) = values(graph, uses, flow, slot) else { continue };
                if values.contains(text.as_str()) || !told.insert((*span, text)) {
                    continue;
                }
                let known: Vec<&str> = values.into_iter().collect();
                let message =
                    format!("node `{node}`: the slot `{slot}` is never '{text}': only choices fill it");
                let help = format!("compare it with one of: {}", known.join(", "));
                let found = Diagnostic::new(Code::NeverTaken, &flow.file, *span, message, help);
                diagnostics.push(found.near(text, known));
            }
        }
    }
}

/// The values of a slot, where nothing but questions with choices and its default give it one.
fn values<'f>(
    graph: &FlowGraph<'f>,
    uses: &BTreeMap<String, SlotUse>,
    flow: &'f Flow,
    slot: &str,
) -> Option<BTreeSet<&'f str>> {
    let declaration = flow.slots.get(slot)?;
    let given = graph.nodes.iter().filter_map(|node| node.entry.node.call()).any(|call| {
        call.flow.value == flow.id && call.arguments.iter().any(|(theirs, _)| theirs.value == slot)
    });
    if given {
        return None;
    }
    let mut values: BTreeSet<&str> = BTreeSet::new();
    if let Some(default) = &declaration.default {
        values.insert(default.as_str()?);
    }
    let mut asked = false;
    for (name, of_node) in uses {
        if !of_node.sets.iter().any(|(set, when)| set == slot && *when != Sets::Clears) {
            continue;
        }
        let (filled, choices) = flow.nodes.get(name)?.node.choices()?;
        if filled != slot {
            return None;
        }
        asked = true;
        values.extend(choices.into_iter().map(|(value, _)| value));
    }
    asked.then_some(values)
}
