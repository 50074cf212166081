//! Reads flow files: the header, then the nodes. Each kind reads its own body.

use std::collections::{BTreeMap, BTreeSet};

use super::header;
use crate::{
    config,
    diagnostic::{Code, Diagnostic},
    flow::{Flow, NodeEntry, Transitions},
    header::Header,
    kind::KindSpec,
    span::{Span, Spanned},
    target::Target,
    yaml::{Node, Tree},
};

/// Reads a flow file. `None` when there is nothing left that the compiler could check.
pub(crate) fn read_flow(
    file: &str,
    text: &str,
    kinds: &[&'static KindSpec],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Flow> {
    let tree = config::parse(file, text, diagnostics)?;
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    if matches!(tree.node, Node::Null) {
        let help = format!("write `flow: {stem}`, `start:` and `nodes:`, or remove the file");
        diagnostics.push(Diagnostic::new(
            Code::MissingField,
            file,
            Span::default(),
            "the file is empty",
            help,
        ));
        return None;
    }
    let before = diagnostics.len();
    let header = config::read_with_recovery::<Header>(file, &tree, diagnostics);
    let (mut header, complete) = header.map(|read| (read.value, read.complete))?;
    let header_complete = complete && diagnostics.len() == before;
    if header.flow.value.is_empty() && !header_complete {
        header.flow.value = stem.to_owned();
    }
    header::check(file, &tree, diagnostics);
    if header.flow.value != stem {
        let message = format!("the file is {file}, but the flow calls itself `{}`", header.flow.value);
        let help = format!("write `flow: {stem}`, or rename the file");
        diagnostics.push(Diagnostic::new(Code::WrongName, file, header.flow.span, message, help));
    }
    let Node::Map(fields) = &tree.node else { return None };
    let (mut nodes, mut declared) = (BTreeMap::new(), BTreeSet::new());
    match fields.iter().find(|(name, _)| name.value == "nodes").map(|(name, tree)| (name.span, &tree.node)) {
        Some((_, Node::Map(entries))) => {
            for (name, body) in entries {
                declared.insert(name.value.clone());
                if Target::RESERVED.contains(&name.as_str()) {
                    let message = format!("`{}` is a reserved target, not a name for a node", name.value);
                    diagnostics.push(Diagnostic::new(
                        Code::BadValue,
                        file,
                        name.span,
                        message,
                        "choose another name",
                    ));
                } else if let Some(entry) = read_node(file, name, body, kinds, diagnostics) {
                    nodes.insert(name.value.clone(), entry);
                }
            }
        }
        Some((span, other)) => {
            let help = "write one entry a node: its name, a colon, and below it the kind";
            let message = format!("`nodes` holds {} where a map of nodes belongs", other.describe());
            diagnostics.push(Diagnostic::new(Code::BadValue, file, span, message, help));
            return None;
        }
        None => return None,
    }
    if declared.is_empty() {
        let span = fields.iter().find(|(name, _)| name.value == "nodes").map(|(name, _)| name.span);
        let help = "write one entry a node, for example `hello: { say: { text: Hello! } }`";
        let message = "the flow has no nodes";
        diagnostics.push(Diagnostic::new(Code::BadValue, file, span.unwrap_or_default(), message, help));
        return None;
    }
    let slots = header.slots.iter().map(|(name, slot)| (name.value.clone(), slot.value.clone())).collect();
    let id = header.flow.value.clone();
    Some(Flow { id, file: file.to_owned(), header, slots, nodes, declared, header_complete })
}

/// Reads one node. A node that does not read is still a name that others may lead to, so `None` is not the end.
fn read_node(
    file: &str,
    name: &Spanned<String>,
    body: &Tree,
    kinds: &[&'static KindSpec],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<NodeEntry> {
    let known = || kinds.iter().map(|kind| kind.name);
    let list = || known().collect::<Vec<_>>().join(", ");
    let no_kind = || {
        let message = format!("node `{}` has no kind", name.value);
        Diagnostic::new(Code::NoKind, file, name.span, message, format!("give it one of: {}", list()))
    };
    let Node::Map(fields) = &body.node else {
        diagnostics.push(no_kind());
        return None;
    };
    let mut found: Option<(&'static KindSpec, &Tree)> = None;
    let mut transitions = Some(Transitions::None);
    let kind_of_node = fields.iter().find_map(|(key, _)| kinds.iter().find(|kind| kind.name == key.value));
    let mut misplaced = false;
    let mut commas = Vec::new();
    for (key, value) in fields {
        if key.value == "next" {
            transitions = read_transitions(file, value, diagnostics);
        } else if let Some(kind) = kinds.iter().find(|kind| kind.name == key.value) {
            if let Some((first, _)) = found {
                let message = format!("node `{}` is both `{}` and `{}`", name.value, first.name, kind.name);
                diagnostics.push(Diagnostic::new(
                    Code::TwoKinds,
                    file,
                    key.span,
                    message,
                    "make it two nodes",
                ));
            } else {
                found = Some((kind, value));
            }
        } else if let Some(kind) = kind_of_node.filter(|kind| fields_of(kind).contains(&key.value)) {
            misplaced = true;
            let message = format!(
                "node `{}`: `{}` belongs inside `{}:`, not beside it",
                name.value, key.value, kind.name
            );
            let help = format!("indent it below `{}:`", kind.name);
            diagnostics.push(Diagnostic::new(Code::UnknownKind, file, key.span, message, help));
        } else if let Some(comma) = comma_at(body, key.span, kinds) {
            commas.push(comma.diagnostic(file));
        } else {
            let message = format!("node `{}`: there is no kind `{}`", name.value, key.value);
            let help = format!("use one of: {} (and `next`)", list());
            let diagnostic = Diagnostic::new(Code::UnknownKind, file, key.span, message, help);
            diagnostics.push(diagnostic.near(&key.value, known().chain(["next"])));
        }
    }
    // A text with several commas is told of once.
    commas.dedup();
    diagnostics.append(&mut commas);
    let Some((kind, config)) = found else {
        if !fields.iter().any(|(key, _)| key.value != "next") {
            diagnostics.push(no_kind());
        }
        return None;
    };
    let before = diagnostics.len();
    let node = (kind.read)(file, config, diagnostics);
    if misplaced {
        // A field that is missing inside is written beside the kind.
        let mut at = 0;
        diagnostics.retain(|diagnostic| {
            at += 1;
            at <= before || diagnostic.code != Code::MissingField
        });
    }
    let node = node?;
    Some(NodeEntry { span: name.span, kind, node, transitions: transitions? })
}

/// The comma of a text in braces that a name which is no kind is a part of.
fn comma_at(body: &Tree, name: Span, kinds: &[&'static KindSpec]) -> Option<config::Comma> {
    let known: Vec<&str> = kinds.iter().map(|kind| kind.name).chain(["next"]).collect();
    config::Comma::of(body, Some(&known), Some(name))
}

/// The fields of a kind's body. Making a schema takes longer than reading a node: only a mistake asks for it.
fn fields_of(kind: &KindSpec) -> Vec<String> {
    let schema = (kind.schema)(&mut schemars::SchemaGenerator::default());
    let properties = schema.get("properties").and_then(|properties| properties.as_object());
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}

fn read_transitions(file: &str, tree: &Tree, diagnostics: &mut Vec<Diagnostic>) -> Option<Transitions> {
    let target = |tree: &Tree| match &tree.node {
        Node::Str(name) => Some(Spanned::new(Target::parse(name), tree.span)),
        _ => None,
    };
    let wrong = |tree: &Tree| {
        let help =
            "write the name of one node, or wait, end or return; several exits make a map { exit: node }";
        let message = format!("found {} where the name of a node belongs", tree.node.describe());
        Diagnostic::new(Code::BadValue, file, tree.span, message, help)
    };
    match &tree.node {
        Node::Map(exits) => {
            let mut map = BTreeMap::new();
            for (exit, tree) in exits {
                match target(tree) {
                    Some(target) => {
                        map.insert(exit.value.clone(), (exit.span, target));
                    }
                    None => {
                        diagnostics.push(wrong(tree));
                        // It is covered, only not by a node.
                        let wait = Spanned::new(Target::Wait, tree.span);
                        map.insert(exit.value.clone(), (exit.span, wait));
                    }
                }
            }
            Some(Transitions::ByExit(map))
        }
        _ => match target(tree) {
            Some(target) => Some(Transitions::All(target)),
            None => {
                diagnostics.push(wrong(tree));
                None
            }
        },
    }
}
