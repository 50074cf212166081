//! Parts of an expression that no client changes: they read nothing but company.yaml and the moment. They are evaluated when the
//! flow is compiled, at a few moments, and what fails at each of them always fails.

use cel::{
    IdedExpr,
    common::ast::{Expr, operators},
};
use jiff::civil::{DateTime, date};
use serde_json::Value;

use super::{children::children, cost, kinds, parsed};
use crate::{
    slot::Type,
    typed::Typed,
    vars::{self, Read, VariableNames, VariableSource},
};

/// The moments: ends of a month and of a day, and neither.
const MOMENTS: [DateTime; 3] = [
    date(2026, 1, 31).at(9, 30, 0, 0),
    date(2027, 6, 16).at(12, 0, 0, 0),
    date(2028, 2, 29).at(23, 59, 0, 0),
];

struct Moment<'a> {
    at: DateTime,
    names: &'a VariableNames<'a>,
}

impl VariableSource for Moment<'_> {
    fn root(&self, name: &str) -> Value {
        match name {
            "now" => Typed::DateTime(self.at).tag(),
            "company" => self.names.company_values.cloned().map_or(Value::Null, Value::Object),
            _ => Value::Null,
        }
    }
}

/// The values of an expression that no client changes, at each of a few moments; `None` for any other expression, and for one
/// that has no value.
pub(super) fn values(node: &IdedExpr, names: &VariableNames<'_>) -> Option<Vec<(DateTime, Value)>> {
    let values = at_each(node, names)?;
    values.into_iter().map(|(at, value)| Some((at, value.ok()?))).collect()
}

/// Why an expression always fails, if it does.
pub(super) fn failure(node: &IdedExpr, names: &VariableNames<'_>) -> Option<String> {
    let Expr::Call(call) = &node.expr else {
        // What a loop does with its items depends on them.
        return match &node.expr {
            Expr::Comprehension(inner) => failure(&inner.iter_range, names),
            _ => children(node).into_iter().find_map(|part| failure(part, names)),
        };
    };
    if let Some(values) = at_each(node, names) {
        let failures: Option<Vec<String>> = values.into_iter().map(|(_, value)| value.err()).collect();
        return failures?.into_iter().next();
    }
    if let (operators::ADD | operators::SUBSTRACT, [day, length]) =
        (call.func_name.as_str(), call.args.as_slice())
        && kinds::kind(day, names) == Ok(Some(Type::Date))
        && let Some(lengths) = at_each(length, names)
    {
        let sum = |at: DateTime, length: Result<Value, String>| match Typed::tagged(&length.ok()?) {
            Some(length @ Typed::Period(_)) => Typed::Date(at.date()).plus(&length).err(),
            _ => None,
        };
        let failures: Option<Vec<String>> = lengths.into_iter().map(|(at, length)| sum(at, length)).collect();
        if let Some(why) = failures.and_then(|failures| failures.into_iter().next()) {
            return Some(why);
        }
    }
    children(node).into_iter().find_map(|part| failure(part, names))
}

/// The value at each moment, or why there is none.
fn at_each(node: &IdedExpr, names: &VariableNames<'_>) -> Option<Vec<(DateTime, Result<Value, String>)>> {
    let paths = parsed::paths(node);
    let constant = |path: &Vec<String>| match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["now"] => true,
        ["now", field, ..] => !vars::of_calendar(field) && names.check(path).is_ok(),
        ["company", key, ..] => names.company_values.is_some_and(|values| values.contains_key(*key)),
        _ => false,
    };
    if !paths.iter().all(constant) || cost::must_be_bounded(node) {
        return None;
    }
    let reads = vars::reads(&paths);
    let value = |at: DateTime| {
        let moment = Moment { at, names };
        let roots = reads.iter().map(|read: &Read| (read.root(), read.value(&moment))).collect();
        (at, parsed::evaluate(node, &roots, true))
    };
    Some(MOMENTS.into_iter().map(value).collect())
}
