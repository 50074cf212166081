//! From a bundle's texts to a release, with every finding on the way.

mod documents;
mod header;
mod proofs;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    bundle::Bundle,
    config,
    finding::{Code, Finding},
    flow::{Entry, Flow, Header, IntentInterrupt, Next, Target},
    kind::KindSpec,
    place::{At, Place},
    release::{Answers, Release},
    scope::Scope,
    vars::Names,
    yaml::{Node, Tree},
};

/// What a compilation yields: a release if there is no error, and everything that was found.
#[derive(Debug)]
pub struct Compiled {
    /// The release; `None` when there is an error among the findings.
    pub release: Option<Release>,
    /// Sorted by file and place.
    pub findings: Vec<Finding>,
}

/// Compiles a bundle with the given kinds of node.
pub fn compile(bundle: &Bundle, kinds: &[&'static KindSpec]) -> Compiled {
    let mut findings = Vec::new();
    let company = documents::company(bundle, &mut findings);
    // Files that are there but cannot be read: what refers to them is no mistake of its own.
    let mut unread = BTreeSet::new();
    if company.unread {
        unread.insert("company.yaml".to_owned());
    }
    let prompts = documents::prompts(bundle, &mut unread, &mut findings);
    let knowledge = documents::knowledge(bundle);
    let answers = documents::quick_answers(bundle, &company, &mut unread, &mut findings);

    let mut flows = BTreeMap::new();
    let mut flow_files = 0;
    for (file, text) in bundle.flows() {
        flow_files += 1;
        let Some(flow) = read_flow(file, text, kinds, &mut findings) else {
            unread.insert(file.to_owned());
            continue;
        };
        if let Some(other) = flows.insert(flow.id.clone(), flow) {
            let cause = format!("{} and {file} are both the flow `{}`", other.file, other.id);
            let mend = "remove one of the files, or give it another name";
            findings.push(Finding::new(Code::WrongName, file, other.header.flow.place, cause, mend));
        }
    }
    let names_of_knowledge: Vec<&str> = knowledge.keys().map(String::as_str).collect();
    for (path, prompt) in
        prompts.values().flat_map(|variants| variants.values()).map(|prompt| (&prompt.file, prompt))
    {
        documents::check_prompt(path, prompt, &company, &mut findings);
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
            findings: Vec::new(),
        };
        check_flow(flow, &mut scope);
        // What could not be read of a header is left out of it, which is said already.
        scope.findings.retain(|finding| {
            let of_header = matches!(
                finding.code,
                Code::UnknownSlot | Code::UnusedSlot | Code::WrongSlotType | Code::MissingTranslation
            );
            (flow.whole || !of_header) && (finding.place.line > 0 || finding.file != flow.file)
        });
        let text = bundle.files.get(&flow.file).map(String::as_str).unwrap_or_default();
        drop_unused_slots_of_broken_places(flow, text, &findings, &mut scope.findings);
        findings.append(&mut scope.findings);
        slot_uses.insert(flow.id.clone(), scope.slots);
    }
    let entry = entry(&flows, flow_files, &unread, &mut findings);
    let sound: Vec<&Flow> = flows
        .values()
        .filter(|flow| !findings.iter().any(|finding| finding.file == flow.file && finding.is_error()))
        .collect();
    // What calls a flow, and with which values, is only known where every flow is sound.
    let all = sound.len() == flow_files;
    proofs::check(&sound, all, entry.as_deref(), &slot_uses, &prompts, &mut findings);

    findings.sort_by(|a, b| (&a.file, a.place, a.code).cmp(&(&b.file, b.place, b.code)));
    findings.dedup();
    let release = match entry {
        Some(entry) if !findings.iter().any(Finding::is_error) => Some(Release {
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
    Compiled { release, findings }
}

/// A slot that a node with a mistake names is not unused: the mistake may hide the use.
fn drop_unused_slots_of_broken_places(
    flow: &Flow,
    text: &str,
    before: &[Finding],
    of_flow: &mut Vec<Finding>,
) {
    let broken =
        before.iter().chain(of_flow.iter()).any(|finding| finding.file == flow.file && finding.is_error());
    if !broken {
        return;
    }
    let meant: BTreeSet<String> = of_flow
        .iter()
        .filter(|finding| finding.is_error())
        .filter_map(|finding| finding.nearest.as_deref())
        .map(|name| name.trim_start_matches("slots.").to_owned())
        .collect();
    let word = |c: char| !(c.is_alphanumeric() || c == '_');
    of_flow.retain(|finding| {
        let slot = flow.slots.keys().find(|slot| finding.cause == unused(slot));
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
    findings: &mut Vec<Finding>,
) -> Option<String> {
    let marked: Vec<&Flow> = flows.values().filter(|flow| flow.header.entry).collect();
    match (marked.as_slice(), flows.len()) {
        ([only], _) => Some(only.id.clone()),
        ([], 1) => flows.keys().next().cloned(),
        ([], 0) => {
            // A file that did not read has a finding of its own.
            if files == 0 {
                let mend = "write a flow file such as consultant.yaml at the top of the bundle";
                findings.push(Finding::new(
                    Code::NoFlow,
                    ".",
                    Place::default(),
                    "the bundle holds no flow",
                    mend,
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
            let cause = match several {
                [] => "the bundle has several flows and none is the entry".to_owned(),
                _ => {
                    let files: Vec<&str> = several.iter().map(|flow| flow.file.as_str()).collect();
                    format!("more than one flow is marked as the entry: {}", files.join(", "))
                }
            };
            let all: Vec<&str> = flows.values().map(|flow| flow.file.as_str()).collect();
            let mend = format!("write `entry: true` in exactly one of: {}", all.join(", "));
            let file = several.last().map_or(".", |flow| flow.file.as_str());
            findings.push(Finding::new(Code::NoEntry, file, Place::default(), cause, mend));
            None
        }
    }
}

fn read_flow(
    file: &str,
    text: &str,
    kinds: &[&'static KindSpec],
    findings: &mut Vec<Finding>,
) -> Option<Flow> {
    let tree = config::parse(file, text, findings)?;
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    if matches!(tree.node, Node::Null) {
        let mend = format!("write `flow: {stem}`, `start:` and `nodes:`, or remove the file");
        findings.push(Finding::new(Code::MissingField, file, Place::default(), "the file is empty", mend));
        return None;
    }
    let before = findings.len();
    let header = config::read_past_mistakes::<Header>(file, &tree, findings);
    let (mut header, mut whole) = header.map(|read| (read.value, read.whole))?;
    whole &= findings.len() == before;
    if header.flow.value.is_empty() && !whole {
        header.flow.value = stem.to_owned();
    }
    header::check(file, &tree, findings);
    if header.flow.value != stem {
        let cause = format!("the file is {file}, but the flow calls itself `{}`", header.flow.value);
        let mend = format!("write `flow: {stem}`, or rename the file");
        findings.push(Finding::new(Code::WrongName, file, header.flow.place, cause, mend));
    }
    let Node::Map(fields) = &tree.node else { return None };
    let (mut nodes, mut declared) = (BTreeMap::new(), BTreeSet::new());
    match fields.iter().find(|(name, _)| name.value == "nodes").map(|(name, tree)| (name.place, &tree.node)) {
        Some((_, Node::Map(entries))) => {
            for (name, body) in entries {
                declared.insert(name.value.clone());
                if Target::RESERVED.contains(&name.as_str()) {
                    let cause = format!("`{}` is a reserved target, not a name for a node", name.value);
                    findings.push(Finding::new(
                        Code::BadValue,
                        file,
                        name.place,
                        cause,
                        "choose another name",
                    ));
                } else if let Some(entry) = read_node(file, name, body, kinds, findings) {
                    nodes.insert(name.value.clone(), entry);
                }
            }
        }
        Some((place, other)) => {
            let mend = "write one entry a node: its name, a colon, and below it the kind";
            let cause = format!("`nodes` holds {} where a map of nodes belongs", other.describe());
            findings.push(Finding::new(Code::BadValue, file, place, cause, mend));
            return None;
        }
        None => return None,
    }
    if declared.is_empty() {
        let place = fields.iter().find(|(name, _)| name.value == "nodes").map(|(name, _)| name.place);
        let mend = "write one entry a node, for example `hello: { say: { text: Hello! } }`";
        let cause = "the flow has no nodes";
        findings.push(Finding::new(Code::BadValue, file, place.unwrap_or_default(), cause, mend));
        return None;
    }
    let slots = header.slots.iter().map(|(name, slot)| (name.clone(), slot.value.clone())).collect();
    Some(Flow { id: header.flow.value.clone(), file: file.to_owned(), header, slots, nodes, declared, whole })
}

/// Reads one node. A node that does not read is still a name that others may lead to, so `None` is not the end.
fn read_node(
    file: &str,
    name: &At<String>,
    body: &Tree,
    kinds: &[&'static KindSpec],
    findings: &mut Vec<Finding>,
) -> Option<Entry> {
    let known = || kinds.iter().map(|kind| kind.name);
    let list = || known().collect::<Vec<_>>().join(", ");
    let Node::Map(fields) = &body.node else {
        let cause = format!("node `{}` has no kind", name.value);
        findings.push(Finding::new(
            Code::NoKind,
            file,
            name.place,
            cause,
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
            next = read_next(file, value, findings);
        } else if let Some(kind) = kinds.iter().find(|kind| kind.name == key.value) {
            if let Some((first, _)) = found {
                let cause = format!("node `{}` is both `{}` and `{}`", name.value, first.name, kind.name);
                findings.push(Finding::new(Code::TwoKinds, file, key.place, cause, "make it two nodes"));
            } else {
                found = Some((kind, value));
            }
        } else if let Some(kind) = kind_of_node.filter(|_| own_fields.contains(&key.value)) {
            misplaced = true;
            let cause = format!(
                "node `{}`: `{}` belongs inside `{}:`, not beside it",
                name.value, key.value, kind.name
            );
            let mend = format!("indent it below `{}:`", kind.name);
            findings.push(Finding::new(Code::UnknownKind, file, key.place, cause, mend));
        } else {
            let cause = format!("node `{}`: there is no kind `{}`", name.value, key.value);
            let mend = format!("use one of: {} (and `next`)", list());
            let finding = Finding::new(Code::UnknownKind, file, key.place, cause, mend);
            findings.push(finding.near(&key.value, known().chain(["next"])));
        }
    }
    let Some((kind, config)) = found else {
        if !fields.iter().any(|(key, _)| key.value != "next") {
            let cause = format!("node `{}` has no kind", name.value);
            findings.push(Finding::new(
                Code::NoKind,
                file,
                name.place,
                cause,
                format!("give it one of: {}", list()),
            ));
        }
        return None;
    };
    let before = findings.len();
    let node = (kind.read)(file, config, findings);
    if misplaced {
        // What is missing inside stands beside it.
        let mut at = 0;
        findings.retain(|finding| {
            at += 1;
            at <= before || finding.code != Code::MissingField
        });
    }
    let node = node?;
    Some(Entry { place: name.place, kind, node, next: next? })
}

/// The fields of a kind's body.
fn fields_of(kind: &KindSpec) -> Vec<String> {
    let schema = (kind.schema)(&mut schemars::SchemaGenerator::default());
    let properties = schema.get("properties").and_then(|properties| properties.as_object());
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}

fn read_next(file: &str, tree: &Tree, findings: &mut Vec<Finding>) -> Option<Next> {
    let target = |tree: &Tree| match &tree.node {
        Node::Str(name) => Some(At::new(Target::parse(name), tree.place)),
        _ => None,
    };
    let wrong = |tree: &Tree| {
        let mend =
            "write the name of one node, or wait, end or return; several exits make a map { exit: node }";
        let cause = format!("found {} where the name of a node belongs", tree.node.describe());
        Finding::new(Code::BadValue, file, tree.place, cause, mend)
    };
    match &tree.node {
        Node::Map(exits) => {
            let mut map = BTreeMap::new();
            for (exit, tree) in exits {
                match target(tree) {
                    Some(target) => {
                        map.insert(exit.value.clone(), (exit.place, target));
                    }
                    None => {
                        findings.push(wrong(tree));
                        // It is covered, only not by a node.
                        let wait = At::new(Target::Wait, tree.place);
                        map.insert(exit.value.clone(), (exit.place, wait));
                    }
                }
            }
            Some(Next::ByExit(map))
        }
        _ => match target(tree) {
            Some(target) => Some(Next::Everywhere(target)),
            None => {
                findings.push(wrong(tree));
                None
            }
        },
    }
}

fn check_flow<'a>(flow: &'a Flow, scope: &mut Scope<'a>) {
    let header = &flow.header;
    scope.node = "";
    scope.target(&header.start, header.start.place);
    if Target::RESERVED.contains(&header.start.as_str()) {
        let cause = format!("`{}` is a reserved target; a flow starts at a node", header.start.value);
        scope.report(Code::BadValue, header.start.place, cause, "name a node of this flow");
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
        scope.target(to, to.place);
    }
    for (name, entry) in &flow.nodes {
        scope.node = name;
        entry.node.check(scope);
        check_exits(name, entry, scope);
        for jump in entry.node.jumps() {
            scope.target(jump.to, jump.to.place);
        }
    }
    scope.node = "";
    for (name, slot) in &header.slots {
        header::check_declaration(name, slot, scope);
        if let Some(default) = &slot.default
            && let Err(why) = slot.value.accept(default.value.clone())
        {
            let cause = format!("the default of slot `{name}` does not fit: {why}");
            scope.findings.push(Finding::new(
                Code::WrongSlotType,
                &flow.file,
                default.place,
                cause,
                "change the default",
            ));
        }
        if !scope.used.contains(name) {
            let mend = "remove it, or use it in a node";
            scope.findings.push(Finding::new(Code::UnusedSlot, &flow.file, slot.place, unused(name), mend));
        }
    }
}

/// The intents that may interrupt are those of a `classify` node of the same flow.
fn check_intents<'a>(flow: &'a Flow, intent: &'a IntentInterrupt, scope: &mut Scope<'a>) {
    scope.share("min_confidence", &intent.min_confidence);
    for to in intent.to.values() {
        scope.target(to, to.place);
    }
    let classifies = |entry: &Entry| entry.kind.name == "classify";
    let Some(entry) = flow.nodes.get(&intent.from.value).filter(|entry| classifies(entry)) else {
        if flow.declared.contains(&intent.from.value) && !flow.nodes.contains_key(&intent.from.value) {
            // The node did not read, which has a finding of its own.
            return;
        }
        let cause = format!("`{}` is no `classify` node of this flow", intent.from.value);
        let known: Vec<&str> =
            flow.nodes.iter().filter(|(_, entry)| classifies(entry)).map(|(name, _)| name.as_str()).collect();
        let mend = match known.as_slice() {
            [] => "add a `classify` node whose intents may interrupt a question".to_owned(),
            known => format!("name the node whose intents may interrupt a question: {}", known.join(", ")),
        };
        let finding = Finding::new(Code::UnknownTarget, scope.file, intent.from.place, cause, mend);
        scope.findings.push(finding.near(&intent.from.value, known));
        return;
    };
    let exits = entry.node.exits();
    let known: Vec<&str> =
        exits.iter().map(|exit| exit.name.as_str()).filter(|exit| *exit != "unsure").collect();
    for (name, to) in &intent.to {
        if !known.contains(&name.as_str()) {
            let cause = format!("node `{}` has no intent `{name}`", intent.from.value);
            let mend = format!("use one of: {}", known.join(", "));
            let finding = Finding::new(Code::UnknownIntent, scope.file, to.place, cause, mend);
            scope.findings.push(finding.near(name, known.iter().copied()));
        }
    }
}

fn check_exits(name: &str, entry: &Entry, scope: &mut Scope<'_>) {
    let exits = entry.node.exits();
    let known: BTreeSet<&str> = exits.iter().map(|exit| exit.name.as_str()).collect();
    match &entry.next {
        Next::Everywhere(target) => scope.target(&target.value.to_string(), target.place),
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
            for (exit, (place, target)) in map {
                scope.target(&target.value.to_string(), target.place);
                if !known.contains(exit.as_str()) {
                    let cause = format!("node `{name}` ({}) has no exit `{exit}`", entry.kind.name);
                    let list = exits.iter().map(|exit| exit.name.as_str()).collect::<Vec<_>>().join(", ");
                    let mend = match list.as_str() {
                        "" => "this kind has no exits: remove it".to_owned(),
                        list => format!("its exits are: {list}"),
                    };
                    let finding = Finding::new(Code::UnknownExit, scope.file, *place, cause, mend);
                    let open = known.iter().copied().filter(|name| !map.contains_key(*name));
                    let finding = finding.near(exit, open);
                    meant.extend(finding.nearest.clone());
                    scope.findings.push(finding);
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
    let cause = format!("node `{name}` ({}): no transition for the {noun} `{list}`", entry.kind.name);
    let lines: Vec<String> = missing.iter().map(|exit| format!("{exit}: wait")).collect();
    let mend = format!("add to its `next`: {{ {} }}, with the nodes you want", lines.join(", "));
    scope.findings.push(Finding::new(Code::MissingExit, scope.file, entry.place, cause, mend));
}
