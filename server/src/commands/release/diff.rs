//! Text output of the differences between two releases: nodes first, then a unified diff of the files.

use std::fmt::Write;

use similar::TextDiff;
use tolmach_app::release::{Diff, FileDiff, FlowDiff, Presence};

/// The difference as text; empty when there is none.
pub fn text(diff: &Diff) -> String {
    let mut text = match &diff.flows {
        Some(flows) => flows.iter().map(nodes).collect(),
        None => {
            "one of the two does not compile, so its nodes cannot be compared (tolmach check)\n".to_owned()
        }
    };
    for FileDiff { path, before, after } in &diff.files {
        let name =
            |side: &str, there: bool| if there { format!("{side}/{path}") } else { "/dev/null".to_owned() };
        let (old, new) = (before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default());
        let lines = TextDiff::from_lines(old, new);
        if !text.is_empty() {
            text.push('\n');
        }
        let (from, to) = (name("a", before.is_some()), name("b", after.is_some()));
        let _ = write!(text, "{}", lines.unified_diff().context_radius(3).header(&from, &to));
    }
    text
}

/// The nodes added, removed and changed in a flow, on one line.
fn nodes(flow: &FlowDiff) -> String {
    let parts: Vec<String> = [("added", &flow.added), ("removed", &flow.removed), ("changed", &flow.changed)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| format!("{word} {}", names.join(", ")))
        .collect();
    let what = match flow.presence {
        Presence::Added => "a new flow; ",
        Presence::Removed => "the flow is gone; ",
        Presence::Both => "",
    };
    format!("{}: {what}{}\n", flow.flow, parts.join("; "))
}

#[cfg(test)]
mod tests {
    use tolmach_app::release::diff;
    use tolmach_engine::bundle::Bundle;

    use super::*;

    fn compare(from: &Bundle, to: &Bundle) -> Diff {
        diff(from, to, &tolmach_nodes::platform())
    }

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
        let text = text(&compare(&bundle(FLOW), &bundle(to)));
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
    fn added_and_removed_files_are_shown_completely() {
        let mut more = bundle(FLOW);
        more.files.insert("prompts/offer.md".to_owned(), "Be brief.\n".to_owned());
        let added = text(&compare(&bundle(FLOW), &more));
        assert!(
            added.contains("--- /dev/null\n+++ b/prompts/offer.md") && added.contains("+Be brief."),
            "{added}"
        );
        let removed = text(&compare(&more, &bundle(FLOW)));
        assert!(removed.contains("--- a/prompts/offer.md\n+++ /dev/null"), "{removed}");
    }
}
