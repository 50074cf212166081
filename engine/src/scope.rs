//! What a node's configuration may refer to, and the findings when it refers to something else.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    condition::{Expression, FilterExpression},
    finding::{Code, Finding},
    flow::{Header, Target},
    language::Language,
    place::{At, Place},
    release::{ByLanguage, Prompt},
    slot,
    text::{Template, Text},
    vars::{Names, Unknown},
};

/// Characters that every channel shows of a message.
const TEXT_LIMIT: usize = 4096;
/// Characters that a phone shows of a button before it cuts the label.
const LABEL_LIMIT: usize = 40;

/// Everything a node is checked against.
#[derive(Debug)]
pub struct Scope<'a> {
    pub(crate) file: &'a str,
    pub(crate) header: &'a Header,
    pub(crate) names: Names<'a>,
    pub(crate) nodes: &'a BTreeSet<String>,
    pub(crate) prompts: &'a BTreeMap<String, ByLanguage<Prompt>>,
    pub(crate) knowledge: Vec<&'a str>,
    /// The node being checked.
    pub(crate) node: &'a str,
    /// Slots that something reads or sets.
    pub(crate) used: BTreeSet<String>,
    pub(crate) findings: Vec<Finding>,
}

impl Scope<'_> {
    /// Reports something that only the kind can know.
    pub fn report(&mut self, code: Code, place: Place, cause: impl Into<String>, mend: impl Into<String>) {
        let cause = format!("node `{}`: {}", self.node, cause.into());
        self.findings.push(Finding::new(code, self.file, place, cause, mend));
    }

    /// A text for clients: translated, parsing, naming known variables, short enough.
    pub fn text(&mut self, text: &Text) {
        self.texts(text, TEXT_LIMIT);
    }

    /// A button's label.
    pub fn label(&mut self, text: &Text) {
        self.texts(text, LABEL_LIMIT);
    }

    /// A template that clients do not see as it is.
    pub fn template(&mut self, template: &Template) {
        if let Some(error) = template.error() {
            let cause = format!("the template does not parse: {error}");
            self.report(Code::BadTemplate, template.place(), cause, "mend the braces or the helper");
        }
        self.paths(template.paths().iter().map(Vec::as_slice), template.place());
    }

    /// A condition or a value.
    pub fn expression(&mut self, expression: &Expression) {
        if let Some(error) = expression.error() {
            let cause = format!("`{}` is not an expression: {error}", expression.source());
            self.report(
                Code::BadCondition,
                expression.place(),
                cause,
                "write a CEL expression such as slots.budget < 5000",
            );
        }
        self.paths(expression.paths().iter().map(Vec::as_slice), expression.place());
    }

    /// A catalogue filter.
    pub fn filter(&mut self, filter: &FilterExpression) {
        if let Some(error) = filter.error() {
            let cause = format!("`{}` is not a filter: {error}", filter.source());
            self.report(
                Code::BadFilter,
                filter.place(),
                cause,
                "write comparisons such as price <= slots.budget, joined by &&",
            );
        }
        let paths: Vec<Vec<String>> = filter.paths().map(<[String]>::to_vec).collect();
        self.paths(paths.iter().map(Vec::as_slice), filter.place());
    }

    /// A slot that the node uses as one of these types.
    pub fn slot(&mut self, name: &At<String>, types: &[slot::Type]) {
        let Some(declaration) = self.header.slots.get(&name.value) else {
            let known = self.header.slots.keys().map(String::as_str);
            let cause = format!("node `{}`: there is no slot `{}`", self.node, name.value);
            let mend = format!(
                "declare it under `slots:`, for example `{}: {{ type: {} }}`",
                name.value,
                types[0].name()
            );
            let finding = Finding::new(Code::UnknownSlot, self.file, name.place, cause, mend);
            self.findings.push(finding.near(&name.value, known));
            return;
        };
        self.used.insert(name.value.clone());
        if !types.contains(&declaration.kind) {
            let wanted: Vec<&str> = types.iter().map(|kind| kind.name()).collect();
            let cause = format!(
                "slot `{}` is a {}, not a {}",
                name.value,
                declaration.kind.name(),
                wanted.join(" or a ")
            );
            self.report(
                Code::WrongSlotType,
                name.place,
                cause,
                "use another slot, or change the slot's type",
            );
        }
    }

    /// A prompt file.
    pub fn prompt(&mut self, name: &At<String>) {
        let Some(prompt) = self.prompts.get(&name.value) else {
            let known = self.prompts.keys().map(String::as_str);
            let cause = format!("node `{}`: there is no prompt `{}`", self.node, name.value);
            let mend = format!("write prompts/{}.md", name.value);
            self.findings.push(
                Finding::new(Code::UnknownPrompt, self.file, name.place, cause, mend)
                    .near(&name.value, known),
            );
            return;
        };
        for language in &self.header.languages {
            if !prompt.has(*language) {
                let cause = format!("prompt `{}` has no text in {language}", name.value);
                self.report(
                    Code::MissingTranslation,
                    name.place,
                    cause,
                    format!("write prompts/{}.{language}.md", name.value),
                );
            }
        }
    }

    /// A knowledge file.
    pub fn knowledge(&mut self, name: &At<String>) {
        if !self.knowledge.contains(&name.as_str()) {
            let cause = format!("node `{}`: there is no knowledge `{}`", self.node, name.value);
            let mend = format!("write knowledge/{}.md (or .ru.md and .en.md)", name.value);
            let finding = Finding::new(Code::UnknownKnowledge, self.file, name.place, cause, mend);
            self.findings.push(finding.near(&name.value, self.knowledge.iter().copied()));
        }
    }

    /// The languages that the flow promises.
    pub fn languages(&self) -> &[Language] {
        &self.header.languages
    }

    pub(crate) fn target(&mut self, name: &str, place: Place) {
        if let Target::Node(node) = Target::parse(name)
            && !self.nodes.contains(&node)
        {
            let cause = format!("there is no node `{node}` in this flow");
            let known = self.nodes.iter().map(String::as_str).chain(Target::RESERVED);
            let mend = "name a node of this flow, or wait, end or return";
            self.findings
                .push(Finding::new(Code::UnknownTarget, self.file, place, cause, mend).near(&node, known));
        }
    }

    fn texts(&mut self, text: &Text, limit: usize) {
        let missing: Vec<Language> = text.missing(&self.header.languages).collect();
        for language in missing {
            let cause = format!("a text has no {language} version");
            self.report(Code::MissingTranslation, text.place(), cause, format!("add `{language}: …`"));
        }
        for (_, template) in text.templates() {
            self.template(template);
            let length = template.source().chars().count();
            if length > limit {
                let cause = format!("{length} characters; channels show {limit}");
                self.report(Code::TooLong, template.place(), cause, "shorten it");
            }
        }
    }

    fn paths<'p>(&mut self, paths: impl Iterator<Item = &'p [String]>, place: Place) {
        for path in paths {
            if let [root, name, ..] = path
                && root == "slots"
            {
                self.used.insert(name.clone());
            }
            if let Err(Unknown { what, name, known }) = self.names.check(path) {
                let code = if what == "slot" { Code::UnknownSlot } else { Code::UnknownVariable };
                let cause =
                    format!("node `{}`: there is no {what} `{name}` (in `{}`)", self.node, path.join("."));
                let mend = if known.is_empty() {
                    format!("declare the {what} or remove it")
                } else {
                    format!("use one of: {}", known.join(", "))
                };
                let finding = Finding::new(code, self.file, place, cause, mend);
                self.findings.push(finding.near(&name, known.iter().map(String::as_str)));
            }
        }
    }
}
