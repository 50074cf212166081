//! Reads the parts of a bundle that are not flows: company data, prompts, quick answers and knowledge.

use std::collections::{BTreeMap, BTreeSet};

use super::company::Company;
use crate::{
    bundle::Bundle,
    config,
    diagnostic::{Code, Diagnostic},
    effect::Passage,
    language::Language,
    platform::{DEFAULT_ROLE, Platform},
    resources::{Answers, ByLanguage, Prompt, QuickAnswer},
    scope::unknown_role,
    span::{Span, Spanned},
    text::Template,
    wording,
    yaml::Node,
};
use serde::Deserialize;

/// The head of a prompt file, between two lines of dashes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    #[serde(default = "default_model")]
    model: Spanned<String>,
    #[serde(default = "default_temperature")]
    temperature: Spanned<f32>,
    #[serde(default = "default_max_tokens")]
    max_tokens: Spanned<u32>,
}

fn default_model() -> Spanned<String> {
    Spanned::new(DEFAULT_ROLE.to_owned(), Span::default())
}

fn default_temperature() -> Spanned<f32> {
    Spanned::new(0.3, Span::default())
}

fn default_max_tokens() -> Spanned<u32> {
    Spanned::new(400, Span::default())
}

pub(super) fn prompts(
    bundle: &Bundle,
    platform: &Platform,
    unread: &mut BTreeSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, ByLanguage<Prompt>> {
    let mut prompts: BTreeMap<String, ByLanguage<Prompt>> = BTreeMap::new();
    for (document, text) in bundle.markdown("prompts/") {
        let (head, body, line) = split_front_matter(text);
        let before = diagnostics.len();
        let tree = config::parse(document.path, head, diagnostics);
        let read = tree.and_then(|tree| config::read::<FrontMatter>(document.path, &tree, diagnostics));
        // The head begins on the file's second line.
        let of_head: Vec<Diagnostic> = diagnostics.drain(before..).map(|one| one.lines_down(1)).collect();
        diagnostics.extend(of_head);
        let Some(head) = read else {
            unread.insert(document.path.to_owned());
            continue;
        };
        for (wrong, at, message, help) in [
            (
                !(0.0..=2.0).contains(&head.temperature.value),
                head.temperature.span,
                format!("`temperature` is {}; it is 0 to 2", head.temperature.value),
                "write 0 for the same reply each time, up to 2 for the most different ones",
            ),
            (
                !(1..=8000).contains(&head.max_tokens.value),
                head.max_tokens.span,
                format!("`max_tokens` is {}; it is 1 to 8000", head.max_tokens.value),
                "write a whole number from 1 to 8000, such as 400",
            ),
        ] {
            if wrong {
                let span = at.lines_down(1);
                diagnostics.push(Diagnostic::new(Code::BadValue, document.path, span, message, help));
            }
        }
        if let Some(diagnostic) = unknown_role(platform.model_roles.as_ref(), document.path, &head.model) {
            diagnostics.push(diagnostic.lines_down(1));
        }
        if body.trim_start().starts_with("---\n") && line == 1 {
            let message = "the file begins with `---` as if settings followed, but no second `---` ends them";
            let help = "write a line `---` after the settings, or remove the first one";
            diagnostics.push(Diagnostic::new(
                Code::BadValue,
                document.path,
                Span::on_line(1, 1, 3),
                message,
                help,
            ));
        } else if body.trim().is_empty() {
            let help = "write how to answer, or what the notice says";
            diagnostics.push(Diagnostic::new(
                Code::BadValue,
                document.path,
                Span::default(),
                "the prompt is empty",
                help,
            ));
        }
        let prompt = Prompt {
            file: document.path.to_owned(),
            model: head.model.value,
            temperature: head.temperature.value,
            max_tokens: head.max_tokens.value,
            body: Template::compile(body.trim().to_owned(), span_of_body(body, line)),
        };
        prompts.entry(document.name.to_owned()).or_default().add(document.language, prompt);
    }
    prompts
}

/// Head, body and the line at which the body begins.
fn split_front_matter(text: &str) -> (&str, &str, u32) {
    let head_and_body = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    match head_and_body {
        Some((head, body)) => {
            (head, body, u32::try_from(head.lines().count()).unwrap_or(u32::MAX).saturating_add(3))
        }
        None => ("", text, 1),
    }
}

/// The span of a prompt's text without the empty lines around it; `line` is the one at which `body` begins.
fn span_of_body(body: &str, line: u32) -> Span {
    let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    let text = body.trim_end();
    let start = text.trim_start();
    let (before, _) = text.split_at(text.len() - start.len());
    let newlines = |text: &str| u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX);
    let last = text.rsplit('\n').next().unwrap_or_default();
    Span {
        line: line.saturating_add(newlines(before)),
        column: count(before.rsplit('\n').next().unwrap_or_default()).saturating_add(1),
        end_line: line.saturating_add(newlines(text)),
        end_column: count(last).saturating_add(1),
    }
}

/// A prompt may serve several flows, so its slots are not checked; everything else is.
pub(super) fn check_prompt(
    file: &str,
    text: &str,
    prompt: &Prompt,
    company: &Company,
    diagnostics: &mut Vec<Diagnostic>,
) {
    check_template(file, text, &prompt.body, company, diagnostics);
}

fn check_template(
    file: &str,
    text: &str,
    template: &Template,
    company: &Company,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if let Some((why, help)) = template.error() {
        let span = template.span().narrowed(text, template.error_part());
        let code = if template.is_too_complex() { Code::TooComplex } else { Code::BadTemplate };
        let diagnostic = Diagnostic::new(code, file, span, format!("in the text, {why}"), help);
        diagnostics.push(Diagnostic { nearest: template.nearest_helper().map(str::to_owned), ..diagnostic });
    }
    let names = company.names();
    for clash in template.clashes(&names) {
        let span = template.span().narrowed(text, &clash.part);
        let message = format!("in the text, {}", clash.message);
        diagnostics.push(Diagnostic::new(Code::WrongType, file, span, message, clash.help));
    }
    for path in template.paths() {
        if let Err(unknown) = names.check(path) {
            let of_company = path.first().is_some_and(|root| root == "company");
            if of_company && company.unread {
                continue;
            }
            let message =
                format!("there is no {} `{}` (in `{}`)", unknown.what, unknown.name, path.join("."));
            let help = if of_company {
                format!("write it into company.yaml: `{}: …`", unknown.name)
            } else {
                format!("use one of: {}", unknown.known.join(", "))
            };
            let span = template.span().narrowed(text, &path.join("."));
            let diagnostic = Diagnostic::new(Code::UnknownVariable, file, span, message, help);
            diagnostics.push(diagnostic.near(&unknown.name, unknown.known.iter().map(String::as_str)));
        }
    }
}

/// Quick answers: a list a file. Their texts may use everything but slots, since any flow may give them.
pub(super) fn quick_answers(
    bundle: &Bundle,
    company: &Company,
    unread: &mut BTreeSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Answers {
    let mut all = Answers::new();
    for (name, path, text) in bundle.quick_answers() {
        // Removed again below when the file could be read.
        unread.insert(path.to_owned());
        let Some(tree) = config::parse(path, text, diagnostics) else { continue };
        let entries = match &tree.node {
            Node::Seq(items) => {
                items.iter().filter_map(|item| config::read::<QuickAnswer>(path, item, diagnostics))
            }
            _ => {
                let message = format!("found {} where a list of quick answers belongs", tree.node.describe());
                let help = "write `- { questions: [how clients ask], answer: { ru: …, en: … } }`";
                diagnostics.push(Diagnostic::new(Code::BadValue, path, tree.span, message, help));
                continue;
            }
        };
        let entries: Vec<QuickAnswer> = entries.collect();
        same_questions(path, &entries, diagnostics);
        for entry in &entries {
            if entry.questions.iter().all(|question| question.trim().is_empty()) {
                let message = "a quick answer without a question";
                let help = "write at least one way in which clients ask it";
                diagnostics.push(Diagnostic::new(Code::BadValue, path, entry.questions.span, message, help));
            }
            for language in entry.answer.missing(&Language::ALL) {
                let message = format!("the answer has no {language} version");
                let help = format!("add `{language}: …`");
                diagnostics.push(Diagnostic::new(
                    Code::MissingTranslation,
                    path,
                    entry.answer.span(),
                    message,
                    help,
                ));
            }
            for (_, template) in entry.answer.templates() {
                check_template(path, text, template, company, diagnostics);
                if let Some(slot) = template.paths().iter().find(|path| path[0] == "slots") {
                    let message =
                        format!("quick answers serve every flow and know no slots (`{}`)", slot.join("."));
                    let help = "leave it out, or answer with a `say` node of the flow";
                    diagnostics.push(Diagnostic::new(
                        Code::UnknownVariable,
                        path,
                        template.span().narrowed(text, &slot.join(".")),
                        message,
                        help,
                    ));
                }
            }
        }
        unread.remove(path);
        all.insert(name.to_owned(), entries);
    }
    all
}

/// A question of two answers, which only the first of them can answer.
fn same_questions(file: &str, entries: &[QuickAnswer], diagnostics: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        for question in entry.questions.iter() {
            let words = wording::normalized(question);
            if !words.is_empty() && *first.entry(words).or_insert(at) != at {
                let message =
                    format!("the question `{}` has an answer above, which is always given", question.value);
                let help = "keep it with the answer that it means";
                diagnostics.push(Diagnostic::new(Code::DuplicateExample, file, question.span, message, help));
            }
        }
    }
}

pub(super) fn slots_in_prompts(prompts: &BTreeMap<String, ByLanguage<Prompt>>) -> BTreeSet<String> {
    let bodies = prompts.values().flat_map(|variants| variants.values()).map(|prompt| &prompt.body);
    let slots = bodies.flat_map(|body| body.paths().iter()).filter(|path| path[0] == "slots");
    slots.filter_map(|path| path.get(1).cloned()).collect()
}

/// Every `## heading` begins a passage; the text before the first one belongs to the file's title.
pub(crate) fn knowledge(bundle: &Bundle) -> BTreeMap<String, ByLanguage<Vec<Passage>>> {
    let mut knowledge: BTreeMap<String, ByLanguage<Vec<Passage>>> = BTreeMap::new();
    for (document, text) in bundle.markdown("knowledge/") {
        let mut passages: Vec<Passage> = Vec::new();
        let mut current =
            Passage { id: document.path.to_owned(), title: document.name.to_owned(), text: String::new() };
        for line in text.lines() {
            if let Some(title) = line.strip_prefix("## ") {
                passages.push(std::mem::replace(
                    &mut current,
                    Passage {
                        id: format!("{}#{}", document.path, title.trim()),
                        title: title.trim().to_owned(),
                        text: String::new(),
                    },
                ));
            } else if let Some(title) = line.strip_prefix("# ") {
                title.trim().clone_into(&mut current.title);
            } else {
                current.text.push_str(line);
                current.text.push('\n');
            }
        }
        passages.push(current);
        for passage in &mut passages {
            passage.text = passage.text.trim().to_owned();
        }
        passages.retain(|passage| !passage.text.is_empty());
        knowledge.entry(document.name.to_owned()).or_default().add(document.language, passages);
    }
    knowledge
}
