//! How two bundles differ: nodes first, for whoever knows the flow, then lines.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use similar::TextDiff;
use tolmach_engine::{Release, bundle::Bundle, compile, flow::Flow};

/// The difference as text; empty when there is none.
pub fn text(from: &Bundle, to: &Bundle) -> String {
    let mut text = nodes(from, to);
    let paths: BTreeSet<&String> = from.files.keys().chain(to.files.keys()).collect();
    for path in paths {
        let of = |bundle: &Bundle| bundle.files.get(path).cloned();
        let (old, new) = (of(from), of(to));
        if old == new {
            continue;
        }
        let name =
            |side: &str, there: bool| if there { format!("{side}/{path}") } else { "/dev/null".to_owned() };
        let (before, after) = (name("a", old.is_some()), name("b", new.is_some()));
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        let diff = TextDiff::from_lines(&old, &new);
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = write!(text, "{}", diff.unified_diff().context_radius(3).header(&before, &after));
    }
    text
}

/// Nodes added, removed and changed, a line a flow.
fn nodes(from: &Bundle, to: &Bundle) -> String {
    let (Some(old), Some(new)) =
        (compile(from, &tolmach_nodes::platform()).release, compile(to, &tolmach_nodes::platform()).release)
    else {
        return "one of the two does not compile, so its nodes cannot be compared (tolmach check)\n"
            .to_owned();
    };
    let flows: BTreeSet<&String> = old.flows.keys().chain(new.flows.keys()).collect();
    let mut text = String::new();
    for id in flows {
        let (before, after) = (texts(&old, id), texts(&new, id));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let (mut added, mut removed, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        for name in names {
            match (before.get(name), after.get(name)) {
                (None, _) => added.push(name.as_str()),
                (_, None) => removed.push(name.as_str()),
                (old, new) if old != new => changed.push(name.as_str()),
                _ => {}
            }
        }
        let parts: Vec<String> = [("added", added), ("removed", removed), ("changed", changed)]
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(word, names)| format!("{word} {}", names.join(", ")))
            .collect();
        let what = match (old.flow(id), new.flow(id)) {
            (None, _) => "a new flow; ",
            (_, None) => "the flow is gone; ",
            _ => "",
        };
        if !parts.is_empty() {
            let _ = writeln!(text, "{id}: {what}{}", parts.join("; "));
        }
    }
    text
}

/// Each node of a flow as it is written: its kind and its lines.
fn texts(release: &Release, id: &str) -> BTreeMap<String, String> {
    let Some(flow) = release.flow(id) else { return BTreeMap::new() };
    let lines: Vec<&str> =
        release.bundle.files.get(&flow.file).map(|text| text.lines().collect()).unwrap_or_default();
    flow.nodes.keys().map(|name| (name.clone(), written(flow, name, &lines))).collect()
}

/// From the node's name to the next line that stands no deeper.
fn written(flow: &Flow, name: &str, lines: &[&str]) -> String {
    let Some(entry) = flow.nodes.get(name) else { return String::new() };
    let first = (entry.span.line as usize).saturating_sub(1);
    let depth = (entry.span.column as usize).saturating_sub(1);
    let deeper = |line: &&&str| {
        let text = line.trim_start();
        text.is_empty() || text.starts_with('#') || line.len() - text.len() > depth
    };
    let body = lines.iter().skip(first + 1).take_while(deeper).copied();
    let kept = body.map(str::trim_end).filter(|line| !line.is_empty() && !line.trim_start().starts_with('#'));
    let head = lines.get(first).copied().unwrap_or_default();
    [head].into_iter().chain(kept).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: &str = "\
flow: shop
start: hello
nodes:
  hello:
    say: { text: { ru: Привет, en: Hello } }
    next: bye

  # How it ends.
  bye:
    say:
      text:
        ru: Пока
        en: Bye
";

    fn bundle(flow: &str) -> Bundle {
        Bundle { files: [("shop.yaml".to_owned(), flow.to_owned())].into() }
    }

    #[track_caller]
    fn check(to: &str, summary: &str) {
        let text = text(&bundle(FLOW), &bundle(to));
        let (nodes, lines) = text.split_once("--- a/").unwrap_or((&text, ""));
        assert_eq!(nodes.trim_end(), summary, "{text}");
        assert_eq!(lines.is_empty(), to == FLOW, "{text}");
    }

    #[test]
    fn nodes_are_compared_by_what_is_written_in_them() {
        check(FLOW, "");
        check(&FLOW.replace("en: Bye", "en: Good bye"), "shop: changed bye");
        check(&FLOW.replace("How it ends", "The end"), "");
        check(&FLOW.replace("  hello:", "\n\n  hello:"), "");
        check(&FLOW.replace("bye", "end_it"), "shop: added end_it; removed bye; changed hello");
        let broken = FLOW.replace("start: hello", "start: nothing");
        check(&broken, "one of the two does not compile, so its nodes cannot be compared (tolmach check)");
    }

    #[test]
    fn files_that_come_and_go_are_shown_whole() {
        let mut more = bundle(FLOW);
        more.files.insert("prompts/offer.md".to_owned(), "Be brief.\n".to_owned());
        let added = text(&bundle(FLOW), &more);
        assert!(
            added.contains("--- /dev/null\n+++ b/prompts/offer.md") && added.contains("+Be brief."),
            "{added}"
        );
        let removed = text(&more, &bundle(FLOW));
        assert!(removed.contains("--- a/prompts/offer.md\n+++ /dev/null"), "{removed}");
    }
}
