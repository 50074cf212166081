//! Output of test results: a diff for people, JSON for tools.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tolmach_app::dialog_tests::{Ran, Summary, Understood};
use tolmach_runtime::testing::{Difference, Failure, Line, Share, Who};

const RED: &str = "31";
const GREEN: &str = "32";
const BOLD: &str = "1";
const DIM: &str = "2";

/// Where the files of a bundle are, for messages that an editor can follow.
#[derive(Clone, Copy, Debug)]
pub struct Places<'p> {
    /// The bundle's folder.
    pub bundle: &'p Path,
    /// The folder whose tests were put in place of the bundle's own.
    pub tests: Option<&'p Path>,
}

impl Places<'_> {
    fn of(self, file: &str) -> PathBuf {
        match (self.tests, file.strip_prefix("tests/")) {
            (Some(tests), Some(name)) => tests.join(name),
            _ => self.bundle.join(file),
        }
    }
}

/// All tests and the counts.
pub fn all(summary: &Summary, places: Places<'_>, seconds: f32) -> String {
    let colour = std::io::stdout().is_terminal();
    let tests: String = summary.tests.iter().map(|one| test(one, places, colour)).collect();
    format!("{tests}\n{}\n", count(summary, seconds, colour))
}

/// The counts, such as `58 passed, 0 failed in 1.2 s`.
pub fn count(summary: &Summary, seconds: f32, colour: bool) -> String {
    let (passed, failed) = (summary.passed(), summary.failed());
    let text = format!("{passed} passed, {failed} failed");
    let text = paint(colour, if failed == 0 { GREEN } else { RED }, &text);
    format!("{text} in {seconds:.1} s")
}

/// The tests that failed. `folder` is put before file paths.
pub fn failures(summary: &Summary, folder: &Path, colour: bool) -> String {
    let places = Places { bundle: folder, tests: None };
    summary.failures().map(|one| test(one, places, colour)).collect()
}

/// One test: one line if it passed, the differences and the transcript if it failed.
pub fn test(ran: &Ran, places: Places<'_>, colour: bool) -> String {
    let Some(failure) = &ran.failure else {
        return format!("  {}    {}\n", paint(colour, GREEN, "ok"), ran.name);
    };
    let file = places.of(&ran.file).display().to_string();
    let mut text = format!("  {}  {}\n", paint(colour, RED, "FAIL"), paint(colour, BOLD, &ran.name));
    text.push_str(&format!("        {file}:{} {}\n", failure.step, failure.what));
    for difference in &failure.differences {
        if difference.span != failure.step {
            let place = format!("{file}:{}", difference.span);
            text.push_str(&format!("        {}\n", paint(colour, DIM, &place)));
        }
        text.push_str(&diff(difference, colour));
    }
    text.push_str(&transcript(failure, colour));
    text
}

fn diff(difference: &Difference, colour: bool) -> String {
    let mut text = String::new();
    let (expected, found, mark) = match &difference.paths {
        Some((expected, found)) => {
            // An expectation that only some nodes are on the path is labelled `path with`.
            let exact = if difference.expected.starts_with("path with") { "path with" } else { "path" };
            let width = exact.chars().count();
            let (expected, found, at) = aligned(&shown(expected), &shown(found));
            let mark = at.map(|at| format!("{}^ differs from here", " ".repeat(at + width + 1)));
            (format!("{exact} {expected}"), format!("{:<width$} {found}", "path"), mark)
        }
        None => (difference.expected.clone(), difference.found.clone(), None),
    };
    let under = |line: &str| line.replace('\n', "\n                     ");
    let mut line = |code: &str, content: String| {
        text.push_str(&format!("          {}\n", paint(colour, code, &content)));
    };
    line(RED, format!("- expected {}", under(&expected)));
    line(GREEN, format!("+ found    {}", under(&found)));
    if let Some(mark) = mark {
        line(BOLD, format!("           {mark}"));
    }
    for note in &difference.notes {
        line(DIM, format!("  {note}"));
    }
    text
}

/// The names of a path's nodes; `(nothing)` for an empty path.
fn shown(path: &[String]) -> Vec<String> {
    if path.is_empty() { vec!["(nothing)".to_owned()] } else { path.to_vec() }
}

/// Renders two paths one below the other with equal nodes aligned, and returns the column of the first difference.
fn aligned(expected: &[String], found: &[String]) -> (String, String, Option<usize>) {
    let (mut top, mut bottom, mut differs) = (String::new(), String::new(), None);
    let mut column = 0;
    for (number, (wanted, got)) in columns(expected, found).into_iter().enumerate() {
        let arrow = |node: Option<&str>| match (number, node) {
            (0, _) => "",
            (_, Some(_)) => " → ",
            (_, None) => "   ",
        };
        let width = [wanted, got].iter().flatten().map(|node| node.chars().count()).max().unwrap_or(0);
        if wanted != got && differs.is_none() {
            differs = Some(column + arrow(None).chars().count().min(number * 3));
        }
        top.push_str(&format!("{}{:<width$}", arrow(wanted), wanted.unwrap_or("")));
        bottom.push_str(&format!("{}{:<width$}", arrow(got), got.unwrap_or("")));
        column += width + if number == 0 { 0 } else { 3 };
    }
    (top.trim_end().to_owned(), bottom.trim_end().to_owned(), differs)
}

/// Aligns two paths by their longest common subsequence.
fn columns<'n>(expected: &'n [String], found: &'n [String]) -> Vec<(Option<&'n str>, Option<&'n str>)> {
    // Dynamic programming table of longest common subsequences; `common[i][j]` is the length for the suffixes from i
    // and j.
    let mut common = vec![vec![0usize; found.len() + 1]; expected.len() + 1];
    for i in (0..expected.len()).rev() {
        for j in (0..found.len()).rev() {
            common[i][j] = if expected[i] == found[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut pairs, mut i, mut j) = (Vec::new(), 0, 0);
    while i < expected.len() || j < found.len() {
        let (wanted, got) = (expected.get(i).map(String::as_str), found.get(j).map(String::as_str));
        let both = wanted.is_some() && got.is_some();
        if both && (wanted == got || common[i + 1][j + 1] == common[i][j]) {
            // Equal nodes, or a substitution that does not shorten the common subsequence.
            pairs.push((wanted, got));
            (i, j) = (i + 1, j + 1);
        } else if wanted.is_some() && (got.is_none() || common[i + 1][j] == common[i][j]) {
            pairs.push((wanted, None));
            i += 1;
        } else {
            pairs.push((None, got));
            j += 1;
        }
    }
    pairs
}

fn transcript(failure: &Failure, colour: bool) -> String {
    let mut text = String::new();
    for Line { who, chat, text: said } in &failure.transcript {
        let name = match who {
            Who::Client => chat.as_deref().unwrap_or("client"),
            Who::Bot => "bot",
            Who::Staff => "staff",
            Who::Time => "time",
        };
        // What bot and staff say in a chat of several is told with the client's name.
        let whose = chat.as_deref().filter(|_| *who != Who::Client).map(|chat| format!("{name} to {chat}"));
        let name = whose.as_deref().unwrap_or(name);
        for (number, line) in said.lines().enumerate() {
            let name = if number == 0 { name } else { "" };
            let line = paint(colour, DIM, &format!("{name:>6} │ {line}"));
            text.push_str(&format!("        {line}\n"));
        }
    }
    text
}

/// The coverage, and with `with_gaps` each node or exit that was not reached.
pub fn coverage(summary: &Summary, folder: &Path, with_gaps: bool) -> String {
    let Summary { nodes, exits, gaps, .. } = summary;
    let mut text = format!(
        "coverage: {} of {} nodes ({} %), {} of {} exits ({} %)\n",
        nodes.reached,
        nodes.all,
        nodes.percent(),
        exits.reached,
        exits.all,
        exits.percent()
    );
    for gap in gaps.iter().filter(|_| with_gaps) {
        let what = match &gap.exit {
            Some(exit) => format!("exit `{exit}` never taken"),
            None => "never visited".to_owned(),
        };
        let file = folder.join(&gap.file);
        text.push_str(&format!("  {}:{} {}: {what}\n", file.display(), gap.span, gap.node));
    }
    text
}

/// How many turns were understood as meant, by kind: a table.
///
/// # Errors
/// No test names a kind.
pub fn report(summary: &Summary) -> anyhow::Result<String> {
    let kinds = summary.by_kind();
    if kinds.is_empty() {
        anyhow::bail!("no test names a kind; write `kind: refine`, or another word, beside a test's name");
    }
    let mut text = format!(
        "{:<12} {:>8} {:>8} {:>8} {:>10} {:>8} {:>11}\n",
        "kind", "dialogs", "whole", "turns", "understood", "share", "with model"
    );
    let mut all = Understood::default();
    for (kind, one) in &kinds {
        text.push_str(&row(kind, one));
        all.dialogs += one.dialogs;
        all.passed += one.passed;
        all.turns.all += one.turns.all;
        all.turns.met += one.turns.met;
        all.with_model += one.with_model;
    }
    text.push_str(&row("all", &all));
    Ok(text)
}

fn row(kind: &str, one: &Understood) -> String {
    let Understood { dialogs, passed, turns, with_model } = one;
    let share = 100.0 * turns.met as f64 / turns.all.max(1) as f64;
    let (all, met) = (turns.all, turns.met);
    format!("{kind:<12} {dialogs:>8} {passed:>8} {all:>8} {met:>10} {share:>6.1} % {with_model:>11}\n")
}

/// The same as JSON, with the turns of each dialog and where it first failed.
pub fn report_json(summary: &Summary) -> Value {
    let kinds: serde_json::Map<String, Value> = summary
        .by_kind()
        .into_iter()
        .map(|(kind, one)| {
            let value = json!({
                "dialogs": one.dialogs, "whole": one.passed, "turns": one.turns.all, "understood": one.turns.met,
                "understood_with_model": one.with_model,
            });
            (kind.to_owned(), value)
        })
        .collect();
    let dialogs: Vec<Value> = summary
        .tests
        .iter()
        .filter(|one| one.kind.is_some())
        .map(|one| {
            json!({
                "file": one.file, "name": one.name, "kind": one.kind,
                "turns": one.turns.all, "understood": one.turns.met,
                "understood_with_model": one.with_model.met,
                "failure": one.failure.as_ref().map(failure),
            })
        })
        .collect();
    json!({ "kinds": kinds, "dialogs": dialogs })
}

/// The results as JSON.
pub fn as_json(summary: &Summary) -> Value {
    let share =
        |share: Share| json!({ "reached": share.reached, "all": share.all, "percent": share.percent() });
    let tests: Vec<Value> = summary
        .tests
        .iter()
        .map(|one| {
            let failure = one.failure.as_ref().map(failure);
            json!({ "file": one.file, "name": one.name, "passed": failure.is_none(), "failure": failure })
        })
        .collect();
    json!({
        "passed": summary.passed(),
        "failed": summary.failed(),
        "tests": tests,
        "coverage": { "nodes": share(summary.nodes), "exits": share(summary.exits), "gaps": summary.gaps },
    })
}

fn failure(failure: &Failure) -> Value {
    let differences: Vec<Value> = failure
        .differences
        .iter()
        .map(|one| {
            let path =
                one.paths.as_ref().map(|(expected, found)| json!({ "expected": expected, "found": found }));
            json!({
                "line": one.span.line,
                "column": one.span.column,
                "expected": one.expected,
                "found": one.found,
                "path": path,
                "notes": one.notes,
            })
        })
        .collect();
    json!({
        "line": failure.step.line,
        "column": failure.step.column,
        "step": failure.what,
        "differences": differences,
        "transcript": failure.transcript,
    })
}

fn paint(colour: bool, code: &str, text: &str) -> String {
    if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: &str, found: &str) -> (String, String, Option<usize>) {
        let nodes = |path: &str| path.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        aligned(&nodes(expected), &nodes(found))
    }

    #[test]
    fn paths_stand_one_under_the_other() {
        let (top, bottom, differs) = check("route find offer", "route probe clarify offer");
        assert_eq!(top, "route → find            → offer");
        assert_eq!(bottom, "route → probe → clarify → offer");
        assert_eq!(differs, Some(8));
        assert_eq!(check("a b", "a b").2, None);
        assert_eq!(check("a b c", "a"), ("a → b → c".into(), "a".into(), Some(4)));
        assert_eq!(check("x", "y"), ("x".into(), "y".into(), Some(0)));
        assert_eq!(check("", "y"), (String::new(), "y".into(), Some(0)));
    }
}
