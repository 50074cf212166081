//! From a bundle's texts to a release, with every diagnostic on the way.

mod documents;
mod header;
mod proofs;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    bundle::Bundle,
    config,
    diagnostic::{Code, Diagnostic},
    flow::{Entry, Flow, Header, IntentInterrupt, Next, Target},
    kind::KindSpec,
    release::{Answers, Release},
    scope::Scope,
    span::{Span, Spanned},
    vars::Names,
    yaml::{Node, Tree},
};

/// What a compilation yields: a release if there is no error, and everything that was found.
#[derive(Debug)]
pub struct Compiled {
    /// The release; `None` when there is an error among the diagnostics.
    pub release: Option<Release>,
    /// Sorted by file and place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles a bundle with the given kinds of node.
pub fn compile(bundle: &Bundle, kinds: &[&'static KindSpec]) -> Compiled {
    let mut diagnostics = Vec::new();
    let company = documents::company(bundle, &mut diagnostics);
    // Files that are there but cannot be read: what refers to them is no mistake of its own.
    let mut unread = BTreeSet::new();
    if company.unread {
        unread.insert("company.yaml".to_owned());
    }
    let prompts = documents::prompts(bundle, &mut unread, &mut diagnostics);
    let knowledge = documents::knowledge(bundle);
    let answers = documents::quick_answers(bundle, &company, &mut unread, &mut diagnostics);

    let mut flows = BTreeMap::new();
    let mut flow_files = 0;
    for (file, text) in bundle.flows() {
        flow_files += 1;
        let Some(flow) = read_flow(file, text, kinds, &mut diagnostics) else {
            unread.insert(file.to_owned());
            continue;
        };
        if let Some(other) = flows.insert(flow.id.clone(), flow) {
            let message = format!("{} and {file} are both the flow `{}`", other.file, other.id);
            let help = "remove one of the files, or give it another name";
            diagnostics.push(Diagnostic::new(Code::WrongName, file, other.header.flow.span, message, help));
        }
    }
    let names_of_knowledge: Vec<&str> = knowledge.keys().map(String::as_str).collect();
    for (path, prompt) in
        prompts.values().flat_map(|variants| variants.values()).map(|prompt| (&prompt.file, prompt))
    {
        documents::check_prompt(path, prompt, &company, &mut diagnostics);
    }
    let mut slot_uses = proofs::SlotUses::new();
    for flow in flows.values() {
        let mut scope = Scope {
            file: &flow.file,
            header: &flow.header,
            names: Names {
                slots: Some(&flow.slots),
                company: company.keys.iter().map(String::as_str).collect(),
            },
            nodes: &flow.declared,
            prompts: &prompts,
            knowledge: names_of_knowledge.clone(),
            answers: &answers,
            flows: &flows,
            unread: &unread,
            node: "",
            used: documents::slots_in_prompts(&prompts),
            slots: BTreeMap::new(),
            diagnostics: Vec::new(),
        };
        check_flow(flow, &mut scope);
        // What could not be read of a header is left out of it, which is said already.
        scope.diagnostics.retain(|diagnostic| {
            let of_header = matches!(
                diagnostic.code,
                Code::UnknownSlot | Code::UnusedSlot | Code::WrongSlotType | Code::MissingTranslation
            );
            (flow.whole || !of_header) && (diagnostic.span.line > 0 || diagnostic.file != flow.file)
        });
        let text = bundle.files.get(&flow.file).map(String::as_str).unwrap_or_default();
        drop_unused_slots_of_broken_places(flow, text, &diagnostics, &mut scope.diagnostics);
        diagnostics.append(&mut scope.diagnostics);
        slot_uses.insert(flow.id.clone(), scope.slots);
    }
    let entry = entry(&flows, flow_files, &unread, &mut diagnostics);
    let sound: Vec<&Flow> = flows
        .values()
        .filter(|flow| {
            !diagnostics.iter().any(|diagnostic| diagnostic.file == flow.file && diagnostic.is_error())
        })
        .collect();
    // What calls a flow, and with which values, is only known where every flow is sound.
    let all = sound.len() == flow_files;
    proofs::check(&sound, all, entry.as_deref(), &slot_uses, &prompts, &mut diagnostics);

    diagnostics.sort_by(|a, b| (&a.file, a.span, a.code).cmp(&(&b.file, b.span, b.code)));
    diagnostics.dedup();
    let release = match entry {
        Some(entry) if !diagnostics.iter().any(Diagnostic::is_error) => Some(Release {
            id: bundle.id(),
            bundle: bundle.clone(),
            entry,
            examples: examples(&flows, &answers),
            flows,
            prompts,
            answers,
            knowledge,
            company: company.by_language,
            time_zone: company.time_zone,
        }),
        _ => None,
    };
    Compiled { release, diagnostics }
}

/// A slot that a node with a mistake names is not unused: the mistake may hide the use.
fn drop_unused_slots_of_broken_places(
    flow: &Flow,
    text: &str,
    before: &[Diagnostic],
    of_flow: &mut Vec<Diagnostic>,
) {
    let broken = before
        .iter()
        .chain(of_flow.iter())
        .any(|diagnostic| diagnostic.file == flow.file && diagnostic.is_error());
    if !broken {
        return;
    }
    let meant: BTreeSet<String> = of_flow
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .filter_map(|diagnostic| diagnostic.nearest.as_deref())
        .map(|name| name.trim_start_matches("slots.").to_owned())
        .collect();
    let word = |c: char| !(c.is_alphanumeric() || c == '_');
    of_flow.retain(|diagnostic| {
        let slot = flow.slots.keys().find(|slot| diagnostic.message == unused(slot));
        slot.is_none_or(|slot| {
            text.split(word).filter(|part| *part == slot.as_str()).count() < 2 && !meant.contains(slot)
        })
    });
}

fn unused(slot: &str) -> String {
    format!("nothing uses the slot `{slot}`")
}

fn examples(
    flows: &BTreeMap<String, Flow>,
    answers: &Answers,
) -> BTreeMap<String, Vec<crate::kind::Example>> {
    let nodes =
        flows.values().flat_map(|flow| flow.nodes.iter().map(move |(name, entry)| (flow, name, entry)));
    let sets =
        nodes.map(|(flow, name, entry)| (Release::example_set(&flow.id, name), entry.node.examples(answers)));
    sets.filter(|(_, examples)| !examples.is_empty()).collect()
}

fn entry(
    flows: &BTreeMap<String, Flow>,
    files: usize,
    unread: &BTreeSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<String> {
    let marked: Vec<&Flow> = flows.values().filter(|flow| flow.header.entry).collect();
    match (marked.as_slice(), flows.len()) {
        ([only], _) => Some(only.id.clone()),
        ([], 1) => flows.keys().next().cloned(),
        ([], 0) => {
            // A file that did not read has a diagnostic of its own.
            if files == 0 {
                let help = "write a flow file such as consultant.yaml at the top of the bundle";
                diagnostics.push(Diagnostic::new(
                    Code::NoFlow,
                    ".",
                    Span::default(),
                    "the bundle holds no flow",
                    help,
                ));
            }
            None
        }
        // The entry may be marked in a flow that did not read.
        ([], _)
            if flows.values().any(|flow| !flow.whole || unread.contains(&flow.file))
                || flows.len() < files =>
        {
            None
        }
        (several, _) => {
            let message = match several {
                [] => "the bundle has several flows and none is the entry".to_owned(),
                _ => {
                    let files: Vec<&str> = several.iter().map(|flow| flow.file.as_str()).collect();
                    format!("more than one flow is marked as the entry: {}", files.join(", "))
                }
            };
            let all: Vec<&str> = flows.values().map(|flow| flow.file.as_str()).collect();
            let help = format!("write `entry: true` in exactly one of: {}", all.join(", "));
            let file = several.last().map_or(".", |flow| flow.file.as_str());
            diagnostics.push(Diagnostic::new(Code::NoEntry, file, Span::default(), message, help));
            None
        }
    }
}

fn read_flow(
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
    let header = config::read_past_mistakes::<Header>(file, &tree, diagnostics);
    let (mut header, mut whole) = header.map(|read| (read.value, read.whole))?;
    whole &= diagnostics.len() == before;
    if header.flow.value.is_empty() && !whole {
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
    let slots = header.slots.iter().map(|(name, slot)| (name.clone(), slot.value.clone())).collect();
    Some(Flow { id: header.flow.value.clone(), file: file.to_owned(), header, slots, nodes, declared, whole })
}

/// Reads one node. A node that does not read is still a name that others may lead to, so `None` is not the end.
fn read_node(
    file: &str,
    name: &Spanned<String>,
    body: &Tree,
    kinds: &[&'static KindSpec],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Entry> {
    let known = || kinds.iter().map(|kind| kind.name);
    let list = || known().collect::<Vec<_>>().join(", ");
    let Node::Map(fields) = &body.node else {
        let message = format!("node `{}` has no kind", name.value);
        diagnostics.push(Diagnostic::new(
            Code::NoKind,
            file,
            name.span,
            message,
            format!("give it one of: {}", list()),
        ));
        return None;
    };
    let mut found: Option<(&'static KindSpec, &Tree)> = None;
    let mut next = Some(Next::Nothing);
    let kind_of_node = fields.iter().find_map(|(key, _)| kinds.iter().find(|kind| kind.name == key.value));
    let own_fields = kind_of_node.map(|kind| fields_of(kind)).unwrap_or_default();
    let mut misplaced = false;
    for (key, value) in fields {
        if key.value == "next" {
            next = read_next(file, value, diagnostics);
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
        } else if let Some(kind) = kind_of_node.filter(|_| own_fields.contains(&key.value)) {
            misplaced = true;
            let message = format!(
                "node `{}`: `{}` belongs inside `{}:`, not beside it",
                name.value, key.value, kind.name
            );
            let help = format!("indent it below `{}:`", kind.name);
            diagnostics.push(Diagnostic::new(Code::UnknownKind, file, key.span, message, help));
        } else {
            let message = format!("node `{}`: there is no kind `{}`", name.value, key.value);
            let help = format!("use one of: {} (and `next`)", list());
            let diagnostic = Diagnostic::new(Code::UnknownKind, file, key.span, message, help);
            diagnostics.push(diagnostic.near(&key.value, known().chain(["next"])));
        }
    }
    let Some((kind, config)) = found else {
        if !fields.iter().any(|(key, _)| key.value != "next") {
            let message = format!("node `{}` has no kind", name.value);
            diagnostics.push(Diagnostic::new(
                Code::NoKind,
                file,
                name.span,
                message,
                format!("give it one of: {}", list()),
            ));
        }
        return None;
    };
    let before = diagnostics.len();
    let node = (kind.read)(file, config, diagnostics);
    if misplaced {
        // What is missing inside stands beside it.
        let mut at = 0;
        diagnostics.retain(|diagnostic| {
            at += 1;
            at <= before || diagnostic.code != Code::MissingField
        });
    }
    let node = node?;
    Some(Entry { span: name.span, kind, node, next: next? })
}

/// The fields of a kind's body.
fn fields_of(kind: &KindSpec) -> Vec<String> {
    let schema = (kind.schema)(&mut schemars::SchemaGenerator::default());
    let properties = schema.get("properties").and_then(|properties| properties.as_object());
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}

fn read_next(file: &str, tree: &Tree, diagnostics: &mut Vec<Diagnostic>) -> Option<Next> {
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
            Some(Next::ByExit(map))
        }
        _ => match target(tree) {
            Some(target) => Some(Next::Everywhere(target)),
            None => {
                diagnostics.push(wrong(tree));
                None
            }
        },
    }
}

fn check_flow<'a>(flow: &'a Flow, scope: &mut Scope<'a>) {
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
    let on = &header.on;
    if let Some(intent) = &on.intent {
        check_intents(flow, intent, scope);
    }
    let interrupts =
        on.command.values().chain(&on.error).chain(on.inactivity.iter().map(|inactivity| &inactivity.to));
    for to in interrupts {
        scope.target(to, to.span);
    }
    for (name, entry) in &flow.nodes {
        scope.node = name;
        entry.node.check(scope);
        check_exits(name, entry, scope);
        for jump in entry.node.jumps() {
            scope.target(jump.to, jump.to.span);
        }
    }
    scope.node = "";
    for (name, slot) in &header.slots {
        header::check_declaration(name, slot, scope);
        if let Some(default) = &slot.default
            && let Err(why) = slot.value.accept(default.value.clone())
        {
            let message = format!("the default of slot `{name}` does not fit: {why}");
            scope.diagnostics.push(Diagnostic::new(
                Code::WrongSlotType,
                &flow.file,
                default.span,
                message,
                "change the default",
            ));
        }
        if !scope.used.contains(name) {
            let help = "remove it, or use it in a node";
            scope.diagnostics.push(Diagnostic::new(
                Code::UnusedSlot,
                &flow.file,
                slot.span,
                unused(name),
                help,
            ));
        }
    }
}

/// The intents that may interrupt are those of a `classify` node of the same flow.
fn check_intents<'a>(flow: &'a Flow, intent: &'a IntentInterrupt, scope: &mut Scope<'a>) {
    scope.share("min_confidence", &intent.min_confidence);
    for to in intent.to.values() {
        scope.target(to, to.span);
    }
    let classifies = |entry: &Entry| entry.kind.name == "classify";
    let Some(entry) = flow.nodes.get(&intent.from.value).filter(|entry| classifies(entry)) else {
        if flow.declared.contains(&intent.from.value) && !flow.nodes.contains_key(&intent.from.value) {
            // The node did not read, which has a diagnostic of its own.
            return;
        }
        let message = format!("`{}` is no `classify` node of this flow", intent.from.value);
        let known: Vec<&str> =
            flow.nodes.iter().filter(|(_, entry)| classifies(entry)).map(|(name, _)| name.as_str()).collect();
        let help = match known.as_slice() {
            [] => "add a `classify` node whose intents may interrupt a question".to_owned(),
            known => format!("name the node whose intents may interrupt a question: {}", known.join(", ")),
        };
        let diagnostic = Diagnostic::new(Code::UnknownTarget, scope.file, intent.from.span, message, help);
        scope.diagnostics.push(diagnostic.near(&intent.from.value, known));
        return;
    };
    let exits = entry.node.exits();
    let known: Vec<&str> =
        exits.iter().map(|exit| exit.name.as_str()).filter(|exit| *exit != "unsure").collect();
    for (name, to) in &intent.to {
        if !known.contains(&name.as_str()) {
            let message = format!("node `{}` has no intent `{name}`", intent.from.value);
            let help = format!("use one of: {}", known.join(", "));
            let diagnostic = Diagnostic::new(Code::UnknownIntent, scope.file, to.span, message, help);
            scope.diagnostics.push(diagnostic.near(name, known.iter().copied()));
        }
    }
}

fn check_exits(name: &str, entry: &Entry, scope: &mut Scope<'_>) {
    let exits = entry.node.exits();
    let known: BTreeSet<&str> = exits.iter().map(|exit| exit.name.as_str()).collect();
    match &entry.next {
        Next::Everywhere(target) => scope.target(&target.value.to_string(), target.span),
        Next::Nothing => {
            if let [_, _, ..] = exits.as_slice() {
                let missing: Vec<&str> = exits
                    .iter()
                    .filter(|exit| exit.fallback.is_none())
                    .map(|exit| exit.name.as_str())
                    .collect();
                missing_exits(name, entry, &missing, scope);
            }
        }
        Next::ByExit(map) => {
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

fn missing_exits(name: &str, entry: &Entry, missing: &[&str], scope: &mut Scope<'_>) {
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
