//! The JSON Schema of a flow file, from the types that read it. Editors use it for completion and checks.
//!
//! Beside the standard's words it has two of our own, which other editors ignore: `x-names` says what a text (or each item, or each
//! value of a map) is the name of, `x-keys` what the keys of a map are: `node`, `target`, `slot`, `exit`, `flow`, `prompt`,
//! `knowledge` or `answers`.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{header::Header, kind::KindSpec};

/// The schema of a flow file with these kinds.
pub fn flow_schema(kinds: &[&'static KindSpec]) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = Header::json_schema(&mut generator).to_value();
    let mut bodies = Map::new();
    for kind in kinds {
        bodies.insert(kind.name.to_owned(), (kind.schema)(&mut generator).to_value());
    }
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    bodies.insert(
        "next".to_owned(),
        json!({
            "description": "Where the node leads: one target for every exit, or a map from exits to targets. \
                            A target is a node's name, `wait`, `end` or `return`.",
            "x-names": "target",
            "x-keys": "exit",
            "anyOf": [
                { "type": "string" },
                { "type": "object", "additionalProperties": { "type": "string" } }
            ]
        }),
    );
    let node = json!({
        "description": "A node: exactly one kind, and `next`.",
        "type": "object",
        "properties": bodies,
        "additionalProperties": false,
        "oneOf": names.iter().map(|name| json!({ "required": [name] })).collect::<Vec<_>>(),
    });
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        let nodes = json!({
            "description": "The nodes by name.",
            "type": "object",
            "additionalProperties": node,
        });
        properties.insert("nodes".to_owned(), nodes);
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.push(json!("nodes"));
    }
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("A Tolmach flow");
    neat(&mut schema);
    let mut definitions = Value::Object(generator.take_definitions(true).into_iter().collect());
    neat(&mut definitions);
    schema["$defs"] = definitions;
    schema
}

/// The schema of a file that is a list of `T`s, with this title and description.
pub fn list_schema<T: JsonSchema>(title: &str, description: &str) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let items = generator.subschema_for::<T>().to_value();
    let mut definitions = Value::Object(generator.take_definitions(true).into_iter().collect());
    neat(&mut definitions);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": description,
        // An empty file is an empty list.
        "type": ["array", "null"],
        "items": items,
        "$defs": definitions,
    })
}

/// The schema of `company.yaml`.
pub fn company_schema() -> Value {
    let scalar = json!({ "type": ["string", "number", "boolean"] });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The particulars of a company",
        "description": "Values for texts and conditions as company.KEY: one for every language, or one a language. A value has the \
                        type that it is written as: 4500 is a number, 4500 RUB money, 2026-12-31 a date; a text has quotes.",
        "type": ["object", "null"],
        "properties": {
            "timezone": {
                "description": "The IANA name of the time zone whose clock the dialogs have, such as Europe/Moscow; UTC unless said.",
                "type": "string",
            },
            "working_hours": {
                "description": "When the company works: hours such as 09:00-18:00 by day or days (mon, mon-fri, sat); several as a list.",
                "anyOf": [
                    scalar,
                    { "type": "object", "additionalProperties": { "anyOf": [scalar, { "type": "array", "items": scalar }] } },
                ],
            },
            "holidays": {
                "description": "Days on which nobody works, such as 2027-01-01.",
                "type": "array",
                "items": { "type": "string" },
            },
        },
        "additionalProperties": {
            "anyOf": [
                scalar,
                { "type": "array", "items": scalar },
                {
                    "type": "object",
                    "properties": { "ru": scalar, "en": scalar },
                    "additionalProperties": false,
                    "minProperties": 1,
                },
            ],
        },
    })
}

/// Rounds defaults of type `f32`, which would otherwise show as 0.3499999940395355 in place of 0.35.
fn neat(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(default) = fields.get_mut("default")
                && let Some(number) = default.as_f64().filter(|number| number.fract() != 0.0)
            {
                *default = json!((number * 1e6).round() / 1e6);
            }
            fields.values_mut().for_each(neat);
        }
        Value::Array(items) => items.iter_mut().for_each(neat),
        _ => {}
    }
}
