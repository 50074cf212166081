//! Static facts about an expression: the slots that it needs to be set, and the slots that are set where it holds (or does
//! not).

use std::collections::BTreeSet;

use cel::{
    IdedExpr,
    common::ast::{EntryExpr, Expr, LiteralValue, operators},
};

use super::functions;

pub(super) const ORDER: [&str; 4] =
    [operators::LESS, operators::LESS_EQUALS, operators::GREATER, operators::GREATER_EQUALS];
pub(super) const ARITHMETIC: [&str; 6] = [
    operators::ADD,
    operators::SUBSTRACT,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::NEGATE,
];

type Slots = BTreeSet<String>;

/// Slots that must be set for the expression to have a value.
pub(super) fn needs(node: &IdedExpr) -> Vec<String> {
    let mut found = Slots::new();
    collect(node, &Slots::new(), &mut found);
    found.into_iter().collect()
}

fn collect(node: &IdedExpr, have: &Slots, found: &mut Slots) {
    let mut need = |slot: String| {
        if !have.contains(&slot) {
            found.insert(slot);
        }
    };
    if let Some((slot, fields)) = slot_path(node) {
        if fields > 0 {
            need(slot);
        }
        return;
    }
    match &node.expr {
        Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [a, b]) => {
                collect(a, have, found);
                collect(b, &(have | &when(a, true)), found);
            }
            (operators::LOGICAL_OR, [a, b]) => {
                collect(a, have, found);
                collect(b, &(have | &when(a, false)), found);
            }
            (operators::CONDITIONAL, [condition, yes, no]) => {
                collect(condition, have, found);
                collect(yes, &(have | &when(condition, true)), found);
                collect(no, &(have | &when(condition, false)), found);
            }
            (operators::EQUALS | operators::NOT_EQUALS, sides) => {
                sides.iter().for_each(|side| collect(side, have, found));
            }
            (operators::LOGICAL_NOT, [inner]) => collect(inner, have, found),
            (_, args) => {
                // Order, arithmetic and functions have no answer for null.
                for operand in call.target.iter().map(|target| &**target).chain(args) {
                    if let Some((slot, 0)) = slot_path(operand) {
                        if !have.contains(&slot) {
                            found.insert(slot);
                        }
                    } else {
                        collect(operand, have, found);
                    }
                }
            }
        },
        // `has(slots.x.f)` is false for a missing field, but fails for a missing `x`.
        Expr::Select(select) => collect(&select.operand, have, found),
        Expr::List(list) => list.elements.iter().for_each(|item| collect(item, have, found)),
        Expr::Map(map) => {
            for entry in &map.entries {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    collect(&entry.key, have, found);
                    collect(&entry.value, have, found);
                }
            }
        }
        Expr::Comprehension(inner) => {
            if let Some((slot, 0)) = slot_path(&inner.iter_range) {
                need(slot);
            }
            collect(&inner.iter_range, have, found);
            collect(&inner.loop_step, have, found);
        }
        _ => {}
    }
}

/// Slots that are set if the expression is true (or false, as `value` says).
pub(super) fn when(node: &IdedExpr, value: bool) -> Slots {
    if let Some((slot, _)) = slot_path(node) {
        // A slot is neither true nor false while it is unset, so that the expression would have failed.
        return Slots::from([slot]);
    }
    let Expr::Call(call) = &node.expr else { return Slots::new() };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_NOT, [inner]) => when(inner, !value),
        (operators::LOGICAL_AND, [a, b]) if value => &when(a, true) | &when(b, true),
        (operators::LOGICAL_OR, [a, b]) if !value => &when(a, false) | &when(b, false),
        (operators::LOGICAL_AND | operators::LOGICAL_OR, [a, b]) => &when(a, value) & &when(b, value),
        (operators::NOT_EQUALS | operators::EQUALS, [a, b]) => {
            let equal = (call.func_name == operators::EQUALS) == value;
            let mut set = Slots::new();
            for (side, other) in [(a, b), (b, a)] {
                let null = matches!(&other.expr, Expr::Literal(LiteralValue::Null));
                let literal = matches!(&other.expr, Expr::Literal(_));
                // Not null, or equal to something that is not null.
                if let Some((slot, _)) = slot_path(side)
                    && (null != equal)
                    && literal
                {
                    set.insert(slot);
                }
            }
            set
        }
        (operator, sides) if ORDER.contains(&operator) => {
            sides.iter().filter_map(|side| slot_path(side).map(|(slot, _)| slot)).collect()
        }
        _ => Slots::new(),
    }
}

/// A function that an author calls and that does not exist. Operators and what macros turn into are no such names.
pub(super) fn unknown_function(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Call(call) => {
            let name = call.func_name.as_str();
            let plain = name.starts_with(char::is_alphabetic)
                && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
            if plain && !functions::names().contains(&name) {
                return Some(name);
            }
            call.target.iter().map(|target| &**target).chain(&call.args).find_map(unknown_function)
        }
        Expr::Select(select) => unknown_function(&select.operand),
        Expr::List(list) => list.elements.iter().find_map(unknown_function),
        Expr::Comprehension(inner) => {
            [&inner.iter_range, &inner.loop_step].into_iter().find_map(|part| unknown_function(part))
        }
        _ => None,
    }
}

/// Whether the expression is nothing but `null`.
pub(super) fn is_null(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Literal(LiteralValue::Null))
}

/// The slot of a path below `slots`, and how many fields below the slot it goes.
fn slot_path(node: &IdedExpr) -> Option<(String, usize)> {
    let path = as_path(node)?;
    match path.as_slice() {
        [root, slot, rest @ ..] if root == "slots" => Some((slot.clone(), rest.len())),
        _ => None,
    }
}

/// The parts of a path such as `slots.budget`; `None` for any other expression.
pub(super) fn as_path(node: &IdedExpr) -> Option<Vec<String>> {
    match &node.expr {
        Expr::Ident(name) => Some(vec![name.clone()]),
        Expr::Select(select) => {
            let mut path = as_path(&select.operand)?;
            path.push(select.field.clone());
            Some(path)
        }
        _ => None,
    }
}
