//! What the binary carries: the demo bundle and the sample price lists, so that it works alone.

use std::{fs, path::Path};

use anyhow::Context;
use rust_embed::RustEmbed;

/// The demo bundle.
#[derive(RustEmbed)]
#[folder = "../flows"]
struct Flows;

/// The sample price lists.
#[derive(RustEmbed)]
#[folder = "../catalog-samples"]
struct Samples;

/// Writes the demo bundle into a folder that does not exist yet; it appears whole or not at all.
pub fn write_flows(folder: &Path) -> anyhow::Result<()> {
    let partial = folder.with_extension("partial");
    if partial.exists() {
        fs::remove_dir_all(&partial).with_context(|| format!("{} cannot be removed", partial.display()))?;
    }
    // Hidden files belong to whoever built the binary, not to the bundle.
    let hidden = |path: &str| path.split('/').any(|part| part.starts_with('.'));
    for path in Flows::iter().filter(|path| !hidden(path)) {
        let Some(file) = Flows::get(&path) else { continue };
        let target = partial.join(&*path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
        }
        fs::write(&target, &file.data).with_context(|| format!("{} cannot be written", target.display()))?;
    }
    fs::rename(&partial, folder).with_context(|| format!("{} cannot be written", folder.display()))
}

/// The clean sample price list: its file name and bytes.
pub fn sample_price_list() -> anyhow::Result<(&'static str, Vec<u8>)> {
    let name = "tolmach-samples.xlsx";
    let file = Samples::get(name).context("the sample price list is not in the binary")?;
    Ok((name, file.data.into_owned()))
}
