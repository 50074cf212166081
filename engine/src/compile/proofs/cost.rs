//! The most that one turn may cost: model calls, tokens, time and nodes, against the limits.
//!
//! For every spot: the worst that may follow until the turn stops there, and until the flow returns to its caller.

use std::collections::BTreeSet;

use super::arrows::Arrows;
use crate::{
    diagnostic::{Code, Diagnostic},
    flow::Flow,
    header::Limits,
    node_info::{Cost, Costs},
    target::Target,
};

pub(super) fn check(
    arrows: &Arrows<'_>,
    order: &[usize],
    limits: &Limits,
    costs: &Costs<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let price: Vec<Cost> = arrows.spots.iter().map(|spot| spot.entry.node.cost(costs)).collect();
    let seconds = |millis: i64| format!("{} s", millis as f64 / 1000.0);
    let measures: [Measure<'_>; 4] = [
        Measure {
            code: Code::TooManyCalls,
            of: &|at| i64::from(price[at].model_calls),
            limit: i64::from(limits.llm_calls_per_turn),
            say: &|worst, limit| {
                format!("a turn may call language models {worst} times; limits.llm_calls_per_turn is {limit}")
            },
        },
        Measure {
            code: Code::TooManyTokens,
            of: &|at| i64::from(price[at].tokens),
            limit: i64::from(limits.tokens_per_turn),
            say: &|worst, limit| {
                format!("models may write {worst} tokens in a turn; limits.tokens_per_turn is {limit}")
            },
        },
        Measure {
            code: Code::TooSlow,
            of: &|at| price[at].millis,
            limit: limits.turn.0,
            say: &|worst, limit| {
                format!("a turn may take {}; limits.turn is {}", seconds(worst), seconds(limit))
            },
        },
        Measure {
            code: Code::TooManyNodes,
            of: &|_| 1,
            limit: i64::from(limits.nodes_per_turn),
            say: &|worst, limit| format!("a turn may visit {worst} nodes; limits.nodes_per_turn is {limit}"),
        },
    ];
    for measure in measures {
        Worst::of(arrows, order, measure.of).report(&measure, diagnostics);
    }
}

/// One thing that is counted and limited.
struct Measure<'a> {
    code: Code,
    of: &'a dyn Fn(usize) -> i64,
    limit: i64,
    say: &'a dyn Fn(i64, i64) -> String,
}

/// What may follow, the spot itself counted.
#[derive(Clone, Copy, Default)]
struct Tail {
    /// Until the turn stops, in this flow or one that it calls.
    stop: i64,
    /// Until this flow returns; `None` when it cannot without waiting.
    back: Option<i64>,
}

struct Worst<'a, 'f> {
    arrows: &'a Arrows<'f>,
    of: &'a dyn Fn(usize) -> i64,
    tails: Vec<Tail>,
}

impl<'a, 'f> Worst<'a, 'f> {
    fn of(arrows: &'a Arrows<'f>, order: &[usize], of: &'a dyn Fn(usize) -> i64) -> Worst<'a, 'f> {
        let mut worst = Worst { arrows, of, tails: vec![Tail::default(); arrows.spots.len()] };
        // What may follow comes earlier in the order.
        for at in order {
            worst.tails[*at] = worst.entered(*at);
        }
        worst
    }

    /// A turn that enters a spot: it stops where the spot waits.
    fn entered(&self, at: usize) -> Tail {
        let spot = &self.arrows.spots[at];
        let own = (self.of)(at);
        if spot.waits {
            return Tail { stop: own, back: None };
        }
        match spot.calls {
            None => add(own, self.left(at)),
            Some(start) => {
                let callee = self.tails[start];
                let after = callee.back.map(|back| add(own + back, self.left(at)));
                Tail {
                    stop: (own + callee.stop).max(after.map_or(0, |after| after.stop)),
                    back: after.and_then(|after| after.back),
                }
            }
        }
    }

    /// What may follow once a spot is left.
    fn left(&self, at: usize) -> Tail {
        let mut tail = Tail::default();
        for (way, to) in self.arrows.spots[at].ways.iter().filter(|(way, _)| way.automatic) {
            let then = match to {
                Some(to) => self.tails[*to],
                None if way.to.value == Target::Return => Tail { stop: 0, back: Some(0) },
                None => Tail::default(),
            };
            tail.stop = tail.stop.max(then.stop);
            tail.back = tail.back.max(then.back);
        }
        tail
    }

    /// The worst that callers of a flow may add when it returns.
    fn callers(&self, flow: &Flow, seen: &mut BTreeSet<String>) -> i64 {
        if !seen.insert(flow.id.clone()) {
            return 0;
        }
        let mut worst = 0;
        for (at, spot) in self.arrows.spots.iter().enumerate() {
            if spot.entry.node.call().is_some_and(|call| call.flow.value == flow.id) {
                let after = self.left(at);
                let own = (self.of)(at);
                let back = after.back.map_or(0, |back| back + self.callers(spot.flow, seen));
                worst = worst.max(own + after.stop.max(back));
            }
        }
        worst
    }

    fn report(&self, measure: &Measure<'_>, diagnostics: &mut Vec<Diagnostic>) {
        for flow in &self.arrows.flows {
            let back = self.callers(flow, &mut BTreeSet::new());
            let doors = self.arrows.doors(flow);
            let buttons = self.arrows.of_flow(flow).flat_map(|(_, spot)| &spot.ways);
            let buttons = buttons.filter(|(way, _)| !way.automatic).filter_map(|(_, to)| *to);
            let entered = doors.into_iter().chain(buttons).map(|at| (self.tails[at], at));
            let waiting = self.arrows.of_flow(flow).filter(|(_, spot)| spot.waits);
            let answered = waiting.map(|(at, _)| (add((self.of)(at), self.left(at)), at));
            let total = |tail: Tail| tail.stop.max(tail.back.map_or(0, |to_return| to_return + back));
            let worst = entered.chain(answered).map(|(tail, at)| (total(tail), at));
            let Some((worst, at)) = worst.max_by_key(|(worst, at)| (*worst, std::cmp::Reverse(*at))) else {
                continue;
            };
            // After a failure the error path follows, once, on what is left of the limits.
            let on_error = flow.header.on.error.as_ref().and_then(|to| self.arrows.at(&flow.id, to));
            let on_error = on_error.map_or(0, |at| self.tails[at].stop);
            let worst = if measure.code == Code::TooManyNodes { worst } else { worst + on_error };
            if worst > measure.limit {
                let path = self.path(at);
                let spot = &self.arrows.spots[at];
                let message = format!("{}: {}", (measure.say)(worst, measure.limit), self.arrows.path(&path));
                let help = "shorten the way, put a node that waits on it, or raise the limit";
                diagnostics.push(Diagnostic::new(measure.code, &flow.file, spot.entry.span, message, help));
            }
        }
    }

    /// The worst way from a spot, as far as it stays in the flow.
    fn path(&self, from: usize) -> Vec<usize> {
        let mut path = vec![from];
        let mut at = from;
        loop {
            let spot = &self.arrows.spots[at];
            if spot.waits && path.len() > 1 {
                return path;
            }
            let next = spot.ways.iter().filter(|(way, _)| way.automatic).filter_map(|(_, to)| *to);
            let weight = |at: &usize| self.tails[*at].stop.max(self.tails[*at].back.unwrap_or_default());
            match next.max_by_key(weight) {
                Some(to) if weight(&to) > 0 && !path.contains(&to) => path.push(to),
                _ => return path,
            }
            at = *path.last().unwrap_or(&from);
        }
    }
}

fn add(own: i64, tail: Tail) -> Tail {
    Tail { stop: own + tail.stop, back: tail.back.map(|back| own + back) }
}
