//! Reads a bundle from a folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tolmach_engine::bundle::Bundle;

/// Maximum size of a file, bytes. A larger one is no flow, prompt or knowledge.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Why a folder cannot be read as a bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The folder does not exist.
    #[error("there is no folder {}; name the folder that holds the flow files", .0.display())]
    Missing(PathBuf),
    /// The path is not a folder.
    #[error("{} is a file; name the folder that holds the flow files", .0.display())]
    NotAFolder(PathBuf),
    /// A file or folder cannot be read.
    #[error("{} cannot be read: {why}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        why: io::Error,
    },
    /// A file is not UTF-8 text.
    #[error("{} is not UTF-8 text; save it as UTF-8", .0.display())]
    NotText(PathBuf),
    /// A file is larger than 4 MiB.
    #[error("{} is larger than 4 MiB; that is no flow, prompt or knowledge", .0.display())]
    TooLarge(PathBuf),
}

/// Reads the bundle's files in a folder and in its direct subfolders, except hidden ones.
///
/// # Errors
/// When the folder does not exist or cannot be read, or when a file cannot be read, is larger than 4 MiB or is not
/// UTF-8.
pub fn read_bundle(folder: &Path) -> Result<Bundle, BundleError> {
    if !folder.exists() {
        return Err(BundleError::Missing(folder.to_owned()));
    }
    if !folder.is_dir() {
        return Err(BundleError::NotAFolder(folder.to_owned()));
    }
    let mut bundle = Bundle::default();
    read_into(&mut bundle, folder, "")?;
    for entry in list(folder)? {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !name.starts_with('.') {
            read_into(&mut bundle, &entry.path(), &format!("{name}/"))?;
        }
    }
    Ok(bundle)
}

fn read_into(bundle: &mut Bundle, folder: &Path, prefix: &str) -> Result<(), BundleError> {
    for entry in list(folder)? {
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if !path.is_file() || !Bundle::holds(&name) {
            continue;
        }
        let unreadable = |why| BundleError::Unreadable { path: path.clone(), why };
        if fs::metadata(&path).map_err(unreadable)?.len() > LARGEST {
            return Err(BundleError::TooLarge(path));
        }
        let bytes = fs::read(&path).map_err(unreadable)?;
        let text = String::from_utf8(bytes).map_err(|_| BundleError::NotText(path.clone()))?;
        // Editors on Windows add a byte order mark and carriage returns; the hash must not depend on the editor.
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        bundle.files.insert(name, text);
    }
    Ok(())
}

fn list(folder: &Path) -> Result<Vec<fs::DirEntry>, BundleError> {
    let unreadable = |why| BundleError::Unreadable { path: folder.to_owned(), why };
    fs::read_dir(folder).map_err(unreadable)?.collect::<Result<_, _>>().map_err(unreadable)
}
