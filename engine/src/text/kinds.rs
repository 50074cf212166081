//! Values that a template shows or compares and that have no meaning there, as far as their types are certain.

use handlebars::template::{HelperTemplate, Parameter, TemplateElement};

use super::show::{CALC, SHOW};
use crate::{condition::Expression, slot::Type, vars::VariableNames};

/// A value of the wrong type.
#[derive(Clone, Debug, PartialEq)]
pub struct Clash {
    /// The part of the template that it is.
    pub part: String,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub help: String,
}

pub(super) fn check(
    template: &handlebars::Template,
    computed: &[Expression],
    names: &VariableNames<'_>,
    outer: bool,
    found: &mut Vec<Clash>,
) {
    for element in &template.elements {
        match element {
            TemplateElement::HtmlExpression(call) | TemplateElement::Expression(call) => {
                check_call(call, computed, names, outer, found);
            }
            TemplateElement::HelperBlock(call) => {
                check_call(call, computed, names, outer, found);
                let moves = matches!(call.name.as_name(), Some("each" | "with"));
                if let Some(inner) = &call.template {
                    check(inner, computed, names, outer && !moves, found);
                }
                if let Some(inner) = &call.inverse {
                    check(inner, computed, names, outer, found);
                }
            }
            _ => {}
        }
    }
}

fn check_call(
    call: &HelperTemplate,
    computed: &[Expression],
    names: &VariableNames<'_>,
    outer: bool,
    found: &mut Vec<Clash>,
) {
    for parameter in &call.params {
        if let Parameter::Subexpression(inner) = parameter
            && let TemplateElement::HtmlExpression(inner) | TemplateElement::Expression(inner) =
                &*inner.element
        {
            check_call(inner, computed, names, outer, found);
        }
    }
    let name = call.name.as_name().unwrap_or_default();
    let kind = |at: usize| call.params.get(at).and_then(|value| kind(value, name, computed, names, outer));
    let wanted: &[Type] = match name {
        "money" => &[Type::Number, Type::Money],
        "number" => &[Type::Number, Type::Money],
        "plural" => &[Type::Number],
        "date" => &[Type::Date, Type::DateTime],
        "time" => &[Type::Time, Type::DateTime],
        "eq" | "ne" | "gt" | "gte" | "lt" | "lte" => {
            if let (Some((a, of)), Some((b, _))) = (kind(0), kind(1))
                && a != b
                && !(a.is_typed() && literal(call.params.get(1)))
            {
                found.push(Clash {
                    part: format!("{name} {of}"),
                    message: format!("`{name}` compares `{of}`, {}, with {}", a.told(), b.told()),
                    help: "compare values of one type".to_owned(),
                });
            }
            return;
        }
        SHOW => {
            if let Some((kind, path)) = kind(0)
                && let Some(fields) = kind.fields()
                && !kind.is_typed()
                && kind != Type::Size
            {
                let field = fields.iter().find(|field| **field == "name").or(fields.first());
                found.push(Clash {
                    message: format!("`{path}` is {}, which has no form of its own in a text", kind.told()),
                    help: format!(
                        "show one of its fields, such as {{{{{path}.{}}}}}: {}",
                        field.unwrap_or(&""),
                        fields.join(", ")
                    ),
                    part: path,
                });
            }
            return;
        }
        _ => return,
    };
    if let Some((kind, written)) = kind(0)
        && !wanted.contains(&kind)
    {
        let wanted: Vec<&str> = wanted.iter().map(|kind| kind.told()).collect();
        let company = written.starts_with("company.");
        let help = match (name, kind) {
            ("money" | "number", Type::Text) if company => {
                "write it in company.yaml without quotes: 4500, or with its currency: 4500 RUB".to_owned()
            }
            ("date" | "time", Type::Text) if company => {
                "write it in company.yaml without quotes: 2026-12-31, 14:30".to_owned()
            }
            _ => format!("show it without `{name}`, or use {}", wanted.join(" or ")),
        };
        found.push(Clash {
            message: format!("`{name}` shows {}, and `{written}` is {}", wanted.join(" or "), kind.told()),
            help,
            // The same value may be shown in another way before.
            part: format!("{name} {written}"),
        });
    }
}

fn literal(parameter: Option<&Parameter>) -> bool {
    matches!(parameter, Some(Parameter::Literal(_)))
}

/// The type of a parameter, and how it is written.
fn kind(
    parameter: &Parameter,
    helper: &str,
    computed: &[Expression],
    names: &VariableNames<'_>,
    outer: bool,
) -> Option<(Type, String)> {
    match parameter {
        Parameter::Literal(value) if helper == SHOW => {
            let path = value.as_str()?;
            Some((names.kind(&super::parts(path))?, path.to_owned()))
        }
        Parameter::Literal(value) => {
            let kind = match value {
                serde_json::Value::String(_) => Type::Text,
                serde_json::Value::Number(_) => Type::Number,
                serde_json::Value::Bool(_) => Type::Boolean,
                _ => return None,
            };
            Some((kind, value.to_string()))
        }
        Parameter::Subexpression(inner) => match &*inner.element {
            TemplateElement::HtmlExpression(call) | TemplateElement::Expression(call) => {
                let name = call.name.as_name()?;
                let kind = match name {
                    CALC => {
                        let at = call.params.first().and_then(|at| match at {
                            Parameter::Literal(at) => at.as_u64(),
                            _ => None,
                        })?;
                        let expression = computed.get(usize::try_from(at).ok()?)?;
                        return Some((expression.kind(names).ok()??, expression.source().to_owned()));
                    }
                    "len" => Type::Number,
                    "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "and" | "or" | "not" => Type::Boolean,
                    "money" | "date" | "time" | "number" | "plural" => Type::Text,
                    _ => return None,
                };
                Some((kind, name.to_owned()))
            }
            _ => None,
        },
        other => {
            let mut paths = Vec::new();
            super::path(other, outer, &mut paths);
            let path = paths.into_iter().next().filter(|path| path.len() > 1)?;
            Some((names.kind(&path)?, path.join(".")))
        }
    }
}
