//! Applies the fixes of diagnostics: by spans, and only where the bundle that results has no error that it had not before.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use tolmach_engine::{
    Platform,
    bundle::Bundle,
    diagnostic::{Code, Diagnostic, Fix},
};

use super::check;

/// How often fixes are looked for anew: a fix may bring to light what stood behind it.
const MOST_ROUNDS: usize = 10;
/// The most fixes of a run; each is a compilation.
const MOST: usize = 500;

/// The result of applying fixes, in memory.
#[derive(Clone, Debug, Default)]
pub struct Fixed {
    /// What was changed, in order.
    pub changes: Vec<Change>,
    /// The changed files by path: before and after.
    pub files: BTreeMap<String, (String, String)>,
}

/// An applied fix.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The diagnostic that it mends.
    pub diagnostic: Diagnostic,
    /// The lines that it changes, before and after.
    pub before: String,
    /// See `before`.
    pub after: String,
}

/// What became of the changed files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Paths of the files that were written.
    pub written: Vec<String>,
    /// Paths of files that changed on disk after they were read, and were left alone.
    pub changed_meanwhile: Vec<String>,
}

/// Applies every fix of a bundle's diagnostics that brings no new error.
pub fn fixed(original: &Bundle, platform: &Platform) -> Fixed {
    let mut fixed = Fixed::default();
    let mut bundle = original.clone();
    let mut refused: BTreeSet<(String, Code, String)> = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let before = check(&bundle, platform).diagnostics;
        let mut applied = false;
        let mut current = before.clone();
        for diagnostic in before.iter().filter(|diagnostic| diagnostic.fix.is_some()) {
            let key = (diagnostic.file.clone(), diagnostic.code, diagnostic.message.clone());
            if refused.contains(&key) || fixed.changes.len() >= MOST || !current.contains(diagnostic) {
                continue;
            }
            match attempt(&bundle, platform, diagnostic, &current) {
                Some((next, change, after)) => {
                    bundle = next;
                    current = after;
                    fixed.changes.push(change);
                    applied = true;
                }
                None => {
                    refused.insert(key);
                }
            }
        }
        if !applied {
            break;
        }
    }
    for change in &fixed.changes {
        let file = &change.diagnostic.file;
        if let (Some(before), Some(after)) = (original.files.get(file), bundle.files.get(file)) {
            fixed.files.insert(file.clone(), (before.clone(), after.clone()));
        }
    }
    fixed
}

impl Fixed {
    /// Writes the changed files, each at once and whole. One that is not as it was read is left alone.
    ///
    /// # Errors
    /// A file cannot be read or written; those before it have been.
    pub fn write(&self, folder: &Path) -> io::Result<Written> {
        let mut written = Written::default();
        for (path, (before, after)) in &self.files {
            let file = folder.join(path);
            let on_disk = String::from_utf8(fs::read(&file)?).unwrap_or_default();
            let Some(text) = as_on_disk(&on_disk, before, after) else {
                written.changed_meanwhile.push(path.clone());
                continue;
            };
            let parent = file.parent().unwrap_or(folder);
            let mut partial = tempfile::NamedTempFile::new_in(parent)?;
            io::Write::write_all(&mut partial, text.as_bytes())?;
            partial.as_file().set_permissions(fs::metadata(&file)?.permissions())?;
            partial.as_file().sync_all()?;
            partial.persist(&file).map_err(|error| error.error)?;
            written.written.push(path.clone());
        }
        Ok(written)
    }
}

/// The new text with the byte order mark and the line ends of the file on disk; `None` where that is not the text `before`.
fn as_on_disk(on_disk: &str, before: &str, after: &str) -> Option<String> {
    let text = on_disk.trim_start_matches('\u{feff}');
    let mark = on_disk.get(..on_disk.len() - text.len())?;
    if text == before {
        return Some(format!("{mark}{after}"));
    }
    let windows = |text: &str| text.replace('\n', "\r\n");
    (windows(before) == text).then(|| format!("{mark}{}", windows(after)))
}

type Attempt = (Bundle, Change, Vec<Diagnostic>);

/// The bundle with one fix, if the diagnostic is gone and no error is new.
fn attempt(
    bundle: &Bundle,
    platform: &Platform,
    diagnostic: &Diagnostic,
    before: &[Diagnostic],
) -> Option<Attempt> {
    let fix = diagnostic.fix.as_ref()?;
    let text = bundle.files.get(&diagnostic.file)?;
    let after_text = applied(text, fix)?;
    let mut next = bundle.clone();
    next.files.insert(diagnostic.file.clone(), after_text.clone());
    let after = check(&next, platform).diagnostics;
    let count = |all: &[Diagnostic], one: &Diagnostic| {
        all.iter()
            .filter(|other| (&other.file, other.code, &other.message) == (&one.file, one.code, &one.message))
            .count()
    };
    if count(&after, diagnostic) >= count(before, diagnostic) {
        return None;
    }
    // What was not read before may hold errors of its own, on the same line too; the replaced text holds none.
    let reveals = HIDES_OTHERS.contains(&diagnostic.code);
    let is_worse = |one: &Diagnostic| match one.code {
        Code::BadYaml => {
            diagnostic.code != Code::BadYaml || one.file != diagnostic.file || one.span.line <= fix.span.line
        }
        _ => diagnostic.code != Code::BadYaml && one.file == diagnostic.file && is_in(one, fix),
    };
    let is_new = |one: &&Diagnostic| one.is_error() && count(&after, one) > count(before, one);
    let spoils = after.iter().filter(is_new).any(|one| !reveals || is_worse(one));
    if spoils {
        return None;
    }
    let lines = |text: &str| -> String {
        let from = (fix.span.line as usize).saturating_sub(1);
        let count = (fix.span.end_line.saturating_sub(fix.span.line) as usize).saturating_add(1);
        text.lines().skip(from).take(count).collect::<Vec<_>>().join("\n")
    };
    let change = Change { diagnostic: diagnostic.clone(), before: lines(text), after: lines(&after_text) };
    Some((next, change, after))
}

/// Whether a diagnostic is about the text that a fix has put in.
fn is_in(one: &Diagnostic, fix: &Fix) -> bool {
    let length = u32::try_from(fix.replacement.chars().count()).unwrap_or(u32::MAX);
    let columns = fix.span.column..=fix.span.column.saturating_add(length);
    one.span.line == fix.span.line && columns.contains(&one.span.column)
}

/// Codes of what keeps the reader from the rest of a value or a file.
const HIDES_OTHERS: &[Code] = &[
    Code::BadYaml,
    Code::CutText,
    Code::BadValue,
    Code::UnknownField,
    Code::UnknownKind,
    Code::MissingField,
];

/// The text with a fix; `None` where its span is not in the text.
fn applied(text: &str, fix: &Fix) -> Option<String> {
    let byte = |line: u32, column: u32| -> Option<usize> {
        let whole = text.lines().nth((line as usize).checked_sub(1)?)?;
        let start = whole.as_ptr() as usize - text.as_ptr() as usize;
        let columns = (column as usize).checked_sub(1)?;
        let offset = whole.char_indices().map(|(at, _)| at).chain([whole.len()]).nth(columns)?;
        Some(start + offset)
    };
    let from = byte(fix.span.line, fix.span.column)?;
    let to = byte(fix.span.end_line, fix.span.end_column)?;
    Some(format!("{}{}{}", text.get(..from)?, fix.replacement, text.get(to..)?))
}

#[cfg(test)]
mod tests;
