//! The reference of the flow language as Markdown, from the types that read it and the table of diagnostics.
//!
//! Descriptions come from the doc comments of the types, so that they are written once.

mod calls;
mod diagnostics;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{
    catalog::SearchRequest,
    condition,
    diagnostic::Code,
    effect::ClassifyRequest,
    event,
    kind::KindSpec,
    phrases::{LISTED, Listed},
    schema::flow_schema,
    session, slot, text, vars, yaml,
};

pub use diagnostics::diagnostics_page;

/// The whole reference.
pub fn reference(kinds: &[&'static KindSpec], of_kinds: &[Listed]) -> String {
    let schema = flow_schema(kinds);
    let mut page = Page { schema: &schema, text: String::from(HEAD) };
    page.text.push_str("\n## A flow file\n\n");
    page.fields(&schema, &["nodes"]);
    page.text.push_str(TARGETS);

    page.text.push_str("\n## Kinds of node\n\n| kind | what it does | exits |\n|---|---|---|\n");
    let bodies = &schema["properties"]["nodes"]["additionalProperties"]["properties"];
    for kind in kinds {
        let about = described(&bodies[kind.name]);
        let sentence = about.split_inclusive(". ").next().unwrap_or(&about).trim();
        let exits: Vec<String> = kind.exits.iter().map(|(name, _)| format!("`{name}`")).collect();
        let exits = if exits.is_empty() { "–".to_owned() } else { exits.join(", ") };
        page.text.push_str(&format!("| [`{0}`](#{0}) | {sentence} | {exits} |\n", kind.name));
    }
    for kind in kinds {
        page.kind(kind, &bodies[kind.name]);
    }
    page.text.push_str(&phrases(of_kinds));
    page.text.push_str(&values());
    page.text.push_str(&calls::calls());
    page.text.push_str(&codes());
    page.text
}

/// Tables of the fields of an object, and of the objects inside it. `schema` holds the definitions that `body` refers to.
pub fn field_tables(schema: &Value, body: &Value) -> String {
    let mut page = Page { schema, text: String::new() };
    page.fields(body, &[]);
    page.text
}

const HEAD: &str = "\
# Flow reference

Written by the program from its own types: run `UPDATE_GENERATED=1 cargo test -p tolmach-nodes` after a change. For a way
in, read the [guide](guide.md).

A **bundle** is a folder of text files:

| path | what it is |
|---|---|
| `NAME.yaml` | a flow: one dialog graph; the file's name is the flow's id |
| `company.yaml` | the company's particulars, for texts as `{{company.KEY}}`; `timezone` sets the clock of dialogs |
| `prompts/NAME.md`, `NAME.ru.md`, `NAME.en.md` | how a model should answer, or a long text; a head between `---` lines may set `model`, `temperature` (0 to 2, default 0.3) and `max_tokens` (1 to 8000, default 400) |
| `knowledge/NAME.md`, … | what `answer` may lean on; every `## heading` begins a passage |
| `faq/NAME.yaml` | quick answers: a list of `{ questions: [...], answer: TEXT }` |
| `tests/NAME.test.yaml` | [dialog tests](test-reference.md) |

Wherever a **text** is expected, write one text for every language or a map by language: `{ ru: …, en: … }`. Texts are
[Handlebars](https://handlebarsjs.com/guide/) templates in strict mode; expressions are [CEL](https://cel.dev).
";

const TARGETS: &str = "
A **target** is the name of a node of the same flow, or one of `wait` (the turn ends; the next message enters at `start`,
or what was interrupted goes on), `end` (the dialog ends; slots are forgotten) and `return` (back to the flow that called
this one). Under `next`, write one target for every exit or a map from exits to targets. A node of a kind with one exit may leave `next` out,
and waits then; of other kinds every exit has a target, except those that the kind says may be left out.
";

/// The table of sentences that a bundle may say otherwise.
fn phrases(of_kinds: &[Listed]) -> String {
    let mut text = String::from(
        "
## Phrases

What the program says by itself. `phrases` of the entry flow says it in your own words, for the whole bundle:

```yaml
phrases:
  old_button: { ru: Эта кнопка устарела. Напишите нам словами., en: This button is out of date. Please write to us. }
```

A phrase is plain text without variables, in every language of the flow; `{}` and the like stand for a value and must stay.

| phrase | when | Russian | English |
|---|---|---|---|
",
    );
    for (phrase, when) in LISTED.iter().chain(of_kinds) {
        text.push_str(&format!("| `{}` | {when} | {} | {} |\n", phrase.name, phrase.ru, phrase.en));
    }
    text
}

struct Page<'a> {
    schema: &'a Value,
    text: String,
}

impl Page<'_> {
    fn kind(&mut self, kind: &KindSpec, body: &Value) {
        self.text.push_str(&format!("\n### {}\n\n{}\n\n", kind.name, described(body)));
        if !kind.exits.is_empty() {
            self.text.push_str("| exit | when |\n|---|---|\n");
            for (name, when) in kind.exits {
                self.text.push_str(&format!("| `{name}` | {when} |\n"));
            }
            self.text.push('\n');
        }
        self.fields(body, &[]);
        self.text.push_str(&format!("\n```yaml\n{}```\n", kind.example));
        for (path, text) in kind.example_files {
            self.text.push_str(&format!("\nwith `{path}`:\n\n```\n{text}```\n"));
        }
    }

    /// A table of the fields of an object, then one of each kind of object inside it.
    fn fields(&mut self, body: &Value, except: &[&str]) {
        let mut open = vec![(String::new(), self.resolved(body).clone())];
        let mut seen = BTreeSet::new();
        while let Some((path, body)) = open.pop() {
            let Some(fields) = body["properties"].as_object() else {
                // A list, or a map by names of the author's own.
                for (key, mark) in [("items", "[]"), ("additionalProperties", ".<name>")] {
                    if body[key].is_object() {
                        open.push((format!("{path}{mark}"), self.resolved(&body[key]).clone()));
                    }
                }
                continue;
            };
            if !seen.insert(path.clone()) {
                continue;
            }
            let required: Vec<&str> =
                body["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if !path.is_empty() {
                self.text.push_str(&format!("\nIn `{}`:\n\n", path.trim_start_matches('.')));
            }
            self.text.push_str("| field | form | default | meaning |\n|---|---|---|---|\n");
            let mut inner = Vec::new();
            // Names of earlier versions are read and not told of.
            let told = |name: &str, field: &Value| !except.contains(&name) && field["deprecated"] != true;
            for (name, field) in fields.iter().filter(|(name, field)| told(name, field)) {
                let default = match &field["default"] {
                    _ if required.contains(&name.as_str()) => "must be there".to_owned(),
                    Value::Null => "–".to_owned(),
                    Value::String(text) if text.is_empty() => "–".to_owned(),
                    Value::Object(_) | Value::Array(_) if self.holds_fields(field) => "–".to_owned(),
                    value => format!("`{}`", value.to_string().trim_matches('"')),
                };
                self.text.push_str(&format!(
                    "| `{name}` | {} | {} | {} |\n",
                    self.form(field),
                    escaped(&default),
                    escaped(&described(field))
                ));
                let resolved = self.resolved(field).clone();
                if self.holds_fields(field) {
                    inner.push((format!("{path}.{name}"), resolved));
                }
            }
            inner.reverse();
            open.extend(inner);
        }
    }

    /// Whether a value is made of documented fields, at some depth.
    fn holds_fields(&self, schema: &Value) -> bool {
        let schema = self.resolved(schema);
        schema["properties"].is_object() && !is_text(schema)
            || schema["items"].is_object() && self.holds_fields(&schema["items"])
            || schema["additionalProperties"].is_object()
                && self.holds_fields(&schema["additionalProperties"])
    }

    /// A value's form in a few words.
    fn form(&self, schema: &Value) -> String {
        if let Some(name) = named(schema) {
            return match name {
                "Text" => "text".to_owned(),
                "Expression" => "CEL expression".to_owned(),
                "Filter" => "filter".to_owned(),
                "Texts" => "text or list of texts".to_owned(),
                "RowText" => "text, or one a language".to_owned(),
                "Duration" => "time: `30s`, `15m`, `2h`, `7d`, `2w`".to_owned(),
                _ => self.form_of(self.resolved(schema)),
            };
        }
        self.form_of(self.resolved(schema))
    }

    fn form_of(&self, schema: &Value) -> String {
        if let Some(options) = options(schema) {
            return options;
        }
        let bounds = match (&schema["minimum"], &schema["maximum"]) {
            (Value::Number(min), Value::Number(max)) => format!(", {min} to {max}"),
            _ => String::new(),
        };
        let kind = match &schema["type"] {
            Value::String(kind) => kind.as_str(),
            Value::Array(kinds) => {
                kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("")
            }
            _ => "",
        };
        match kind {
            "array" if schema["items"].is_object() => format!("list of {}", self.form(&schema["items"])),
            "array" => "list".to_owned(),
            "object" if schema["additionalProperties"].is_object() => {
                format!("map of {}", self.form(&schema["additionalProperties"]))
            }
            "object" => "fields".to_owned(),
            "integer" => format!("whole number{bounds}"),
            "number" => format!("number{bounds}"),
            "boolean" => "`true` or `false`".to_owned(),
            "string" => "name or word".to_owned(),
            _ => "value".to_owned(),
        }
    }

    /// The schema itself: behind a reference, or the alternative that is not `null`.
    fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        if let Some(name) = named(schema) {
            return &self.schema["$defs"][name];
        }
        schema
    }
}

/// The name of the definition that a schema refers to.
fn named(schema: &Value) -> Option<&str> {
    let of = |value: &'_ Value| -> Option<usize> { value["$ref"].as_str().map(str::len) };
    if of(schema).is_some() {
        return schema["$ref"].as_str()?.rsplit('/').next();
    }
    let any = schema["anyOf"].as_array()?;
    any.iter().find_map(|one| one["$ref"].as_str()?.rsplit('/').next())
}

fn is_text(schema: &Value) -> bool {
    let languages = |fields: &Map<String, Value>| fields.contains_key("ru") && fields.len() == 2;
    schema["properties"].as_object().is_some_and(languages)
}

/// One of several words.
fn options(schema: &Value) -> Option<String> {
    let words: Vec<String> = match (schema["enum"].as_array(), schema["oneOf"].as_array()) {
        (Some(words), _) => words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        (_, Some(each)) => each.iter().filter_map(|one| one["const"].as_str()).map(str::to_owned).collect(),
        _ => return None,
    };
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn described(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|")
}

/// What templates and expressions may name.
fn values() -> String {
    let mut page = String::from("\n## Values in texts and expressions\n\n| name | fields |\n|---|---|\n");
    for (root, fields) in vars::documented() {
        page.push_str(&format!("| `{root}` | {fields} |\n"));
    }
    page.push_str(
        "\nA slot of type `contact` has name, phone, email; `product` and the items of `products` have id, article, name, \
         description, brand, category, unit, price, currency, stock, photo; `products` has query, total, items. Unset \
         slots are `null`. A slot of type `list` is filled by its `default`, by `set` and by `http`; no question collects one. \
         `labels.SLOT` is known where a question of the flow fills the slot, or a called flow gives it back by `into`; a slot that a \
         flow is given by `with` has no label there.\n\n### Types\n\nDates, times, datetimes, lengths of time and amounts of money are values of their own: \
         they are compared and computed with values of their type alone, and a text shows them in the client's language \
         («29.11.2026», \"29 Nov 2026\"), numbers with the decimal mark of the language, `true` as «да» or \"yes\", a list with commas, a size \
         with its unit. A `date` has year, month, day, weekday (1 is Monday); a `time` hour, minute; a `datetime` all of these and \
         date, time; a `duration` months, days, hours, minutes (each the whole length in that unit, months apart); `money` amount, \
         currency. A slot keeps them as `2026-11-29`, `14:30`, `2026-11-29T14:30`, `2h30m`, `{ amount: 4500, currency: RUB }`, and so \
         do tests and requests to other systems. Days and times are those of the company's clock (`timezone` of company.yaml); \
         the difference of two datetimes counts the hours of that clock.\n\nA value of company.yaml has the type that it is \
         written as: `4500` is a number, `4500 RUB` and `4 500 ₽` are money, `2026-12-31` is a date, `14:30` a time, `true` a truth \
         value, `[a, b]` a list; what is in quotes is a text. `working_hours: { mon-fri: 09:00-18:00, sat: [10:00-13:00, 14:00-16:00] }` \
         and `holidays: [2027-01-01]` say when the company works: `now.working`, `now.workday`, `now.opens`, `now.next_workday` \
         and `only` of a question follow them.\n\nA value that is unset, or of a type that a text cannot show, is a dash in the text \
         and a fault in the trace; the compiler warns where it can know (`maybe-unset`, `wrong-type`). An expression or a \
         request to another system fails instead.\n\n### Filters\n\nFilters of the catalogue compare `price`, `stock`, `brand`, `category` or `article` with an \
         expression; comparisons are joined by `&&`, and one whose value is unset is dropped.\n",
    );
    page.push_str(&format!(
        "\n### Bounds\n\nAn expression or a filter has at most {} bytes, {} operators, calls and fields, brackets {} deep inside \
         each other, and macros such as `map` and `exists` {} deep; the pattern of `matches` is a text in quotes. Before an \
         expression with a macro or a pattern is evaluated, the work and the memory that it may need are computed from the \
         sizes of its values; too much of either is a fault of the node. A template with variables has at most {} bytes, {} \
         tags of {} bytes, blocks {} deep (`{{{{else if}}}}` counted) and `{{{{each}}}}` {} deep; a rendered text has at most {} \
         bytes. Values of YAML stand at most {} deep inside each other. Of a message the first {} characters are read, the first {} \
         are classified and the first {} looked up in the catalogue, and the trace says so. A text in a slot has at most {} characters, a session at most {} bytes: a node that \
         sets more fails.\n",
        condition::BYTES,
        condition::TERMS,
        condition::NESTING,
        condition::LOOPS,
        text::BYTES,
        text::TAGS,
        text::TAG_BYTES,
        text::BLOCKS,
        text::LOOPS,
        text::OUTPUT,
        yaml::DEPTH,
        event::MAX_TEXT,
        ClassifyRequest::MAX_TEXT,
        SearchRequest::MAX_TEXT,
        slot::MAX_TEXT,
        session::MAX_BYTES,
    ));
    page
}

fn codes() -> String {
    let mut text = String::from(
        "\n## Diagnostics\n\n`tolmach check` prints them with span, message and help, `--format json` gives the same to tools, \
         and `--fix` applies the mends that are certain. A bundle with an error does not run. `tolmach explain CODE`, or the page of \
         [diagnostics](diagnostics.md), tells each at length.\n\n| code | severity | meaning |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        let severity = diagnostics::word(code.severity());
        text.push_str(&format!(
            "| [`{0}`](diagnostics.md#{0}) | {severity} | {1} |\n",
            code.text(),
            code.meaning().trim()
        ));
    }
    text
}
