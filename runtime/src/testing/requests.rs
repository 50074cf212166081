//! What other systems were asked in a step.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tolmach_engine::{
    effect::{HttpRequest, Method},
    span::Spanned,
};

use super::expect::Differences;

/// A request that an http node must make.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requested {
    /// A part of the URL.
    #[serde(default)]
    pub url: String,
    /// The method; any if unset.
    #[serde(default)]
    pub method: Option<Method>,
    /// What the body must have: of a map the fields that are named here, anything else as a whole.
    #[serde(default)]
    pub body: Option<Value>,
}

pub(super) fn compare(
    expected: &Spanned<Vec<Spanned<Requested>>>,
    made: &[HttpRequest],
    all: &mut Differences,
) {
    let listed = || made.iter().map(shown).collect::<Vec<_>>().join(", ");
    if expected.len() != made.len() {
        let found = if made.is_empty() { "none".to_owned() } else { format!("{}: {}", made.len(), listed()) };
        let wanted = match expected.len() {
            0 => "no request of another system".to_owned(),
            number => format!("{number} requests of other systems"),
        };
        return all.add(expected.span, wanted, found);
    }
    for (expected, made) in expected.iter().zip(made) {
        let fits = made.url.contains(&expected.url)
            && expected.method.is_none_or(|method| method == made.method)
            && expected
                .body
                .as_ref()
                .is_none_or(|body| has(made.body.as_ref().unwrap_or(&Value::Null), body));
        if !fits {
            let method = expected.method.map_or(String::new(), |method| format!("{} ", method.name()));
            let body = expected.body.as_ref().map_or(String::new(), |body| format!(" with {body}"));
            all.add(expected.span, format!("the request {method}{}{body}", expected.url), shown(made));
        }
    }
}

/// Whether a value has all that is expected of it.
fn has(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Object(value), Value::Object(expected)) => {
            expected.iter().all(|(name, expected)| value.get(name).is_some_and(|value| has(value, expected)))
        }
        _ => value == expected,
    }
}

fn shown(request: &HttpRequest) -> String {
    let body = request.body.as_ref().map_or(String::new(), |body| format!(" with {body}"));
    tolmach_engine::text::shorten(&format!("{} {}{body}", request.method.name(), request.url), 400)
}
