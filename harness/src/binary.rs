//! Which `tolmach` is driven.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The one that was named, or the one beside this program, which cargo builds there.
///
/// # Errors
/// There is none; the message says how to build it.
pub fn find(named: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this program does not know where it lies")?;
    let path = match &named {
        Some(path) => path.clone(),
        None => own.with_file_name(format!("tolmach{}", std::env::consts::EXE_SUFFIX)),
    };
    if path.is_file() {
        // Children are started in folders of their own.
        return path.canonicalize().with_context(|| format!("{} cannot be reached", path.display()));
    }
    let release = own.parent().and_then(Path::file_name).is_some_and(|folder| folder == "release");
    bail!(
        "there is no tolmach binary {}; build it with `cargo build {}-p tolmach`, or name another with --binary PATH",
        path.display(),
        if release { "--release " } else { "" },
    )
}
