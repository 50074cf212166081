//! Taking a proposal over: an example is written into the flow that classifies by it, in the place and the style of the others.

use tolmach_engine::{
    bundle::Bundle,
    yaml::{self, Node, Tree},
};

use super::quoted;

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

fn field<'t>(tree: &'t Tree, key: &str) -> Option<&'t Tree> {
    match &tree.node {
        Node::Map(entries) => entries.iter().find(|(name, _)| name.value == key).map(|(_, value)| value),
        _ => None,
    }
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
}
