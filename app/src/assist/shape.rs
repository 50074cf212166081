//! What the schema of a file allows at a place.

use std::collections::BTreeSet;

use serde_json::Value;

use super::place::Step;

/// The schemas of a value, each with the names of the definitions that led to it.
pub(super) struct Shapes<'s> {
    root: &'s Value,
    pub(super) all: Vec<&'s Value>,
    /// Names of definitions, such as `Text` or `Expression`.
    pub(super) named: BTreeSet<&'s str>,
    /// What the value is the name of, said where the field is declared.
    pub(super) names: Option<&'s str>,
}

/// How many schemas a place may have: alternatives of alternatives.
const MOST: usize = 64;

impl<'s> Shapes<'s> {
    /// Those of a whole file.
    pub(super) fn of(root: &'s Value) -> Shapes<'s> {
        let mut shapes = Shapes { root, all: Vec::new(), named: BTreeSet::new(), names: None };
        shapes.add(root);
        shapes
    }

    /// Those of the value at a path.
    pub(super) fn at(root: &'s Value, path: &[Step]) -> Shapes<'s> {
        path.iter().fold(Shapes::of(root), |shapes, step| shapes.step(step))
    }

    fn empty(&self) -> Shapes<'s> {
        Shapes { root: self.root, all: Vec::new(), named: BTreeSet::new(), names: None }
    }

    fn step(&self, step: &Step) -> Shapes<'s> {
        let mut inner = self.empty();
        for schema in &self.all {
            let found = match step {
                Step::Key(key) => {
                    schema["properties"].get(key).or_else(|| Some(&schema["additionalProperties"]))
                }
                Step::Item => schema.get("items"),
            };
            if let Some(found) = found.filter(|found| found.is_object()) {
                inner.add(found);
                // What holds for a list or a map holds for what is in it.
                if inner.names.is_none() && schema["properties"].get(name_of(step)).is_none() {
                    inner.names = schema["x-names"].as_str().or(self.names);
                }
            }
        }
        // A text in two languages is the same in each.
        if inner.names.is_none() && self.named.contains("Text") {
            inner.names = self.names;
        }
        inner
    }

    fn add(&mut self, schema: &'s Value) {
        if self.all.len() >= MOST {
            return;
        }
        if let Some(names) = schema["x-names"].as_str() {
            self.names = Some(names);
        }
        self.all.push(schema);
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap_or_default();
            if self.named.insert(name)
                && let Some(defined) = self.root["$defs"].get(name)
            {
                self.add(defined);
            }
        }
        for several in ["anyOf", "oneOf", "allOf"] {
            for one in schema[several].as_array().into_iter().flatten() {
                // A branch that only says which fields go together has no fields of its own.
                self.add(one);
            }
        }
    }

    /// The fields of the map, with their schemas, in the order of their names.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'s str, &'s Value)> {
        let fields = self.all.iter().filter_map(|schema| schema["properties"].as_object());
        fields
            .flatten()
            .map(|(name, schema)| (name.as_str(), schema))
            .filter(|(_, s)| s["deprecated"] != true)
    }

    /// What the keys of the map are.
    pub(super) fn keys(&self) -> Option<&'s str> {
        self.all.iter().find_map(|schema| schema["x-keys"].as_str())
    }

    /// Words that the value may be, each with what it means.
    pub(super) fn words(&self) -> Vec<(String, &'s str)> {
        let mut words = Vec::new();
        for schema in &self.all {
            let listed = schema["enum"].as_array().into_iter().flatten().chain(schema.get("const"));
            for word in listed.filter_map(Value::as_str) {
                words.push((word.to_owned(), about(schema)));
            }
            if is_type(schema, "boolean") {
                words.extend(["true", "false"].map(|word| (word.to_owned(), "")));
            }
        }
        words
    }

    /// What the place is for.
    pub(super) fn about(&self) -> &'s str {
        self.all.iter().map(|schema| about(schema)).find(|about| !about.is_empty()).unwrap_or_default()
    }

    /// Whether items of a list may be plain texts.
    pub(super) fn has_items(&self) -> bool {
        self.all.iter().any(|schema| schema.get("items").is_some())
    }

    /// The schemas of the items.
    pub(super) fn items(&self) -> Shapes<'s> {
        self.step(&Step::Item)
    }
}

fn name_of(step: &Step) -> &str {
    match step {
        Step::Key(key) => key,
        Step::Item => "",
    }
}

pub(super) fn about(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

fn is_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(own) => own == name,
        Value::Array(several) => several.iter().any(|own| own == name),
        _ => false,
    }
}

/// The form of a field in a word or two, and whether its value is written below it.
pub(super) fn form(root: &Value, schema: &Value) -> (String, bool) {
    let shapes = {
        let mut shapes = Shapes { root, all: Vec::new(), named: BTreeSet::new(), names: None };
        shapes.add(schema);
        shapes
    };
    if let Some(names) = shapes.names {
        return (names.to_owned(), false);
    }
    if let Some(name) =
        ["Text", "Expression", "Filter", "Duration"].iter().find(|name| shapes.named.contains(*name))
    {
        return (name.to_lowercase(), false);
    }
    let has = |name: &str| shapes.all.iter().any(|schema| is_type(schema, name));
    let plain = ["string", "number", "integer", "boolean"].iter().find(|name| has(name));
    match plain {
        Some(plain) => ((*plain).to_owned(), false),
        None if has("array") => ("list".to_owned(), true),
        None if has("object") => ("map".to_owned(), true),
        None => (String::new(), false),
    }
}
