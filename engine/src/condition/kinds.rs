//! The type of an expression's value, as far as it is certain, and comparisons and sums of unlike types.

use cel::{
    IdedExpr,
    common::ast::{Expr, LiteralValue, operators},
};

use super::facts::{ARITHMETIC, ORDER, as_path};
use crate::{slot::Type, typed::Typed, vars::VariableNames};

/// The type of the expression's value, where it is certain.
///
/// # Errors
/// What has no meaning, and after a newline how to fix it.
pub(super) fn kind(node: &IdedExpr, names: &VariableNames<'_>) -> Result<Option<Type>, String> {
    if let Some(path) = as_path(node) {
        return Ok(names.kind(&path).map(family));
    }
    Ok(match &node.expr {
        Expr::Literal(LiteralValue::Boolean(_)) => Some(Type::Boolean),
        Expr::Literal(LiteralValue::String(_)) => Some(Type::Text),
        Expr::Literal(LiteralValue::Double(_) | LiteralValue::Int(_) | LiteralValue::UInt(_)) => {
            Some(Type::Number)
        }
        Expr::Select(select) if select.test => Some(Type::Boolean),
        Expr::Select(select) => {
            kind(&select.operand, names)?.and_then(|of| of.field_type(&select.field)).map(family)
        }
        Expr::List(list) => {
            for item in &list.elements {
                kind(item, names)?;
            }
            Some(Type::List)
        }
        Expr::Call(call) => {
            let sides: Vec<&IdedExpr> =
                call.target.iter().map(|target| &**target).chain(&call.args).collect();
            let mut kinds = Vec::with_capacity(sides.len());
            for side in &sides {
                kinds.push(kind(side, names)?);
            }
            call_kind(&call.func_name, &sides, &kinds)?
        }
        _ => None,
    })
}

/// Phone numbers and addresses are texts to an expression.
const fn family(kind: Type) -> Type {
    match kind {
        Type::Phone | Type::Email => Type::Text,
        kind => kind,
    }
}

/// Whether a value of a type may go into a slot of another.
pub const fn fits(value: Type, slot: Type) -> bool {
    family(value) as u8 == family(slot) as u8
}

/// The type of a text that is written out, where it stands for a value of another type.
fn literal(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn call_kind(name: &str, sides: &[&IdedExpr], kinds: &[Option<Type>]) -> Result<Option<Type>, String> {
    let compares = ORDER.contains(&name) || name == operators::EQUALS || name == operators::NOT_EQUALS;
    if let ([a, b], [Some(left), Some(right)]) = (sides, kinds)
        && (compares || ARITHMETIC.contains(&name))
    {
        return binary(name, compares, (a, *left), (b, *right)).map(Some);
    }
    Ok(match (name, kinds) {
        (operators::CONDITIONAL, [_, yes, no]) if yes == no => *yes,
        (operators::ADD, [Some(Type::Text), _] | [_, Some(Type::Text)]) => Some(Type::Text),
        (operators::ADD, [Some(Type::Number), _] | [_, Some(Type::Number)]) => Some(Type::Number),
        (operators::MODULO | operators::NEGATE, _) => Some(Type::Number),
        (operator, _) if ARITHMETIC.contains(&operator) => None,
        (operator, _)
            if compares
                || [
                    operators::LOGICAL_AND,
                    operators::LOGICAL_OR,
                    operators::LOGICAL_NOT,
                    operators::IN,
                    "contains",
                    "startsWith",
                    "endsWith",
                    "matches",
                ]
                .contains(&operator) =>
        {
            Some(Type::Boolean)
        }
        ("size" | "int" | "uint" | "double", _) => Some(Type::Number),
        ("string", [Some(of)]) if of.is_typed() => {
            return Err(format!(
                "{} becomes a text only in a text\nwrite it into a text as {{{{…}}}}, which knows the client's language",
                of.told()
            ));
        }
        ("string", _) => Some(Type::Text),
        ("date", _) => made(Type::Date, &[Type::Text, Type::DateTime], sides, kinds)?,
        ("time", _) => made(Type::Time, &[Type::Text, Type::DateTime], sides, kinds)?,
        ("datetime", [_]) => made(Type::DateTime, &[Type::Text], sides, kinds)?,
        ("datetime", _) => Some(Type::DateTime),
        ("duration", _) => made(Type::Duration, &[Type::Text], sides, kinds)?,
        ("money", [_]) => made(Type::Money, &[Type::Text], sides, kinds)?,
        ("money", [amount, ..]) => {
            wanted("money", *amount, &[Type::Number])?;
            Some(Type::Money)
        }
        ("years" | "months" | "weeks" | "days" | "hours" | "minutes", [count]) => {
            wanted(name, *count, &[Type::Number])?;
            Some(Type::Duration)
        }
        ("round" | "floor" | "ceil", [value, ..]) => {
            wanted(name, *value, &[Type::Number, Type::Money])?;
            *value
        }
        ("abs", [value]) => {
            wanted(name, *value, &[Type::Number, Type::Money, Type::Duration])?;
            *value
        }
        ("min" | "max", [first, rest @ ..]) if !rest.is_empty() => {
            for other in rest {
                if let (Some(a), Some(b)) = (first, other)
                    && a != b
                {
                    return Err(unlike(name, *a, *b));
                }
            }
            *first
        }
        _ => None,
    })
}

/// The result of a function that makes a value of a type.
fn made(
    kind: Type,
    of: &[Type],
    sides: &[&IdedExpr],
    kinds: &[Option<Type>],
) -> Result<Option<Type>, String> {
    if let Some(text) = sides.first().and_then(|side| literal(side))
        && Typed::parse(kind, text).is_none()
    {
        return Err(format!("'{text}' is no {}\nwrite one such as {}", kind.name(), kind.example()));
    }
    if let Some(Some(found)) = kinds.first()
        && *found != kind
        && !of.contains(found)
    {
        let of: Vec<&str> = of.iter().map(|kind| kind.name()).collect();
        return Err(format!(
            "`{}` is made of a {}, not of a {}\nwrite one such as {}",
            kind.name(),
            of.join(" or a "),
            found.name(),
            kind.example()
        ));
    }
    Ok(Some(kind))
}

fn wanted(function: &str, found: Option<Type>, of: &[Type]) -> Result<(), String> {
    match found {
        Some(found) if !of.contains(&found) => {
            let of: Vec<&str> = of.iter().map(|kind| kind.name()).collect();
            Err(format!("`{function}` takes a {}, not a {}", of.join(" or a "), found.name()))
        }
        _ => Ok(()),
    }
}

/// The result of an operator between two values.
fn binary(
    operator: &str,
    compares: bool,
    (a, left): (&IdedExpr, Type),
    (b, right): (&IdedExpr, Type),
) -> Result<Type, String> {
    // A text that is written out may be a value of the other type: slots.day > '2026-12-01', slots.day + '2d'.
    for ((of, text), lone) in [((left, b), right), ((right, a), left)] {
        let Some(text) = literal(text).filter(|_| of.is_typed() && lone == Type::Text) else { continue };
        if Typed::parse(of, text).is_some() && (compares || operator != operators::ADD) {
            return if compares { Ok(Type::Boolean) } else { binary_kind(operator, of, of) };
        }
        if !compares && Typed::parse(Type::Duration, text).is_some() {
            return binary_kind(operator, of, Type::Duration);
        }
        let kind = if compares { of } else { Type::Duration };
        return Err(format!("'{text}' is no {}\nwrite one such as {}", kind.name(), kind.example()));
    }
    if compares {
        return if left == right { Ok(Type::Boolean) } else { Err(unlike(operator, left, right)) };
    }
    binary_kind(operator, left, right)
}

fn binary_kind(operator: &str, left: Type, right: Type) -> Result<Type, String> {
    use Type::{Date, DateTime, Duration, List, Money, Number, Text, Time};
    Ok(match (operator, left, right) {
        (_, Number, Number) => Number,
        (operators::ADD, Text, Text) => Text,
        (operators::ADD, List, List) => List,
        (operators::ADD, Date | Time | DateTime, Duration)
        | (operators::ADD | operators::SUBSTRACT, Money, Money) => left,
        (operators::ADD, Duration, Date | Time | DateTime | Duration) => right,
        (operators::ADD, Date, Time) => DateTime,
        (operators::SUBSTRACT, Date | Time | DateTime, Duration)
        | (operators::SUBSTRACT, Duration, Duration) => left,
        (operators::SUBSTRACT, Date, Date)
        | (operators::SUBSTRACT, Time, Time)
        | (operators::SUBSTRACT, DateTime, DateTime) => Duration,
        (operators::MULTIPLY | operators::DIVIDE, Money | Duration, Number) => left,
        (operators::DIVIDE, Money, Money) | (operators::DIVIDE, Duration, Duration) => Number,
        (operators::MULTIPLY, Number, Money | Duration) => {
            return Err(format!(
                "a number * {} has no meaning\nwrite the {} first, as in slots.price * 2",
                right.told(),
                right.name()
            ));
        }
        _ => return Err(unlike(operator, left, right)),
    })
}

/// Why two types do not go together, and how they might.
fn unlike(operator: &str, left: Type, right: Type) -> String {
    let sign = operator.trim_matches('_');
    let help = match (left, right) {
        (Type::Money, Type::Number) | (Type::Number, Type::Money) => {
            "compare amounts with amounts (money(5000, 'RUB')), or numbers with the field amount (slots.price.amount)"
                .to_owned()
        }
        (Type::DateTime, Type::Date) | (Type::Date, Type::DateTime) => {
            "take the date of the moment: slots.at.date, now.date".to_owned()
        }
        (Type::DateTime, Type::Time) | (Type::Time, Type::DateTime) => {
            "take the time of the moment: slots.at.time, now.time".to_owned()
        }
        (typed, other) | (other, typed) if typed.is_typed() && other == Type::Text => {
            format!("use a slot of type {}, or write the value out: {}", typed.name(), typed.example())
        }
        (Type::Duration, Type::Number) | (Type::Number, Type::Duration) => {
            "write a length of time: days(3), hours(2); or take its field, as in (slots.day - now.date).days".to_owned()
        }
        (Type::Date | Type::DateTime, Type::Number) => {
            "add a length of time, as in slots.day + days(2)".to_owned()
        }
        _ => "use values of one type: a number has no quotes (5000), a text has them ('5000')".to_owned(),
    };
    format!("{} {sign} {} has no meaning\n{help}", left.told(), right.told())
}
