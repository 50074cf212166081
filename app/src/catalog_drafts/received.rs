//! Files of a draft as they arrive: written to disk part by part, within bounds, under names that cannot leave their folder.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tokio::{fs, io::AsyncWriteExt};
use uuid::Uuid;

use super::Error;
use crate::uploads::MAX_BYTES;

/// Maximum number of files of one upload.
pub const MAX_FILES: usize = 20;
/// Maximum length of a stored file's name, in bytes.
const MAX_NAME: usize = 150;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A price list.
    List,
    /// An archive of photos.
    Photos,
}

/// A file of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftFile {
    /// Its name, without folders.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The BLAKE3 hash of its content, in hexadecimal digits.
    pub hash: String,
    /// What it is, by its name.
    pub kind: FileKind,
    /// The folder of the draft that it lies in: files may have the same name.
    pub(super) folder: String,
}

/// Files that arrive. What has arrived is removed unless [`Receiving::finish`] is called.
#[derive(Debug)]
pub struct Receiving {
    pub(super) id: Uuid,
    pub(super) folder: PathBuf,
    files: Vec<DraftFile>,
    bytes: u64,
    kept: bool,
}

impl Receiving {
    pub(super) async fn begin(uploads: &Path, id: Uuid) -> Result<Receiving, Error> {
        let folder = uploads.join(id.to_string());
        fs::create_dir_all(&folder).await.map_err(|why| unwritable(&folder, why))?;
        Ok(Receiving { id, folder, files: Vec::new(), bytes: 0, kept: false })
    }

    /// Begins a file with the name that its sender gave; folders and signs that no name may have are taken off.
    ///
    /// # Errors
    /// There are [`MAX_FILES`] already, or the file cannot be made.
    pub async fn file(&mut self, name: &str) -> Result<Writing<'_>, Error> {
        if self.files.len() >= MAX_FILES {
            return Err(Error::TooManyFiles);
        }
        let (name, folder) = (safe_name(name), (self.files.len() + 1).to_string());
        let path = self.folder.join(&folder);
        fs::create_dir_all(&path).await.map_err(|why| unwritable(&path, why))?;
        let path = path.join(&name);
        let file = fs::File::create(&path).await.map_err(|why| unwritable(&path, why))?;
        let kind = if is_zip(&name) { FileKind::Photos } else { FileKind::List };
        let made = DraftFile { name, bytes: 0, hash: String::new(), kind, folder };
        Ok(Writing { of: self, made, path, file, hasher: blake3::Hasher::new() })
    }

    /// The files, which stay from now on.
    ///
    /// # Errors
    /// No list has arrived, or more than one archive.
    pub(super) fn finish(&mut self) -> Result<Vec<DraftFile>, Error> {
        let photos = self.files.iter().filter(|file| file.kind == FileKind::Photos).count();
        if photos == self.files.len() {
            return Err(Error::NoList);
        }
        if photos > 1 {
            return Err(Error::ManyArchives);
        }
        self.kept = true;
        Ok(std::mem::take(&mut self.files))
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        if !self.kept {
            remove(&self.folder);
        }
    }
}

/// A file that arrives.
#[derive(Debug)]
pub struct Writing<'r> {
    of: &'r mut Receiving,
    made: DraftFile,
    path: PathBuf,
    file: fs::File,
    hasher: blake3::Hasher,
}

impl Writing<'_> {
    /// Adds a part.
    ///
    /// # Errors
    /// The files take more than [`MAX_BYTES`] together, or the part cannot be written.
    pub async fn write(&mut self, part: &[u8]) -> Result<(), Error> {
        self.of.bytes += part.len() as u64;
        if self.of.bytes > MAX_BYTES {
            return Err(Error::TooLarge);
        }
        self.made.bytes += part.len() as u64;
        self.hasher.update(part);
        self.file.write_all(part).await.map_err(|why| unwritable(&self.path, why))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub async fn end(mut self) -> Result<(), Error> {
        self.file.flush().await.map_err(|why| unwritable(&self.path, why))?;
        self.file.sync_all().await.map_err(|why| unwritable(&self.path, why))?;
        self.made.hash = self.hasher.finalize().to_hex().to_string();
        self.of.files.push(self.made);
        Ok(())
    }
}

/// Removes a folder and what is in it; that it is not there is no fault.
pub(super) fn remove(folder: &Path) {
    if let Err(why) = std::fs::remove_dir_all(folder)
        && why.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%why, "files of an upload cannot be removed");
    }
}

pub(super) fn unwritable(path: &Path, source: io::Error) -> Error {
    Error::Unwritable { path: path.to_owned(), source }
}

fn is_zip(name: &str) -> bool {
    name.to_lowercase().ends_with(".zip")
}

/// The name of a file without folders, control characters and a length that no disk takes; its ending stays.
fn safe_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = base.chars().filter(|c| !c.is_control()).collect();
    let plain = plain.trim().trim_start_matches('.');
    let (stem, ending) = match plain.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 10 => (stem, format!(".{ending}")),
        _ => (plain, String::new()),
    };
    let mut stem = stem.to_owned();
    while stem.len() + ending.len() > MAX_NAME {
        stem.pop();
    }
    if stem.is_empty() { format!("list{ending}") } else { stem + &ending }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_within_their_folder() {
        for (given, kept) in [
            ("прайс.xlsx", "прайс.xlsx"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\price.xls", "price.xls"),
            ("..", "list"),
            ("", "list"),
            ("...", "list"),
            (".hidden.csv", "hidden.csv"),
            ("a\u{0}b\n.csv", "ab.csv"),
            ("/", "list"),
        ] {
            assert_eq!(safe_name(given), kept, "{given:?}");
        }
        let long = safe_name(&format!("{}.xlsx", "ё".repeat(500)));
        assert!(long.len() <= MAX_NAME && long.ends_with("ё.xlsx"), "{long}");
    }

    #[tokio::test]
    async fn what_is_not_finished_leaves_nothing() {
        let folder = tempfile::TempDir::new().unwrap();
        let id = Uuid::now_v7();
        let mut receiving = Receiving::begin(folder.path(), id).await.unwrap();
        let mut file = receiving.file("a.csv").await.unwrap();
        file.write(b"x").await.unwrap();
        assert!(matches!(receiving.finish(), Err(Error::NoList)), "a file that broke off does not count");
        drop(receiving);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

        let mut receiving = Receiving::begin(folder.path(), id).await.unwrap();
        for name in ["a.csv", "dir/a.csv"] {
            let mut file = receiving.file(name).await.unwrap();
            file.write(b"x").await.unwrap();
            file.end().await.unwrap();
        }
        let files = receiving.finish().unwrap();
        drop(receiving);
        let at = |file: &DraftFile| folder.path().join(id.to_string()).join(&file.folder).join(&file.name);
        assert!(files.len() == 2 && files.iter().all(|file| at(file).is_file()), "{files:?}");
    }
}
