//! The documents: every link of one leads to a file, and to a heading where it names one.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn documents() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "SECURITY.md"].map(|name| root().join(name)).into();
    for file in fs::read_dir(root().join("docs")).expect("docs") {
        let path = file.expect("a file").path();
        if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found
}

/// The text without blocks of code.
fn prose(text: &str) -> String {
    let mut code = false;
    let line = |line: &&str| {
        if line.trim_start().starts_with("```") {
            code = !code;
            return false;
        }
        !code
    };
    text.lines().filter(line).collect::<Vec<_>>().join("\n")
}

/// The targets of the links of a text, in inline code too.
fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target)).collect()
}

/// The name by which a link finds a heading.
fn anchor(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter(kept)
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

fn has_heading(file: &Path, name: &str) -> bool {
    let text = prose(&fs::read_to_string(file).expect("a document"));
    text.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line.trim_start_matches('#')) == name)
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut links_seen = 0;
    for document in documents() {
        let text = prose(&fs::read_to_string(&document).expect("a document"));
        for target in links(&text) {
            if target.starts_with("http") || target.contains(' ') {
                continue;
            }
            links_seen += 1;
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = match file {
                "" => document.clone(),
                file => document.with_file_name("").join(file),
            };
            let leads = file.exists() && (heading.is_empty() || has_heading(&file, heading));
            if !leads {
                wrong.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(links_seen > 40, "the links are found: {links_seen}");
}

/// A reader comes to every document from the front page.
#[test]
fn every_document_is_named_by_another() {
    let texts: Vec<(PathBuf, String)> = documents()
        .into_iter()
        .map(|path| (path.clone(), fs::read_to_string(&path).expect("a document")))
        .collect();
    for (path, _) in texts.iter().filter(|(path, _)| !path.ends_with("README.md")) {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let named = texts.iter().any(|(other, text)| {
            other != path
                && links(text)
                    .iter()
                    .any(|target| target.split('#').next().is_some_and(|file| file.ends_with(name)))
        });
        assert!(named, "{name} is linked from nowhere");
    }
}
