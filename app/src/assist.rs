//! Help while somebody types: what may stand at a place, what the word there means, what is wrong so far.
//!
//! The text need not compile, nor be YAML: the place is read by [indentation](place), what may stand there is in the schemas that
//! the compiler's own types give ([`crate::schemas`]), and names come from whatever of the bundle can be read
//! ([`Outline`]). Nothing is stored and nothing asked of the outside.

mod findings;
mod place;
mod shape;

use std::sync::LazyLock;

use serde::Serialize;
use serde_json::Value;
use tolmach_engine::{
    Platform,
    bundle::{Bundle, COMPANY},
    outline::{self, FlowOutline, Named, Outline},
};

pub use findings::{Edit, Finding, FindingFix, findings};

use crate::schemas::schemas;
use place::{Place, Role, Step, place};
use shape::Shapes;

/// The most proposals that are made at once.
pub const MAX_PROPOSALS: usize = 200;

/// Something that may stand at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Proposal {
    /// What is shown.
    pub label: String,
    /// What is written.
    pub apply: String,
    /// What it is: `field`, `kind`, `value`, `node`, `slot`, `outcome`, `file`, `prompt`, `image`, `variable` or `function`.
    pub kind: &'static str,
    /// Its form, in a word or two.
    pub detail: String,
    /// What it means.
    pub doc: String,
}

/// Proposals for a place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Proposals {
    /// Where what they replace begins, in UTF-16 units.
    pub from: usize,
    /// The proposals; at most [`MAX_PROPOSALS`].
    pub items: Vec<Proposal>,
}

/// What a word means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Meaning {
    /// Where it begins, in UTF-16 units.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// What it is.
    pub title: String,
    /// More about it.
    pub doc: String,
}

/// A bundle with a file that is being typed.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'t> {
    /// The bundle, with the text as it is now.
    pub bundle: &'t Bundle,
    /// The file.
    pub file: &'t str,
    /// The platform that it is for.
    pub platform: &'t Platform,
}

impl Typed<'_> {
    fn text(&self) -> &str {
        self.bundle.files.get(self.file).map(String::as_str).unwrap_or_default()
    }
}

/// The line, counted from 1, at which a key of a map at the top of a YAML file stands: a node under `nodes`, for example.
pub fn line_of(text: &str, parent: &str, key: &str) -> Option<usize> {
    let (_, at) = place::keys_under(text, parent).into_iter().find(|(name, _)| name == key)?;
    Some(text.get(..at)?.matches('\n').count() + 1)
}

/// The keys of a map at the top of a YAML file with their lines, counted from 1, in order.
pub(crate) fn lines_under(text: &str, parent: &str) -> Vec<(String, usize)> {
    let keys = place::keys_under(text, parent).into_iter();
    keys.filter_map(|(name, at)| Some((name, text.get(..at)?.matches('\n').count() + 1))).collect()
}

/// The schemas of the files of a bundle by name; they follow from the program alone.
static SCHEMAS: LazyLock<Vec<(&'static str, Value)>> =
    LazyLock::new(|| schemas().into_iter().map(|file| (file.name, file.schema)).collect());

/// The schema of a file; `None` for texts.
fn schema(file: &str) -> Option<&'static Value> {
    if !(file.ends_with(".yaml") || file.ends_with(".yml")) {
        return None;
    }
    let name = match file.split_once('/') {
        Some(("tests", _)) => "test",
        Some(("faq", _)) => "faq",
        Some(("golden", _)) => "golden",
        Some(_) => return None,
        None if file == COMPANY => "company",
        None => "flow",
    };
    SCHEMAS.iter().find(|(own, _)| *own == name).map(|(_, schema)| schema)
}

/// What may stand at a place of the file, counted in UTF-16 units.
pub fn complete(typed: &Typed<'_>, at: usize) -> Proposals {
    let text = typed.text();
    let byte = byte_at(text, at);
    let Some(schema) = schema(typed.file) else {
        return in_template(typed, text.get(..byte).unwrap_or_default(), 0)
            .map(|(from, items)| told(text, from, items))
            .unwrap_or_default();
    };
    let place = place(text, byte);
    if place.comment {
        return Proposals::default();
    }
    let shapes = Shapes::at(schema, &place.path);
    // A list of texts: what is typed is an item, not a key.
    let value = place.role == Role::Value
        || place.path.last() == Some(&Step::Item) && shapes.fields().next().is_none();
    if value && let Some((from, items)) = in_text(typed, &shapes, &place) {
        return told(text, from, items);
    }
    let items = if value { values(typed, &shapes, &place) } else { keys(typed, schema, &shapes, &place) };
    let quotes = place.written.len() - place.written.trim_start_matches(['"', '\'']).len();
    let written = place.written.trim_start_matches(['"', '\'']);
    // A proposal replaces what it begins with; of words in a row only the last is typed.
    let word = written.rsplit([' ', ',']).next().unwrap_or_default();
    let from = place.from + quotes + written.len() - word.len();
    let fits = |item: &Proposal| item.label.to_lowercase().contains(&word.to_lowercase());
    told(text, from, items.into_iter().filter(fits).collect())
}

fn told(text: &str, from: usize, mut items: Vec<Proposal>) -> Proposals {
    items.truncate(MAX_PROPOSALS);
    Proposals { from: units_at(text, from), items }
}

/// The keys that the map at a place may have.
fn keys(typed: &Typed<'_>, schema: &Value, shapes: &Shapes<'_>, place: &Place) -> Vec<Proposal> {
    let inline = place_is_inline(typed.text(), place);
    let depth = place.from - line_start(typed.text(), place.from);
    let field = |(name, field): (&str, &Value)| {
        let (detail, below) = shape::form(schema, field);
        let apply = match (below, inline) {
            (true, false) => format!("{name}:\n{}", " ".repeat(depth + 2)),
            _ => format!("{name}: "),
        };
        let is_kind = matches!(place.path.as_slice(), [Step::Key(nodes), Step::Key(_)] if nodes == "nodes");
        let kind = if is_kind && name != "next" { "kind" } else { "field" };
        Proposal { label: name.to_owned(), apply, kind, detail, doc: shape::about(field).to_owned() }
    };
    let mut found: Vec<Proposal> = shapes.fields().map(field).collect();
    found.dedup_by(|a, b| a.label == b.label);
    if let Some(names) = shapes.keys() {
        let named = names_of(typed, names, place).into_iter();
        found.extend(named.map(|item| Proposal { apply: format!("{}: ", item.label), ..item }));
    }
    found
}

/// Words and names that the value at a place may be.
fn values(typed: &Typed<'_>, shapes: &Shapes<'_>, place: &Place) -> Vec<Proposal> {
    let listed = place.written.starts_with('-');
    let items = shapes.has_items().then(|| shapes.items()).filter(|_| !listed);
    let shapes = items.as_ref().filter(|_| shapes.names.is_none()).unwrap_or(shapes);
    let word = |(word, about): (String, &str)| Proposal {
        label: word.clone(),
        apply: word,
        kind: "value",
        detail: String::new(),
        doc: about.to_owned(),
    };
    let mut found: Vec<Proposal> = shapes.words().into_iter().map(word).collect();
    if let Some(names) = shapes.names {
        found.extend(names_of(typed, names, place));
    }
    found
}

/// Names of a sort, as the bundle has them.
fn names_of(typed: &Typed<'_>, sort: &str, place: &Place) -> Vec<Proposal> {
    let named = |kind: &'static str| {
        move |(label, detail): (String, String)| Proposal {
            apply: label.clone(),
            label,
            kind,
            detail,
            doc: String::new(),
        }
    };
    let outline = outline_of(typed, place.from);
    let flow = outline.flows.get(typed.file);
    match sort {
        "node" => nodes(flow).map(named("node")).collect(),
        "target" => {
            let fixed = [
                ("wait", "The turn ends; the next message enters at `start`."),
                ("end", "The dialog ends; slots are forgotten."),
                ("return", "Back to the flow that called this one."),
            ];
            let fixed = fixed.map(|(word, about)| Proposal {
                label: word.to_owned(),
                apply: word.to_owned(),
                kind: "value",
                detail: String::new(),
                doc: about.to_owned(),
            });
            nodes(flow).map(named("node")).chain(fixed).collect()
        }
        "slot" => {
            let slots = flow.into_iter().flat_map(|flow| &flow.slots);
            slots.map(|(name, slot)| (name.clone(), slot.kind.name().to_owned())).map(named("slot")).collect()
        }
        "exit" => exits(typed, flow, place).map(named("outcome")).collect(),
        "flow" => {
            outline.flows.values().map(|flow| (flow.id.clone(), String::new())).map(named("file")).collect()
        }
        "prompt" => {
            outline.prompts.iter().map(|name| (name.clone(), String::new())).map(named("prompt")).collect()
        }
        "knowledge" => {
            outline.knowledge.iter().map(|name| (name.clone(), String::new())).map(named("file")).collect()
        }
        "answers" => {
            outline.answers.iter().map(|name| (name.clone(), String::new())).map(named("file")).collect()
        }
        "image" => outline.images.clone().into_iter().map(named("image")).collect(),
        _ => Vec::new(),
    }
}

fn nodes(flow: Option<&FlowOutline>) -> impl Iterator<Item = (String, String)> {
    flow.into_iter().flat_map(|flow| {
        flow.declared.iter().map(|name| {
            let kind = flow.nodes.get(name).map_or("", |node| node.kind);
            (name.clone(), kind.to_owned())
        })
    })
}

/// The exits of the node whose `next` is typed.
fn exits(
    typed: &Typed<'_>,
    flow: Option<&FlowOutline>,
    place: &Place,
) -> impl Iterator<Item = (String, String)> {
    let name = match place.path.as_slice() {
        [Step::Key(nodes), Step::Key(name), ..] if nodes == "nodes" => name.as_str(),
        _ => "",
    };
    let known = flow.and_then(|flow| flow.nodes.get(name));
    let when = |kind: &str, exit: &str| {
        let spec = typed.platform.kinds.iter().find(|spec| spec.name == kind);
        let known = spec.and_then(|spec| spec.exits.iter().find(|(own, _)| *own == exit));
        known.map_or("", |(_, when)| when).to_owned()
    };
    let exits: Vec<(String, String)> = known
        .map(|node| node.exits.iter().map(|exit| (exit.clone(), when(node.kind, exit))).collect())
        .unwrap_or_default();
    exits.into_iter()
}

/// A text with the line of a byte left empty.
fn blanked(text: &str, at: usize) -> String {
    let start = line_start(text, at);
    let end = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| at + length);
    format!("{}{}", text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default())
}

/// The names of the bundle, also where the file is no YAML at the moment: without the line of a byte, or as they look.
fn outline_of(typed: &Typed<'_>, at: usize) -> Outline {
    let mut outline = Outline::of(typed.bundle, typed.platform);
    let is_flow = !typed.file.contains('/') && typed.file != COMPANY && schema(typed.file).is_some();
    if is_flow && !outline.flows.contains_key(typed.file) {
        let text = typed.text();
        // The line that is typed is most often the one that is wrong.
        let mut without = typed.bundle.clone();
        without.files.insert(typed.file.to_owned(), blanked(text, at));
        let mut masked = Outline::of(&without, typed.platform);
        if let Some(flow) = masked.flows.remove(typed.file) {
            outline.flows.insert(typed.file.to_owned(), flow);
            return outline;
        }
        let names = |parent| place::keys_under(text, parent).into_iter().map(|(name, _)| name);
        let flow = FlowOutline {
            id: typed.file.trim_end_matches(".yaml").to_owned(),
            declared: names("nodes").collect(),
            slots: names("slots").filter_map(|name| Some((name, declared()?))).collect(),
            ..FlowOutline::default()
        };
        outline.flows.insert(typed.file.to_owned(), flow);
    }
    outline
}

/// A slot of which nothing but the name is known.
fn declared() -> Option<tolmach_engine::slot::Declaration> {
    serde_json::from_value(serde_json::json!({ "type": "text" })).ok()
}

/// Proposals inside a text or an expression.
fn in_text(typed: &Typed<'_>, shapes: &Shapes<'_>, place: &Place) -> Option<(usize, Vec<Proposal>)> {
    if ["Expression", "Filter"].iter().any(|name| shapes.named.contains(name)) {
        return Some(in_expression(typed, &place.written, place.from));
    }
    in_template(typed, &place.written, place.from)
}

/// Proposals after `{{`; `None` where no variable is being typed.
fn in_template(typed: &Typed<'_>, written: &str, start: usize) -> Option<(usize, Vec<Proposal>)> {
    let open = written.rfind("{{")?;
    let inside = written.get(open + 2..)?;
    if inside.contains("}}") {
        return None;
    }
    let (from, path, word) = dotted(inside);
    let mut items = variables(typed, start, &path);
    if path.is_empty() {
        items.extend(outline::helpers().into_iter().map(|named| proposal(named, "function")));
    }
    items.retain(|item| item.label.starts_with(word));
    Some((start + open + 2 + from, items))
}

/// Proposals in an expression.
fn in_expression(typed: &Typed<'_>, written: &str, start: usize) -> (usize, Vec<Proposal>) {
    let (from, path, word) = dotted(written);
    let mut items = variables(typed, start, &path);
    if path.is_empty() {
        let functions = outline::functions().into_iter();
        items.extend(functions.map(|named| {
            let apply = format!("{}(", named.name);
            Proposal { apply, ..proposal(named, "function") }
        }));
    }
    items.retain(|item| item.label.starts_with(word));
    (start + from, items)
}

/// The dotted name at the end of a text: where its last part begins, what is before it, and the part.
fn dotted(text: &str) -> (usize, Vec<&str>, &str) {
    let is_name = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == '.';
    let start = text.char_indices().rev().find(|(_, sign)| !is_name(*sign));
    let start = start.map_or(0, |(at, sign)| at + sign.len_utf8());
    let name = text.get(start..).unwrap_or_default();
    match name.rsplit_once('.') {
        Some((path, word)) => (text.len() - word.len(), path.split('.').collect(), word),
        None => (start, Vec::new(), name),
    }
}

fn variables(typed: &Typed<'_>, at: usize, path: &[&str]) -> Vec<Proposal> {
    outline_of(typed, at)
        .variables(typed.file, path)
        .into_iter()
        .map(|named| proposal(named, "variable"))
        .collect()
}

fn proposal(named: Named, kind: &'static str) -> Proposal {
    let Named { name, detail, about } = named;
    Proposal { apply: name.clone(), label: name, kind, detail, doc: about }
}

/// What the word at a place of the file means, counted in UTF-16 units; `None` where there is nothing to say.
pub fn meaning(typed: &Typed<'_>, at: usize) -> Option<Meaning> {
    let text = typed.text();
    let byte = byte_at(text, at);
    let is_name = |sign: char| sign.is_alphanumeric() || "_-".contains(sign);
    let before = text.get(..byte)?;
    let from = before.char_indices().rev().find(|(_, sign)| !is_name(*sign));
    let from = from.map_or(0, |(at, sign)| at + sign.len_utf8());
    let after = text.get(byte..)?;
    let to = byte + after.find(|sign| !is_name(sign)).unwrap_or(after.len());
    let word = text.get(from..to).filter(|word| !word.is_empty())?;
    let meaning = |title: String, doc: String| {
        Some(Meaning { from: units_at(text, from), to: units_at(text, to), title, doc })
    };
    // A path such as `slots.budget`, up to the word.
    let (_, path, _) = dotted(text.get(..to)?);
    let named = |named: Named| {
        let title =
            if named.detail.is_empty() { named.name } else { format!("{}: {}", named.name, named.detail) };
        meaning(title, named.about)
    };
    let place = schema(typed.file).map(|schema| (schema, place(text, from)));
    let shapes = place.as_ref().map(|(schema, place)| Shapes::at(schema, &place.path));
    if let (Some((schema, place)), Some(shapes)) = (&place, &shapes)
        && !is_in_template(text, from)
    {
        let is_key = place.role == Role::Key && text.get(to..)?.starts_with(':');
        if is_key {
            let field = shapes.fields().find(|(name, _)| *name == word);
            if let Some((_, field)) = field {
                let form = shape::form(schema, field).0;
                let title = if form.is_empty() { word.to_owned() } else { format!("{word}: {form}") };
                return meaning(title, shape::about(field).to_owned());
            }
            if let Some(names) = shapes.keys() {
                let found = names_of(typed, names, place).into_iter().find(|item| item.label == word)?;
                return meaning(format!("{} {word}", found.kind), found.detail);
            }
            return meaning(word.to_owned(), Shapes::at(schema, &with(place, word)).about().to_owned())
                .filter(|meaning| !meaning.doc.is_empty());
        }
        let expression = ["Expression", "Filter"].iter().any(|name| shapes.named.contains(name));
        if !expression {
            let found = values(typed, shapes, place).into_iter().find(|item| item.label == word)?;
            let title = if found.detail.is_empty() {
                format!("{} {word}", found.kind)
            } else {
                format!("{} {word}: {}", found.kind, found.detail)
            };
            return meaning(title, found.doc);
        }
    } else if schema(typed.file).is_none() && !is_in_template(text, from) {
        return None;
    }
    let known = outline_of(typed, from).variables(typed.file, &path).into_iter();
    let called = match is_in_template(text, from) {
        true => [outline::helpers(), outline::functions()].concat(),
        false => outline::functions(),
    };
    named(known.chain(called).find(|named| named.name == word)?)
}

fn with(place: &Place, key: &str) -> Vec<Step> {
    place.path.iter().cloned().chain([Step::Key(key.to_owned())]).collect()
}

/// Whether a byte is between `{{` and `}}` of one line.
fn is_in_template(text: &str, at: usize) -> bool {
    let line = text.get(line_start(text, at)..at).unwrap_or_default();
    line.rfind("{{").is_some_and(|open| !line.get(open..).is_some_and(|rest| rest.contains("}}")))
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
}

/// Whether a key stands inside brackets.
fn place_is_inline(text: &str, place: &Place) -> bool {
    let line = text.get(line_start(text, place.from)..place.from).unwrap_or_default();
    !line.trim_start_matches([' ', '-']).is_empty()
}

/// The byte of an offset in UTF-16 units; the end for one beyond it.
pub fn byte_at(text: &str, units: usize) -> usize {
    let mut seen = 0;
    for (at, sign) in text.char_indices() {
        if seen >= units {
            return at;
        }
        seen += sign.len_utf16();
    }
    text.len()
}

/// The offset in UTF-16 units of a byte.
pub fn units_at(text: &str, byte: usize) -> usize {
    text.get(..byte).unwrap_or(text).chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests;
