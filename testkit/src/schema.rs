//! Whether a value satisfies a JSON Schema: the keywords that the product's schemas use, and no others.

use regex::Regex;
use serde_json::Value;

/// Keywords that say nothing of a value.
const NOTES: [&str; 11] = [
    "$schema",
    "$defs",
    "title",
    "description",
    "default",
    "format",
    "deprecated",
    "examples",
    "$id",
    "x-names",
    "x-keys",
];

/// What becomes of a field that no schema names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unnamed {
    /// It may be there, as JSON Schema has it.
    Allowed,
    /// It is a fault: a document that does not tell of it is not true.
    Fault,
}

/// What of the value is not as the schema says; empty where everything is. References of the schema are into the document, which is
/// the schema itself where it stands alone.
///
/// # Panics
/// On a keyword that is not known here: it would not be checked.
pub fn faults(document: &Value, schema: &Value, value: &Value, unnamed: Unnamed) -> Vec<String> {
    let mut found = Vec::new();
    check((document, unnamed), schema, value, "", &mut found);
    found
}

fn check(root: (&Value, Unnamed), schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Value::Object(keywords) = schema else {
        if *schema == Value::Bool(false) {
            found.push(format!("{at} is not allowed"));
        }
        return;
    };
    let fits = |schema: &Value| {
        let mut inside = Vec::new();
        check(root, schema, value, at, &mut inside);
        inside.is_empty()
    };
    for (keyword, wanted) in keywords {
        let list = || wanted.as_array().expect("a list");
        let number = || wanted.as_f64().expect("a number");
        let holds = match keyword.as_str() {
            "$ref" => {
                let pointer = wanted.as_str().expect("a pointer").trim_start_matches('#');
                check(root, root.0.pointer(pointer).expect("a definition"), value, at, found);
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
            "allOf" => list().iter().all(fits),
            "required" => value.as_object().is_none_or(|fields| {
                list().iter().all(|name| fields.contains_key(name.as_str().expect("a name")))
            }),
            "properties" => {
                for (name, field) in value.as_object().into_iter().flatten() {
                    match wanted.get(name) {
                        Some(inner) => check(root, inner, field, &format!("{at}/{name}"), found),
                        None if root.1 == Unnamed::Allowed
                            || keywords.contains_key("additionalProperties") => {}
                        None => found.push(format!("{at}/{name} is not documented")),
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object();
                for (name, field) in value.as_object().into_iter().flatten() {
                    if known.is_none_or(|known| !known.contains_key(name)) {
                        check(root, wanted, field, &format!("{at}/{name}"), found);
                    }
                }
                true
            }
            "items" => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, item, &format!("{at}/{place}"), found);
                }
                true
            }
            "prefixItems" => {
                for (place, (inner, item)) in
                    list().iter().zip(value.as_array().into_iter().flatten()).enumerate()
                {
                    check(root, inner, item, &format!("{at}/{place}"), found);
                }
                true
            }
            "minItems" => value.as_array().is_none_or(|items| items.len() as f64 >= number()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as f64 <= number()),
            "minProperties" => value.as_object().is_none_or(|fields| fields.len() as f64 >= number()),
            "minimum" => value.as_f64().is_none_or(|found| found >= number()),
            "maximum" => value.as_f64().is_none_or(|found| found <= number()),
            "pattern" => {
                let pattern = Regex::new(wanted.as_str().expect("a pattern")).expect("a pattern");
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_no_schema_names_is_a_fault_where_it_is_to_be_one() {
        let schema = json!({
            "type": "object", "required": ["name"],
            "properties": { "name": { "$ref": "#/$defs/name" }, "more": { "type": "object", "additionalProperties": { "type": "integer" } } },
            "$defs": { "name": { "type": "string", "pattern": "^[a-z]+$" } },
        });
        let found = |value: Value, unnamed| faults(&schema, &schema, &value, unnamed).len();
        for unnamed in [Unnamed::Allowed, Unnamed::Fault] {
            assert_eq!(found(json!({ "name": "anna", "more": { "any": 1 } }), unnamed), 0);
            assert_eq!(found(json!({ "name": "Anna", "more": { "any": "x" } }), unnamed), 2);
            assert_eq!(found(json!({}), unnamed), 1);
        }
        let unnamed = json!({ "name": "anna", "age": 7 });
        assert_eq!(found(unnamed.clone(), Unnamed::Allowed), 0);
        assert_eq!(faults(&schema, &schema, &unnamed, Unnamed::Fault), ["/age is not documented"]);
    }
}
