//! Finds the `tolmach` binary to test.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The named binary, or the one in this program's folder, where cargo builds it. The path is absolute.
///
/// # Errors
/// If there is no such file; the message says how to build it.
pub fn find(named: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this program does not know where it lies")?;
    let path = match &named {
        Some(path) => path.clone(),
        None => own.with_file_name(format!("tolmach{}", std::env::consts::EXE_SUFFIX)),
    };
    if path.is_file() {
        // Absolute, because children run in other folders.
        return path.canonicalize().with_context(|| format!("{} cannot be reached", path.display()));
    }
    let release = own.parent().and_then(Path::file_name).is_some_and(|folder| folder == "release");
    bail!(
        "there is no tolmach binary {}; build it with `cargo build {}-p tolmach`, or name another with --binary PATH",
        path.display(),
        if release { "--release " } else { "" },
    )
}
