//! What the types of a flow's header do not say: bounds of the limits, forms of names, declarations that no value fits.

use crate::{
    finding::{Code, Finding},
    place::At,
    scope::Scope,
    slot::{Declaration, Type},
    yaml::{Node, Tree},
};

/// What the types of a header do not say: bounds of the limits, forms of names.
pub(super) fn check(file: &str, tree: &Tree, findings: &mut Vec<Finding>) {
    let mut wrong = |place, cause: String, mend: String| {
        findings.push(Finding::new(Code::BadValue, file, place, cause, mend));
    };
    let bounds = [
        ("nodes_per_turn", 1, 1000),
        ("llm_calls_per_turn", 0, 50),
        ("tokens_per_turn", 0, 100_000),
        ("depth", 1, 32),
    ];
    for (name, value) in entries(field(tree, "limits")) {
        if let (Some((_, low, high)), Node::Int(number)) =
            (bounds.iter().find(|(limit, ..)| *limit == name.value), &value.node)
            && *number >= 0
            && !(*low..=*high).contains(number)
        {
            let mend = format!("write a whole number from {low} to {high}");
            wrong(value.place, format!("`{}` is {number}; it is {low} to {high}", name.value), mend);
        }
    }
    for (name, _) in entries(field(tree, "on").and_then(|on| field(on, "command"))) {
        let fits = |c: char| c.is_alphanumeric() && !c.is_uppercase() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(fits) {
            let bare: String = name.to_lowercase().chars().filter(|c| fits(*c)).collect();
            let mend = format!("write small letters, digits and _ without the slash, such as `{bare}`");
            wrong(name.place, format!("`{}` is no command that a client can give", name.value), mend);
        }
    }
    for (name, _) in entries(field(tree, "slots")) {
        let fits = |c: char| c.is_alphanumeric() || c == '_';
        if !name.chars().all(fits) || name.chars().next().is_none_or(|first| first.is_numeric()) {
            let mend = format!("write letters, digits and _, such as `{}`", name.replace(|c| !fits(c), "_"));
            wrong(name.place, format!("`{}` is no name that conditions can read", name.value), mend);
        }
    }
    if let Some(Tree { place, node: Node::Seq(items) }) = field(tree, "languages")
        && items.is_empty()
    {
        let mend = "name at least one, as in [ru, en], or remove the field: then all are promised";
        wrong(*place, "the flow promises no language".to_owned(), mend.to_owned());
    }
}

fn entries(tree: Option<&Tree>) -> &[(At<String>, Tree)] {
    match tree {
        Some(Tree { node: Node::Map(entries), .. }) => entries,
        _ => &[],
    }
}

fn field<'t>(tree: &'t Tree, name: &str) -> Option<&'t Tree> {
    entries(Some(tree)).iter().find(|(key, _)| key.value == name).map(|(_, value)| value)
}

/// A declaration that contradicts itself.
pub(super) fn check_declaration(name: &str, slot: &At<Declaration>, scope: &mut Scope<'_>) {
    if (slot.min.is_some() || slot.max.is_some()) && slot.kind != Type::Number {
        let cause = format!("slot `{name}` is of type {}; `min` and `max` are for numbers", slot.kind.name());
        scope.report(Code::WrongSlotType, slot.place, cause, "remove them, or write `type: number`");
    }
    if let (Some(min), Some(max)) = (slot.min, slot.max)
        && min > max
    {
        let cause = format!("no number fits the slot `{name}`: its min is {min} and its max {max}");
        scope.report(Code::BadValue, slot.place, cause, "write the smaller one as `min`");
    }
    if let Some(At { value: serde_json::Value::String(day), place }) = &slot.default
        && slot.kind == Type::Date
        && day.parse::<jiff::civil::Date>().is_err()
    {
        let cause = format!("the default of slot `{name}` is no day: `{day}`");
        scope.report(Code::WrongSlotType, *place, cause, "write a day such as 2026-11-22");
    }
}
