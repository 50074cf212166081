//! What is proved of a bundle from its arrows: that every node can be reached and left, that no turn goes round without
//! waiting, that no slot is read before it is set, and what a turn may cost at the most.
//!
//! Nothing is run. Flows with errors are left out: with nodes missing, arrows would tell of mistakes that are none.

mod arrows;
mod cost;
mod cycles;
mod reach;
mod slots;

use std::collections::BTreeMap;

use crate::{
    diagnostic::Diagnostic,
    flow::Flow,
    node_info::Costs,
    resources::{ByLanguage, Prompt},
    scope::SlotUses,
};

use arrows::Arrows;

/// `all` says whether these are all the flows of the bundle, so that a flow's callers are known.
pub(super) fn check(
    flows: &[&Flow],
    all: bool,
    entry: Option<&str>,
    uses: &SlotUses,
    prompts: &BTreeMap<String, ByLanguage<Prompt>>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let arrows = Arrows::of(flows);
    reach::check(&arrows, entry.filter(|_| all), diagnostics);
    slots::check(&arrows, uses, |flow| all || entry == Some(flow.id.as_str()), diagnostics);
    let order = cycles::check(&arrows, diagnostics);
    // A turn without end has no worst case.
    if let Some(order) = order {
        let limits = entry.and_then(|entry| flows.iter().find(|flow| flow.id == entry)).or(flows.first());
        if let Some(limits) = limits.map(|flow| flow.header.limits) {
            let costs = Costs { prompts, model_call: limits.llm_call.0 };
            cost::check(&arrows, &order, &limits, &costs, diagnostics);
        }
    }
}
