//! What a turn understood, from its trace, as lines for a terminal: each node with the exit that it took, and under it why.

use tolmach_engine::trace::{Trace, Visit};

/// The most characters of a line, with what the terminal puts before it.
const WIDTH: usize = 94;
/// Nodes with longer names push the exit to the right.
const NODE: usize = 16;
const KIND: usize = 16;
/// Notes stand below the exits.
const INDENT: &str = "    ";

/// The lines of a turn; none for a turn of which there is nothing to say.
pub fn lines(trace: &Trace) -> Vec<String> {
    let mut lines: Vec<String> = trace.notes.iter().flat_map(|note| wrapped(note, "")).collect();
    let mut flow = trace.visits.first().map(|visit| visit.flow.as_str()).unwrap_or_default();
    for visit in &trace.visits {
        if visit.flow != flow {
            flow = &visit.flow;
            lines.push(format!("in the flow {flow}"));
        }
        lines.push(heading(visit));
        lines.extend(visit.notes.iter().flat_map(|note| wrapped(note, INDENT)));
        lines.extend(visit.fault.iter().flat_map(|fault| wrapped(&format!("failed: {fault}"), INDENT)));
    }
    lines.extend(trace.abandoned.iter().map(|why| format!("abandoned: {why}")));
    lines
}

/// Node, kind and exit.
fn heading(visit: &Visit) -> String {
    let exit = visit.exit.as_deref().unwrap_or(if visit.fault.is_some() { "failed" } else { "not answered" });
    format!("{:<NODE$} {:<KIND$} → {exit}", visit.node, visit.kind)
}

/// A note in lines of at most [`WIDTH`] characters, broken at blanks; those after the first are indented further.
fn wrapped(note: &str, indent: &str) -> Vec<String> {
    let mut lines = vec![indent.to_owned()];
    for word in note.split_whitespace() {
        let empty = lines.last().is_none_or(|line| line.trim().is_empty());
        let room = lines.last().is_some_and(|line| line.chars().count() + 1 + word.chars().count() <= WIDTH);
        if !empty && !room {
            lines.push(format!("{indent}  "));
        }
        if let Some(line) = lines.last_mut() {
            if !line.trim().is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_its_nodes_with_their_exits_and_why() {
        let visit = |flow: &str, node: &str, kind: &str, notes: &[&str], exit: Option<&str>| Visit {
            flow: flow.to_owned(),
            node: node.to_owned(),
            kind: kind.to_owned(),
            notes: notes.iter().map(|note| (*note).to_owned()).collect(),
            exit: exit.map(str::to_owned),
            fault: None,
            ..Visit::default()
        };
        let trace = Trace {
            visits: vec![
                visit("shop", "route", "classify", &["examples: product 0.91"], Some("product")),
                visit("quote", "city", "ask", &[], Some("wait")),
                Visit { fault: Some("no rows".to_owned()), ..visit("quote", "find", "search", &[], None) },
            ],
            ..Trace::default()
        };
        let expected = [
            "route            classify         → product",
            "    examples: product 0.91",
            "in the flow quote",
            "city             ask              → wait",
            "find             search           → failed",
            "    failed: no rows",
        ];
        assert_eq!(lines(&trace), expected);
        let ignored = Trace { notes: vec!["an edit was ignored".to_owned()], ..Trace::default() };
        assert_eq!(lines(&ignored), ["an edit was ignored"]);
    }

    #[test]
    fn long_notes_are_broken_at_blanks() {
        let note = "слово ".repeat(40);
        let lines = wrapped(&note, INDENT);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:?}");
        assert!(lines[0].starts_with("    слово") && lines[1].starts_with("      слово"), "{lines:?}");
        assert_eq!(wrapped(&"x".repeat(200), "").len(), 1);
    }
}
