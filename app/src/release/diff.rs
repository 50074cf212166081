//! The differences between two bundles: by node, and by file.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tolmach_engine::{Platform, Release, bundle::Bundle, compile, flow::Flow};

/// What differs between two bundles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Diff {
    /// Flows with differences in nodes; `None` when one of the bundles does not compile.
    pub flows: Option<Vec<FlowDiff>>,
    /// Files that differ, by path.
    pub files: Vec<FileDiff>,
}

/// The differences in one flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct FlowDiff {
    /// The flow's id.
    pub flow: String,
    /// Which bundle has the flow.
    pub presence: Presence,
    /// Nodes that only the second bundle has.
    pub added: Vec<String>,
    /// Nodes that only the first bundle has.
    pub removed: Vec<String>,
    /// Nodes whose source differs; comments and empty lines are ignored.
    pub changed: Vec<String>,
}

/// Which bundle has a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Both bundles.
    Both,
    /// Only the second bundle.
    Added,
    /// Only the first bundle.
    Removed,
}

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct FileDiff {
    /// Its path in the bundle.
    pub path: String,
    /// Its text in the first bundle; `None` if it is not there.
    pub before: Option<String>,
    /// Its text in the second bundle; `None` if it is not there.
    pub after: Option<String>,
}

/// The differences from one bundle to another. Either may name model roles that the platform does not have.
pub fn diff(from: &Bundle, to: &Bundle, platform: &Platform) -> Diff {
    let paths: BTreeSet<&String> = from.files.keys().chain(to.files.keys()).collect();
    let differs = |path: &&String| from.files.get(*path) != to.files.get(*path);
    let file = |path: &String| FileDiff {
        path: path.clone(),
        before: from.files.get(path).cloned(),
        after: to.files.get(path).cloned(),
    };
    Diff {
        flows: flows(from, to, &platform.for_kept_release()),
        files: paths.into_iter().filter(differs).map(file).collect(),
    }
}

/// Nodes added, removed and changed, by flow.
fn flows(from: &Bundle, to: &Bundle, platform: &Platform) -> Option<Vec<FlowDiff>> {
    let (old, new) = (compile(from, platform).release?, compile(to, platform).release?);
    let ids: BTreeSet<&String> = old.flows.keys().chain(new.flows.keys()).collect();
    let mut flows = Vec::new();
    for id in ids {
        let (before, after) = (texts(&old, id), texts(&new, id));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let presence = match (old.flow(id), new.flow(id)) {
            (None, _) => Presence::Added,
            (_, None) => Presence::Removed,
            _ => Presence::Both,
        };
        let (added, removed, changed) = (Vec::new(), Vec::new(), Vec::new());
        let mut flow = FlowDiff { flow: id.clone(), presence, added, removed, changed };
        for name in names {
            match (before.get(name), after.get(name)) {
                (None, _) => flow.added.push(name.clone()),
                (_, None) => flow.removed.push(name.clone()),
                (old, new) if old != new => flow.changed.push(name.clone()),
                _ => {}
            }
        }
        if [&flow.added, &flow.removed, &flow.changed].iter().any(|names| !names.is_empty()) {
            flows.push(flow);
        }
    }
    Some(flows)
}

/// The source text of each node of a flow, by name.
fn texts(release: &Release, id: &str) -> BTreeMap<String, String> {
    let Some(flow) = release.flow(id) else { return BTreeMap::new() };
    let lines: Vec<&str> =
        release.bundle.files.get(&flow.file).map(|text| text.lines().collect()).unwrap_or_default();
    flow.nodes.keys().map(|name| (name.clone(), written(flow, name, &lines))).collect()
}

/// The node's source: from its name to the next line that is not indented deeper, without comments and empty lines.
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

    fn compare(from: &Bundle, to: &Bundle) -> Diff {
        diff(from, to, &tolmach_nodes::platform())
    }

    #[track_caller]
    fn check(to: &str, added: &[&str], removed: &[&str], changed: &[&str]) {
        let found = compare(&bundle(FLOW), &bundle(to));
        let flows = found.flows.unwrap();
        let names = |of: fn(&FlowDiff) -> &Vec<String>| -> Vec<&str> {
            flows.iter().flat_map(of).map(String::as_str).collect()
        };
        let (a, r, c) = (names(|flow| &flow.added), names(|flow| &flow.removed), names(|flow| &flow.changed));
        assert_eq!((a.as_slice(), r.as_slice(), c.as_slice()), (added, removed, changed), "{flows:?}");
        assert_eq!(found.files.is_empty(), to == FLOW);
    }

    #[test]
    fn nodes_are_compared_by_what_is_written_in_them() {
        check(FLOW, &[], &[], &[]);
        check(&FLOW.replace("en: Bye", "en: Good bye"), &[], &[], &["bye"]);
        check(&FLOW.replace("How it ends", "The end"), &[], &[], &[]);
        check(&FLOW.replace("  hello:", "\n\n  hello:"), &[], &[], &[]);
        check(&FLOW.replace("bye", "end_it"), &["end_it"], &["bye"], &["hello"]);
        assert_eq!(compare(&bundle(FLOW), &bundle("flow: shop\n")).flows, None);
    }

    #[test]
    fn added_and_removed_files_are_listed_with_their_texts() {
        let mut more = bundle(FLOW);
        more.files.insert("prompts/offer.md".to_owned(), "Be brief.\n".to_owned());
        let added = compare(&bundle(FLOW), &more).files;
        assert_eq!((added[0].before.as_deref(), added[0].after.as_deref()), (None, Some("Be brief.\n")));
        let removed = compare(&more, &bundle(FLOW)).files;
        assert_eq!((removed.len(), removed[0].after.as_deref()), (1, None));
    }
}
