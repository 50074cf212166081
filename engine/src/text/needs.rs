//! The slots that a template needs to be set.

use std::collections::BTreeSet;

use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use serde_json::Value;

use super::{path, show::CALC};
use crate::{condition::Expression, span::Span};

/// Slots of which a field is shown, or over which something is repeated, where no `{{#if}}` makes sure of them.
pub(super) fn collect(
    template: &handlebars::Template,
    outer: bool,
    have: &BTreeSet<String>,
    needs: &mut BTreeSet<String>,
) {
    for element in &template.elements {
        match element {
            TemplateElement::HtmlExpression(call) | TemplateElement::Expression(call) => {
                let shown = std::iter::once(&call.name).filter(|_| call.params.is_empty());
                shown.for_each(|name| need(name, outer, 0, have, needs));
                of_call(call, outer, have, needs);
            }
            TemplateElement::HelperBlock(call) => {
                let name = call.name.as_name().unwrap_or_default();
                let (mut yes, mut no) = (have.clone(), have.clone());
                match name {
                    "if" => yes.extend(slots_set_by(&call.params, outer)),
                    "unless" => no.extend(slots_set_by(&call.params, outer)),
                    _ => {
                        // Without an `{{else}}`, iterating over an unset slot is an error.
                        let fields = usize::from(call.inverse.is_some());
                        call.params.iter().for_each(|parameter| need(parameter, outer, fields, have, needs));
                        yes.extend(slots_set_by(&call.params, outer));
                    }
                }
                let moves = matches!(name, "each" | "with");
                if let Some(inner) = &call.template {
                    collect(inner, outer && !moves, &yes, needs);
                }
                if let Some(inner) = &call.inverse {
                    collect(inner, outer, &no, needs);
                }
            }
            _ => {}
        }
    }
}

/// What the parameters of a helper need: those that show a value need it, those that compare accept what is unset.
fn of_call(call: &HelperTemplate, outer: bool, have: &BTreeSet<String>, needs: &mut BTreeSet<String>) {
    let name = call.name.as_name().unwrap_or_default();
    let fields = usize::from(!matches!(name, "money" | "date" | "time" | "number" | "plural"));
    for parameter in &call.params {
        match parameter {
            Parameter::Literal(Value::String(source)) if name == CALC => {
                let expression = Expression::compile(source.clone(), Span::default());
                needs.extend(expression.needs().iter().filter(|slot| !have.contains(*slot)).cloned());
            }
            Parameter::Subexpression(inner) => {
                if let TemplateElement::Expression(call) | TemplateElement::HtmlExpression(call) =
                    &*inner.element
                {
                    of_call(call, outer, have, needs);
                }
            }
            other => need(other, outer, fields, have, needs),
        }
    }
}

/// Adds the slot of a path that goes at least `fields` fields below it.
fn need(
    parameter: &Parameter,
    outer: bool,
    fields: usize,
    have: &BTreeSet<String>,
    needs: &mut BTreeSet<String>,
) {
    let mut paths = Vec::new();
    path(parameter, outer, &mut paths);
    for path in paths {
        if let [root, name, rest @ ..] = path.as_slice()
            && rest.len() >= fields
            && let Some(name) = named(root, name)
            && !have.contains(&name)
        {
            needs.insert(name);
        }
    }
}

/// A slot by its name, a label by its slot, something of the client as `client.first_name`; nothing else may be unset.
fn named(root: &str, name: &str) -> Option<String> {
    match root {
        "slots" | "labels" => Some(name.to_owned()),
        "client" => Some(format!("client.{name}")),
        _ => None,
    }
}

/// Slots that are set where a condition holds: `{{#if slots.x}}`, `{{#if slots.x.f}}`, `{{#if (and slots.x slots.y)}}`.
fn slots_set_by(parameters: &[Parameter], outer: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for parameter in parameters {
        match parameter {
            Parameter::Subexpression(inner) => {
                if let TemplateElement::Expression(call) | TemplateElement::HtmlExpression(call) =
                    &*inner.element
                    && matches!(call.name.as_name(), Some("and" | "gt" | "gte" | "lt" | "lte" | "len"))
                {
                    found.extend(slots_set_by(&call.params, outer));
                }
            }
            other => {
                let mut paths = Vec::new();
                path(other, outer, &mut paths);
                found.extend(paths.iter().filter_map(|path| named(path.first()?, path.get(1)?)));
            }
        }
    }
    found
}
