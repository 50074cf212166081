//! Checks of a flow's header that its types do not express: bounds of limits, forms of names, contradictory declarations.

use crate::{
    diagnostic::{Code, Diagnostic},
    scope::Scope,
    slot::{Declaration, Type},
    span::Spanned,
    yaml::{Node, Tree},
};

/// Reports limits out of bounds and names of a wrong form.
pub(super) fn check(file: &str, tree: &Tree, diagnostics: &mut Vec<Diagnostic>) {
    let mut wrong = |span, message: String, help: String| {
        diagnostics.push(Diagnostic::new(Code::BadValue, file, span, message, help));
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
            let help = format!("write a whole number from {low} to {high}");
            wrong(value.span, format!("`{}` is {number}; it is {low} to {high}", name.value), help);
        }
    }
    for (name, _) in entries(field(tree, "on").and_then(|on| field(on, "command"))) {
        let fits = |c: char| c.is_alphanumeric() && !c.is_uppercase() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(fits) {
            let bare: String = name.to_lowercase().chars().filter(|c| fits(*c)).collect();
            let help = format!("write small letters, digits and _ without the slash, such as `{bare}`");
            wrong(name.span, format!("`{}` is no command that a client can give", name.value), help);
        }
    }
    for (name, _) in entries(field(tree, "slots")) {
        let fits = |c: char| c.is_alphanumeric() || c == '_';
        if !name.chars().all(fits) || name.chars().next().is_none_or(|first| first.is_numeric()) {
            let help = format!("write letters, digits and _, such as `{}`", name.replace(|c| !fits(c), "_"));
            wrong(name.span, format!("`{}` is no name that conditions can read", name.value), help);
        }
    }
    if let Some(Tree { span, node: Node::Seq(items), .. }) = field(tree, "languages")
        && items.is_empty()
    {
        let help = "name at least one, as in [ru, en], or remove the field: then all are promised";
        wrong(*span, "the flow promises no language".to_owned(), help.to_owned());
    }
}

fn entries(tree: Option<&Tree>) -> &[(Spanned<String>, Tree)] {
    match tree {
        Some(Tree { node: Node::Map(entries), .. }) => entries,
        _ => &[],
    }
}

fn field<'t>(tree: &'t Tree, name: &str) -> Option<&'t Tree> {
    entries(Some(tree)).iter().find(|(key, _)| key.value == name).map(|(_, value)| value)
}

/// A declaration that contradicts itself.
pub(super) fn check_declaration(name: &str, slot: &Spanned<Declaration>, scope: &mut Scope<'_>) {
    if (slot.min.is_some() || slot.max.is_some()) && !matches!(slot.kind, Type::Number | Type::Money) {
        let message = format!(
            "slot `{name}` is of type {}; `min` and `max` are for numbers and money",
            slot.kind.name()
        );
        let help =
            "remove them, or write `type: number`; a question has limits of its own (ask: min, max, only)";
        scope.report(Code::WrongSlotType, slot.span, message, help);
    }
    if let (Some(min), Some(max)) = (slot.min, slot.max)
        && min > max
    {
        let message = format!("no number fits the slot `{name}`: its min is {min} and its max {max}");
        scope.report(Code::BadValue, slot.span, message, "write the smaller one as `min`");
    }
}
