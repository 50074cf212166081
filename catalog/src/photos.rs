//! Product photos from a zip archive next to a price list. They are stored in the catalogue's folder under names
//! derived from their content.
//!
//! A product refers to its photo as `/photos/<name>`. The server serves that path to the chat page; Telegram is sent
//! the bytes. Only the file signature of a photo is checked; the picture is not decoded.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io::{self, BufReader, Read, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tolmach_engine::catalog::Product;
use tolmach_runtime::ports::{self, PHOTO_PREFIX, Photo, Photos};

use super::{Error, generation, rows::Row};
use crate::words;

/// Maximum number of files in an archive.
const MAX_ENTRIES: usize = 100_000;
/// Maximum size of one photo in bytes, the limit of the Telegram Bot API.
const MAX_PHOTO: u64 = 10 << 20;
/// Maximum size of all photos of an archive in bytes.
const MAX_ALL: u64 = 4 << 30;
/// Minimum age of a photo before [`sweep`] removes it: an import that has not switched yet may refer to it.
const GRACE: Duration = Duration::from_secs(3600);

/// Result of reading an archive of photos.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoReport {
    /// Name of the archive, without folders.
    pub file: String,
    /// Number of products that got a photo.
    pub items: usize,
    /// Number of photos used, each named after an article of the price list.
    pub pictures: usize,
    /// Number of pictures whose names match no article of the price list.
    pub unknown: usize,
    /// Number of additional pictures of an article; only one is used.
    pub further: usize,
    /// Number of files that are not pictures, too large or damaged.
    pub unusable: usize,
    /// The first of those, at most 5, with the reason.
    pub examples: Vec<String>,
}

/// Finds photos for the products without one by file names that are article numbers (`TL-001.jpg`, `TL-001_1.png`),
/// writes them into the catalogue's folder and sets them in the products. Without a folder nothing is written.
///
/// Blocks. Sizes declared by the archive are not trusted: every picture is read with a limit.
///
/// # Errors
/// [`Error::Disk`] if the archive cannot be read or has more than 100,000 files, or if a photo cannot be written.
/// Photos written before the error are removed by a later [`sweep`].
pub fn take(archive: &Path, folder: Option<&Path>, products: &mut [Product]) -> Result<PhotoReport, Error> {
    let failed = |why: String| Error::disk(format!("reading the photos in {}", archive.display()), why);
    let source = File::open(archive).map_err(|error| failed(error.to_string()))?;
    let mut zip = zip::ZipArchive::new(BufReader::new(source)).map_err(|error| failed(error.to_string()))?;
    if zip.len() > MAX_ENTRIES {
        return Err(failed(format!("it holds {} files, and at most {MAX_ENTRIES} are looked at", zip.len())));
    }
    let mut wanted: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, product) in products.iter().enumerate() {
        let article = words::normalise_article(&product.article);
        if !article.is_empty() && product.photo.is_none() {
            wanted.entry(article).or_default().push(place);
        }
    }
    let file = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut taken = PhotoReport { file, ..PhotoReport::default() };
    let mut left = MAX_ALL;
    for (article, index) in chosen(&mut zip, &wanted, &mut taken) {
        let (photo, read) = match picture(&mut zip, index, left) {
            Ok((kind, bytes)) => {
                let read = bytes.len() as u64;
                (Ok((kind, bytes)), read)
            }
            Err(why) => (Err(why), 0),
        };
        left -= read;
        match photo {
            Ok((kind, bytes)) => {
                let name = format!("{}.{kind}", short_hash(&bytes));
                if let Some(folder) = folder {
                    keep(folder, &name, &bytes)?;
                }
                for place in wanted.get(&article).into_iter().flatten() {
                    if let Some(product) = products.get_mut(*place) {
                        product.photo = Some(format!("{PHOTO_PREFIX}{name}"));
                        taken.items += 1;
                    }
                }
                taken.pictures += 1;
            }
            Err(why) => unusable(&mut taken, &format!("{article}: {why}")),
        }
    }
    Ok(taken)
}

/// Gives products without a photo the photo that a row of the same source and article number already has, because a new
/// price list rarely brings the photos again. Returns the number of products changed.
pub fn keep_known(rows: &[Row], source: &str, products: &mut [Product]) -> usize {
    let known: HashMap<String, &str> = rows
        .iter()
        .filter(|row| row.source == source)
        .filter_map(|row| {
            let photo = row.product.photo.as_deref().filter(|photo| photo.starts_with(PHOTO_PREFIX))?;
            Some((words::normalise_article(&row.product.article), photo))
        })
        .filter(|(article, _)| !article.is_empty())
        .collect();
    let mut kept = 0;
    for product in products.iter_mut().filter(|product| product.photo.is_none()) {
        if let Some(photo) = known.get(&words::normalise_article(&product.article)) {
            product.photo = Some((*photo).to_owned());
            kept += 1;
        }
    }
    kept
}

/// Stores a picture beside the catalogue in `folder` and returns the address by which a product refers to it; `None` if it is
/// not a JPEG, PNG, WebP or GIF file.
///
/// Blocks.
///
/// # Errors
/// [`Error::Disk`] if it cannot be written.
pub fn put(folder: &Path, bytes: &[u8]) -> Result<Option<String>, Error> {
    let Some(kind) = kind(bytes) else { return Ok(None) };
    let name = format!("{}.{kind}", short_hash(bytes));
    keep(folder, &name, bytes)?;
    Ok(Some(format!("{PHOTO_PREFIX}{name}")))
}

/// The picture of each article: the one named exactly like it, or else the first of `…-1`, `…_2`.
fn chosen(
    zip: &mut zip::ZipArchive<BufReader<File>>,
    wanted: &HashMap<String, Vec<usize>>,
    taken: &mut PhotoReport,
) -> Vec<(String, usize)> {
    let mut found: HashMap<String, (usize, usize)> = HashMap::new();
    for index in 0..zip.len() {
        // Only names are needed here. An entry whose name cannot be decoded matches no article.
        let Ok(entry) = zip.by_index_raw(index) else { continue };
        let Ok(name) = entry.name().map(|name| name.replace('\\', "/")) else { continue };
        let base = name.rsplit('/').next().unwrap_or_default();
        // Files that macOS and Windows add to folders of pictures.
        let hidden =
            base.starts_with('.') || base.eq_ignore_ascii_case("thumbs.db") || name.starts_with("__MACOSX/");
        if name.ends_with('/') || hidden {
            continue;
        }
        let Some((stem, _)) = base.rsplit_once('.') else {
            unusable(taken, &format!("{base}: no picture by its name"));
            continue;
        };
        match article_of(stem, wanted) {
            None => taken.unknown += 1,
            Some((article, rank)) => match found.get_mut(&article) {
                None => {
                    found.insert(article, (rank, index));
                }
                Some(best) => {
                    taken.further += 1;
                    *best = (*best).min((rank, index));
                }
            },
        }
    }
    let mut chosen: Vec<(String, usize)> =
        found.into_iter().map(|(article, (_, index))| (article, index)).collect();
    chosen.sort_by_key(|(_, index)| *index);
    chosen
}

/// The article number that a file name stands for, and the rank of the picture, 0 for the name without a suffix.
fn article_of(stem: &str, wanted: &HashMap<String, Vec<usize>>) -> Option<(String, usize)> {
    let whole = words::normalise_article(stem);
    if wanted.contains_key(&whole) {
        return Some((whole, 0));
    }
    // `A-1-2`, `A-1_2`, `A-1 (2)`.
    let trimmed = stem.trim_end_matches(')');
    let before = trimmed.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = trimmed.get(before.len()..)?;
    let article = before.strip_suffix(['-', '_', '(', ' ']).filter(|_| (1..=2).contains(&number.len()))?;
    let article = words::normalise_article(article.trim_end_matches([' ', '_', '-']));
    wanted.contains_key(&article).then(|| (article, 1 + number.parse::<usize>().unwrap_or_default()))
}

/// Reads a picture. Returns its file extension and its bytes, or a readable reason. `left` is the number of bytes the
/// archive may still use.
fn picture(
    zip: &mut zip::ZipArchive<BufReader<File>>,
    index: usize,
    left: u64,
) -> Result<(&'static str, Vec<u8>), String> {
    let bound = MAX_PHOTO.min(left);
    let entry = zip.by_index(index).map_err(|error| error.to_string())?;
    let too_large = || {
        if bound < MAX_PHOTO {
            format!("the archive's pictures take more than {} MiB", MAX_ALL >> 20)
        } else {
            format!("larger than {} MiB", MAX_PHOTO >> 20)
        }
    };
    if entry.size() > bound {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    entry.take(bound + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > bound {
        return Err(too_large());
    }
    let kind = kind(&bytes).ok_or("not a JPEG, PNG, WebP or GIF picture")?;
    Ok((kind, bytes))
}

/// The file extension of a picture by its signature; `None` for anything else.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    let webp = || bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        Some("jpg")
    } else if bytes.starts_with(b"\x89PNG\r\n\x1A\n") {
        Some("png")
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        Some("gif")
    } else {
        webp().then_some("webp")
    }
}

fn unusable(taken: &mut PhotoReport, example: &str) {
    taken.unusable += 1;
    if taken.examples.len() < 5 {
        taken.examples.push(example.to_owned());
    }
}

fn short_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().chars().take(32).collect()
}

/// Writes a photo atomically. An existing one is rewritten, which renews its modification time for [`sweep`].
fn keep(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let folder = folder_of(folder);
    let path = folder.join(name);
    let write = || -> io::Result<()> {
        fs::create_dir_all(&folder)?;
        let new = folder.join(format!(".{}-{name}", std::process::id()));
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, &path)
    };
    write().map_err(|error| Error::disk(format!("writing {}", path.display()), error))
}

fn folder_of(catalogue: &Path) -> PathBuf {
    catalogue.join("photos")
}

/// The photos stored next to a catalogue.
#[derive(Clone, Debug)]
pub struct PhotoFolder {
    catalogue: PathBuf,
}

impl PhotoFolder {
    /// The photos of the catalogue in this folder.
    pub fn of(catalogue: &Path) -> PhotoFolder {
        PhotoFolder { catalogue: catalogue.to_owned() }
    }

    /// Opens a photo by its name; `None` if no photo has this name.
    ///
    /// # Errors
    /// [`ports::Error::Unavailable`] when the file cannot be opened, [`ports::Error::Refused`] when it is larger than a
    /// photo may be.
    pub async fn open(&self, name: &str) -> ports::Result<Option<OpenPhoto>> {
        let Some(media) = media_type(name) else { return Ok(None) };
        let failed = |error: io::Error| ports::Error::unavailable("read a photo", error);
        let file = match tokio::fs::File::open(folder_of(&self.catalogue).join(name)).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let bytes = file.metadata().await.map_err(failed)?.len();
        if bytes > MAX_PHOTO {
            return Err(ports::Error::refused("read a photo", format!("{name} has {bytes} bytes")));
        }
        Ok(Some(OpenPhoto { media, bytes, file }))
    }
}

/// A photo that is read piece by piece.
#[derive(Debug)]
pub struct OpenPhoto {
    /// The media type, such as `image/jpeg`.
    pub media: &'static str,
    /// Its size, at most 10 MiB.
    pub bytes: u64,
    /// Its content.
    pub file: tokio::fs::File,
}

#[async_trait]
impl Photos for PhotoFolder {
    async fn read(&self, name: &str) -> ports::Result<Option<Photo>> {
        let Some(OpenPhoto { media, bytes: length, mut file }) = self.open(name).await? else {
            return Ok(None);
        };
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        let read = tokio::io::AsyncReadExt::read_to_end(&mut file, &mut bytes).await;
        read.map_err(|error| ports::Error::unavailable("read a photo", error))?;
        Ok(Some(Photo { media, bytes }))
    }
}

/// The media type of a photo by its name. `None` unless the name is a generated one, which rules out path traversal.
fn media_type(name: &str) -> Option<&'static str> {
    let (hash, ending) = name.split_once('.')?;
    let ours = hash.len() == 32 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let media = match ending {
        "jpg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        _ => return None,
    };
    ours.then_some(media)
}

/// Removes photos that no kept generation refers to, unless they are younger than an hour. Returns the number removed.
///
/// # Errors
/// [`Error::Broken`] if a generation cannot be read, in which case nothing is removed; [`Error::Disk`] if a folder or
/// file operation fails, possibly after some photos were removed.
pub fn sweep(catalogue: &Path) -> Result<usize, Error> {
    sweep_older(catalogue, GRACE)
}

fn sweep_older(catalogue: &Path, grace: Duration) -> Result<usize, Error> {
    let folder = folder_of(catalogue);
    let failed = |error: io::Error| Error::disk(format!("tidying {}", folder.display()), error);
    if !folder.is_dir() {
        return Ok(0);
    }
    let mut named = HashSet::new();
    for id in generation::finished(catalogue)? {
        let path = generation::generations(catalogue).join(&id);
        let items = generation::read_items(&path).map_err(|why| Error::Broken { generation: id, why })?;
        named.extend(items.into_iter().filter_map(|item| {
            item.product
                .photo
                .as_deref()
                .and_then(|photo| photo.strip_prefix(PHOTO_PREFIX))
                .map(str::to_owned)
        }));
    }
    let mut removed = 0;
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if named.contains(&*entry.file_name().to_string_lossy()) {
            continue;
        }
        let written = entry.metadata().and_then(|metadata| metadata.modified()).map_err(failed)?;
        let age = SystemTime::now().duration_since(written).unwrap_or_default();
        if age >= grace {
            fs::remove_file(entry.path()).map_err(failed)?;
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests;
