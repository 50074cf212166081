//! The files built into the binary: the demo bundle, the sample price lists and their pictures, so that no other files are needed.

use std::{fs, path::Path};

use rust_embed::RustEmbed;

use super::Error;

/// The demo bundle.
#[derive(RustEmbed)]
#[folder = "../flows"]
struct Flows;

/// The sample price lists, and the pictures of their goods in `photos/`.
#[derive(RustEmbed)]
#[folder = "../catalog-samples"]
struct Samples;

/// Writes the demo bundle into a folder that does not exist yet; the folder appears atomically.
///
/// # Errors
/// When the folder or a file cannot be written.
pub fn write_flows(folder: &Path) -> Result<(), Error> {
    let partial = folder.with_extension("partial");
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(Error::file(&partial, "removed"))?;
    }
    // Hidden files belong to the build machine, not to the bundle.
    let hidden = |path: &str| path.split('/').any(|part| part.starts_with('.'));
    for path in Flows::iter().filter(|path| !hidden(path)) {
        let Some(file) = Flows::get(&path) else { continue };
        let target = partial.join(&*path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(Error::file(parent, "made"))?;
        }
        fs::write(&target, &file.data).map_err(Error::file(&target, "written"))?;
    }
    fs::rename(&partial, folder).map_err(Error::file(folder, "written"))
}

/// The sample price list without errors: its file name and bytes.
pub(super) fn sample_price_list() -> Result<(&'static str, Vec<u8>), Error> {
    let name = "tolmach-samples.xlsx";
    let file = Samples::get(name).ok_or(Error::Missing)?;
    Ok((name, file.data.into_owned()))
}

/// A picture of the sample goods; `None` if the binary has none of this name.
pub(super) fn sample_picture(name: &str) -> Option<Vec<u8>> {
    Samples::get(&format!("photos/{name}")).map(|file| file.data.into_owned())
}
