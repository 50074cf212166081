//! Static analysis of the node graph: every node can be reached and left, no turn runs in a cycle without
//! waiting, no slot is read before it is set, and the most that a turn may cost is within its limits.
//!
//! Nothing is run. Flows with errors are left out: with nodes missing, the graph would show errors that are none.

mod choices;
mod cost;
mod cycles;
mod experiments;
mod graph;
mod reachability;
mod slots;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    diagnostic::Diagnostic,
    flow::Flow,
    node_info::Costs,
    resources::{ByLanguage, Prompt},
    scope::SlotUses,
};

use graph::FlowGraph;

/// `all` says whether these are all the flows of the bundle, so that a flow's callers are known.
pub(super) fn check(
    flows: &[&Flow],
    all: bool,
    entry: Option<&str>,
    entry_flows: &BTreeSet<String>,
    uses: &SlotUses,
    prompts: &BTreeMap<String, ByLanguage<Prompt>>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let graph = FlowGraph::of(flows);
    reachability::check(&graph, entry.filter(|_| all), entry_flows, diagnostics);
    experiments::check(&graph, diagnostics);
    choices::check(&graph, uses, all, diagnostics);
    slots::check(&graph, uses, |flow| all || entry == Some(flow.id.as_str()), diagnostics);
    let order = cycles::check(&graph, diagnostics);
    // A turn without end has no worst case.
    if let Some(order) = order {
        let limits = entry.and_then(|entry| flows.iter().find(|flow| flow.id == entry)).or(flows.first());
        if let Some(limits) = limits.map(|flow| flow.header.limits) {
            let costs = Costs { prompts, model_call: limits.llm_call.0 };
            cost::check(&graph, &order, &limits, &costs, diagnostics);
        }
    }
}
