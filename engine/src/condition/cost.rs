//! An upper bound on the work and the memory of an evaluation, computed from the sizes of the values that enter it.
//!
//! The evaluator has no budget of its own. But an expression has no recursion, and its loops run over lists that are known
//! before it begins; so its cost is bounded by a walk over its tree. Only expressions with loops or patterns are walked: without one, an
//! expression of at most [`super::bounds::TERMS`] terms reads each value that enters at most so many times.
//!
//! A value's bound is its weight (bytes of text, and [`NODE`] for each value in it), its length, that of the longest list or
//! map inside it, and the weight of its heaviest item. Bounds are of the worst case: an item is as heavy as the heaviest one, `+` adds both
//! sides, every loop runs to its end.

use std::collections::BTreeMap;

use cel::{
    IdedExpr,
    common::ast::{Expr, LiteralValue, operators},
};
use serde_json::Value;

use super::{children::children, facts::as_path};

/// The most units of work of one evaluation, about 20 ms: a unit is a byte that is copied or compared.
pub(super) const WORK: u64 = 20_000_000;
/// The most units of one value that an evaluation makes, about a megabyte.
pub(super) const WEIGHT: u64 = 1_000_000;

/// Units of a value without its text, and of one step of the evaluator.
const NODE: u64 = 50;
/// Units of building a regular expression. Its source is a text of the expression, of at most so many bytes.
const PATTERN: u64 = 200_000;
/// Units for a byte that a regular expression reads.
const PATTERN_BYTE: u64 = 100;

/// How large a value may be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Bound {
    weight: u64,
    /// How many items or fields it has.
    length: u64,
    /// Of the longest list or map inside it, at any depth.
    nested: u64,
    /// Of its heaviest item or field.
    item: u64,
}

impl Bound {
    const SCALAR: Bound = Bound { weight: NODE, length: 0, nested: 0, item: 0 };

    fn text(bytes: usize) -> Bound {
        Bound { weight: NODE.saturating_add(bytes as u64), ..Bound::SCALAR }
    }

    /// Of a value that is there.
    fn of(value: &Value) -> Bound {
        let inside: Vec<Bound> = match value {
            Value::String(text) => return Bound::text(text.len()),
            Value::Array(items) => items.iter().map(Bound::of).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| Bound::of(value).plus(Bound::text(name.len()))).collect()
            }
            _ => return Bound::SCALAR,
        };
        let nested = inside.iter().map(|bound| bound.length.max(bound.nested)).max().unwrap_or_default();
        let item = inside.iter().map(|bound| bound.weight).max().unwrap_or_default();
        let weight = inside.iter().fold(NODE, |sum, bound| sum.saturating_add(bound.weight));
        Bound { weight, length: inside.len() as u64, nested, item }
    }

    /// Of both together, as `+` and a list make them.
    fn plus(self, other: Bound) -> Bound {
        Bound {
            weight: self.weight.saturating_add(other.weight),
            length: self.length.saturating_add(other.length),
            nested: self.nested.max(other.nested),
            item: self.item.max(other.item),
        }
    }

    /// Of one or the other.
    fn or(self, other: Bound) -> Bound {
        Bound {
            weight: self.weight.max(other.weight),
            length: self.length.max(other.length),
            nested: self.nested.max(other.nested),
            item: self.item.max(other.item),
        }
    }

    /// Of any item or field.
    fn inside(self) -> Bound {
        Bound { weight: self.item, length: self.nested, nested: self.nested, item: self.item }
    }
}

/// Whether an expression has a loop or a pattern, so that its cost depends on more than its own length.
pub(super) fn must_be_bounded(expression: &IdedExpr) -> bool {
    let costly = match &expression.expr {
        Expr::Comprehension(_) => true,
        Expr::Call(call) => call.func_name == "matches",
        _ => false,
    };
    costly || children(expression).into_iter().any(must_be_bounded)
}

/// Checks that an evaluation with these values, by the names of their roots, stays within its bounds.
///
/// # Errors
/// What is too much.
pub(super) fn check(expression: &IdedExpr, roots: &BTreeMap<&str, Value>) -> Result<(), String> {
    let mut walk = Walk { roots, bound: Vec::new(), work: 0, heaviest: 0 };
    let result = walk.visit(expression, 1);
    let heaviest = walk.heaviest.max(result.weight);
    if walk.work > WORK || heaviest > WEIGHT {
        return Err(format!(
            "with the values that it has now it may be too much work ({} steps, the most is {}) or make too large a value",
            walk.work / NODE,
            WORK / NODE
        ));
    }
    Ok(())
}

struct Walk<'r> {
    roots: &'r BTreeMap<&'r str, Value>,
    /// What macros bind, the innermost last.
    bound: Vec<(String, Bound)>,
    work: u64,
    heaviest: u64,
}

impl Walk<'_> {
    fn spend(&mut self, times: u64, units: u64) {
        self.work = self.work.saturating_add(times.saturating_mul(units.saturating_add(NODE)));
    }

    /// Adds the work of a node that is evaluated so many times, and returns the bound of its value.
    fn visit(&mut self, node: &IdedExpr, times: u64) -> Bound {
        let value = match (&node.expr, as_path(node)) {
            (_, Some(path)) => {
                self.spend(times, path.len() as u64 * NODE);
                self.read(&path)
            }
            (Expr::Literal(LiteralValue::String(text)), _) => {
                self.spend(times, 0);
                Bound::text(text.inner().len())
            }
            (Expr::Literal(LiteralValue::Bytes(bytes)), _) => {
                self.spend(times, 0);
                Bound::text(bytes.inner().len())
            }
            (Expr::Select(select), _) => {
                self.spend(times, 0);
                self.visit(&select.operand, times).inside()
            }
            (Expr::Comprehension(inner), _) => {
                let range = self.visit(&inner.iter_range, times);
                // Every item is copied once.
                self.spend(times, range.weight);
                let rounds = times.saturating_mul(range.length);
                let start = self.visit(&inner.accu_init, times);
                let names = [Some(&inner.iter_var), inner.iter_var2.as_ref()];
                let depth = self.bound.len();
                for name in names.into_iter().flatten() {
                    // Of a map its keys are gone through, which are parts of its fields.
                    self.bound.push((name.clone(), range.inside().or(Bound::SCALAR)));
                }
                // What one round adds: the step with nothing before it.
                self.bound.push((inner.accu_var.clone(), Bound::default()));
                self.visit(&inner.loop_cond, rounds);
                let step = self.visit(&inner.loop_step, rounds);
                let grown = Bound {
                    weight: start.weight.saturating_add(step.weight.saturating_mul(range.length)),
                    length: start.length.saturating_add(step.length.saturating_mul(range.length)),
                    nested: start.nested.max(step.nested),
                    item: start.item.max(step.item),
                };
                self.bound.truncate(depth);
                self.bound.push((inner.accu_var.clone(), grown));
                let result = self.visit(&inner.result, times);
                self.bound.truncate(depth);
                self.spend(times, result.weight);
                result
            }
            (Expr::Call(call), _) => {
                let target = call.target.iter().map(|target| &**target);
                let sides: Vec<Bound> =
                    target.chain(&call.args).map(|side| self.visit(side, times)).collect();
                self.call(&call.func_name, &sides, times)
            }
            (Expr::List(_) | Expr::Map(_) | Expr::Struct(_), _) => {
                let parts: Vec<Bound> =
                    children(node).into_iter().map(|part| self.visit(part, times)).collect();
                let heaviest = parts.iter().map(|part| part.weight).max().unwrap_or_default();
                let nested = parts.iter().map(|part| part.length.max(part.nested)).max().unwrap_or_default();
                let weight = parts.iter().fold(NODE, |sum, part| sum.saturating_add(part.weight));
                self.spend(times, weight);
                Bound { weight, length: parts.len() as u64, nested, item: heaviest }
            }
            _ => {
                self.spend(times, 0);
                Bound::SCALAR
            }
        };
        self.heaviest = self.heaviest.max(value.weight);
        value
    }

    fn call(&mut self, name: &str, sides: &[Bound], times: u64) -> Bound {
        let all = sides.iter().fold(Bound::default(), |all, side| all.plus(*side));
        let least = sides.iter().map(|side| side.weight).min().unwrap_or_default();
        match name {
            // Two values are compared up to the end of the smaller one.
            operators::EQUALS
            | operators::NOT_EQUALS
            | operators::LESS
            | operators::LESS_EQUALS
            | operators::GREATER
            | operators::GREATER_EQUALS => {
                self.spend(times, least);
                Bound::SCALAR
            }
            operators::LOGICAL_AND | operators::LOGICAL_OR | operators::LOGICAL_NOT => {
                self.spend(times, 0);
                Bound::SCALAR
            }
            operators::CONDITIONAL => {
                let chosen = sides.iter().skip(1).fold(Bound::default(), |one, side| one.or(*side));
                self.spend(times, chosen.weight);
                chosen
            }
            operators::INDEX => {
                self.spend(times, all.weight);
                sides.first().copied().unwrap_or_default().inside()
            }
            "matches" => {
                self.spend(times, PATTERN.saturating_add(all.weight.saturating_mul(PATTERN_BYTE)));
                Bound::SCALAR
            }
            "size" => {
                self.spend(times, all.weight);
                Bound::SCALAR
            }
            // Whatever a function does, it reads its arguments a few times and returns no more than their parts.
            _ => {
                self.spend(times, all.weight.saturating_mul(4));
                Bound { weight: all.weight.saturating_add(NODE), ..all }
            }
        }
    }

    /// The bound of a path: of the value itself where it is one of those that enter.
    fn read(&self, path: &[String]) -> Bound {
        let Some((first, fields)) = path.split_first() else { return Bound::SCALAR };
        if let Some((_, bound)) = self.bound.iter().rev().find(|(name, _)| name == first) {
            return fields.iter().fold(*bound, |bound, _| bound.inside().or(Bound::SCALAR));
        }
        let mut value = match self.roots.get(first.as_str()) {
            Some(value) => value,
            None => return Bound::SCALAR,
        };
        for field in fields {
            match value.get(field) {
                Some(inner) => value = inner,
                None => return Bound::SCALAR,
            }
        }
        Bound::of(value)
    }
}
