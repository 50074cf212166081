//! From a bundle's texts to a release, with every finding on the way.

mod documents;
mod graph_checks;

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
    let prompts = documents::prompts(bundle, &mut findings);
    let knowledge = documents::knowledge(bundle);
    let answers = documents::quick_answers(bundle, &company.keys, &mut findings);

    let mut flows = BTreeMap::new();
    let mut flow_files = 0;
    for (file, text) in bundle.flows() {
        flow_files += 1;
        if let Some(flow) = read_flow(file, text, kinds, &mut findings) {
            flows.insert(flow.id.clone(), flow);
        }
    }
    let names_of_knowledge: Vec<&str> = knowledge.keys().map(String::as_str).collect();
    for (path, prompt) in
        prompts.values().flat_map(|variants| variants.values()).map(|prompt| (&prompt.file, prompt))
    {
        documents::check_prompt(path, prompt, &company.keys, &mut findings);
    }
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
            node: "",
            used: documents::slots_in_prompts(&prompts),
            slots: BTreeMap::new(),
            findings: Vec::new(),
        };
        check_flow(flow, &mut scope);
        findings.append(&mut scope.findings);
        // With nodes missing, the arrows would tell of mistakes that are none.
        if !findings.iter().any(|finding| finding.file == flow.file && finding.is_error()) {
            graph_checks::check(flow, &mut findings);
        }
    }
    let entry = entry(&flows, flow_files, &mut findings);

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

fn entry(flows: &BTreeMap<String, Flow>, files: usize, findings: &mut Vec<Finding>) -> Option<String> {
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
        (several, _) => {
            let cause = match several {
                [] => "the bundle has several flows and none is the entry".to_owned(),
                _ => "more than one flow is marked as the entry".to_owned(),
            };
            let file = several.last().map_or(".", |flow| flow.file.as_str());
            findings.push(Finding::new(
                Code::NoEntry,
                file,
                Place::default(),
                cause,
                "write `entry: true` in exactly one flow",
            ));
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
    let header: Header = config::read(file, &tree, findings)?;
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
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
        Some((place, _)) => {
            let mend = "write one entry a node: its name, then its kind";
            findings.push(Finding::new(Code::BadValue, file, place, "`nodes` is not a map of nodes", mend));
        }
        None => return None,
    }
    let slots = header.slots.iter().map(|(name, slot)| (name.clone(), slot.value.clone())).collect();
    Some(Flow { id: header.flow.value.clone(), file: file.to_owned(), header, slots, nodes, declared })
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
    let node = (kind.read)(file, config, findings)?;
    Some(Entry { place: name.place, kind, node, next: next? })
}

fn read_next(file: &str, tree: &Tree, findings: &mut Vec<Finding>) -> Option<Next> {
    let target = |tree: &Tree| match &tree.node {
        Node::Str(name) => Some(At::new(Target::parse(name), tree.place)),
        _ => None,
    };
    let wrong = |place| {
        let mend = "write a node's name, or a map from exits to names";
        Finding::new(Code::BadValue, file, place, "this is not a target", mend)
    };
    match &tree.node {
        Node::Map(exits) => {
            let mut map = BTreeMap::new();
            for (exit, tree) in exits {
                match target(tree) {
                    Some(target) => {
                        map.insert(exit.value.clone(), (exit.place, target));
                    }
                    None => findings.push(wrong(tree.place)),
                }
            }
            Some(Next::ByExit(map))
        }
        _ => match target(tree) {
            Some(target) => Some(Next::Everywhere(target)),
            None => {
                findings.push(wrong(tree.place));
                None
            }
        },
    }
}

fn check_flow<'a>(flow: &'a Flow, scope: &mut Scope<'a>) {
    let header = &flow.header;
    scope.node = "start";
    scope.target(&header.start, header.start.place);
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
    for (name, slot) in &header.slots {
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
            let cause = format!("nothing uses the slot `{name}`");
            scope.findings.push(Finding::new(Code::UnusedSlot, &flow.file, slot.place, cause, "remove it"));
        }
    }
}

/// The intents that may interrupt are those of a `classify` node of the same flow.
fn check_intents<'a>(flow: &'a Flow, intent: &'a IntentInterrupt, scope: &mut Scope<'a>) {
    scope.node = "on.intent";
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
        let mend = "name the node whose intents may interrupt a question";
        let known = flow.nodes.iter().filter(|(_, entry)| classifies(entry)).map(|(name, _)| name.as_str());
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
            for (exit, (place, target)) in map {
                scope.target(&target.value.to_string(), target.place);
                if !known.contains(exit.as_str()) {
                    let cause = format!("node `{name}` ({}) has no exit `{exit}`", entry.kind.name);
                    let mend = format!(
                        "its exits are: {}",
                        exits.iter().map(|exit| exit.name.as_str()).collect::<Vec<_>>().join(", ")
                    );
                    let finding = Finding::new(Code::UnknownExit, scope.file, *place, cause, mend);
                    scope.findings.push(finding.near(exit, known.iter().copied()));
                }
            }
            let missing: Vec<&str> = exits
                .iter()
                .filter(|exit| exit.fallback.is_none() && !map.contains_key(&exit.name))
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
