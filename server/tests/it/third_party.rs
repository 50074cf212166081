//! THIRD-PARTY.md: the packages of others that the program consists of, kept current.
//!
//! What they may be is checked by cargo-deny (`deny.toml`, `.ci/run`).

use std::{collections::BTreeSet, fs, path::PathBuf, process::Command};

use figment::{
    Figment,
    providers::{Format, Toml},
};
use serde::Deserialize;

/// What the Dockerfile builds.
const TARGET: &str = "x86_64-unknown-linux-gnu";

#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Licenses {
    clarify: Vec<Clarified>,
}

/// The licence of a package whose manifest names a file instead.
#[derive(Deserialize)]
struct Clarified {
    #[serde(rename = "crate")]
    name: String,
    expression: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A line of the table for each package, without those of the workspace, of macros and of what only builds or tests.
fn packages() -> BTreeSet<String> {
    let deny: Deny =
        Figment::from(Toml::file_exact(root().join("deny.toml"))).extract().expect("deny.toml is read");
    let ran = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
        .args(["tree", "--package=tolmach", "--edges=normal,no-proc-macro", "--target", TARGET])
        .args(["--prefix=none", "--no-dedupe", "--format={p}|{l}|{r}", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let line = |line: &str| {
        let [package, licence, repository] = line.split('|').collect::<Vec<_>>()[..] else {
            panic!("unexpected: {line}");
        };
        let (name, version) = package.split_once(" v").expect("a name and a version");
        // A package of the workspace is followed by its path.
        if version.contains(' ') {
            return None;
        }
        let clarified = deny.licenses.clarify.iter().find(|clarified| clarified.name == name);
        // The slash is an older way to write OR.
        let licence = match (licence, clarified) {
            ("", Some(clarified)) => clarified.expression.clone(),
            (licence, _) => licence.replace(" / ", " OR ").replace('/', " OR "),
        };
        assert!(
            !licence.is_empty(),
            "{name} {version} names no licence; say it in deny.toml (licenses.clarify)"
        );
        Some(format!("| {name} | {version} | {licence} | {repository} |\n"))
    };
    String::from_utf8_lossy(&ran.stdout).lines().filter_map(line).collect()
}

/// `UPDATE_GENERATED=1 cargo test -p tolmach --test it the_committed_third_party_list` writes it.
#[test]
fn the_committed_third_party_list_is_current() {
    let packages = packages();
    assert!(packages.len() > 200, "{}", packages.len());
    let list = format!(
        "# Third-party packages\n\nWhat the program consists of besides its own code, as it is built for Linux on x86-64. \
         Generated from what cargo resolves; a test keeps it current. The texts of the licences come with the packages' \
         sources, at crates.io and in their repositories. SQLite, in libsqlite3-sys, is in the public domain. For the \
         language model's data see [NOTICE](NOTICE).\n\n| package | version | licence | repository |\n|---|---|---|---|\n{}",
        packages.into_iter().collect::<String>()
    );
    let path = root().join("THIRD-PARTY.md");
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(&path, &list).expect("written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == list,
        "THIRD-PARTY.md is not what cargo resolves; write it anew with UPDATE_GENERATED=1"
    );
}
