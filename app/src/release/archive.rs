//! An exported release: a folder, or a zip archive of one, with the bundle's files and a `release.json`.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Cursor, Read, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tolmach_engine::{
    bundle::Bundle,
    image::{self, MAX_ALL, MAX_BYTES},
};
use tolmach_runtime::{BundleError, ImageError, ports::StoredImage, read_bundle, read_image, read_images};
use zip::{ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::text::short;

/// The file with the release's id and origin.
const CARD: &str = "release.json";

/// The maximum number of entries of an archive; a bundle has a few dozen files.
const ENTRIES: usize = 2_000;
/// The maximum size of one text, in bytes; the same as for a bundle.
const LARGEST: u64 = 4 * 1024 * 1024;
/// The maximum size of all texts together, in bytes.
const TOTAL: u64 = 64 * 1024 * 1024;

/// The content of `release.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Card {
    /// The release's id.
    pub id: String,
    /// The release that was current before it.
    #[serde(default)]
    pub parent: Option<String>,
    /// Who published it.
    #[serde(default)]
    pub author: String,
    /// The note of the publication.
    #[serde(default)]
    pub note: String,
    /// When it was published, milliseconds since the Unix epoch; `None` if it was not.
    #[serde(default)]
    pub at: Option<i64>,
}

/// An exported release.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Its source files.
    pub bundle: Bundle,
    /// Its origin.
    pub card: Card,
    /// The content of its images.
    pub images: Vec<StoredImage>,
}

/// Why an export cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The archive exists already; archives are never overwritten.
    #[error("{} exists already; name another file, or remove it", .0.display())]
    Exists(PathBuf),
    /// The path does not exist.
    #[error("there is no {}; name a folder or a .zip that `tolmach release export` wrote", .0.display())]
    Missing(PathBuf),
    /// The files do not have the id that `release.json` names.
    #[error(
        "{}: the files are release {}, but {CARD} says {}; the files were changed or damaged. Export it again, or publish the \
         folder as a release of its own: tolmach release publish DIR",
        path.display(), short(found), short(card)
    )]
    Changed {
        /// The folder or archive.
        path: PathBuf,
        /// The id computed from the files.
        found: String,
        /// The id in `release.json`.
        card: String,
    },
    /// The path is a file where a folder is expected.
    #[error("{} is a file; name a folder, or a file that ends in .zip", .0.display())]
    NotAFolder(PathBuf),
    /// The folder is not empty and holds no export.
    #[error("{} is not empty and holds no exported release; name an empty folder, or one that does not exist", .0.display())]
    NotEmpty(PathBuf),
    /// The folder holds an export that was edited.
    #[error("{} holds an exported release that was edited since; publish it, or name another folder", .0.display())]
    Edited(PathBuf),
    /// The folder has no `release.json`.
    #[error(
        "{folder} holds no {CARD}, so it is no exported release; a folder of flows is published with `tolmach release publish \
         {folder}`",
        folder = .0.display()
    )]
    NoCard(PathBuf),
    /// The archive has no `release.json`.
    #[error("{} holds no {CARD}, so it is no exported release", .0.display())]
    NoCardInside(PathBuf),
    /// `release.json` cannot be parsed.
    #[error("{}: {CARD} cannot be read; export it again", path.display())]
    BadCard {
        /// The folder or archive.
        path: PathBuf,
        /// The parse error.
        source: serde_json::Error,
    },
    /// The id in `release.json` is not hexadecimal.
    #[error("{}: the id in {CARD} is no release's; export it again", .0.display())]
    BadId(PathBuf),
    /// The archive is damaged or not a zip archive.
    #[error("{} is damaged or no zip archive: {why}; export it again", path.display())]
    Damaged {
        /// The archive.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// The archive has more than 2,000 entries.
    #[error("{} has {entries} entries; a release has at most {ENTRIES}", path.display())]
    TooMany {
        /// The archive.
        path: PathBuf,
        /// How many it has.
        entries: usize,
    },
    /// An entry's path leads out of the folder, or is not portable.
    #[error("{} holds the path `{}`, which leads out of the folder; it is refused", path.display(), entry.escape_debug())]
    LeadsOut {
        /// The archive.
        path: PathBuf,
        /// The entry.
        entry: String,
    },
    /// An entry is too large, or all together are.
    #[error("{}: {entry} is too large; a text has at most 4 MiB and all together 64 MiB, an image 5 MiB and all together 100 MiB", path.display())]
    TooLarge {
        /// The archive.
        path: PathBuf,
        /// The entry.
        entry: String,
    },
    /// An entry is not UTF-8.
    #[error("{}: {entry} is not UTF-8 text", path.display())]
    NotText {
        /// The archive.
        path: PathBuf,
        /// The entry.
        entry: String,
    },
    /// An image is none that can be shown.
    #[error("{}: {entry}: {why}", path.display())]
    Image {
        /// The archive.
        path: PathBuf,
        /// The entry.
        entry: String,
        /// Why not.
        why: ImageError,
    },
    /// Two entries have the same name.
    #[error("{} holds {entry} twice; it is refused", path.display())]
    Twice {
        /// The archive.
        path: PathBuf,
        /// The entry.
        entry: String,
    },
    /// The folder cannot be read as a bundle.
    #[error(transparent)]
    Folder(#[from] BundleError),
    /// A file or folder cannot be read, written or removed.
    #[error("{} cannot be {what}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What was attempted, as a participle.
        what: &'static str,
        /// The I/O error.
        source: io::Error,
    },
}

impl ArchiveError {
    fn file(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> ArchiveError {
        move |source| ArchiveError::File { path: path.to_owned(), what, source }
    }
}

/// Whether a path ends in `.zip`.
pub fn is_zip(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"))
}

/// Writes a release as a folder or an archive. An archive is written atomically.
pub(super) fn export(bundle: &Bundle, images: &Images, card: &Card, path: &Path) -> Result<(), ArchiveError> {
    if is_zip(path) {
        if path.exists() {
            return Err(ArchiveError::Exists(path.to_owned()));
        }
        let partial = path.with_extension("zip.partial");
        let written = zipped(bundle, images, card)
            .and_then(|bytes| fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path)));
        return written
            .inspect_err(|_| drop(fs::remove_file(&partial)))
            .map_err(ArchiveError::file(path, "written"));
    }
    let old = overwritable(path)?;
    for (name, text) in &bundle.files {
        let target = path.join(name);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(ArchiveError::file(parent, "written"))?;
        }
        fs::write(&target, written(images, name, text)).map_err(ArchiveError::file(&target, "written"))?;
    }
    for name in old.files.keys().filter(|name| !bundle.files.contains_key(*name)) {
        let gone = path.join(name);
        fs::remove_file(&gone).map_err(ArchiveError::file(&gone, "removed"))?;
    }
    let target = path.join(CARD);
    json(card).and_then(|text| fs::write(&target, text)).map_err(ArchiveError::file(&target, "written"))
}

/// The content of images by path.
type Images = BTreeMap<String, StoredImage>;

/// What is written of a file: of an image its content.
fn written<'f>(images: &'f Images, name: &str, text: &'f str) -> &'f [u8] {
    images.get(name).map_or(text.as_bytes(), |image| &image.content)
}

/// Reads an exported folder or archive and verifies that its files have the id in `release.json`.
///
/// # Errors
/// When there is no export at the path, it is damaged or was edited, or an archive exceeds the limits or has an unsafe
/// path.
pub fn read_export(path: &Path) -> Result<Exported, ArchiveError> {
    if !path.exists() {
        return Err(ArchiveError::Missing(path.to_owned()));
    }
    let exported = if path.is_dir() { from_folder(path)? } else { from_zip(path)? };
    let found = exported.bundle.id();
    if found != exported.card.id {
        return Err(ArchiveError::Changed { path: path.to_owned(), found, card: exported.card.id });
    }
    Ok(exported)
}

/// The files that an export to this folder would replace: none, or those of an unedited earlier export.
fn overwritable(path: &Path) -> Result<Bundle, ArchiveError> {
    if path.exists() && !path.is_dir() {
        return Err(ArchiveError::NotAFolder(path.to_owned()));
    }
    let empty =
        !path.exists() || fs::read_dir(path).map_err(ArchiveError::file(path, "read"))?.next().is_none();
    if empty {
        return Ok(Bundle::default());
    }
    if !path.join(CARD).is_file() {
        return Err(ArchiveError::NotEmpty(path.to_owned()));
    }
    let old = from_folder(path)?;
    if old.bundle.id() != old.card.id {
        return Err(ArchiveError::Edited(path.to_owned()));
    }
    Ok(old.bundle)
}

fn from_folder(path: &Path) -> Result<Exported, ArchiveError> {
    let card = path.join(CARD);
    if !card.is_file() {
        return Err(ArchiveError::NoCard(path.to_owned()));
    }
    let text = fs::read_to_string(&card).map_err(ArchiveError::file(&card, "read"))?;
    let bundle = read_bundle(path)?;
    let images = read_images(path, &bundle).collect::<Result<_, _>>()?;
    Ok(Exported { bundle, card: read_card(&text, &card)?, images })
}

fn from_zip(path: &Path) -> Result<Exported, ArchiveError> {
    let owned = || path.to_owned();
    let file = fs::File::open(path).map_err(ArchiveError::file(path, "read"))?;
    let damaged = |why: ZipError| {
        let why = match why {
            ZipError::Io(why) => why.to_string(),
            other => other.to_string(),
        };
        ArchiveError::Damaged { path: owned(), why }
    };
    let mut archive = ZipArchive::new(io::BufReader::new(file)).map_err(damaged)?;
    if archive.len() > ENTRIES {
        return Err(ArchiveError::TooMany { path: owned(), entries: archive.len() });
    }
    let mut bundle = Bundle::default();
    let mut card = None;
    let mut images = Vec::new();
    let (mut left, mut left_of_images) = (TOTAL, MAX_ALL);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(damaged)?;
        let name = entry.name().map_err(damaged)?.into_owned();
        if !is_plain(&name) {
            return Err(ArchiveError::LeadsOut { path: owned(), entry: name });
        }
        if entry.is_dir() || !(name == CARD || Bundle::holds(&name)) {
            continue;
        }
        // The size in an entry's header cannot be trusted, so count the bytes that are read.
        let is_image = image::is_path(&name);
        let (largest, left) =
            if is_image { (MAX_BYTES as u64, &mut left_of_images) } else { (LARGEST, &mut left) };
        let limit = largest.min(*left);
        let mut bytes = Vec::new();
        let read = (&mut entry).take(limit + 1).read_to_end(&mut bytes);
        let read = read.map_err(|why| damaged(ZipError::Io(why)))?;
        if read as u64 > limit {
            return Err(ArchiveError::TooLarge { path: owned(), entry: name });
        }
        *left -= read as u64;
        if is_image {
            let read = read_image(&bytes);
            let read = read.map_err(|why| ArchiveError::Image { path: owned(), entry: name.clone(), why })?;
            if bundle.files.insert(name.clone(), read.image.to_string()).is_some() {
                return Err(ArchiveError::Twice { path: owned(), entry: name });
            }
            images.push(read.stored());
            continue;
        }
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(ArchiveError::NotText { path: owned(), entry: name });
        };
        if name == CARD {
            card = Some(read_card(&text, path)?);
        } else if bundle.files.insert(name.clone(), text).is_some() {
            return Err(ArchiveError::Twice { path: owned(), entry: name });
        }
    }
    let card = card.ok_or_else(|| ArchiveError::NoCardInside(owned()))?;
    Ok(Exported { bundle, card, images })
}

/// Whether a path is relative, uses `/` as the separator and stays inside the folder.
fn is_plain(name: &str) -> bool {
    let path = name.strip_suffix('/').unwrap_or(name);
    let odd = name.contains(['\\', ':']) || name.contains(char::is_control) || name.starts_with('/');
    !odd && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn zipped(bundle: &Bundle, images: &Images, card: &Card) -> io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let card = json(card)?;
    let files = bundle.files.iter().map(|(name, text)| (name.as_str(), written(images, name, text)));
    for (name, content) in [(CARD, card.as_bytes())].into_iter().chain(files) {
        archive.start_file(name, SimpleFileOptions::default())?;
        archive.write_all(content)?;
    }
    Ok(archive.finish()?.into_inner())
}

fn read_card(text: &str, path: &Path) -> Result<Card, ArchiveError> {
    let card: Card = serde_json::from_str(text)
        .map_err(|source| ArchiveError::BadCard { path: path.to_owned(), source })?;
    if card.id.is_empty() || !card.id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ArchiveError::BadId(path.to_owned()));
    }
    Ok(card)
}

fn json(card: &Card) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(card)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_out_of_the_folder_are_refused() {
        for plain in ["a.yaml", "prompts/offer.ru.md", "prompts/", "..a/b.md"] {
            assert!(is_plain(plain), "{plain}");
        }
        for odd in [
            "../a.yaml",
            "/etc/a.yaml",
            "a/../../b.md",
            "c:a.yaml",
            "a\\b.md",
            "a//b.md",
            "./a.md",
            "a\u{1b}.md",
            "",
        ] {
            assert!(!is_plain(odd), "{odd}");
        }
    }
}
