//! A corpus of broken bundles, one a file in `tests/broken`, each with everything that is said of it.
//!
//! A case is the bundle's files, each under a line `--- path`, and after `--- diagnostics` what a person reads. A run of
//! characters is written `⟦x × 5000⟧`. Run with UPDATE_GENERATED=1 to write the diagnostics anew, and then read them.

use std::{collections::BTreeMap, fs, path::PathBuf};

use tolmach_engine::{
    bundle::Bundle,
    compile,
    diagnostic::{Code, Diagnostic},
};

use crate::explained;

#[test]
fn the_diagnostics_of_every_broken_bundle_are_the_recorded_ones() {
    let update = std::env::var_os("UPDATE_GENERATED").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let said: Vec<String> = diagnostics(&case.files).iter().map(ToString::to_string).collect();
        let said = if said.is_empty() { "none".to_owned() } else { said.join("\n\n") };
        if said == case.diagnostics.trim_end() {
            continue;
        }
        if update {
            fs::write(&case.path, format!("{}--- diagnostics\n{said}\n", case.bundle)).unwrap();
        } else {
            wrong.push(format!("{}:\n{}", case.name, diff(&case.diagnostics, &said)));
        }
    }
    assert!(
        wrong.is_empty(),
        "what is said has changed (run with UPDATE_GENERATED=1 if it is better now):\n\n{}",
        wrong.join("\n\n")
    );
}

#[test]
fn the_corpus_holds_every_code() {
    let cases = cases();
    assert!(cases.len() >= 90, "{} cases", cases.len());
    let all: Vec<Diagnostic> = cases.iter().flat_map(|case| diagnostics(&case.files)).collect();
    let absent: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| !explained::BESIDE.contains(code))
        .filter(|code| !all.iter().any(|diagnostic| diagnostic.code == **code))
        .map(|code| code.text())
        .collect();
    assert!(absent.is_empty(), "no case shows: {}", absent.join(", "));
}

#[test]
fn every_diagnostic_has_a_span_a_message_and_a_help() {
    for case in cases() {
        let found = diagnostics(&case.files);
        for (i, diagnostic) in found.iter().enumerate() {
            let said = format!("{}: {diagnostic}", case.name);
            assert!(!diagnostic.message.trim().is_empty() && !diagnostic.help.trim().is_empty(), "{said}");
            assert!(!found[..i].contains(diagnostic), "said twice: {said}");
            let words = [
                "expected a ",
                "invalid type",
                "did not match",
                "missing field",
                "::",
                "Some(",
                "Err(",
                "enum ",
                "struct ",
                "newtype",
            ];
            for word in words.iter().filter(|word| !case.bundle.contains(**word)) {
                assert!(!said.contains(word), "«{word}» is the reader's wording, not a person's: {said}");
            }
            let Some(text) = case.files.get(&diagnostic.file).map(|text| expanded(text)) else {
                assert_eq!(diagnostic.span.line, 0, "a span in a file that is not there: {said}");
                continue;
            };
            // 0:0 is the file as a whole.
            if diagnostic.span.line == 0 {
                assert_eq!(diagnostic.span.column, 0, "{said}");
                continue;
            }
            let line = text.lines().nth(diagnostic.span.line as usize - 1).unwrap_or_default();
            let lines = text.lines().count().max(1);
            assert!(diagnostic.span.line as usize <= lines, "past the end of the file: {said}");
            let columns = 1..=line.chars().count() + 1;
            assert!(columns.contains(&(diagnostic.span.column as usize)), "past the end of the line: {said}");
        }
    }
}

/// A file that is being written, or was copied by halves, gets diagnostics and not a crash.
#[test]
fn a_bundle_cut_off_anywhere_is_compiled_all_the_same() {
    for case in cases() {
        for (path, text) in &case.files {
            let cuts = (0..text.len()).step_by(7).filter(|at| text.is_char_boundary(*at));
            for at in cuts {
                let mut files = case.files.clone();
                files.insert(path.clone(), text[..at].to_owned());
                let compiled = compile(&bundle(&files), &tolmach_nodes::platform());
                let broken = compiled.diagnostics.iter().any(Diagnostic::is_error);
                assert_eq!(
                    broken,
                    compiled.release.is_none(),
                    "{} cut at {at}: {:?}",
                    path,
                    compiled.diagnostics
                );
            }
        }
    }
}

#[test]
fn mistakes_that_have_nothing_to_do_with_each_other_come_together() {
    let cases = cases();
    let case = cases.iter().find(|case| case.name == "several-mistakes-at-once").unwrap();
    let found = diagnostics(&case.files);
    let files: std::collections::BTreeSet<&str> =
        found.iter().map(|diagnostic| diagnostic.file.as_str()).collect();
    assert!(files.len() >= 4 && found.len() >= 8, "{found:?}");
}

#[test]
fn the_demo_bundle_has_no_diagnostics() {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../flows"));
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if Bundle::holds(&name) {
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(files.len() > 10, "{:?}", files.keys());
    let found = compile(&Bundle { files }, &tolmach_nodes::platform()).diagnostics;
    assert!(found.is_empty(), "{}", found[0]);
}

struct Case {
    name: String,
    path: PathBuf,
    /// The files as they are written in the case, up to the diagnostics.
    bundle: String,
    files: BTreeMap<String, String>,
    diagnostics: String,
}

fn cases() -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/broken");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(case).collect()
}

fn case(path: PathBuf) -> Case {
    let text = fs::read_to_string(&path).unwrap();
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let (bundle, diagnostics) = match text.split_once("--- diagnostics\n") {
        Some((bundle, diagnostics)) => (bundle.to_owned(), diagnostics.to_owned()),
        None => (text, String::new()),
    };
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut current = None;
    for line in bundle.split_inclusive('\n') {
        match line.strip_prefix("--- ") {
            Some(path) => current = Some(path.trim_end().to_owned()),
            None => {
                let path = current.clone().unwrap_or_else(|| panic!("{name} begins without `--- path`"));
                files.entry(path).or_default().push_str(line);
                continue;
            }
        }
        files.entry(current.clone().unwrap_or_default()).or_default();
    }
    Case { name, path, bundle, files, diagnostics }
}

pub fn bundle(files: &BTreeMap<String, String>) -> Bundle {
    let files = files.iter().map(|(path, text)| (path.clone(), expanded(text)));
    Bundle { files: files.collect() }
}

fn diagnostics(files: &BTreeMap<String, String>) -> Vec<Diagnostic> {
    compile(&bundle(files), &tolmach_nodes::platform()).diagnostics
}

/// `⟦x × 3⟧` is `xxx`.
fn expanded(text: &str) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('⟦') {
        let Some((run, after)) = after.split_once('⟧') else { break };
        let (what, times) = run.rsplit_once(" × ").unwrap();
        whole.push_str(before);
        whole.push_str(&what.replace("\\n", "\n").repeat(times.parse().unwrap()));
        rest = after;
    }
    whole + rest
}

/// Lines that are gone and lines that are new, the common ones around them left out.
fn diff(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("- {line}\n"));
    let new = after.iter().filter(|line| !before.contains(line)).map(|line| format!("+ {line}\n"));
    gone.chain(new).collect()
}
