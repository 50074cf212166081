//! Slots that are read before they are set.
//!
//! Two checks: a slot that is read is set on at least one path to there; and a slot whose missing value would make a node
//! fail is set on every path. A diagnostic of the second shows a path on which it is not.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::graph::FlowGraph;
use crate::{
    diagnostic::{Code, Diagnostic},
    flow::Flow,
    node_info::Transition,
    scope::{Sets, SlotUse, SlotUses},
    span::Span,
    target::Target,
};

pub(super) fn check(
    graph: &FlowGraph<'_>,
    uses: &SlotUses,
    known: impl Fn(&Flow) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let nothing = BTreeMap::new();
    let all: BTreeMap<&str, Slots<'_, '_>> = graph
        .flows
        .iter()
        .map(|flow| {
            let uses = uses.get(&flow.id).unwrap_or(&nothing);
            (flow.id.as_str(), Slots { graph, flow, uses, given: given(graph, flow) })
        })
        .collect();
    let all = without_unset_arguments(graph, all);
    for slots in all.values().filter(|slots| known(slots.flow)) {
        let never = slots.never_set(diagnostics);
        slots.maybe_unset(&never, diagnostics);
    }
}

/// Slots that every caller of a flow gives, and those that some caller gives.
struct Given {
    always: BTreeSet<String>,
    sometimes: BTreeSet<String>,
    /// Slots that a caller gives, but may have unset itself: that caller's flow, node and slot.
    perhaps: BTreeMap<String, (String, String, String)>,
}

fn given(graph: &FlowGraph<'_>, flow: &Flow) -> Given {
    let calls = graph.nodes.iter().filter_map(|node| node.entry.node.call());
    let calls = calls.filter(|call| call.flow.value == flow.id);
    let gifts: Vec<BTreeSet<String>> = calls
        .map(|call| {
            let values = call.arguments.iter().filter(|(_, value)| !value.is_null());
            values.map(|(slot, _)| slot.value.clone()).collect()
        })
        .collect();
    let sometimes = gifts.iter().flatten().cloned().collect();
    let always = gifts.into_iter().reduce(|a, b| &a & &b).unwrap_or_default();
    Given { always, sometimes, perhaps: BTreeMap::new() }
}

/// Takes back what a call gives out of a slot that may be unset at the call. What is taken from a flow may be what it gives
/// on, so it is looked for until nothing changes.
fn without_unset_arguments<'a, 'f>(
    graph: &'a FlowGraph<'f>,
    mut all: BTreeMap<&'f str, Slots<'a, 'f>>,
) -> BTreeMap<&'f str, Slots<'a, 'f>> {
    loop {
        let mut unset: Vec<(String, String, (String, String, String))> = Vec::new();
        for caller in all.values() {
            let calls =
                graph.of_flow(caller.flow).filter_map(|(at, node)| Some((at, node, node.entry.node.call()?)));
            let mut known = None;
            for (at, node, call) in calls {
                let Some(called) = all.get(call.flow.value.as_str()) else { continue };
                for (theirs, value) in &call.arguments {
                    let Some(ours) = value.only_slot() else { continue };
                    if !called.given.always.contains(&theirs.value) {
                        continue;
                    }
                    let known = known.get_or_insert_with(|| caller.surely_set());
                    // A node that is not reached calls nothing.
                    if known.get(&at).is_some_and(|set| !set.contains(ours)) {
                        let of = (caller.flow.id.clone(), node.name.to_owned(), ours.to_owned());
                        unset.push((call.flow.value.clone(), theirs.value.clone(), of));
                    }
                }
            }
        }
        if unset.is_empty() {
            return all;
        }
        for (flow, slot, of) in unset {
            if let Some(called) = all.get_mut(flow.as_str()) {
                called.given.always.remove(&slot);
                called.given.perhaps.entry(slot).or_insert(of);
            }
        }
    }
}

struct Slots<'a, 'f> {
    graph: &'a FlowGraph<'f>,
    flow: &'f Flow,
    uses: &'a BTreeMap<String, SlotUse>,
    given: Given,
}

impl Slots<'_, '_> {
    fn has_default(&self, slot: &str) -> bool {
        self.flow.slots.get(slot).is_none_or(|declaration| declaration.default.is_some())
    }

    fn use_at(&self, at: usize) -> Option<&SlotUse> {
        self.uses.get(self.graph.nodes[at].name)
    }

    /// Slots that are set from a chat's first moment in the flow.
    fn set_at_the_start(&self) -> BTreeSet<String> {
        let defaults = self.flow.slots.iter().filter(|(_, slot)| slot.default.is_some());
        let mut set: BTreeSet<String> = defaults.map(|(name, _)| name.clone()).collect();
        set.extend(self.given.always.iter().cloned());
        set
    }

    /// The slots that are reported, with the places where they are read.
    fn never_set(&self, diagnostics: &mut Vec<Diagnostic>) -> BTreeSet<(Span, String)> {
        let mut never = BTreeSet::new();
        let sets = |at: usize, slot: &str| {
            let sets = self.use_at(at).into_iter().flat_map(|uses| &uses.sets);
            sets.into_iter().any(|(name, when)| name == slot && *when != Sets::Clears)
        };
        let reachable = super::reachability::reached(self.graph, self.flow);
        for slot in self.flow.slots.keys() {
            if self.has_default(slot) || self.given.sometimes.contains(slot) {
                continue;
            }
            let setters: Vec<usize> = reachable.iter().copied().filter(|at| sets(*at, slot)).collect();
            let after = self.after(&setters);
            let mut reads: Vec<(Span, &str)> = Vec::new();
            for at in &reachable {
                if after.contains(at) || sets(*at, slot) {
                    continue;
                }
                let reads_here = self.use_at(*at).into_iter().flat_map(|uses| &uses.reads);
                reads.extend(
                    reads_here
                        .filter(|(name, _)| name == slot)
                        .map(|(_, span)| (*span, self.graph.nodes[*at].name)),
                );
            }
            never.extend(reads.iter().map(|(span, _)| (*span, slot.clone())));
            let Some((span, node)) = reads.into_iter().min() else { continue };
            let message = if setters.is_empty() {
                format!("node `{node}` reads the slot `{slot}`, but nothing ever sets it")
            } else {
                let names: Vec<&str> = setters.iter().map(|at| self.graph.nodes[*at].name).collect();
                format!(
                    "node `{node}` reads the slot `{slot}` before any path sets it (`{}` does)",
                    names.join("`, `")
                )
            };
            let help = "set it earlier on the path (ask, search, set, call), give it a default, or read another slot";
            diagnostics.push(Diagnostic::new(Code::NeverSet, &self.flow.file, span, message, help));
        }
        never
    }

    /// Every node that may come after these, in the same turn or in a later one.
    fn after(&self, nodes: &[usize]) -> BTreeSet<usize> {
        let buttons = self.graph.of_flow(self.flow).flat_map(|(_, node)| {
            node.edges.iter().filter(|(edge, _)| !edge.automatic).filter_map(|(_, to)| *to)
        });
        // Once a turn has ended, any entry point may be next, an old button among them.
        let mut later = self.graph.entry_points(self.flow);
        later.extend(buttons);
        let mut open: Vec<usize> = nodes.to_vec();
        let mut seen = BTreeSet::new();
        let mut turn_ends = false;
        while let Some(at) = open.pop() {
            let node = &self.graph.nodes[at];
            let stops = node.waits
                || node.calls.is_some()
                || node.edges.iter().any(|(edge, _)| edge.to.value == Target::Wait);
            if stops && !turn_ends {
                turn_ends = true;
                open.extend(later.iter().copied());
                seen.extend(later.iter().copied());
            }
            for to in node.edges.iter().filter_map(|(_, to)| *to) {
                if seen.insert(to) {
                    open.push(to);
                }
            }
        }
        seen
    }

    fn maybe_unset(&self, never: &BTreeSet<(Span, String)>, diagnostics: &mut Vec<Diagnostic>) {
        let known = self.surely_set();
        let mut told = never.clone();
        for (at, node) in self.graph.of_flow(self.flow) {
            let (Some(known), Some(uses)) = (known.get(&at), self.use_at(at)) else { continue };
            for (slot, span, consequence) in &uses.needs {
                if known.contains(slot)
                    || !self.flow.slots.contains_key(slot)
                    || !told.insert((*span, slot.clone()))
                {
                    continue;
                }
                let path = self.path_without(slot, at);
                let mut message = format!(
                    "node `{}`: the slot `{slot}` may be unset here, and {consequence}; for example on the path: {}",
                    node.name,
                    self.graph.path(&path)
                );
                if let Some((caller, call, ours)) = self.given.perhaps.get(slot) {
                    message.push_str(&format!(
                        " (node `{call}` of the flow `{caller}` gives it `slots.{ours}`, which may be unset there)"
                    ));
                }
                let guard = match consequence.as_str() {
                    "the expression would fail" => format!("guard it (slots.{slot} != null && …)"),
                    "the filter would fail" => {
                        "lead there only where it is set (a branch before it)".to_owned()
                    }
                    _ => format!("guard it ({{{{#if slots.{slot}}}}}…{{{{/if}}}})"),
                };
                let help = format!("{guard}, set it before on every path, or give it a default");
                diagnostics.push(Diagnostic::new(Code::MaybeUnset, &self.flow.file, *span, message, help));
            }
        }
    }

    /// For every node that is reached: the slots that are set whichever edge leads there.
    fn surely_set(&self) -> BTreeMap<usize, BTreeSet<String>> {
        let start = self.set_at_the_start();
        let mut known: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        let mut open: VecDeque<usize> = VecDeque::new();
        for entry_point in self.graph.entry_points(self.flow) {
            known.insert(entry_point, start.clone());
            open.push_back(entry_point);
        }
        while let Some(at) = open.pop_front() {
            let Some(before) = known.get(&at).cloned() else { continue };
            for (edge, to) in &self.graph.nodes[at].edges {
                let Some(to) = to else { continue };
                let mut then = before.clone();
                self.go(at, edge, &mut then);
                let merged = match known.get(to) {
                    Some(already) => already & &then,
                    None => then,
                };
                if known.get(to) != Some(&merged) {
                    known.insert(*to, merged);
                    open.push_back(*to);
                }
            }
        }
        known
    }

    /// What is set after an edge was taken.
    fn go(&self, at: usize, edge: &Transition, set: &mut BTreeSet<String>) {
        set.extend(edge.ensures.iter().cloned());
        for (slot, when) in self.use_at(at).into_iter().flat_map(|uses| &uses.sets) {
            let sure = match when {
                Sets::Always => true,
                Sets::Perhaps => false,
                Sets::OnExits(exits) => exits.contains(&edge.label.as_str()),
                Sets::Maybe | Sets::Clears => {
                    set.remove(slot);
                    continue;
                }
            };
            if sure {
                set.insert(slot.clone());
            }
        }
    }

    /// The shortest path to a node at whose end the slot may be unset.
    fn path_without(&self, slot: &str, goal: usize) -> Vec<usize> {
        let given = self.set_at_the_start().contains(slot);
        let mut came: BTreeMap<(usize, bool), (usize, bool)> = BTreeMap::new();
        let mut open: VecDeque<(usize, bool)> =
            self.graph.entry_points(self.flow).into_iter().map(|entry_point| (entry_point, given)).collect();
        let mut seen: BTreeSet<(usize, bool)> = open.iter().copied().collect();
        while let Some((at, set)) = open.pop_front() {
            if (at, set) == (goal, false) {
                break;
            }
            for (edge, to) in &self.graph.nodes[at].edges {
                let Some(to) = to else { continue };
                let mut then: BTreeSet<String> = set.then(|| slot.to_owned()).into_iter().collect();
                self.go(at, edge, &mut then);
                let next = (*to, then.contains(slot));
                if seen.insert(next) {
                    came.insert(next, (at, set));
                    open.push_back(next);
                }
            }
        }
        let mut path = vec![(goal, false)];
        while let Some(before) = path.last().and_then(|at| came.get(at)) {
            path.push(*before);
        }
        path.reverse();
        path.into_iter().map(|(at, _)| at).collect()
    }
}
