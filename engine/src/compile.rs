//! The compiler: reads and checks a bundle, collects all diagnostics, and builds the release.

mod analysis;
mod check;
pub(crate) mod company;
mod documents;
mod header;
mod images;
mod phrases;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use check::{check_flow, unused};
pub(crate) use documents::knowledge;
pub(crate) use read::read_flow;

use crate::{
    bundle::Bundle,
    diagnostic::{Code, Diagnostic},
    flow::Flow,
    phrases::Phrases,
    platform::Platform,
    release::Release,
    resources::{Answers, Examples, Labels, Resources, example_set},
    scope::{FlowSignature, Scope, SlotUses},
    span::Span,
    vars::VariableNames,
};

/// What a compilation yields: a release if there is no error, and everything that was found.
#[derive(Debug)]
pub struct Compiled {
    /// The release; `None` when there is an error among the diagnostics.
    pub release: Option<Release>,
    /// Sorted by file and place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles a bundle for a platform: its kinds of node, channels and language models.
pub fn compile(bundle: &Bundle, platform: &Platform) -> Compiled {
    let mut diagnostics = Vec::new();
    let company = company::read(bundle, &mut diagnostics);
    // Files that exist but cannot be read: references to them are not reported.
    let mut unread = BTreeSet::new();
    if company.unread {
        unread.insert("company.yaml".to_owned());
    }
    let prompts = documents::prompts(bundle, platform, &mut unread, &mut diagnostics);
    let knowledge = documents::knowledge(bundle);
    let images = images::read(bundle, &mut diagnostics);
    let image_names: Vec<&str> = bundle.images().map(|(path, _)| path).collect();
    let answers = documents::quick_answers(bundle, &company, &mut unread, &mut diagnostics);

    let mut flows = BTreeMap::new();
    let mut flow_files = 0;
    for (file, text) in bundle.flows() {
        flow_files += 1;
        let Some(flow) = read_flow(file, text, platform.kinds, &mut diagnostics) else {
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
        let text = bundle.files.get(path).map(String::as_str).unwrap_or_default();
        documents::check_prompt(path, text, prompt, &company, &mut diagnostics);
    }
    let signatures: BTreeMap<&str, FlowSignature<'_>> =
        flows.values().map(|flow| (flow.id.as_str(), flow.signature())).collect();
    let labels = labels_of(&flows);
    let mut slot_uses = SlotUses::new();
    for flow in flows.values() {
        let labels = labels.get(&flow.id).map(|slots| slots.keys().cloned().collect()).unwrap_or_default();
        let mut scope = Scope {
            file: &flow.file,
            lines: bundle.files.get(&flow.file).map(|text| text.lines().collect()).unwrap_or_default(),
            channels: &platform.channels,
            model_roles: platform.model_roles.as_ref(),
            header: &flow.header,
            names: VariableNames { slots: Some(&flow.slots), labels: Some(&labels), ..company.names() },
            nodes: &flow.declared,
            prompts: &prompts,
            knowledge: names_of_knowledge.clone(),
            answers: &answers,
            images: &image_names,
            flows: &signatures,
            unread: &unread,
            node: "",
            node_span: Span::default(),
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
            (flow.header_complete || !of_header) && (diagnostic.span.line > 0 || diagnostic.file != flow.file)
        });
        let text = bundle.files.get(&flow.file).map(String::as_str).unwrap_or_default();
        drop_unused_slots_of_broken_places(flow, text, &diagnostics, &mut scope.diagnostics);
        diagnostics.append(&mut scope.diagnostics);
        slot_uses.insert(flow.id.clone(), scope.slots);
    }
    let entry = entry(&flows, flow_files, &unread, &mut diagnostics);
    phrases::check(&flows, entry.as_deref(), platform, &mut diagnostics);
    let sound: Vec<&Flow> = flows
        .values()
        .filter(|flow| {
            !diagnostics.iter().any(|diagnostic| diagnostic.file == flow.file && diagnostic.is_error())
        })
        .collect();
    // What calls a flow, and with which values, is only known where every flow is sound.
    let all = sound.len() == flow_files;
    analysis::check(
        &sound,
        all,
        entry.as_deref(),
        &platform.entry_flows,
        &slot_uses,
        &prompts,
        &mut diagnostics,
    );

    diagnostics.sort_by(|a, b| (&a.file, a.span, a.code).cmp(&(&b.file, b.span, b.code)));
    diagnostics.dedup();
    let release = match entry {
        Some(entry) if !diagnostics.iter().any(Diagnostic::is_error) => Some(Release {
            id: bundle.id(),
            bundle: bundle.clone(),
            resources: Resources {
                examples: examples(&flows, &answers),
                phrases: flows.get(&entry).map(|flow| Phrases::of(&flow.header.phrases)).unwrap_or_default(),
                labels,
                prompts,
                answers,
                knowledge,
                images,
                company: company.by_language,
                time_zone: company.time_zone.unwrap_or(jiff::tz::TimeZone::UTC),
                calendar: company.calendar,
            },
            entry,
            flows,
        }),
        _ => None,
    };
    Compiled { release, diagnostics }
}

impl Flow {
    fn signature(&self) -> FlowSignature<'_> {
        FlowSignature { id: &self.id, file: &self.file, slots: &self.slots, declared: &self.declared }
    }
}

/// Drops the warnings of unused slots that a broken node names: the error may hide the use.
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

/// What the choices in the slots of each flow are called, also where another flow asked and gave its answer back.
fn labels_of(flows: &BTreeMap<String, Flow>) -> Labels {
    let mut all = Labels::new();
    let nodes =
        || flows.values().flat_map(|flow| flow.nodes.values().map(move |entry| (&flow.id, &entry.node)));
    for (flow, node) in nodes() {
        let Some((slot, choices)) = node.choices() else { continue };
        let known = all.entry(flow.clone()).or_default().entry(slot.to_owned()).or_default();
        known.extend(choices.into_iter().map(|(value, label)| (value.to_owned(), label.clone())));
    }
    // A flow may give on what it was given.
    for _ in 0..flows.len().min(GIVEN_ON) {
        let mut given = Vec::new();
        for (flow, node) in nodes() {
            for (ours, theirs) in node.call().into_iter().flat_map(|call| {
                let theirs = all.get(&call.flow.value);
                call.results.into_iter().filter_map(move |(ours, of)| Some((ours, theirs?.get(&of.value)?)))
            }) {
                given.push((flow.clone(), ours.value.clone(), theirs.clone()));
            }
        }
        for (flow, slot, labels) in given {
            let known = all.entry(flow).or_default().entry(slot).or_default();
            labels.into_iter().for_each(|(value, label)| {
                known.entry(value).or_insert(label);
            });
        }
    }
    all
}

/// How many flows an answer may be given back through, with its label.
const GIVEN_ON: usize = 4;

fn examples(flows: &BTreeMap<String, Flow>, answers: &Answers) -> BTreeMap<String, Examples> {
    let nodes =
        flows.values().flat_map(|flow| flow.nodes.iter().map(move |(name, entry)| (flow, name, entry)));
    let sets = nodes.map(|(flow, name, entry)| (example_set(&flow.id, name), &entry.node));
    let filled = sets.map(|(name, node)| (name, node.examples(answers), node.article_label()));
    filled
        .filter(|(_, examples, _)| !examples.is_empty())
        .map(|(name, examples, label)| (name, Examples::new(examples).with_article_label(label)))
        .collect()
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
            // A file that could not be read has its own diagnostic.
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
            if flows.values().any(|flow| !flow.header_complete || unread.contains(&flow.file))
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
