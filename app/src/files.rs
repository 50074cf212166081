//! Files that staff send to clients. A channel delivers them, the web chat's page loads them from this server.
//!
//! # On disk
//! `<data folder>/files/<folder of the chat>/<id>/` holds `content` and `about.json`. A file is written beside them, under a name
//! that begins with a dot, and appears by a rename: it is there whole or not at all. Its id is 128 random bits, so nobody who was
//! not told the address finds it. The folder of a chat is a hash of the chat's key. The database holds the addresses alone, in the
//! messages; processes that share a database share the data folder too.
//!
//! A file goes with the messages of its time ([`crate::retention`]), with its chat, and when its client is erased
//! ([`crate::clients::erase`]). One whose reply was never handed in, because the process was killed before it, goes with them.

mod arriving;
mod kind;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tolmach_engine::{channel::Capabilities, effect::SentFile};
use tolmach_runtime::{
    Shared,
    ports::{self, FILE_PREFIX, Files, Store},
};

pub use arriving::{ArrivedFile, ArrivingFile};
pub use kind::ENDINGS;

/// The most files of a message.
pub const MOST_FILES: usize = 5;
/// The most bytes of a file.
pub const LARGEST: u64 = 10 << 20;

/// How old something unfinished is when it was left by a process that ended, milliseconds.
const ABANDONED: i64 = 24 * 60 * 60 * 1000;
const CONTENT: &str = "content";
const ABOUT: &str = "about.json";

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There are more than [`MOST_FILES`].
    #[error("a message takes at most {MOST_FILES} files; send the others with another one")]
    TooMany,
    /// It is larger than [`LARGEST`].
    #[error("a file has at most 10 MiB; send a link to a larger one")]
    TooLarge,
    /// It is empty.
    #[error("the file is empty")]
    Empty,
    /// It is a program.
    #[error("programs and scripts are not sent, nor archives and documents with one inside")]
    Program,
    /// It is a page or a drawing that can hold a script.
    #[error(
        "pages and drawings that can hold scripts (HTML, SVG, XML) are not sent; send a PDF or a picture"
    )]
    Page,
    /// It is of no kind that is taken.
    #[error("files of this kind are not sent; take one of {}", ENDINGS.join(", "))]
    UnknownKind,
    /// Its content is not what its name says.
    #[error("the content of the file is not what its name says; save it under its right name")]
    Mismatch,
    /// All files together would take more than is allowed.
    #[error(
        "files already take the {0} MiB that are allowed (files_mib); remove old ones by retention, or allow more"
    )]
    NoRoom(u64),
    /// The channel of the chat takes no files.
    #[error("the channel {0} takes no files")]
    Channel(String),
    /// It cannot be written.
    #[error("{} cannot be written", path.display())]
    Unwritable {
        /// What was to be written.
        path: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
}

/// The folder of files.
#[derive(Clone, Debug)]
pub struct FileFolder {
    folder: PathBuf,
    /// The most bytes of all files together.
    quota: Shared<u64>,
    channels: Vec<Capabilities>,
}

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutFile {
    /// What it is called.
    pub name: String,
    /// The media type.
    pub media: String,
    /// The size of its content.
    pub bytes: u64,
    /// The chat.
    pub chat: String,
    /// When it was sent, milliseconds since the Unix epoch.
    pub at: i64,
}

/// A file with its address, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptFile {
    /// Its address on this server.
    pub address: String,
    /// What is known of it.
    #[serde(flatten)]
    pub about: AboutFile,
}

/// A file that is read piece by piece.
#[derive(Debug)]
pub struct OpenFile {
    /// What is known of it.
    pub about: AboutFile,
    /// Its size, at most [`LARGEST`].
    pub bytes: u64,
    /// Its content.
    pub file: tokio::fs::File,
}

impl FileFolder {
    /// The files of a data folder, which may take `quota` bytes together. `channels` are those that clients may write in.
    pub fn of(data: &Path, quota: u64, channels: &[Capabilities]) -> FileFolder {
        FileFolder { folder: data.join("files"), quota: quota.into(), channels: channels.to_vec() }
    }

    /// Sets how many bytes all files may take together, for all clones.
    pub fn set_quota(&self, quota: u64) {
        self.quota.set(quota);
    }

    /// Whether the channel of a chat takes files.
    pub fn takes(&self, chat: &str) -> bool {
        let channel = chat.split(':').next().unwrap_or_default();
        self.channels.iter().any(|known| known.name == channel && known.files)
    }

    /// Opens a file by the two parts of its address; `None` if there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn open(&self, of_chat: &str, id: &str) -> ports::Result<Option<OpenFile>> {
        if !is_id(of_chat) || !is_id(id) {
            return Ok(None);
        }
        let folder = self.folder.join(of_chat).join(id);
        let failed = |error: io::Error| ports::Error::unavailable("read a file of the staff", error);
        let about = match tokio::fs::read(folder.join(ABOUT)).await {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let about: AboutFile = serde_json::from_slice(&about)
            .map_err(|why| ports::Error::refused("read a file of the staff", why))?;
        let file = match tokio::fs::File::open(folder.join(CONTENT)).await {
            Ok(file) => file,
            // It was removed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let bytes = file.metadata().await.map_err(failed)?.len();
        if bytes > LARGEST {
            return Err(ports::Error::refused("read a file of the staff", format!("it has {bytes} bytes")));
        }
        Ok(Some(OpenFile { about, bytes, file }))
    }

    /// The files of a chat, oldest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn of_chat(&self, chat: &str) -> ports::Result<Vec<KeptFile>> {
        let (folder, name) = (self.folder_of(chat), folder_name(chat));
        blocking(move || {
            let mut files: Vec<KeptFile> = entries(&folder)?
                .into_iter()
                .filter_map(|id| {
                    let address = format!("{FILE_PREFIX}{name}/{id}");
                    Some(KeptFile { address, about: about(&folder.join(id))? })
                })
                .collect();
            files.sort_by(|a, b| (a.about.at, &a.address).cmp(&(b.about.at, &b.address)));
            Ok(files)
        })
        .await
    }

    /// Removes all files of a chat; returns how many.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub async fn erase(&self, chat: &str) -> ports::Result<u64> {
        let folder = self.folder_of(chat);
        blocking(move || {
            let files = entries(&folder)?.len() as u64;
            removed(fs::remove_dir_all(&folder))?;
            Ok(files)
        })
        .await
    }

    /// Removes files that were kept for a reply that was not handed in.
    pub async fn forget(&self, files: &[SentFile]) {
        for file in files {
            let Some(place) = self.place(&file.address) else { continue };
            if let Err(why) = blocking(move || removed(fs::remove_dir_all(place))).await {
                tracing::warn!(%why, "a file that was not sent cannot be removed");
            }
        }
    }

    /// Removes files that were sent before `old`, milliseconds since the Unix epoch, those of chats that are not kept any more,
    /// and what a process left unfinished. Returns how many files.
    ///
    /// # Errors
    /// When the folder cannot be read, or the database is unavailable.
    pub async fn sweep(&self, store: &dyn Store, now: i64, old: Option<i64>) -> ports::Result<u64> {
        let folder = self.folder.clone();
        let unfinished = now - ABANDONED;
        let chats = blocking(move || {
            for name in entries_with(&folder, |name| name.starts_with('.'))? {
                let left = folder.join(name);
                if modified(&left) < unfinished {
                    removed(fs::remove_dir_all(left))?;
                }
            }
            let mut chats = Vec::new();
            for name in entries(&folder)? {
                let files: Vec<(PathBuf, AboutFile)> = entries(&folder.join(&name))?
                    .into_iter()
                    .filter_map(|id| {
                        let path = folder.join(&name).join(id);
                        Some((path.clone(), about(&path)?))
                    })
                    .collect();
                chats.push((folder.join(name), files));
            }
            Ok(chats)
        })
        .await?;
        let mut swept = 0;
        for (folder, files) in chats {
            let chat = files.first().map(|(_, about)| about.chat.clone());
            let gone = match &chat {
                Some(chat) => store.dialog(chat).await?.is_none(),
                None => false,
            };
            swept += blocking(move || {
                let mut swept = 0;
                for (path, about) in files {
                    let is_old = old.is_some_and(|old| about.at < old);
                    if is_old || gone && about.at < unfinished {
                        removed(fs::remove_dir_all(path))?;
                        swept += 1;
                    }
                }
                // Only an empty one goes.
                drop(fs::remove_dir(folder));
                Ok(swept)
            })
            .await?;
        }
        Ok(swept)
    }

    /// Bytes of all files, those that arrive included.
    fn used(&self) -> io::Result<u64> {
        let mut used = 0;
        for name in entries_with(&self.folder, |_| true)? {
            let folder = self.folder.join(&name);
            let within = entries_with(&folder, |_| true)?;
            let sizes = within.iter().flat_map(|inner| {
                [folder.join(inner), folder.join(inner).join(CONTENT)].map(|path| fs::metadata(path).ok())
            });
            used += sizes.flatten().filter(fs::Metadata::is_file).map(|file| file.len()).sum::<u64>();
        }
        Ok(used)
    }

    fn folder_of(&self, chat: &str) -> PathBuf {
        self.folder.join(folder_name(chat))
    }

    /// The folder of the file at an address; `None` for an address that is none of ours.
    fn place(&self, address: &str) -> Option<PathBuf> {
        let (of_chat, id) = address.strip_prefix(FILE_PREFIX)?.split_once('/')?;
        (is_id(of_chat) && is_id(id)).then(|| self.folder.join(of_chat).join(id))
    }
}

#[async_trait]
impl Files for FileFolder {
    async fn content(&self, address: &str) -> ports::Result<Option<Vec<u8>>> {
        let Some((of_chat, id)) = address.strip_prefix(FILE_PREFIX).and_then(|rest| rest.split_once('/'))
        else {
            return Ok(None);
        };
        let Some(OpenFile { bytes, mut file, .. }) = self.open(of_chat, id).await? else { return Ok(None) };
        let mut content = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
        let read = tokio::io::AsyncReadExt::read_to_end(&mut file, &mut content).await;
        read.map_err(|error| ports::Error::unavailable("read a file of the staff", error))?;
        Ok(Some(content))
    }
}

/// The name of a chat's folder: 128 bits of a hash of its key.
fn folder_name(chat: &str) -> String {
    let hash = blake3::hash(format!("files\0{chat}").as_bytes()).to_hex();
    hash.get(..32).unwrap_or_default().to_owned()
}

/// Whether a part of an address is a name that we make, which rules out paths that lead elsewhere.
fn is_id(part: &str) -> bool {
    part.len() == 32 && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn about(folder: &Path) -> Option<AboutFile> {
    serde_json::from_slice(&fs::read(folder.join(ABOUT)).ok()?).ok()
}

/// The names that we make in a folder; none where there is no folder.
fn entries(folder: &Path) -> io::Result<Vec<String>> {
    entries_with(folder, is_id)
}

fn entries_with(folder: &Path, fits: impl Fn(&str) -> bool) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(why) if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(why) => return Err(why),
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.filter(|name| fits(name)).collect())
}

/// When something was last changed, milliseconds since the Unix epoch; now where that is not known.
fn modified(path: &Path) -> i64 {
    let time = fs::metadata(path).and_then(|data| data.modified());
    let since = time.ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(i64::MAX)
}

/// That something is not there is no failure to remove it.
fn removed(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|why| if why.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(why) })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> ports::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(why)) => Err(ports::Error::unavailable("the folder of files", why)),
        Err(why) => Err(ports::Error::unavailable("the folder of files", why)),
    }
}

#[cfg(test)]
mod tests;
