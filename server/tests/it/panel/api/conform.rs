//! Whether a value is as a schema of the document says, and nothing besides: a field that no schema names is a fault, too.

use serde_json::Value;

/// Keywords that say nothing of a value.
const NOTES: [&str; 6] = ["title", "description", "default", "format", "examples", "$schema"];

/// What of the value is not as the schema says; empty where everything is.
///
/// # Panics
/// On a keyword that is not known here: it would not be checked.
pub fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "", &mut found);
    found
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Value::Object(keywords) = schema else {
        if *schema == Value::Bool(false) {
            found.push(format!("{at} is not allowed"));
        }
        return;
    };
    let fits = |schema: &Value| {
        let mut inside = Vec::new();
        check(document, schema, value, at, &mut inside);
        inside.is_empty()
    };
    for (keyword, wanted) in keywords {
        let list = || wanted.as_array().expect("a list");
        let number = || wanted.as_f64().expect("a number");
        let holds = match keyword.as_str() {
            "$ref" => {
                let pointer = wanted.as_str().expect("a pointer").trim_start_matches('#');
                check(document, document.pointer(pointer).expect("a definition"), value, at, found);
                true
            }
            "type" => match wanted {
                Value::Array(types) => types.iter().any(|one| is(one, value)),
                one => is(one, value),
            },
            "enum" => list().contains(value),
            "const" => wanted == value,
            "anyOf" => list().iter().any(fits),
            "oneOf" => list().iter().filter(|one| fits(one)).count() == 1,
            "required" => value.as_object().is_none_or(|fields| {
                list().iter().all(|name| fields.contains_key(name.as_str().expect("a name")))
            }),
            "properties" => {
                for (name, field) in value.as_object().into_iter().flatten() {
                    match wanted.get(name) {
                        Some(inner) => check(document, inner, field, &format!("{at}/{name}"), found),
                        None if keywords.contains_key("additionalProperties") => {}
                        None => found.push(format!("{at}/{name} is not documented")),
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object();
                for (name, field) in value.as_object().into_iter().flatten() {
                    if known.is_none_or(|known| !known.contains_key(name)) {
                        check(document, wanted, field, &format!("{at}/{name}"), found);
                    }
                }
                true
            }
            "prefixItems" => {
                for (number, (inner, item)) in
                    list().iter().zip(value.as_array().into_iter().flatten()).enumerate()
                {
                    check(document, inner, item, &format!("{at}/{number}"), found);
                }
                true
            }
            "items" => {
                for (number, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(document, wanted, item, &format!("{at}/{number}"), found);
                }
                true
            }
            "minItems" => value.as_array().is_none_or(|items| items.len() as f64 >= number()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as f64 <= number()),
            "minimum" => value.as_f64().is_none_or(|found| found >= number()),
            "maximum" => value.as_f64().is_none_or(|found| found <= number()),
            note if NOTES.contains(&note) => true,
            unknown => panic!("{unknown} is not checked here"),
        };
        if !holds {
            found.push(format!("{at}: {keyword} is {wanted}, and here is {value}"));
        }
    }
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().expect("a type") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}
