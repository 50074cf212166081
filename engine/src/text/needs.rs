//! The slots that a template needs to be set.

use std::collections::BTreeSet;

use handlebars::template::{Parameter, TemplateElement};

use super::path;

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
                for parameter in shown.chain(&call.params) {
                    need(parameter, outer, 1, have, needs);
                }
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

/// Adds the slot of a path that goes at least `fields` fields below it.
fn need(
    parameter: &Parameter,
    outer: bool,
    fields: usize,
    have: &BTreeSet<String>,
    needs: &mut BTreeSet<String>,
) {
    if let Parameter::Subexpression(inner) = parameter {
        if let TemplateElement::Expression(call) | TemplateElement::HtmlExpression(call) = &*inner.element {
            call.params.iter().for_each(|parameter| need(parameter, outer, fields, have, needs));
        }
        return;
    }
    let mut paths = Vec::new();
    path(parameter, outer, &mut paths);
    for path in paths {
        if let [root, slot, rest @ ..] = path.as_slice()
            && root == "slots"
            && rest.len() >= fields
            && !have.contains(slot)
        {
            needs.insert(slot.clone());
        }
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
                let slots = paths.into_iter().filter(|path| path.first().is_some_and(|root| root == "slots"));
                found.extend(slots.filter_map(|path| path.into_iter().nth(1)));
            }
        }
    }
    found
}
