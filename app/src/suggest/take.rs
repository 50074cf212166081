//! Taking a proposal over: an example is written into the flow that classifies by it, in the place and the style of the others.

use tolmach_engine::{
    bundle::Bundle,
    yaml::{self, Node, Tree},
};

use super::quoted;
use crate::forms::field;

/// A file with an example added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// The file.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The line of the example, counted from 1.
    pub line: usize,
}

/// Adds an example to an intent of a node, named as `FLOW.NODE`; `None` where the intent has no examples of its own to stand beside,
/// or has this one already.
pub fn add_example(bundle: &Bundle, node: &str, intent: &str, example: &str) -> Option<Added> {
    let (flow, node) = node.split_once('.')?;
    let path = bundle.flows().map(|(path, _)| path).find(|path| path.trim_end_matches(".yaml") == flow)?;
    let text = bundle.files.get(path)?;
    let tree = yaml::parse(text).ok()?;
    let intent = ["nodes", node, "classify", "intents", intent]
        .iter()
        .try_fold(&tree, |tree, key| field(tree, key))?;
    let examples = field(intent, "examples").unwrap_or(intent);
    let Node::Seq(items) = &examples.node else { return None };
    if items.iter().any(|item| item.node == Node::Str(example.to_owned())) {
        return None;
    }
    let last = items.last()?;
    let (line, column) =
        (usize::try_from(last.span.end_line).ok()?, usize::try_from(last.span.end_column).ok()?);
    let lines: Vec<&str> = text.split('\n').collect();
    let of_last = lines.get(line.checked_sub(1)?)?;
    let first = lines.get(usize::try_from(last.span.line).ok()?.checked_sub(1)?)?;
    let dash = first.trim_start().starts_with("- ").then(|| first.len() - first.trim_start().len());
    let mut made: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let line = match dash {
        Some(indent) => {
            made.insert(line, format!("{}- {}", " ".repeat(indent), quoted(example)));
            line + 1
        }
        None => {
            let at = of_last.char_indices().nth(column.checked_sub(1)?).map_or(of_last.len(), |(at, _)| at);
            let whole = made.get_mut(line - 1)?;
            whole.insert_str(at, &format!(", {}", quoted(example)));
            line
        }
    };
    Some(Added { path: path.to_owned(), text: made.join("\n"), line })
}

/// The longest name of an intent, in characters.
const LONGEST_NAME: usize = 40;
/// The most examples that a new intent begins with.
const MOST_EXAMPLES: usize = 20;

/// Where messages of a `classify` node, named as `FLOW.NODE`, may go: the other nodes of its flow, and first where it sends what it is
/// unsure of. Empty where a new intent cannot be told where to go.
pub fn targets(bundle: &Bundle, node: &str) -> Vec<String> {
    let found = || {
        let (_, text, name) = place(bundle, node)?;
        let tree = yaml::parse(text).ok()?;
        let nodes = field(&tree, "nodes")?;
        let next = field(field(nodes, name)?, "next")?;
        let Node::Map(entries) = &nodes.node else { return None };
        let unsure = field(next, "unsure").and_then(|to| match &to.node {
            Node::Str(to) => Some(to.clone()),
            _ => None,
        });
        let others = entries.iter().map(|(other, _)| other.value.clone());
        let others = others.filter(|other| other != name && Some(other) != unsure.as_ref());
        Some(unsure.iter().cloned().chain(others).collect())
    };
    found().unwrap_or_default()
}

/// Adds an intent with its examples to a node, named as `FLOW.NODE`, and tells where its messages go; `None` where the node is not written
/// in a way to stand beside, the name is unfit or taken, or there is no such way to go.
pub fn add_intent(bundle: &Bundle, node: &str, intent: &str, examples: &[&str], to: &str) -> Option<Added> {
    let fits = intent.starts_with(|first: char| first.is_ascii_lowercase())
        && intent.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_')
        && intent.len() <= LONGEST_NAME;
    if !fits
        || examples.is_empty()
        || examples.len() > MOST_EXAMPLES
        || !targets(bundle, node).iter().any(|one| one == to)
    {
        return None;
    }
    let (path, text, name) = place(bundle, node)?;
    let tree = yaml::parse(text).ok()?;
    let node = field(field(&tree, "nodes")?, name)?;
    let (intents, next) = (field(field(node, "classify")?, "intents")?, field(node, "next")?);
    if field(intents, intent).is_some() || field(next, intent).is_some() {
        return None;
    }
    let list: Vec<String> = examples.iter().map(|example| quoted(example)).collect();
    let lines: Vec<&str> = text.split('\n').collect();
    let (of_intents, of_next) = (first_place(intents, &lines)?, first_place(next, &lines)?);
    let mut made: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    // What stands further down is changed first.
    let mut add = [
        (of_intents, format!("{intent}: {{ examples: [{}] }}", list.join(", "))),
        (of_next, format!("{intent}: {to}")),
    ];
    add.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    for (place, entry) in add {
        insert(&mut made, place, &entry)?;
    }
    let made = made.join("\n");
    let written = yaml::parse(&made).ok()?;
    let node = field(field(&written, "nodes")?, name)?;
    let (intents, next) = (field(field(node, "classify")?, "intents")?, field(node, "next")?);
    let Node::Seq(items) = &field(field(intents, intent)?, "examples")?.node else { return None };
    let same = items
        .iter()
        .map(|item| &item.node)
        .eq(&examples.iter().map(|one| Node::Str((*one).to_owned())).collect::<Vec<_>>());
    let goes = field(next, intent)?.node == Node::Str(to.to_owned());
    let line =
        made.lines().position(|line| line.trim_start().starts_with(&format!("{intent}: {{ examples:")))? + 1;
    (same && goes).then(|| Added { path: path.to_owned(), text: made, line })
}

/// The file of a node, its text, and the node's own name.
fn place<'b, 'n>(bundle: &'b Bundle, node: &'n str) -> Option<(&'b str, &'b str, &'n str)> {
    let (flow, node) = node.split_once('.')?;
    let (path, text) = bundle.flows().find(|(path, _)| path.trim_end_matches(".yaml") == flow)?;
    Some((path, text, node))
}

/// Where the first entry of a map stands: its line, counted from 0, and in braces the byte after the one that opens them.
fn first_place(tree: &Tree, lines: &[&str]) -> Option<(usize, Option<usize>)> {
    let Node::Map(entries) = &tree.node else { return None };
    let line = usize::try_from(tree.span.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(tree.span.column).ok()?.checked_sub(1)?;
    let (at, sign) = lines.get(line)?.char_indices().nth(column)?;
    if sign == '{' {
        return Some((line, Some(at + 1)));
    }
    Some((usize::try_from(entries.first()?.0.span.line).ok()?.checked_sub(1)?, None))
}

/// Puts an entry before the first one of a map: behind the brace that opens it, or on a line of its own.
fn insert(lines: &mut Vec<String>, (line, brace): (usize, Option<usize>), entry: &str) -> Option<()> {
    let first = lines.get_mut(line)?;
    match brace {
        Some(brace) => first.insert_str(brace, &format!(" {entry},")),
        None => {
            let indent = first.len() - first.trim_start().len();
            lines.insert(line, format!("{}{entry}", " ".repeat(indent)));
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(flow: &str, intent: &str, example: &str) -> Option<(String, usize)> {
        let bundle = Bundle { files: [("shop.yaml".to_owned(), flow.to_owned())].into() };
        add_example(&bundle, "shop.route", intent, example).map(|added| (added.text, added.line))
    }

    const FLOW: &str = "flow: shop
start: route
nodes:
  route:
    classify:
      intents:
        price: { examples: [сколько стоит, \"how much\"], about: x }   # a comment
        rent:
          examples:
            - аренда
            - 'for rent'   # kept
          about: y
        none: { about: z }
    next: wait
";

    #[test]
    fn an_example_stands_beside_the_others_in_their_style() {
        let (text, line) = added(FLOW, "price", "а «цена»?").unwrap();
        assert_eq!(line, 7);
        assert!(
            text.contains("[сколько стоит, \"how much\", \"а «цена»?\"], about: x }   # a comment"),
            "{text}"
        );
        let (text, line) = added(FLOW, "rent", "сдаёте?").unwrap();
        assert_eq!(line, 12);
        assert!(
            text.contains("- 'for rent'   # kept\n            - \"сдаёте?\"\n          about: y"),
            "{text}"
        );
        for (intent, example) in [("none", "x"), ("unknown", "x"), ("price", "how much")] {
            assert_eq!(added(FLOW, intent, example), None, "{intent} {example}");
        }
        assert_eq!(added("flow: [", "price", "x"), None);
    }

    fn with_intent(flow: &str, intent: &str, examples: &[&str], to: &str) -> Option<(String, usize)> {
        let bundle = Bundle { files: [("shop.yaml".to_owned(), flow.to_owned())].into() };
        add_intent(&bundle, "shop.route", intent, examples, to).map(|added| (added.text, added.line))
    }

    const ROUTES: &str = "flow: shop
start: route
nodes:
  route:
    classify:
      intents:
        # the first
        price: { examples: [сколько стоит] }
    next:
      price: say
      unsure: ask   # a comment
  say: { say: { text: x } }
  ask: { say: { text: y } }
";

    #[test]
    fn a_new_intent_stands_before_the_others_and_goes_somewhere() {
        let bundle = Bundle { files: [("shop.yaml".to_owned(), ROUTES.to_owned())].into() };
        assert_eq!(targets(&bundle, "shop.route"), ["ask", "say"]);
        assert_eq!(targets(&bundle, "shop.say"), [""; 0]);
        let (text, line) = with_intent(ROUTES, "rent", &["аренда: да", "for rent"], "say").unwrap();
        assert_eq!(line, 8);
        let expected = ROUTES
            .replace(
                "        price: {",
                "        rent: { examples: [\"аренда: да\", \"for rent\"] }\n        price: {",
            )
            .replace("      price: say", "      rent: say\n      price: say");
        assert_eq!(text, expected);
        let braces = ROUTES.replace(
            "    next:\n      price: say\n      unsure: ask   # a comment\n",
            "    next: { price: say, unsure: ask }\n",
        );
        let (text, _) = with_intent(&braces, "rent", &["аренда"], "ask").unwrap();
        assert!(text.contains("    next: { rent: ask, price: say, unsure: ask }\n"), "{text}");
        for (intent, to) in [
            ("price", "say"),
            ("unsure", "say"),
            ("Rent", "say"),
            ("1a", "say"),
            ("", "say"),
            ("rent", "nowhere"),
        ] {
            assert_eq!(with_intent(ROUTES, intent, &["x"], to), None, "{intent} {to}");
        }
        assert_eq!(with_intent(ROUTES, "rent", &[], "say"), None);
        assert_eq!(with_intent(FLOW, "other", &["x"], "wait"), None, "one way for all");
        assert_eq!(with_intent("flow: [", "rent", &["x"], "say"), None);
    }
}
