//! Nodes that lead to each other without ever waiting for the client.

use std::collections::BTreeSet;

use super::arrows::Arrows;
use crate::{
    diagnostic::{Code, Diagnostic},
    node_info::Transition,
    target::Target,
};

/// Reports endless cycles. Without one, every spot after those that the walk may go on to from it.
pub(super) fn check(arrows: &Arrows<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<usize>> {
    let passing = passing(arrows);
    let mut state = vec![State::New; arrows.spots.len()];
    let mut order = Vec::with_capacity(arrows.spots.len());
    let mut endless = false;
    for root in 0..arrows.spots.len() {
        if state[root] != State::New {
            continue;
        }
        // Depth first with a stack of our own: a chain of nodes may be longer than the program's.
        let mut path = vec![(root, onward(arrows, &passing, root), 0)];
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
                    path.push((to, onward(arrows, &passing, to), 0));
                }
                State::Open => {
                    endless = true;
                    let begin = path.iter().position(|(at, ..)| *at == to).unwrap_or_default();
                    let mut cycle: Vec<usize> = path[begin..].iter().map(|(at, ..)| *at).collect();
                    cycle.push(to);
                    report(arrows, &cycle, diagnostics);
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

fn report(arrows: &Arrows<'_>, cycle: &[usize], diagnostics: &mut Vec<Diagnostic>) {
    // Reported where the cycle's first name in the file stands, so that a cycle is one diagnostic.
    let first =
        cycle.iter().map(|at| &arrows.spots[*at]).min_by_key(|spot| (&spot.flow.file, spot.entry.span));
    let Some(first) = first else { return };
    let message =
        format!("these nodes lead to each other and never wait for the client: {}", arrows.path(cycle));
    let help = "put a node that waits (ask, menu) on the way, or lead one of them to `wait`";
    diagnostics.push(Diagnostic::new(Code::EndlessCycle, &first.flow.file, first.entry.span, message, help));
}

/// Where the walk may go on to by itself after a spot.
pub(super) fn onward(arrows: &Arrows<'_>, passing: &BTreeSet<String>, at: usize) -> Vec<usize> {
    let spot = &arrows.spots[at];
    if spot.waits {
        return Vec::new();
    }
    let mut next: Vec<usize> = spot.calls.into_iter().collect();
    let goes_on = match spot.entry.node.call() {
        Some(call) => passing.contains(&call.flow.value),
        None => true,
    };
    if goes_on {
        next.extend(spot.ways.iter().filter(|(way, _)| way.automatic).filter_map(|(_, to)| *to));
    }
    next
}

/// Flows that can be gone through, from `start` to `return`, without waiting.
pub(super) fn passing(arrows: &Arrows<'_>) -> BTreeSet<String> {
    let mut passing = BTreeSet::new();
    loop {
        let before = passing.len();
        for flow in &arrows.flows {
            let mut open: Vec<usize> = arrows.at(&flow.id, &flow.header.start).into_iter().collect();
            let mut seen = BTreeSet::new();
            while let Some(at) = open.pop() {
                if !seen.insert(at) {
                    continue;
                }
                let spot = &arrows.spots[at];
                let returns =
                    |(way, _): &(Transition, Option<usize>)| way.automatic && way.to.value == Target::Return;
                let through = spot.entry.node.call().is_none_or(|call| passing.contains(&call.flow.value));
                if !spot.waits && through && spot.ways.iter().any(returns) {
                    passing.insert(flow.id.clone());
                }
                let own = onward(arrows, &passing, at).into_iter();
                open.extend(own.filter(|to| arrows.spots[*to].flow.id == flow.id));
            }
        }
        if passing.len() == before {
            return passing;
        }
    }
}
