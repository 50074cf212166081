//! What a bundle has names for, as far as it can be read: what an editor offers while somebody types.
//!
//! Nothing is checked, so a bundle with mistakes has an outline, too; a file that is no YAML has none.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    bundle::Bundle,
    compile::{company, read_flow},
    condition::{FUNCTIONS, Function, Sort},
    image::Image,
    platform::Platform,
    slot::{Declaration, Type},
    text::{HELPERS, TemplateHelper},
    vars::{ROOTS, VariableNames, documented},
};

/// The names of a bundle.
#[derive(Debug, Default)]
pub struct Outline {
    /// Flows by file.
    pub flows: BTreeMap<String, FlowOutline>,
    /// Prompts.
    pub prompts: BTreeSet<String>,
    /// Knowledge.
    pub knowledge: BTreeSet<String>,
    /// Files of quick answers.
    pub answers: BTreeSet<String>,
    /// Images by path, with their sizes.
    pub images: BTreeMap<String, String>,
    /// The keys of company.yaml with their types, where these are certain.
    company: BTreeMap<String, Option<Type>>,
    working_hours: bool,
}

/// The names of a flow.
#[derive(Debug, Default)]
pub struct FlowOutline {
    /// Its id.
    pub id: String,
    /// Its slots.
    pub slots: BTreeMap<String, Declaration>,
    /// The names of all nodes, also of those that could not be read.
    pub declared: BTreeSet<String>,
    /// Kind and exits of the nodes that could be read.
    pub nodes: BTreeMap<String, NodeOutline>,
}

/// A node.
#[derive(Debug)]
pub struct NodeOutline {
    /// The key of its kind in YAML.
    pub kind: &'static str,
    /// Its exits.
    pub exits: Vec<String>,
}

/// A name that may stand in a text or an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Its type, or how it is written.
    pub detail: String,
    /// What it is.
    pub about: String,
}

impl Outline {
    /// The outline of a bundle.
    pub fn of(bundle: &Bundle, platform: &Platform) -> Outline {
        let mut unread = Vec::new();
        let company = company::read(bundle, &mut unread);
        let names = company.names();
        let working_hours = names.working_hours;
        let company = names.company.into_iter().map(|(key, kind)| (key.to_owned(), kind)).collect();
        let flow = |(file, text): (&str, &str)| {
            let flow = read_flow(file, text, platform.kinds, &mut unread)?;
            let node = |(name, entry): (String, crate::flow::NodeEntry)| {
                let exits = entry.node.exits().into_iter().map(|exit| exit.name).collect();
                (name, NodeOutline { kind: entry.kind.name, exits })
            };
            let nodes = flow.nodes.into_iter().map(node).collect();
            let outline = FlowOutline { id: flow.id, slots: flow.slots, declared: flow.declared, nodes };
            Some((file.to_owned(), outline))
        };
        let markdown =
            |folder| bundle.markdown(folder).map(|(document, _)| document.name.to_owned()).collect();
        Outline {
            flows: bundle.flows().filter_map(flow).collect(),
            prompts: markdown("prompts/"),
            knowledge: markdown("knowledge/"),
            answers: bundle.quick_answers().map(|(name, _, _)| name.to_owned()).collect(),
            images: bundle
                .images()
                .map(|(path, text)| {
                    let size = Image::parse(text).map(|image| format!("{} × {}", image.width, image.height));
                    (path.to_owned(), size.unwrap_or_default())
                })
                .collect(),
            company,
            working_hours,
        }
    }

    /// What may follow a path such as `slots.` in a text or an expression of a flow; the roots for an empty one. A prompt has the
    /// slots of all flows.
    pub fn variables(&self, file: &str, path: &[&str]) -> Vec<Named> {
        let plain = |name: &str| Named { name: name.to_owned(), detail: String::new(), about: String::new() };
        let slots: BTreeMap<&str, &Declaration> = match self.flows.get(file) {
            Some(flow) => flow.slots.iter().map(|(name, slot)| (name.as_str(), slot)).collect(),
            None => self
                .flows
                .values()
                .flat_map(|flow| &flow.slots)
                .map(|(name, slot)| (name.as_str(), slot))
                .collect(),
        };
        let typed = |name: &str, kind: Option<Type>| Named {
            name: name.to_owned(),
            detail: kind.map_or("", Type::name).to_owned(),
            about: String::new(),
        };
        match path {
            [] => documented()
                .map(|(name, about)| Named { name: name.to_owned(), detail: String::new(), about })
                .collect(),
            ["slots" | "labels"] => slots.iter().map(|(name, slot)| typed(name, Some(slot.kind))).collect(),
            ["slots", slot] => {
                let fields = slots.get(slot).and_then(|slot| slot.kind.fields()).unwrap_or_default();
                fields.iter().map(|field| plain(field)).collect()
            }
            ["company"] => self.company.iter().map(|(key, kind)| typed(key, *kind)).collect(),
            ["company", key] => {
                let kind = self.company.get(*key).copied().flatten();
                kind.and_then(Type::fields).unwrap_or_default().iter().map(|field| plain(field)).collect()
            }
            [root] if ROOTS.contains(root) => {
                let names = VariableNames { working_hours: self.working_hours, ..VariableNames::default() };
                names.fields(root).iter().map(|field| plain(field)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The functions and macros of expressions.
pub fn functions() -> Vec<Named> {
    let called = FUNCTIONS.iter().filter(|function| function.sort != Sort::Operator);
    let named = |function: &Function| Named {
        name: function.name.to_owned(),
        detail: function.signature.to_owned(),
        about: function.about.to_owned(),
    };
    called.map(named).collect()
}

/// The helpers of templates.
pub fn helpers() -> Vec<Named> {
    let named = |helper: &TemplateHelper| Named {
        name: helper.name.to_owned(),
        detail: helper.signature.to_owned(),
        about: helper.about.to_owned(),
    };
    HELPERS.iter().map(named).collect()
}
