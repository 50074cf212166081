//! Texts, expressions and filters of a node: their syntax, names, types and lengths.

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use serde_json::Value;

use super::Scope;
use crate::{
    channel::{Capabilities, exceeded},
    condition::{Expression, FilterExpression},
    diagnostic::{Code, Diagnostic, is_certain},
    image,
    language::Language,
    link::has_credentials,
    slot,
    span::Span,
    text::{Template, Text, shorten},
    vars::UnknownName,
};

/// How much of a source that cannot be read is shown, in characters.
const SHOWN: usize = 80;

impl Scope<'_> {
    /// Checks a text for clients: its translations, syntax, variables and length.
    pub fn text(&mut self, text: &Text) {
        self.texts(text, "text", |channel| channel.max_text);
    }

    /// Checks a button's label, like [`Scope::text`].
    pub fn label(&mut self, text: &Text) {
        self.texts(text, "label", |channel| channel.max_label);
    }

    /// Checks a text under a picture, like [`Scope::text`].
    pub fn caption(&mut self, text: &Text) {
        self.texts(text, "text under a picture", |channel| channel.max_caption);
    }

    /// Checks what names a picture: a text, and where it is the name of an image, that there is one.
    pub fn picture(&mut self, text: &Text) {
        self.text(text);
        for (_, template) in text.templates() {
            let named = template.source().trim();
            let elsewhere = named.contains("{{")
                || named.contains("://")
                || ["/photos/", "//"].iter().any(|start| named.starts_with(start));
            if named.is_empty() || elsewhere || self.images.contains(&named) {
                continue;
            }
            let bare = named.trim_start_matches("./").trim_start_matches('/');
            let whole = format!("{}{}", image::FOLDER, bare.rsplit('/').next().unwrap_or(bare));
            let message = self.named(format!("there is no image `{}`", shorten(named, SHOWN)));
            let help = if named.to_ascii_lowercase().ends_with(".svg") {
                "an SVG may hold scripts, and no messenger shows it; save it as PNG or WebP, and name that"
            } else {
                "name an image of the bundle, such as images/warehouse.jpg, or an address that begins with https://"
            };
            let span = template.span();
            let diagnostic = Diagnostic::new(Code::UnknownImage, self.file, span, message, help);
            self.diagnostics.push(if named != whole && self.images.contains(&whole.as_str()) {
                let diagnostic = Diagnostic { nearest: Some(whole.clone()), ..diagnostic };
                let is_alone = span.is_on_line(named.chars().count());
                if is_alone { diagnostic.with_fix(whole) } else { diagnostic }
            } else {
                diagnostic.near(named, self.images.iter().copied())
            });
        }
    }

    /// Checks a template that is not sent as it is: its syntax and variables.
    pub fn template(&mut self, template: &Template) {
        self.link(template.source(), template.span());
        if let Some((why, help)) = template.error() {
            let span = template.span().narrowed_in(&self.lines, template.error_part());
            let code = if template.is_too_complex() { Code::TooComplex } else { Code::BadTemplate };
            self.report(code, span, format!("in a text, {why}"), help);
            let nearest = template.nearest_helper().map(str::to_owned);
            if let Some(last) = self.diagnostics.last_mut() {
                last.nearest = nearest;
            }
        }
        self.paths(template.paths().iter().map(Vec::as_slice), template.span());
        self.needs(template.needs(), template.span(), "a dash would stand for it");
        for clash in template.clashes(&self.names) {
            let whole = template.span();
            let mut span = whole.narrowed_in(&self.lines, &clash.part);
            if let (true, Some((_, value))) = (span == whole, clash.part.split_once(' ')) {
                // Written with other spaces between the helper and its value, or inside another call.
                span = whole.narrowed_in(&self.lines, value);
            }
            self.report(Code::WrongType, span, format!("in a text, {}", clash.message), clash.help);
        }
        for expression in template.computed() {
            self.computed(expression, template.span().narrowed_in(&self.lines, expression.source()));
        }
    }

    /// Checks that an address, or a text with addresses in it, holds no credentials.
    pub fn link(&mut self, text: &str, span: Span) {
        if has_credentials(text) {
            let message = "an address holds a user name or a password";
            let help = "remove what stands before the @; whoever reads the text reads it too";
            self.report(Code::BadValue, span, message, help);
        }
    }

    /// Checks an expression: its syntax, functions, variables and types.
    pub fn expression(&mut self, expression: &Expression) {
        self.computed(expression, expression.span());
        self.paths(expression.paths().iter().map(Vec::as_slice), expression.span());
        self.needs(expression.needs(), expression.span(), "the expression would fail");
        for (slot, text) in expression.texts_compared() {
            let span = expression.span().narrowed_in(&self.lines, &text);
            self.use_of().compares.push((slot, text, span));
        }
    }

    /// Checks the syntax, the functions and the types of an expression.
    fn computed(&mut self, expression: &Expression, whole: Span) {
        if let Some((why, help)) = expression.error() {
            let message = match expression.source().trim() {
                "" => "an expression is empty".to_owned(),
                source => format!("`{}` cannot be read: {why}", shorten(source, SHOWN)),
            };
            let code = if expression.is_too_complex() { Code::TooComplex } else { Code::BadCondition };
            self.report(code, whole, message, help);
        }
        if let Some((name, known)) = expression.unknown_function() {
            let message = self.named(format!("there is no function `{name}` (in `{}`)", expression.source()));
            let help = format!("use one such as: {}", known[..8].join(", "));
            let span = whole.narrowed_in(&self.lines, name);
            let diagnostic = Diagnostic::new(Code::BadCondition, self.file, span, message, help);
            self.diagnostics.push(diagnostic.near(name, known.iter().copied()));
        }
        if let Err(clash) = expression.kind(&self.names) {
            let (clash, help) = clash.split_once('\n').unwrap_or((&clash, "use values of one type"));
            let message = format!("in `{}`, {clash}", expression.source());
            self.report(Code::WrongType, whole, message, help);
        } else if expression.unknown_function().is_none()
            && let Some(why) = expression.always_fails(&self.names)
        {
            let message = format!("`{}` has no value whatever a client says: {why}", expression.source());
            self.report(Code::BadCondition, whole, message, "change the values that it computes with");
        }
    }

    /// Checks a condition that is only looked at where these slots are set.
    pub fn condition_knowing(&mut self, expression: &Expression, known: &BTreeSet<String>) {
        let before = self.use_of().needs.len();
        self.condition(expression);
        let mut at = 0;
        self.use_of().needs.retain(|(slot, ..)| {
            at += 1;
            at <= before || !known.contains(slot)
        });
    }

    /// Checks an expression whose value is true or false.
    pub fn condition(&mut self, expression: &Expression) {
        self.expression(expression);
        if let Ok(Some(kind)) = expression.kind(&self.names)
            && kind != slot::Type::Boolean
        {
            let message = format!("`{}` is a {}, neither true nor false", expression.source(), kind.name());
            let help = "compare it with something, as in slots.budget < 5000";
            self.report(Code::BadCondition, expression.span(), message, help);
        }
    }

    /// Checks a catalogue filter: its columns, types and variables.
    pub fn filter(&mut self, filter: &FilterExpression) {
        if let Some(error) = filter.error() {
            let message =
                self.named(format!("`{}` is not a filter: {error}", shorten(filter.source(), SHOWN)));
            let span = filter.span().narrowed_in(&self.lines, filter.unknown_column());
            let code = if filter.is_too_complex() { Code::TooComplex } else { Code::BadFilter };
            let diagnostic = Diagnostic::new(code, self.file, span, message, filter.help());
            self.diagnostics
                .push(Diagnostic { nearest: filter.nearest_column().map(str::to_owned), ..diagnostic });
        }
        if let Some(clash) = filter.clash(&self.names) {
            let message = format!("in `{}`, {clash}", filter.source());
            let help = "price and stock are numbers (5000), the other columns are texts ('Makita')";
            self.report(Code::BadFilter, filter.span(), message, help);
        }
        let paths: Vec<Vec<String>> = filter.paths().map(<[String]>::to_vec).collect();
        self.paths(paths.iter().map(Vec::as_slice), filter.span());
        self.needs(&filter.needs(), filter.span(), "the filter would fail");
    }

    /// The values of an expression at a few moments, where they depend on nothing but company.yaml and the moment; of the
    /// types of [`crate::typed::Typed`] where they have one.
    pub fn constants(&self, expression: &Expression) -> Option<Vec<(DateTime, Value)>> {
        expression.constants(&self.names)
    }

    /// The type of an expression's value, where it is certain.
    pub fn kind_of(&self, expression: &Expression) -> Option<slot::Type> {
        expression.kind(&self.names).ok().flatten()
    }

    fn texts(&mut self, text: &Text, what: &str, limit: fn(&Capabilities) -> u32) {
        let missing: Vec<Language> = text.missing(&self.header.languages).collect();
        for language in missing {
            let message = format!("a text has no {language} version");
            let help = format!("add `{language}: …` beside what there is");
            self.report(Code::MissingTranslation, text.span(), message, help);
        }
        for (_, template) in text.templates() {
            self.template(template);
            if template.source().trim().is_empty() {
                self.report(
                    Code::BadValue,
                    template.span(),
                    "a text is empty",
                    "write something, or remove the field",
                );
            }
            // Channels count UTF-16 units.
            let length = template.source().encode_utf16().count();
            if let Some((most, channels)) = exceeded(self.channels, length, limit) {
                let message = format!("a {what} has {length} characters; the most is {most} ({channels})");
                let help = format!("shorten it by {}", length - most);
                self.report(Code::TooLong, template.span(), message, help);
            }
        }
    }

    fn paths<'p>(&mut self, paths: impl Iterator<Item = &'p [String]>, span: Span) {
        let whole = span;
        for path in paths {
            let span = whole.narrowed_in(&self.lines, &path.join("."));
            if let [root, name, ..] = path
                && root == "slots"
            {
                self.used.insert(name.clone());
                self.use_of().reads.push((name.clone(), span));
            }
            if let Err(UnknownName { what, name, known }) = self.names.check(path) {
                let code = if what == "slot" { Code::UnknownSlot } else { Code::UnknownVariable };
                let whole = path.join(".");
                let company = path.first().is_some_and(|root| root == "company");
                if company && self.unread("company") {
                    continue;
                }
                let message = self.named(if name == whole {
                    format!("there is no {what} `{name}`")
                } else {
                    format!("there is no {what} `{name}` (in `{whole}`)")
                });
                if what == "variable" && self.header.slots.contains_key(name.as_str()) {
                    let help = format!("write slots.{whole}");
                    let diagnostic = Diagnostic::new(code, self.file, span, message, help);
                    let meant = format!("slots.{whole}");
                    let is_alone = span.is_on_line(whole.chars().count());
                    let diagnostic = Diagnostic { nearest: Some(meant.clone()), ..diagnostic };
                    self.diagnostics.push(if is_alone { diagnostic.with_fix(meant) } else { diagnostic });
                    continue;
                }
                let hours = path.first().is_some_and(|root| root == "now")
                    && ["working", "workday", "opens", "next_workday"].contains(&name.as_str());
                let help = match what {
                    _ if hours => {
                        "write into company.yaml when it works: `working_hours: { mon-fri: 09:00-18:00 }`"
                            .to_owned()
                    }
                    "label" => "give the question that fills the slot `choices`".to_owned(),
                    "slot" => format!("declare it under `slots:`, for example `{name}: {{ type: text }}`"),
                    _ if company => format!("write it into company.yaml: `{name}: …`"),
                    _ if known.is_empty() => format!("declare the {what} or remove it"),
                    "variable" if path.len() == 1 => {
                        format!("put a text in quotes ('{name}'), or use one of: {}", known.join(", "))
                    }
                    _ => format!("use one of: {}", known.join(", ")),
                };
                let diagnostic = Diagnostic::new(code, self.file, span, message, help);
                let mut diagnostic = diagnostic.near(&name, known.iter().map(String::as_str));
                // The span is that of the whole path.
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                if let Some(meant) =
                    diagnostic.nearest.clone().filter(|meant| is_certain(&name, meant, &known))
                    && span.is_on_line(whole.chars().count())
                    && path.iter().filter(|part| **part == name).count() == 1
                {
                    let parts = path.iter().map(|part| if *part == name { meant.as_str() } else { part });
                    diagnostic = diagnostic.with_fix(parts.collect::<Vec<_>>().join("."));
                }
                self.diagnostics.push(diagnostic);
            }
        }
    }

    pub(super) fn needs(&mut self, slots: &[String], span: Span, why: &str) {
        for slot in slots {
            if let Some(name) = slot.strip_prefix("client.") {
                if self.names.check(&["client".to_owned(), name.to_owned()]).is_err() {
                    continue;
                }
                let span = span.narrowed_in(&self.lines, slot);
                let message = format!("the {} of a client may be unknown, and {why}", name.replace('_', " "));
                let help = format!("guard it: {{{{#if {slot}}}}}…{{{{/if}}}}");
                self.report(Code::MaybeUnset, span, message, help);
                continue;
            }
            let of_slot = span.narrowed_in(&self.lines, &format!("slots.{slot}"));
            // The label of a choice needs its slot.
            let of_label = span.narrowed_in(&self.lines, &format!("labels.{slot}"));
            let span = if of_slot == span { of_label } else { of_slot };
            self.use_of().needs.push((slot.clone(), span, why.to_owned()));
        }
    }
}
