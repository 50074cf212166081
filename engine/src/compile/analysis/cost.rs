//! The highest cost of a turn (model calls, tokens, time, nodes), checked against the limits.
//!
//! For every node: the highest cost from there until the turn stops, and until the flow returns to its caller.

use std::collections::BTreeSet;

use super::graph::FlowGraph;
use crate::{
    diagnostic::{Code, Diagnostic},
    flow::Flow,
    header::Limits,
    node_info::{Cost, Costs},
    target::Target,
};

pub(super) fn check(
    graph: &FlowGraph<'_>,
    order: &[usize],
    limits: &Limits,
    costs: &Costs<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let price: Vec<Cost> = graph.nodes.iter().map(|node| node.entry.node.cost(costs)).collect();
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
        Worst::of(graph, order, measure.of).report(&measure, diagnostics);
    }
}

/// One thing that is counted and limited.
struct Measure<'a> {
    code: Code,
    of: &'a dyn Fn(usize) -> i64,
    limit: i64,
    say: &'a dyn Fn(i64, i64) -> String,
}

/// What may follow, the node itself counted.
#[derive(Clone, Copy, Default)]
struct Tail {
    /// Until the turn stops, in this flow or one that it calls.
    stop: i64,
    /// Until this flow returns; `None` when it cannot without waiting.
    back: Option<i64>,
}

struct Worst<'a, 'f> {
    graph: &'a FlowGraph<'f>,
    of: &'a dyn Fn(usize) -> i64,
    tails: Vec<Tail>,
}

impl<'a, 'f> Worst<'a, 'f> {
    fn of(graph: &'a FlowGraph<'f>, order: &[usize], of: &'a dyn Fn(usize) -> i64) -> Worst<'a, 'f> {
        let mut worst = Worst { graph, of, tails: vec![Tail::default(); graph.nodes.len()] };
        // What may follow comes earlier in the order.
        for at in order {
            worst.tails[*at] = worst.entered(*at);
        }
        worst
    }

    /// A turn that enters a node: it stops where the node waits.
    fn entered(&self, at: usize) -> Tail {
        let node = &self.graph.nodes[at];
        let own = (self.of)(at);
        if node.waits {
            return Tail { stop: own, back: None };
        }
        match node.calls {
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

    /// What may follow once a node is left.
    fn left(&self, at: usize) -> Tail {
        let mut tail = Tail::default();
        for (edge, to) in self.graph.nodes[at].edges.iter().filter(|(edge, _)| edge.automatic) {
            let then = match to {
                Some(to) => self.tails[*to],
                None if edge.to.value == Target::Return => Tail { stop: 0, back: Some(0) },
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
        for (at, node) in self.graph.nodes.iter().enumerate() {
            if node.entry.node.call().is_some_and(|call| call.flow.value == flow.id) {
                let after = self.left(at);
                let own = (self.of)(at);
                let back = after.back.map_or(0, |back| back + self.callers(node.flow, seen));
                worst = worst.max(own + after.stop.max(back));
            }
        }
        worst
    }

    fn report(&self, measure: &Measure<'_>, diagnostics: &mut Vec<Diagnostic>) {
        for flow in &self.graph.flows {
            let back = self.callers(flow, &mut BTreeSet::new());
            let entry_points = self.graph.entry_points(flow);
            let buttons = self.graph.of_flow(flow).flat_map(|(_, node)| &node.edges);
            let buttons = buttons.filter(|(edge, _)| !edge.automatic).filter_map(|(_, to)| *to);
            let entered = entry_points.into_iter().chain(buttons).map(|at| (self.tails[at], at));
            let waiting = self.graph.of_flow(flow).filter(|(_, node)| node.waits);
            let answered = waiting.map(|(at, _)| (add((self.of)(at), self.left(at)), at));
            let total = |tail: Tail| tail.stop.max(tail.back.map_or(0, |to_return| to_return + back));
            let worst = entered.chain(answered).map(|(tail, at)| (total(tail), at));
            let Some((worst, at)) = worst.max_by_key(|(worst, at)| (*worst, std::cmp::Reverse(*at))) else {
                continue;
            };
            // After a failure the error path follows, once, on what is left of the limits.
            let on_error = flow.header.on.error.as_ref().and_then(|to| self.graph.at(&flow.id, to));
            let on_error = on_error.map_or(0, |at| self.tails[at].stop);
            let worst = if measure.code == Code::TooManyNodes { worst } else { worst + on_error };
            if worst > measure.limit {
                let path = self.path(at);
                let node = &self.graph.nodes[at];
                let message = format!("{}: {}", (measure.say)(worst, measure.limit), self.graph.path(&path));
                let help = "shorten the path, put a node that waits on it, or raise the limit";
                diagnostics.push(Diagnostic::new(measure.code, &flow.file, node.entry.span, message, help));
            }
        }
    }

    /// The most expensive path from a node, as far as it stays in the flow.
    fn path(&self, from: usize) -> Vec<usize> {
        let mut path = vec![from];
        let mut at = from;
        loop {
            let node = &self.graph.nodes[at];
            if node.waits && path.len() > 1 {
                return path;
            }
            let next = node.edges.iter().filter(|(edge, _)| edge.automatic).filter_map(|(_, to)| *to);
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
