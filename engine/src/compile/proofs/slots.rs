//! Slots that are read before they are set.
//!
//! Two questions: is there any path at all on which something has set the slot (if not, reading it is a mistake), and,
//! where a missing value would make a node fail, is the slot set on every path (if not, here is one on which it is not).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::arrows::Arrows;
use crate::{
    diagnostic::{Code, Diagnostic},
    flow::Flow,
    node_info::Transition,
    scope::{Sets, SlotUse, SlotUses},
    span::Span,
    target::Target,
};

pub(super) fn check(
    arrows: &Arrows<'_>,
    uses: &SlotUses,
    known: impl Fn(&Flow) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let nothing = BTreeMap::new();
    for flow in arrows.flows.iter().filter(|flow| known(flow)) {
        let uses = uses.get(&flow.id).unwrap_or(&nothing);
        let given = given(arrows, flow);
        let slots = Slots { arrows, flow, uses, given };
        let never = slots.never_set(diagnostics);
        slots.maybe_unset(&never, diagnostics);
    }
}

/// Slots that every caller of a flow gives, and those that some caller gives.
struct Given {
    always: BTreeSet<String>,
    sometimes: BTreeSet<String>,
}

fn given(arrows: &Arrows<'_>, flow: &Flow) -> Given {
    let calls = arrows.spots.iter().filter_map(|spot| spot.entry.node.call());
    let calls = calls.filter(|call| call.flow.value == flow.id);
    let gifts: Vec<BTreeSet<String>> =
        calls.map(|call| call.arguments.iter().map(|slot| slot.value.clone()).collect()).collect();
    let sometimes = gifts.iter().flatten().cloned().collect();
    let always = gifts.into_iter().reduce(|a, b| &a & &b).unwrap_or_default();
    Given { always, sometimes }
}

struct Slots<'a, 'f> {
    arrows: &'a Arrows<'f>,
    flow: &'f Flow,
    uses: &'a BTreeMap<String, SlotUse>,
    given: Given,
}

impl Slots<'_, '_> {
    fn has_default(&self, slot: &str) -> bool {
        self.flow.slots.get(slot).is_none_or(|declaration| declaration.default.is_some())
    }

    fn use_at(&self, at: usize) -> Option<&SlotUse> {
        self.uses.get(self.arrows.spots[at].name)
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
            sets.into_iter().any(|(name, when)| name == slot && *when != Sets::Unsets)
        };
        let reachable = super::reach::reached(self.arrows, self.flow);
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
                        .map(|(_, span)| (*span, self.arrows.spots[*at].name)),
                );
            }
            never.extend(reads.iter().map(|(span, _)| (*span, slot.clone())));
            let Some((span, node)) = reads.into_iter().min() else { continue };
            let message = if setters.is_empty() {
                format!("node `{node}` reads the slot `{slot}`, but nothing ever sets it")
            } else {
                let names: Vec<&str> = setters.iter().map(|at| self.arrows.spots[*at].name).collect();
                format!(
                    "node `{node}` reads the slot `{slot}` before any path sets it (`{}` does)",
                    names.join("`, `")
                )
            };
            let help = "set it on the way (ask, search, set, call), give it a default, or read another slot";
            diagnostics.push(Diagnostic::new(Code::NeverSet, &self.flow.file, span, message, help));
        }
        never
    }

    /// Every spot that may come after these, in the same turn or in a later one.
    fn after(&self, spots: &[usize]) -> BTreeSet<usize> {
        let buttons = self.arrows.of_flow(self.flow).flat_map(|(_, spot)| {
            spot.ways.iter().filter(|(way, _)| !way.automatic).filter_map(|(_, to)| *to)
        });
        // Once a turn has ended, any door may be next, an old button among them.
        let mut later = self.arrows.doors(self.flow);
        later.extend(buttons);
        let mut open: Vec<usize> = spots.to_vec();
        let mut seen = BTreeSet::new();
        let mut turn_ends = false;
        while let Some(at) = open.pop() {
            let spot = &self.arrows.spots[at];
            let stops = spot.waits
                || spot.calls.is_some()
                || spot.ways.iter().any(|(way, _)| way.to.value == Target::Wait);
            if stops && !turn_ends {
                turn_ends = true;
                open.extend(later.iter().copied());
                seen.extend(later.iter().copied());
            }
            for to in spot.ways.iter().filter_map(|(_, to)| *to) {
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
        for (at, spot) in self.arrows.of_flow(self.flow) {
            let (Some(known), Some(uses)) = (known.get(&at), self.use_at(at)) else { continue };
            for (slot, span, consequence) in &uses.needs {
                if known.contains(slot)
                    || !self.flow.slots.contains_key(slot)
                    || !told.insert((*span, slot.clone()))
                {
                    continue;
                }
                let path = self.path_without(slot, at);
                let message = format!(
                    "node `{}`: the slot `{slot}` may be unset here, and {consequence}; for example on the way: {}",
                    spot.name,
                    self.arrows.path(&path)
                );
                let guard = match consequence.as_str() {
                    "the expression would fail" => format!("guard it (slots.{slot} != null && …)"),
                    "the filter would fail" => {
                        "lead there only where it is set (a branch before it)".to_owned()
                    }
                    _ => format!("guard it ({{{{#if slots.{slot}}}}}…{{{{/if}}}})"),
                };
                let help = format!("{guard}, set it before on every way, or give it a default");
                diagnostics.push(Diagnostic::new(Code::MaybeUnset, &self.flow.file, *span, message, help));
            }
        }
    }

    /// For every spot that is reached: the slots that are set whichever way leads there.
    fn surely_set(&self) -> BTreeMap<usize, BTreeSet<String>> {
        let start = self.set_at_the_start();
        let mut known: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        let mut open: VecDeque<usize> = VecDeque::new();
        for door in self.arrows.doors(self.flow) {
            known.insert(door, start.clone());
            open.push_back(door);
        }
        while let Some(at) = open.pop_front() {
            let Some(before) = known.get(&at).cloned() else { continue };
            for (way, to) in &self.arrows.spots[at].ways {
                let Some(to) = to else { continue };
                let mut then = before.clone();
                self.go(at, way, &mut then);
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

    /// What is set after a way was taken.
    fn go(&self, at: usize, way: &Transition, set: &mut BTreeSet<String>) {
        set.extend(way.ensures.iter().cloned());
        for (slot, when) in self.use_at(at).into_iter().flat_map(|uses| &uses.sets) {
            let sure = match when {
                Sets::Always => true,
                Sets::Surely(exits) => exits.contains(&way.label.as_str()),
                Sets::Perhaps | Sets::Unsets => {
                    set.remove(slot);
                    continue;
                }
            };
            if sure {
                set.insert(slot.clone());
            }
        }
    }

    /// The shortest path to a spot at whose end the slot may be unset.
    fn path_without(&self, slot: &str, goal: usize) -> Vec<usize> {
        let given = self.set_at_the_start().contains(slot);
        let mut came: BTreeMap<(usize, bool), (usize, bool)> = BTreeMap::new();
        let mut open: VecDeque<(usize, bool)> =
            self.arrows.doors(self.flow).into_iter().map(|door| (door, given)).collect();
        let mut seen: BTreeSet<(usize, bool)> = open.iter().copied().collect();
        while let Some((at, set)) = open.pop_front() {
            if (at, set) == (goal, false) {
                break;
            }
            for (way, to) in &self.arrows.spots[at].ways {
                let Some(to) = to else { continue };
                let mut then: BTreeSet<String> = set.then(|| slot.to_owned()).into_iter().collect();
                self.go(at, way, &mut then);
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
