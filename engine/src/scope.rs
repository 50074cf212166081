//! The scope in which a node's configuration is checked: the names that it may refer to, and the diagnostics when it
//! refers to others.

mod written;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use crate::{
    channel::{Capabilities, exceeded},
    diagnostic::{Code, Diagnostic},
    duration::Duration,
    header::Header,
    language::Language,
    node_info::Call,
    resources::{Answers, ByLanguage, Prompt},
    slot,
    span::{Span, Spanned},
    target::Target,
    vars::VariableNames,
};

/// Everything a node is checked against.
#[derive(Debug)]
pub struct Scope<'a> {
    pub(crate) file: &'a str,
    /// The lines of the file.
    pub(crate) lines: Vec<&'a str>,
    pub(crate) channels: &'a [Capabilities],
    pub(crate) model_roles: Option<&'a BTreeSet<String>>,
    pub(crate) header: &'a Header,
    pub(crate) names: VariableNames<'a>,
    pub(crate) nodes: &'a BTreeSet<String>,
    pub(crate) prompts: &'a BTreeMap<String, ByLanguage<Prompt>>,
    pub(crate) knowledge: Vec<&'a str>,
    pub(crate) answers: &'a Answers,
    /// The paths of the images.
    pub(crate) images: &'a [&'a str],
    pub(crate) flows: &'a BTreeMap<&'a str, FlowSignature<'a>>,
    /// Files that are there but could not be read.
    pub(crate) unread: &'a BTreeSet<String>,
    /// The node being checked; empty outside the nodes.
    pub(crate) node: &'a str,
    /// Where its name stands.
    pub(crate) node_span: Span,
    /// Slots that something reads or sets.
    pub(crate) used: BTreeSet<String>,
    /// What each node does with slots.
    pub(crate) slots: BTreeMap<String, SlotUse>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// What other flows may know of a flow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FlowSignature<'f> {
    pub(crate) id: &'f str,
    pub(crate) file: &'f str,
    pub(crate) slots: &'f BTreeMap<String, slot::Declaration>,
    /// The names of all its nodes.
    pub(crate) declared: &'f BTreeSet<String>,
}

/// When a node sets a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sets {
    /// Always, when it leaves by one of these exits.
    OnExits(&'static [&'static str]),
    /// Always, by every exit.
    Always,
    /// On some paths only, or to `null`.
    Maybe,
    /// On some paths only; on the others it stays as it is.
    Perhaps,
    /// Never: it sets the slot to `null`.
    Clears,
}

/// What a node does with slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct SlotUse {
    /// Slots that it reads; they may be unset.
    pub(crate) reads: Vec<(String, Span)>,
    /// Slots that must be set, or the node fails: the slot, where it is needed, and what would fail.
    pub(crate) needs: Vec<(String, Span, String)>,
    /// Slots that it compares with texts: the slot, the text, and where.
    pub(crate) compares: Vec<(String, String, Span)>,
    /// Slots that it sets.
    pub(crate) sets: Vec<(String, Sets)>,
}

/// What each node of each flow does with slots.
pub(crate) type SlotUses = BTreeMap<String, BTreeMap<String, SlotUse>>;

impl Scope<'_> {
    /// Reports something that only the kind can know.
    pub fn report(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        let message = self.named(message);
        self.diagnostics.push(Diagnostic::new(code, self.file, span, message, help));
    }

    /// The same for the node as a whole.
    pub fn report_here(&mut self, code: Code, message: impl Into<String>, help: impl Into<String>) {
        let span = self.node_span;
        self.report(code, span, message, help);
    }

    /// A message prefixed with the node that is checked, if any.
    fn named(&self, message: impl Into<String>) -> String {
        let message = message.into();
        if self.node.is_empty() { message } else { format!("node `{}`: {message}", self.node) }
    }

    /// Whether a file of the bundle is there but could not be read: a reference to it is not reported.
    fn unread(&self, path: &str) -> bool {
        [".yaml", ".yml", ".md", ".ru.md", ".en.md"]
            .iter()
            .any(|end| self.unread.contains(&format!("{path}{end}")))
    }

    /// Checks a number of buttons under one message.
    pub fn buttons(&mut self, count: usize, span: Span) {
        if let Some((most, channels)) = exceeded(self.channels, count, |channel| channel.max_buttons) {
            let message = format!("{count} buttons; the most is {most} ({channels})");
            self.report(Code::TooManyButtons, span, message, "split them over several messages");
        }
    }

    /// Checks a number from 0 to 1.
    pub fn probability(&mut self, field: &str, value: &Spanned<f32>) {
        if !(0.0..=1.0).contains(&value.value) {
            let message = format!("`{field}` is {}; it is 0 to 1", value.value);
            let share = if (5.0..=100.0).contains(&value.value) {
                format!("write a share of 1: for {} per cent, {}", value.value, value.value / 100.0)
            } else {
                "write a number from 0 to 1, such as 0.6".to_owned()
            };
            self.report(Code::BadValue, value.span, message, share);
        }
    }

    /// Checks that a count is within bounds.
    pub fn count(&mut self, field: &str, value: &Spanned<u32>, bounds: RangeInclusive<u32>) {
        if !bounds.contains(&value.value) {
            let message =
                format!("`{field}` is {}; it is {} to {}", value.value, bounds.start(), bounds.end());
            let help = format!("write a whole number from {} to {}", bounds.start(), bounds.end());
            self.report(Code::BadValue, value.span, message, help);
        }
    }

    /// Checks a time that a dialog waits: at least a minute.
    pub fn waiting_time(&mut self, field: &str, time: &Spanned<Duration>) {
        const MINUTE: i64 = 60_000;
        if time.value.0 < MINUTE {
            let message = format!("`{field}` is {}; a dialog waits a minute or more", time.value);
            self.report(Code::BadValue, time.span, message, "write a longer time, such as 30m, 2h or 3d");
        }
    }

    /// Checks a name of a goal or an experiment: 1 to 64 characters.
    pub fn name(&mut self, what: &str, name: &Spanned<String>) {
        if name.trim().is_empty() || name.chars().count() > 64 {
            let message = match name.trim() {
                "" => format!("the name of the {what} is empty"),
                _ => format!("the name of the {what} is longer than 64 characters"),
            };
            self.report(Code::BadValue, name.span, message, "write 1 to 64 characters");
        }
    }

    /// Checks a slot that the node reads, of one of these types.
    pub fn slot(&mut self, name: &Spanned<String>, types: &[slot::Type]) {
        self.declared(name, types);
        self.use_of().reads.push((name.value.clone(), name.span));
    }

    /// Checks a slot that the node sets, of one of these types.
    pub fn sets(&mut self, name: &Spanned<String>, types: &[slot::Type], when: Sets) {
        self.declared(name, types);
        self.use_of().sets.push((name.value.clone(), when));
    }

    fn declared(&mut self, name: &Spanned<String>, types: &[slot::Type]) {
        let Some(declaration) = self.header.slots.get(name.as_str()) else {
            let known = self.header.slots.keys().map(|name| name.as_str());
            let message = self.named(format!("there is no slot `{}`", name.value));
            let help = format!(
                "declare it under `slots:`, for example `{}: {{ type: {} }}`",
                name.value,
                types[0].name()
            );
            let diagnostic = Diagnostic::new(Code::UnknownSlot, self.file, name.span, message, help);
            self.diagnostics.push(diagnostic.near(&name.value, known));
            return;
        };
        self.used.insert(name.value.clone());
        if !types.contains(&declaration.kind) {
            let wanted: Vec<&str> = types.iter().map(|kind| kind.name()).collect();
            let message = format!(
                "the slot `{}` is of type {}; what belongs here is {}",
                name.value,
                declaration.kind.name(),
                wanted.join(", ")
            );
            self.report(
                Code::WrongSlotType,
                name.span,
                message,
                "use another slot, or change the slot's type",
            );
        }
    }

    /// Checks a reference to a prompt file, and that the flow has the slots that it uses.
    pub fn prompt(&mut self, name: &Spanned<String>) {
        let Some(prompt) = self.prompts.get(&name.value) else {
            let known: Vec<&str> = self.prompts.keys().map(String::as_str).collect();
            self.no_file(Code::UnknownPrompt, "prompt", "prompts/", ".md", name, &known);
            return;
        };
        for body in prompt.values().map(|prompt| &prompt.body) {
            let paths = body.paths().iter().filter(|path| path.first().is_some_and(|root| root == "slots"));
            let read: Vec<String> = paths.filter_map(|path| path.get(1).cloned()).collect();
            let needed = body.needs().iter().filter(|name| !name.starts_with("client."));
            for slot in read.iter().chain(needed) {
                if !self.header.slots.contains_key(slot.as_str()) {
                    let message = format!(
                        "node `{}`: prompt `{}` uses the slot `{slot}`, which this flow does not declare",
                        self.node, name.value
                    );
                    let help = format!("declare `{slot}` under `slots:`, or use another prompt");
                    let known = self.header.slots.keys().map(|name| name.as_str());
                    let diagnostic = Diagnostic::new(Code::UnknownSlot, self.file, name.span, message, help);
                    self.diagnostics.push(diagnostic.near(slot, known));
                }
            }
            self.needs(body.needs(), name.span, "a dash would stand for it in the prompt");
        }
        for language in &self.header.languages {
            if !prompt.has(*language) {
                let message = format!("prompt `{}` has no text in {language}", name.value);
                self.report(
                    Code::MissingTranslation,
                    name.span,
                    message,
                    format!("write prompts/{}.{language}.md", name.value),
                );
            }
        }
    }

    /// Checks a model role against those that the platform has.
    pub fn model_role(&mut self, role: &Spanned<String>) {
        if let Some(diagnostic) = unknown_role(self.model_roles, self.file, role) {
            self.diagnostics.push(Diagnostic { message: self.named(&diagnostic.message), ..diagnostic });
        }
    }

    /// Checks a reference to a file of quick answers.
    pub fn answers(&mut self, name: &Spanned<String>) {
        if !self.answers.contains_key(&name.value) {
            let known: Vec<&str> = self.answers.keys().map(String::as_str).collect();
            self.no_file(Code::UnknownAnswers, "file of quick answers", "faq/", ".yaml", name, &known);
        }
    }

    /// The type of a declared slot.
    pub fn slot_type(&self, name: &str) -> Option<slot::Type> {
        self.header.slots.get(name).map(|declaration| declaration.kind)
    }

    /// The least and the most that a slot takes.
    pub fn slot_limits(&self, name: &str) -> (Option<f64>, Option<f64>) {
        self.header.slots.get(name).map_or((None, None), |declaration| (declaration.min, declaration.max))
    }

    /// Whether company.yaml says when the company works.
    pub fn has_working_hours(&self) -> bool {
        self.names.working_hours || self.unread("company")
    }

    /// Checks a call of another flow: the flow, its slots and their types.
    pub fn call(&mut self, call: &Call<'_>) {
        for (slot, _) in &call.results {
            self.sets(slot, &slot::Type::ALL, Sets::Perhaps);
        }
        let Some(flow) = self.flows.get(call.flow.as_str()) else {
            let known: Vec<&str> = self.flows.keys().copied().collect();
            self.no_file(Code::UnknownFlow, "flow", "", ".yaml", call.flow, &known);
            return;
        };
        let arguments = call.arguments.iter().map(|(theirs, _)| *theirs);
        let theirs = arguments.chain(call.results.iter().map(|(_, theirs)| *theirs));
        for slot in theirs {
            if !flow.slots.contains_key(&slot.value) {
                let message =
                    format!("node `{}`: flow `{}` has no slot `{}`", self.node, flow.id, slot.value);
                let help = format!("declare it under `slots:` in {}", flow.file);
                let diagnostic = Diagnostic::new(Code::UnknownSlot, self.file, slot.span, message, help);
                self.diagnostics.push(diagnostic.near(&slot.value, flow.slots.keys().map(String::as_str)));
            }
        }
        for (ours, theirs) in &call.results {
            let (Some(mine), Some(their)) =
                (self.header.slots.get(ours.as_str()), flow.slots.get(&theirs.value))
            else {
                continue;
            };
            if mine.kind != their.kind {
                let message = format!(
                    "slot `{}` is a {}, but `{}` of flow `{}` is a {}",
                    ours.value,
                    mine.kind.name(),
                    theirs.value,
                    flow.id,
                    their.kind.name()
                );
                self.report(
                    Code::WrongSlotType,
                    theirs.span,
                    message,
                    "take it into a slot of the same type",
                );
            }
        }
    }

    /// Reports a name that no file of a folder has. Authors often write the path or the extension instead of the name.
    fn no_file(
        &mut self,
        code: Code,
        what: &str,
        folder: &str,
        ending: &str,
        name: &Spanned<String>,
        known: &[&str],
    ) {
        let bare = name.strip_prefix(folder).unwrap_or(&name.value);
        let bare = [".md", ".yaml", ".yml"].iter().find_map(|end| bare.strip_suffix(end)).unwrap_or(bare);
        if self.unread(&format!("{folder}{bare}")) {
            return;
        }
        let message = self.named(format!("there is no {what} `{}`", name.value));
        let diagnostic = |help: String| Diagnostic::new(code, self.file, name.span, message, help);
        let diagnostic = if bare != name.value && known.contains(&bare) {
            let help = format!("write its name alone, without folder and ending: {bare}");
            let diagnostic = Diagnostic { nearest: Some(bare.to_owned()), ..diagnostic(help) };
            let is_alone = name.span.is_on_line(name.chars().count());
            if is_alone { diagnostic.with_fix(bare) } else { diagnostic }
        } else {
            diagnostic(format!("name one that there is, or write {folder}{bare}{ending}"))
                .near(bare, known.iter().copied())
        };
        self.diagnostics.push(diagnostic);
    }

    /// The type of a slot of another flow.
    pub fn slot_type_in(&self, flow: &str, slot: &str) -> Option<slot::Type> {
        self.flows.get(flow)?.slots.get(slot).map(|declaration| declaration.kind)
    }

    /// Checks a reference to a knowledge file.
    pub fn knowledge(&mut self, name: &Spanned<String>) {
        if !self.knowledge.contains(&name.as_str()) {
            let known = self.knowledge.clone();
            self.no_file(Code::UnknownKnowledge, "knowledge", "knowledge/", ".md", name, &known);
        }
    }

    /// The languages that the flow promises.
    pub fn languages(&self) -> &[Language] {
        &self.header.languages
    }

    pub(crate) fn target(&mut self, name: &str, span: Span) {
        if let Target::Node(node) = Target::parse(name)
            && !self.nodes.contains(&node)
        {
            let known = self.nodes.iter().map(String::as_str).chain(Target::RESERVED);
            let elsewhere = self.flows.values().find(|flow| flow.declared.contains(&node));
            let message = match (node.as_str(), elsewhere) {
                ("", _) => "the name of a node is missing here".to_owned(),
                (_, Some(flow)) => {
                    format!("there is no node `{node}` in this flow; the flow `{}` has one", flow.id)
                }
                _ => format!("there is no node `{node}` in this flow"),
            };
            let help = match elsewhere {
                Some(flow) => {
                    format!("a flow is entered by a node of kind `call`: call: {{ flow: {} }}", flow.id)
                }
                None => "name a node of this flow, or wait, end or return".to_owned(),
            };
            self.diagnostics.push(
                Diagnostic::new(Code::UnknownTarget, self.file, span, message, help).near(&node, known),
            );
        }
    }

    fn use_of(&mut self) -> &mut SlotUse {
        self.slots.entry(self.node.to_owned()).or_default()
    }
}

/// The diagnostic of a role that the platform does not have.
pub(crate) fn unknown_role(
    roles: Option<&BTreeSet<String>>,
    file: &str,
    role: &Spanned<String>,
) -> Option<Diagnostic> {
    let roles = roles.filter(|roles| !roles.contains(role.as_str()))?;
    let message = format!("there is no language model for the role `{}`", role.value);
    let known: Vec<&str> = roles.iter().map(String::as_str).collect();
    let help =
        format!("configure it under `[llm.roles.{}]`, or use one of: {}", role.value, known.join(", "));
    Some(Diagnostic::new(Code::UnknownModelRole, file, role.span, message, help).near(&role.value, known))
}
