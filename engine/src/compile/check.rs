//! Checks of one flow: targets, exits, interrupts, slot declarations. What a node's body refers to is checked by its
//! kind through [`Scope`].

use std::collections::BTreeSet;

use super::header;
use crate::{
    diagnostic::{Code, Diagnostic},
    event::EventKind,
    flow::{Flow, NodeEntry, Transitions},
    header::IntentInterrupt,
    scope::Scope,
    span::Spanned,
    target::Target,
};

/// Checks what a flow refers to, and that its exits are covered.
pub(super) fn check_flow<'a>(flow: &'a Flow, scope: &mut Scope<'a>) {
    let header = &flow.header;
    scope.node = "";
    scope.target(&header.start, header.start.span);
    if Target::RESERVED.contains(&header.start.as_str()) {
        let message = format!("`{}` is a reserved target; a flow starts at a node", header.start.value);
        scope.report(Code::BadValue, header.start.span, message, "name a node of this flow");
    }
    if let Some(title) = &header.title {
        scope.text(title);
    }
    for text in header.phrases.values() {
        scope.text(text);
    }
    let on = &header.on;
    if let Some(intent) = &on.intent {
        check_intents(flow, intent, scope);
    }
    if let Some(refer) = &on.refer {
        check_kind(flow, refer, "refer", "add one that reads what messages refer to", scope);
    }
    let interrupts = on
        .command
        .values()
        .chain(&on.error)
        .chain(&on.contact)
        .chain(on.inactivity.iter().map(|inactivity| &inactivity.to));
    for to in interrupts {
        scope.target(to, to.span);
    }
    if let Some(contact) = &on.contact
        && let Some(entry) = flow.nodes.get(contact.as_str())
        && !entry.node.takes_contact(&EventKind::Contact { phone: String::new(), name: String::new() })
    {
        let message = format!("`{}` takes no contact", contact.value);
        scope.report(Code::BadValue, contact.span, message, "name a `collect_contact` node of this flow");
    }
    for (name, entry) in &flow.nodes {
        scope.node = name;
        scope.node_span = entry.span;
        entry.node.check(scope);
        check_exits(name, entry, scope);
        for transition in entry.node.transitions() {
            scope.target(&transition.to.value.to_string(), transition.to.span);
        }
    }
    scope.node = "";
    for (name, slot) in &header.slots {
        header::check_declaration(&name.value, slot, scope);
        if let Some(default) = &slot.default
            && let Err(why) = slot.value.accept(default.value.clone())
        {
            let message = format!("the default of slot `{}` does not fit: {why}", name.value);
            scope.diagnostics.push(Diagnostic::new(
                Code::WrongSlotType,
                &flow.file,
                default.span,
                message,
                format!("write a default such as {}", slot.kind.in_yaml()),
            ));
        }
        if !scope.used.contains(name.as_str()) {
            let help = "remove it, or use it in a node";
            scope.diagnostics.push(Diagnostic::new(
                Code::UnusedSlot,
                &flow.file,
                name.span,
                unused(name),
                help,
            ));
        }
    }
}

/// The intents that may interrupt are those of a `classify` node of the same flow.
fn check_intents<'a>(flow: &'a Flow, intent: &'a IntentInterrupt, scope: &mut Scope<'a>) {
    scope.probability("min_confidence", &intent.min_confidence);
    for to in intent.to.values() {
        scope.target(to, to.span);
    }
    let help = "add one whose intents may interrupt a question";
    let Some(entry) = check_kind(flow, &intent.from, "classify", help, scope) else { return };
    let exits = entry.node.exits();
    let known: Vec<&str> =
        exits.iter().map(|exit| exit.name.as_str()).filter(|exit| *exit != "unsure").collect();
    for name in intent.to.keys() {
        if !known.contains(&name.as_str()) {
            let message = format!("node `{}` has no intent `{}`", intent.from.value, name.value);
            let help = format!("use one of: {}", known.join(", "));
            let diagnostic = Diagnostic::new(Code::UnknownIntent, scope.file, name.span, message, help);
            scope.diagnostics.push(diagnostic.near(name, known.iter().copied()));
        }
    }
}

/// A node of this flow that must be of a kind; `help` says what to do where the flow has none.
fn check_kind<'a>(
    flow: &'a Flow,
    name: &Spanned<String>,
    kind: &str,
    help: &str,
    scope: &mut Scope<'a>,
) -> Option<&'a NodeEntry> {
    let fits = |entry: &NodeEntry| entry.kind.name == kind;
    let found = flow.nodes.get(&name.value).filter(|entry| fits(entry));
    // A node that could not be read has its own diagnostic.
    if found.is_none() && (flow.nodes.contains_key(&name.value) || !flow.declared.contains(&name.value)) {
        let message = format!("`{}` is no `{kind}` node of this flow", name.value);
        let known: Vec<&str> =
            flow.nodes.iter().filter(|(_, entry)| fits(entry)).map(|(name, _)| name.as_str()).collect();
        let help = match known.as_slice() {
            [] => help.to_owned(),
            known => format!("name a node of this kind: {}", known.join(", ")),
        };
        let diagnostic = Diagnostic::new(Code::UnknownTarget, scope.file, name.span, message, help);
        scope.diagnostics.push(diagnostic.near(&name.value, known));
    }
    found
}

fn check_exits(name: &str, entry: &NodeEntry, scope: &mut Scope<'_>) {
    let exits = entry.node.exits();
    let known: BTreeSet<&str> = exits.iter().map(|exit| exit.name.as_str()).collect();
    match &entry.transitions {
        Transitions::All(target) => scope.target(&target.value.to_string(), target.span),
        Transitions::None => {
            if let [_, _, ..] = exits.as_slice() {
                let missing: Vec<&str> = exits
                    .iter()
                    .filter(|exit| exit.fallback.is_none())
                    .map(|exit| exit.name.as_str())
                    .collect();
                missing_exits(name, entry, &missing, scope);
            }
        }
        Transitions::ByExit(map) => {
            // Exits that are there under a misspelt name.
            let mut meant = BTreeSet::new();
            for (exit, (span, target)) in map {
                scope.target(&target.value.to_string(), target.span);
                if !known.contains(exit.as_str()) {
                    let message = format!("node `{name}` ({}) has no exit `{exit}`", entry.kind.name);
                    let list = exits.iter().map(|exit| exit.name.as_str()).collect::<Vec<_>>().join(", ");
                    let help = match list.as_str() {
                        "" => "this kind has no exits: remove it".to_owned(),
                        list => format!("its exits are: {list}"),
                    };
                    let diagnostic = Diagnostic::new(Code::UnknownExit, scope.file, *span, message, help);
                    let open = known.iter().copied().filter(|name| !map.contains_key(*name));
                    let diagnostic = diagnostic.near(exit, open);
                    meant.extend(diagnostic.nearest.clone());
                    scope.diagnostics.push(diagnostic);
                }
            }
            let missing: Vec<&str> = exits
                .iter()
                .filter(|exit| exit.fallback.is_none() && !map.contains_key(&exit.name))
                .filter(|exit| !meant.contains(&exit.name))
                .map(|exit| exit.name.as_str())
                .collect();
            missing_exits(name, entry, &missing, scope);
        }
    }
}

fn missing_exits(name: &str, entry: &NodeEntry, missing: &[&str], scope: &mut Scope<'_>) {
    if missing.is_empty() {
        return;
    }
    let list = missing.join("`, `");
    let noun = if missing.len() == 1 { "exit" } else { "exits" };
    let message = format!("node `{name}` ({}): no transition for the {noun} `{list}`", entry.kind.name);
    let lines: Vec<String> = missing.iter().map(|exit| format!("{exit}: wait")).collect();
    let help = format!("add to its `next`: {{ {} }}, with the nodes you want", lines.join(", "));
    scope.diagnostics.push(Diagnostic::new(Code::MissingExit, scope.file, entry.span, message, help));
}

/// The message of [`Code::UnusedSlot`].
pub(super) fn unused(slot: &str) -> String {
    format!("nothing uses the slot `{slot}`")
}
