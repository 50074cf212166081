//! Reads a bundle from a folder.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tolmach_engine::{
    bundle::Bundle,
    image::{self, MAX_BYTES},
};

use crate::{
    images::{ImageError, ReadImage, read_image},
    ports::StoredImage,
};

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
    /// An image is none that can be shown.
    #[error("{}: {why}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: ImageError,
    },
}

/// Reads the bundle's files in a folder and in its direct subfolders, except hidden ones. Of images it has pointers;
/// [`read_images`] reads their content.
///
/// # Errors
/// When the folder does not exist or cannot be read, or when a file cannot be read, is larger than 4 MiB, is not
/// UTF-8, or is an image that cannot be shown.
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
        let about = fs::metadata(&path).map_err(unreadable)?;
        if image::is_path(&name) {
            bundle.files.insert(name, pointer(&path, &about)?);
            continue;
        }
        if about.len() > LARGEST {
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

/// The content of the images of a bundle that was read from this folder, one after the other.
///
/// # Errors
/// When a file cannot be read, or is not as it was when the bundle was read.
pub fn read_images(
    folder: &Path,
    bundle: &Bundle,
) -> impl Iterator<Item = Result<StoredImage, BundleError>> + Send + use<> {
    let named: Vec<_> = bundle.pointers().map(|(path, image)| (folder.join(path), image)).collect();
    named.into_iter().map(|(path, image)| {
        let read = whole_image(&path)?;
        if read.image == image {
            Ok(read.stored())
        } else {
            let why = io::Error::other("it was changed while it was read; try again");
            Err(BundleError::Unreadable { path, why })
        }
    })
}

fn whole_image(path: &Path) -> Result<ReadImage, BundleError> {
    let unreadable = |why| BundleError::Unreadable { path: path.to_owned(), why };
    let image = |why| BundleError::Image { path: path.to_owned(), why };
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_BYTES as u64 {
        return Err(image(ImageError::TooLarge));
    }
    read_image(&fs::read(path).map_err(unreadable)?).map_err(image)
}

/// Pointers of images that were read, by path, with the length and the time of the file. A folder that is watched is read several
/// times a second, and its images are much longer than its texts.
static KNOWN: LazyLock<Mutex<HashMap<PathBuf, Known>>> = LazyLock::new(Mutex::default);
type Known = (u64, SystemTime, String);
/// The most of them.
const MAX_KNOWN: usize = 1_000;
/// A file that was written so lately may be written once more within what its time can tell.
const SETTLED: Duration = Duration::from_secs(2);

fn pointer(path: &Path, about: &fs::Metadata) -> Result<String, BundleError> {
    let written = about.modified().ok();
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((length, time, pointer)) = known().get(path)
        && *length == about.len()
        && Some(*time) == written
    {
        return Ok(pointer.clone());
    }
    let pointer = whole_image(path)?.image.to_string();
    let settled = |time: &SystemTime| time.elapsed().is_ok_and(|age| age >= SETTLED);
    if let Some(time) = written.filter(settled) {
        let mut known = known();
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(path.to_owned(), (about.len(), time, pointer.clone()));
    }
    Ok(pointer)
}

fn list(folder: &Path) -> Result<Vec<fs::DirEntry>, BundleError> {
    let unreadable = |why| BundleError::Unreadable { path: folder.to_owned(), why };
    fs::read_dir(folder).map_err(unreadable)?.collect::<Result<_, _>>().map_err(unreadable)
}
