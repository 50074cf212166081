//! Three texts become one: what two people changed of the same text, line by line.
//!
//! Lines count, not their neighbourhood: what one person changed beside a line that another changed is no conflict, because two
//! people who write in one list or one map do just that. Only where both changed the same line, or put different lines into the same
//! place, a person has to decide.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// What came of two changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// Both changes are in this text.
    Clean(String),
    /// Some lines were changed by both: this text has both versions of them between marks.
    Conflict(String),
}

/// The marks of a conflict: before one version, between them, after the other.
pub(super) const MARKS: [&str; 3] = ["<<<<<<< ", "=======", ">>>>>>> "];

/// The most pairs of lines that are compared; above it the lines between the first and the last change are one change.
const MOST: usize = 4_000_000;

/// Lines of the base, from the first to before the second, and what stands in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hunk<'t> {
    from: usize,
    to: usize,
    lines: Vec<&'t str>,
}

/// Merges two changes of a text. `names` say whose each is, in the marks of a conflict.
pub fn merge(base: &str, ours: &str, theirs: &str, names: [&str; 2]) -> Merged {
    if ours == theirs || base == theirs {
        return Merged::Clean(ours.to_owned());
    }
    if base == ours {
        return Merged::Clean(theirs.to_owned());
    }
    let lines = lines_of(base);
    let (ours, theirs) = (lines_of(ours), lines_of(theirs));
    let (mut ours, mut theirs) =
        (hunks(&lines, &ours).into_iter().peekable(), hunks(&lines, &theirs).into_iter().peekable());
    let (mut text, mut at, mut clean) = (String::new(), 0, true);
    while let Some(first) = next(&mut ours, &mut theirs) {
        let begin = match &first {
            First::Ours(hunk) | First::Theirs(hunk) => hunk.from,
            First::Both(mine, other) => mine.from.min(other.from),
        };
        push(&mut text, lines.get(at..begin).unwrap_or_default());
        match first {
            First::Ours(hunk) | First::Theirs(hunk) => {
                push(&mut text, &hunk.lines);
                at = hunk.to;
            }
            First::Both(mine, other) if mine == other => {
                push(&mut text, &mine.lines);
                at = mine.to;
            }
            First::Both(mine, other) => {
                clean = false;
                let (end, mine, other) = widened(&lines, (mine, &mut ours), (other, &mut theirs));
                mark(&mut text, MARKS[0], names[0]);
                push_ended(&mut text, &mine);
                mark(&mut text, MARKS[1], "");
                push_ended(&mut text, &other);
                mark(&mut text, MARKS[2], names[1]);
                at = end;
            }
        }
    }
    push(&mut text, lines.get(at..).unwrap_or_default());
    if clean { Merged::Clean(text) } else { Merged::Conflict(text) }
}

/// Whether a text has marks of a conflict that nobody has settled.
pub fn has_marks(text: &str) -> Option<usize> {
    text.lines().position(|line| line.starts_with(MARKS[0]) || line.starts_with(MARKS[2]))
}

enum First<'t> {
    Ours(Hunk<'t>),
    Theirs(Hunk<'t>),
    Both(Hunk<'t>, Hunk<'t>),
}

type Hunks<'t> = std::iter::Peekable<std::vec::IntoIter<Hunk<'t>>>;

/// The next hunk of either side, or both where they are about the same lines.
fn next<'t>(ours: &mut Hunks<'t>, theirs: &mut Hunks<'t>) -> Option<First<'t>> {
    match (ours.peek(), theirs.peek()) {
        (None, None) => None,
        (Some(_), None) => ours.next().map(First::Ours),
        (None, Some(_)) => theirs.next().map(First::Theirs),
        (Some(mine), Some(other)) if overlap(mine, other) => Some(First::Both(ours.next()?, theirs.next()?)),
        // An insertion before a line comes before what was made of the line.
        (Some(mine), Some(other)) if (mine.from, mine.to) < (other.from, other.to) => {
            ours.next().map(First::Ours)
        }
        _ => theirs.next().map(First::Theirs),
    }
}

/// Whether two hunks are about the same lines: they share one, or one puts lines into the middle of what the other replaces, or both
/// put lines into the same place.
fn overlap(a: &Hunk<'_>, b: &Hunk<'_>) -> bool {
    match (a.from == a.to, b.from == b.to) {
        (true, true) => a.from == b.from,
        (true, false) => b.from < a.from && a.from < b.to,
        (false, true) => a.from < b.from && b.from < a.to,
        (false, false) => a.from < b.to && b.from < a.to,
    }
}

/// A conflict with all hunks that reach into it: where it ends in the base, and both versions of its lines.
fn widened<'t>(
    lines: &[&'t str],
    (mine, ours): (Hunk<'t>, &mut Hunks<'t>),
    (other, theirs): (Hunk<'t>, &mut Hunks<'t>),
) -> (usize, Vec<&'t str>, Vec<&'t str>) {
    let begin = mine.from.min(other.from);
    let mut end = mine.to.max(other.to);
    let (mut mine, mut other) = (vec![mine], vec![other]);
    loop {
        let reaches = |hunk: &Hunk<'_>| hunk.from < end;
        if let Some(hunk) = ours.next_if(reaches) {
            end = end.max(hunk.to);
            mine.push(hunk);
        } else if let Some(hunk) = theirs.next_if(reaches) {
            end = end.max(hunk.to);
            other.push(hunk);
        } else {
            break;
        }
    }
    (end, version(lines, begin, end, mine), version(lines, begin, end, other))
}

/// The lines of the base from one place to another, with these hunks.
fn version<'t>(lines: &[&'t str], begin: usize, end: usize, hunks: Vec<Hunk<'t>>) -> Vec<&'t str> {
    let (mut made, mut at) = (Vec::new(), begin);
    for hunk in hunks {
        made.extend(lines.get(at..hunk.from).unwrap_or_default());
        made.extend(hunk.lines);
        at = hunk.to;
    }
    made.extend(lines.get(at..end).unwrap_or_default());
    made
}

/// What became of a text: the places that differ. Lines that were replaced by as many are each a hunk of its own.
fn hunks<'t>(base: &[&str], new: &[&'t str]) -> Vec<Hunk<'t>> {
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(a, b)| a == b).count();
    let head = same(&mut base.iter().zip(new));
    let most = base.len().min(new.len()) - head;
    let tail = same(&mut base.iter().rev().zip(new.iter().rev())).min(most);
    let old = base.get(head..base.len() - tail).unwrap_or_default();
    let made = new.get(head..new.len() - tail).unwrap_or_default();
    if old.len().saturating_mul(made.len()) > MOST {
        return vec![Hunk { from: head, to: head + old.len(), lines: made.to_vec() }];
    }
    let mut found = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, old, made) {
        let (_, from, to) = op.as_tag_tuple();
        let lines = made.get(to).unwrap_or_default();
        let from = head + from.start..head + from.end;
        match op {
            DiffOp::Equal { .. } => {}
            DiffOp::Replace { .. } if from.len() == lines.len() => {
                let one = |(at, line): (usize, &&'t str)| Hunk { from: at, to: at + 1, lines: vec![*line] };
                found.extend(from.zip(lines).map(one));
            }
            _ => found.push(Hunk { from: from.start, to: from.end, lines: lines.to_vec() }),
        }
    }
    found
}

/// The lines of a text, each with its end.
fn lines_of(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Adds lines; one without an end gets it, where more follow.
fn push(text: &mut String, lines: &[&str]) {
    for line in lines {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(line);
    }
}

fn push_ended(text: &mut String, lines: &[&str]) {
    push(text, lines);
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

fn mark(text: &mut String, mark: &str, name: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(mark);
    text.push_str(name);
    text.push('\n');
}

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DiffLine {
    /// `same`, `new` or `gone`.
    pub kind: &'static str,
    /// Its number in the text after, or before where it is gone; counted from 1.
    pub number: usize,
    /// The line, without its end.
    pub text: String,
}

/// The lines that differ between two texts, with `around` lines that do not; parts are apart by a gap in their numbers.
pub fn difference(before: &str, after: &str, around: usize) -> Vec<Vec<DiffLine>> {
    let (old, new) = (lines_of(before), lines_of(after));
    let line = |kind, number: usize, text: &str| DiffLine {
        kind,
        number: number + 1,
        text: text.trim_end_matches(['\n', '\r']).to_owned(),
    };
    let mut parts: Vec<Vec<DiffLine>> = Vec::new();
    // Up to which line of the new text something was told, and how far the old text is ahead of it.
    let (mut told, mut shift) = (0, 0_isize);
    for hunk in hunks(&old, &new) {
        let at = usize::try_from(isize::try_from(hunk.from).unwrap_or_default() + shift).unwrap_or_default();
        let from = at.saturating_sub(around).max(told);
        let joins = !parts.is_empty() && from <= told + around;
        if !joins {
            parts.push(Vec::new());
        }
        let from = if joins { told } else { from };
        let Some(part) = parts.last_mut() else { continue };
        for number in from..at {
            part.push(line("same", number, new.get(number).copied().unwrap_or_default()));
        }
        for number in hunk.from..hunk.to {
            part.push(line("gone", number, old.get(number).copied().unwrap_or_default()));
        }
        for (number, text) in (at..).zip(&hunk.lines) {
            part.push(line("new", number, text));
        }
        told = at + hunk.lines.len();
        let grown = isize::try_from(hunk.lines.len()).unwrap_or_default();
        shift += grown - isize::try_from(hunk.to - hunk.from).unwrap_or_default();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(base: &str, ours: &str, theirs: &str) -> Merged {
        merge(base, ours, theirs, ["Анна", "Борис"])
    }

    #[test]
    fn changes_of_different_lines_come_together() {
        let base = "a\nb\nc\nd\n";
        for (ours, theirs, merged) in [
            ("A\nb\nc\nd\n", "a\nb\nc\nD\n", "A\nb\nc\nD\n"),
            // Neighbours.
            ("a\nB\nc\nd\n", "a\nb\nC\nd\n", "a\nB\nC\nd\n"),
            ("a\nB\nC\nd\n", "a\nb\nc\nD\n", "a\nB\nC\nD\n"),
            // Before and after a line that the other changed.
            ("a\nb\nx\nc\nd\n", "a\nb\nC\nd\n", "a\nb\nx\nC\nd\n"),
            ("a\nb\nC\nd\n", "a\nb\nx\nc\nd\n", "a\nb\nx\nC\nd\n"),
            ("a\nb\nc\nd\nx\n", "a\nb\nc\nD\n", "a\nb\nc\nD\nx\n"),
            // A line that is gone beside one that came.
            ("a\nc\nd\n", "a\nb\nc\nd\ne\n", "a\nc\nd\ne\n"),
            // The same on both sides.
            ("a\nX\nc\nd\n", "a\nX\nc\nD\n", "a\nX\nc\nD\n"),
            ("", "", ""),
        ] {
            assert_eq!(of(base, ours, theirs), Merged::Clean(merged.to_owned()), "{ours:?} {theirs:?}");
        }
        assert_eq!(of("a\nb", "a\nb\nc", "A\nb"), Merged::Clean("A\nb\nc".to_owned()));
        assert_eq!(of("", "a\n", ""), Merged::Clean("a\n".to_owned()));
    }

    #[test]
    fn the_same_line_is_left_to_a_person_with_both_versions() {
        let Merged::Conflict(text) = of("a\nb\nc\n", "a\nours\nc\n", "A\ntheirs\nc\n") else { panic!() };
        assert_eq!(text, "A\n<<<<<<< Анна\nours\n=======\ntheirs\n>>>>>>> Борис\nc\n");
        assert_eq!(has_marks(&text), Some(1));
        assert_eq!(has_marks("a: <<<<<<< b\n"), None);
        let Merged::Conflict(text) = of("a\n", "a\nx\n", "a\ny\n") else { panic!() };
        assert_eq!(text, "a\n<<<<<<< Анна\nx\n=======\ny\n>>>>>>> Борис\n");
        // A block that one removed and the other wrote in.
        let Merged::Conflict(text) = of("a\nb\nc\nd\n", "a\nd\n", "a\nb\nC\nd\n") else { panic!() };
        assert_eq!(text, "a\n<<<<<<< Анна\n=======\nb\nC\n>>>>>>> Борис\nd\n");
        let Merged::Conflict(text) = of("a", "b", "c") else { panic!() };
        assert_eq!(text, "<<<<<<< Анна\nb\n=======\nc\n>>>>>>> Борис\n");
    }

    #[test]
    fn nothing_of_either_side_is_lost() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..3_000 {
            let base: Vec<String> = (0..random.usize(0..9)).map(|at| format!("line {at}\n")).collect();
            let mut changed = |mark: &str| -> String {
                let mut lines = Vec::new();
                for (at, line) in base.iter().enumerate() {
                    match random.u8(0..6) {
                        0 => lines.push(format!("{mark} changed {at}\n")),
                        1 => {}
                        2 => lines.extend([format!("{mark} before {at}\n"), line.clone()]),
                        _ => lines.push(line.clone()),
                    }
                }
                if random.bool() {
                    lines.push(format!("{mark} end\n"));
                }
                lines.concat()
            };
            let (ours, theirs) = (changed("ours"), changed("theirs"));
            let base = base.concat();
            let (Merged::Clean(text) | Merged::Conflict(text)) = of(&base, &ours, &theirs);
            for line in ours.lines().chain(theirs.lines()).filter(|line| !line.starts_with("line")) {
                assert!(
                    text.lines().any(|other| other == line),
                    "{line} of\n{base}\n{ours}\n{theirs}\n{text}"
                );
            }
            for line in base.lines() {
                let kept = ours.contains(line) && theirs.contains(line);
                assert!(!kept || text.contains(line), "{line} of\n{base}\n{ours}\n{theirs}\n{text}");
            }
        }
    }

    #[test]
    fn texts_without_a_common_line_take_no_time() {
        let lines =
            |mark: &str| (0..20_000).map(|at| format!("{mark}{}\n", at * 7919 % 20_000)).collect::<String>();
        let (a, b, c) = (lines("a"), lines("b"), lines("c"));
        assert!(matches!(of(&a, &b, &c), Merged::Conflict(_)));
    }

    #[test]
    fn a_difference_shows_lines_around_it() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let after = "1\n2\nthree\n4\n5\n6\n7\n9\nten\n";
        let shown: Vec<String> = difference(before, after, 1)
            .iter()
            .map(|part| {
                part.iter()
                    .map(|l| format!("{}{}:{}", &l.kind[..1], l.number, l.text))
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        assert_eq!(shown, ["s2:2 g3:3 n3:three", "s7:7 g8:8 s8:9 n9:ten"]);
        assert!(difference("a\n", "a\n", 3).is_empty());
        assert_eq!(difference("", "a\n", 3)[0][0].kind, "new");
    }
}
