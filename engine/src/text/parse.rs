//! From the source of a template to what rendering needs: the parsed template, and what follows from it alone.

use std::collections::BTreeSet;

use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use serde_json::{Value, json};

use super::{
    Compiled, ParseError, bounds, explain, helpers, needs,
    show::{CALC, SHOW},
    simple::Piece,
};
use crate::{condition::Expression, span::Span, vars};

/// Begins the message of a helper that is not known.
pub(super) const NO_HELPER: &str = "there is no helper ";

/// Parses the source of a template, and finds what follows from it alone.
///
/// # Errors
/// What is wrong in it.
pub(super) fn parse(source: &str) -> Result<Compiled, ParseError> {
    if !source.contains("{{") && !source.contains('\\') {
        return Ok(Compiled::Plain);
    }
    bounds::check_source(source)?;
    let mut template =
        handlebars::Template::compile(source).map_err(|error| explain::explain(source, &error))?;
    let mut paths = Vec::new();
    walk(source, &template, true, &mut paths)?;
    let mut work = bounds::Work::default();
    count(&template, 0, &mut work)?;
    let mut needs = BTreeSet::new();
    needs::collect(&template, true, &BTreeSet::new(), &mut needs);
    let mut computed = Vec::new();
    rewrite(&mut template, true, &mut computed)?;
    paths.sort();
    paths.dedup();
    // `@root` inside a block can reach paths that are not collected: every root is provided.
    let reads = if source.contains("@root") { vars::every_root() } else { vars::reads(&paths) };
    let pieces = pieces(&template);
    paths.extend(computed.iter().flat_map(|expression: &Expression| expression.paths().iter().cloned()));
    paths.sort();
    paths.dedup();
    Ok(Compiled::Expressions {
        template: Box::new(template),
        pieces,
        paths,
        reads,
        needs: needs.into_iter().collect(),
        computed,
        work,
    })
}

/// Turns every `{{variable}}` into a call of the helper that shows values, and numbers the expressions of `{{calc "…"}}`.
fn rewrite(
    template: &mut handlebars::Template,
    outer: bool,
    computed: &mut Vec<Expression>,
) -> Result<(), ParseError> {
    for element in &mut template.elements {
        match element {
            TemplateElement::HtmlExpression(call) | TemplateElement::Expression(call) => {
                if call.params.is_empty() && call.hash.is_empty() {
                    let mut paths = Vec::new();
                    path(&call.name, outer, &mut paths);
                    let whole = paths.into_iter().next().filter(|_| outer);
                    let name = std::mem::replace(&mut call.name, Parameter::Name(SHOW.to_owned()));
                    match whole {
                        Some(path) => {
                            let written = Value::String(path.join("."));
                            call.params.extend([written, json!(path)].map(Parameter::Literal));
                        }
                        None => call.params.push(name),
                    }
                } else {
                    number(call, computed)?;
                }
            }
            TemplateElement::HelperBlock(call) => {
                number(call, computed)?;
                let moves = matches!(call.name.as_name(), Some("each" | "with"));
                if let Some(inner) = &mut call.template {
                    rewrite(inner, outer && !moves, computed)?;
                }
                if let Some(inner) = &mut call.inverse {
                    rewrite(inner, outer, computed)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The template as texts and values one after another, where it is no more than that.
fn pieces(template: &handlebars::Template) -> Option<Vec<Piece>> {
    let elements = template.elements.iter().filter(|element| !matches!(element, TemplateElement::Comment(_)));
    let piece = |element: &TemplateElement| {
        let call = match element {
            TemplateElement::RawString(text) => return Some(Piece::Text(text.clone())),
            TemplateElement::HtmlExpression(call) | TemplateElement::Expression(call) => call,
            _ => return None,
        };
        let value = match (call.name.as_name()?, call.params.as_slice()) {
            (SHOW, [Parameter::Literal(Value::String(path)), Parameter::Literal(Value::Array(names))]) => {
                let names = names.iter().filter_map(|name| name.as_str().map(str::to_owned));
                Piece::Value { path: path.clone(), names: names.collect() }
            }
            (CALC, [Parameter::Literal(at)]) => Piece::Computed(usize::try_from(at.as_u64()?).ok()?),
            _ => return None,
        };
        Some(value)
    };
    elements.map(piece).collect()
}

/// Puts a number in the place of each expression of a call of `calc`, and of those among its parameters.
fn number(call: &mut HelperTemplate, computed: &mut Vec<Expression>) -> Result<(), ParseError> {
    if call.name.as_name() == Some(CALC) {
        let [Parameter::Literal(Value::String(source))] = call.params.as_slice() else {
            let help = "write the expression as one text: {{calc \"slots.n * 2\"}}";
            return Err(ParseError::new("`calc` computes one expression", help, CALC));
        };
        let at = computed.len();
        computed.push(Expression::compile(source.clone(), Span::default()));
        call.params = vec![Parameter::Literal(json!(at))];
    }
    for parameter in call.params.iter_mut().chain(call.hash.values_mut()) {
        if let Parameter::Subexpression(inner) = parameter
            && let TemplateElement::Expression(inner) | TemplateElement::HtmlExpression(inner) =
                &mut *inner.element
        {
            number(inner, computed)?;
        }
    }
    Ok(())
}

/// Counts the elements of a template by the number of loops that they stand in.
fn count(template: &handlebars::Template, loops: usize, work: &mut bounds::Work) -> Result<(), ParseError> {
    for element in &template.elements {
        work.add(loops, comparisons(element))?;
        if let TemplateElement::HelperBlock(call) = element {
            let inside = loops + usize::from(call.name.as_name() == Some("each"));
            if let Some(inner) = &call.template {
                count(inner, inside, work)?;
            }
            if let Some(inner) = &call.inverse {
                count(inner, loops, work)?;
            }
        }
    }
    Ok(())
}

/// How often an element compares two values, which may be whole lists and maps.
fn comparisons(element: &TemplateElement) -> u64 {
    let (TemplateElement::HelperBlock(call)
    | TemplateElement::Expression(call)
    | TemplateElement::HtmlExpression(call)) = element
    else {
        return 0;
    };
    let own = u64::from(matches!(call.name.as_name(), Some("eq" | "ne")));
    let inside = call.params.iter().chain(call.hash.values()).map(|parameter| match parameter {
        Parameter::Subexpression(inner) => comparisons(&inner.element),
        _ => 0,
    });
    own + inside.sum::<u64>()
}

/// Collects the paths read from the root. `outer` is false inside `each` and `with`, where names mean the item's.
fn walk(
    source: &str,
    template: &handlebars::Template,
    outer: bool,
    paths: &mut Vec<Vec<String>>,
) -> Result<(), ParseError> {
    for element in &template.elements {
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            TemplateElement::HtmlExpression(call) | TemplateElement::Expression(call) => {
                if call.params.is_empty() && call.hash.is_empty() {
                    path(&call.name, outer, paths);
                } else {
                    helper(call, outer, paths)?;
                }
            }
            TemplateElement::HelperBlock(call) => {
                helper(call, outer, paths)?;
                let moves = matches!(call.name.as_name(), Some("each" | "with"));
                if let Some(inner) = &call.template {
                    walk(source, inner, outer && !moves, paths)?;
                }
                if let Some(inner) = &call.inverse {
                    walk(source, inner, outer, paths)?;
                }
            }
            _ => {
                let why = "`{{> …}}` and `{{* …}}` are not part of the language";
                let part = if source.contains("{{>") { "{{>" } else { "" };
                return Err(ParseError::new(why, "write the text itself, or use a variable", part));
            }
        }
    }
    Ok(())
}

fn helper(call: &HelperTemplate, outer: bool, paths: &mut Vec<Vec<String>>) -> Result<(), ParseError> {
    let name = call.name.as_name().unwrap_or_default();
    if !helpers::names().any(|known| known == name) {
        let help = format!("use one of: {}", helpers::names().collect::<Vec<_>>().join(", "));
        return Err(ParseError::new(format!("{NO_HELPER}`{name}`"), help, name));
    }
    for parameter in call.params.iter().chain(call.hash.values()) {
        match parameter {
            Parameter::Subexpression(inner) => match &*inner.element {
                TemplateElement::Expression(inner) | TemplateElement::HtmlExpression(inner) => {
                    helper(inner, outer, paths)?;
                }
                _ => {}
            },
            other => path(other, outer, paths),
        }
    }
    Ok(())
}

/// Adds the path that a parameter reads from the root, if it reads one.
pub(super) fn path(parameter: &Parameter, outer: bool, paths: &mut Vec<Vec<String>>) {
    let raw = match parameter {
        Parameter::Name(name) => name.as_str(),
        Parameter::Path(handlebars::Path::Relative((_, raw))) => raw.as_str(),
        _ => return,
    };
    let from_root = raw.strip_prefix("@root.");
    if !outer && from_root.is_none() {
        // The item's own fields, or a root reached through parent scopes: a root's name is still worth providing.
        let first = raw.trim_start_matches("../").split('.').next().unwrap_or_default();
        if vars::ROOTS.contains(&first) {
            paths.push(vec![first.to_owned()]);
        }
        return;
    }
    paths.push(parts(from_root.unwrap_or(raw)));
}

/// The names of a path such as `slots.budget` or `slots.r.items.[0].name`.
pub(super) fn parts(path: &str) -> Vec<String> {
    path.split(['.', '/']).map(|part| part.trim_matches(['[', ']']).to_owned()).collect()
}
