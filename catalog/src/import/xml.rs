//! Reads records of XML files as small trees, one at a time.
//!
//! Entities that a document type declares are not expanded, elements nest to a limit, and the size is that of the file.

use quick_xml::{
    Reader,
    events::{BytesRef, BytesStart, Event},
};

use super::Error;

/// Deepest nesting of elements.
const MAX_DEPTH: usize = 64;
/// Most declarations, comments and instructions before the root element.
const MAX_PROLOG: usize = 100;

/// An element with what is in it.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Name without a prefix.
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Node>,
}

impl Node {
    /// The children of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first child of a name.
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of a child, trimmed; empty if there is none.
    pub fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }

    /// An attribute, trimmed; empty if there is none.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }
}

/// The name of the root element, without a prefix; `None` if the text does not begin like an XML document.
pub(super) fn root(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    for _ in 0..MAX_PROLOG {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => return Some(start.local_name().as_ref().to_owned()),
            Event::Eof => return None,
            _ => {}
        }
    }
    None
}

/// Gives every outermost element of one of the names to `each`.
///
/// # Errors
/// The document is malformed or too deep.
pub(super) fn records(
    text: &str,
    file: &str,
    wanted: &[&str],
    mut each: impl FnMut(Node),
) -> Result<(), Error> {
    let corrupt = |why: String| Error::Corrupt { file: file.into(), why };
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Node> = Vec::new();
    let mut depth = 0_usize;
    loop {
        match reader.read_event().map_err(|error| corrupt(error.to_string()))? {
            Event::Eof if depth == 0 => return Ok(()),
            Event::Eof => return Err(corrupt("it ends in the middle of an element".into())),
            Event::Empty(start) => {
                let node = node(&start);
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None if wanted.contains(&node.name.as_str()) => each(node),
                    None => {}
                }
            }
            Event::Start(start) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(corrupt(format!("its elements nest deeper than {MAX_DEPTH}")));
                }
                let node = node(&start);
                if !open.is_empty() || wanted.contains(&node.name.as_str()) {
                    open.push(node);
                }
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if let Some(done) = open.pop() {
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => each(done),
                    }
                }
            }
            Event::Text(part) => push(&mut open, &part),
            Event::CData(part) => push(&mut open, &part),
            Event::GeneralRef(part) => push(&mut open, &resolved(&part)),
            Event::Decl(_) | Event::DocType(_) | Event::Comment(_) | Event::PI(_) => {}
        }
    }
}

fn node(start: &BytesStart<'_>) -> Node {
    let name = start.local_name().as_ref().to_owned();
    Node { name, attributes: attributes(start), ..Node::default() }
}

fn push(open: &mut [Node], part: &str) {
    if let Some(node) = open.last_mut() {
        node.text.push_str(part);
    }
}

/// The text of a reference. Entities of a document type stay as they are written.
pub(super) fn resolved(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return c.to_string();
    }
    let name: &str = reference;
    match name {
        "lt" => "<".into(),
        "gt" => ">".into(),
        "amp" => "&".into(),
        "quot" => "\"".into(),
        "apos" => "'".into(),
        "nbsp" => "\u{a0}".into(),
        "laquo" => "«".into(),
        "raquo" => "»".into(),
        "mdash" => "—".into(),
        "ndash" => "–".into(),
        other => format!("&{other};"),
    }
}

/// The attributes of an element, names without prefixes.
pub(super) fn attributes(start: &BytesStart<'_>) -> Vec<(String, String)> {
    let attributes = start.html_attributes().flatten().map(|attribute| {
        let key = attribute.key.local_name().as_ref().to_owned();
        let raw: &str = &attribute.value;
        let value =
            quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_owned(), |text| text.into_owned());
        (key, value)
    });
    attributes.collect()
}
