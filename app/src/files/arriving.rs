//! A file as it arrives: within its bounds, beside the files that are kept, and among them once it is whole and what it says it is.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tokio::{fs::File, io::AsyncWriteExt};
use tolmach_engine::effect::SentFile;
use tolmach_runtime::ports::FILE_PREFIX;

use super::{ABOUT, AboutFile, CONTENT, Error, FileFolder, LARGEST, folder_name, kind};

/// A file that arrives. It is removed unless it is kept.
#[derive(Debug)]
pub struct ArrivingFile {
    of: FileFolder,
    folder: Unfinished,
    file: File,
    name: String,
    chat: String,
    bytes: u64,
}

/// A whole file that may be sent, but is not kept yet.
#[derive(Debug)]
pub struct ArrivedFile {
    of: FileFolder,
    folder: Unfinished,
    about: AboutFile,
}

/// A folder that is removed with its value.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Err(why) = fs::remove_dir_all(&self.0)
            && why.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%why, "a file that broke off cannot be removed");
        }
    }
}

impl FileFolder {
    /// Begins a file for a chat, with the name that its sender gave.
    ///
    /// # Errors
    /// When the channel takes no files, the name says that it may not be sent, there is no room, or it cannot be made.
    pub async fn arrive(&self, chat: &str, name: &str) -> Result<ArrivingFile, Error> {
        if !self.takes(chat) {
            let channel = chat.split(':').next().unwrap_or_default();
            return Err(Error::Channel(channel.to_owned()));
        }
        let name = kind::safe_name(name);
        kind::of_name(&name)?;
        self.room().await?;
        let folder = self.folder.join(format!(".{}", new_id()?));
        tokio::fs::create_dir_all(&folder).await.map_err(|why| unwritable(&folder, why))?;
        let folder = Unfinished(folder);
        let path = folder.0.join(CONTENT);
        let file = File::create(&path).await.map_err(|why| unwritable(&path, why))?;
        Ok(ArrivingFile { of: self.clone(), folder, file, name, chat: chat.to_owned(), bytes: 0 })
    }

    /// Keeps files that have arrived, in their order; from now on they are found by their addresses.
    ///
    /// # Errors
    /// When all files would take more than is allowed, or one cannot be written. Then none is kept.
    pub async fn keep(&self, files: Vec<ArrivedFile>) -> Result<Vec<SentFile>, Error> {
        self.room().await?;
        let mut kept = Vec::new();
        for file in files {
            match file.keep().await {
                Ok(file) => kept.push(file),
                Err(why) => {
                    self.forget(&kept).await;
                    return Err(why);
                }
            }
        }
        Ok(kept)
    }

    /// Refuses when files take all that is allowed. What arrives counts, so several at once cannot pass it by much.
    async fn room(&self) -> Result<(), Error> {
        let (of, quota) = (self.clone(), *self.quota.get());
        let used = tokio::task::spawn_blocking(move || of.used()).await;
        let used = used.unwrap_or_else(|why| Err(io::Error::other(why)));
        match used.map_err(|why| unwritable(&self.folder, why))? {
            used if used > quota => Err(Error::NoRoom(quota >> 20)),
            _ => Ok(()),
        }
    }
}

impl ArrivingFile {
    /// Adds a part.
    ///
    /// # Errors
    /// When the file is larger than [`LARGEST`], or the part cannot be written.
    pub async fn write(&mut self, part: &[u8]) -> Result<(), Error> {
        self.bytes = self.bytes.saturating_add(part.len() as u64);
        if self.bytes > LARGEST {
            return Err(Error::TooLarge);
        }
        self.file.write_all(part).await.map_err(|why| unwritable(&self.folder.0, why))
    }

    /// Ends the file at `now`, milliseconds since the Unix epoch, and looks whether it is what its name says.
    ///
    /// # Errors
    /// When it is empty, may not be sent, there is no room for it, or it cannot be written.
    pub async fn end(mut self, now: i64) -> Result<ArrivedFile, Error> {
        let failed = |why: io::Error| unwritable(&self.folder.0, why);
        self.file.flush().await.map_err(failed)?;
        self.file.sync_all().await.map_err(failed)?;
        if self.bytes == 0 {
            return Err(Error::Empty);
        }
        let content = tokio::fs::read(self.folder.0.join(CONTENT)).await.map_err(failed)?;
        let name = self.name.clone();
        let looked = tokio::task::spawn_blocking(move || kind::media(&name, &content)).await;
        let media = looked.map_err(|why| failed(io::Error::other(why)))??;
        self.of.room().await?;
        let about = AboutFile {
            name: self.name,
            media: media.to_owned(),
            bytes: self.bytes,
            chat: self.chat,
            at: now,
        };
        Ok(ArrivedFile { of: self.of, folder: self.folder, about })
    }
}

impl ArrivedFile {
    async fn keep(self) -> Result<SentFile, Error> {
        let id = new_id()?;
        let of_chat = folder_name(&self.about.chat);
        let chat = self.of.folder.join(&of_chat);
        let (about, place) = (self.about.clone(), chat.join(&id));
        let from = self.folder.0.clone();
        let moved = tokio::task::spawn_blocking(move || {
            let path = from.join(ABOUT);
            let json = serde_json::to_vec(&about).map_err(io::Error::other)?;
            let mut file = fs::File::create(path)?;
            io::Write::write_all(&mut file, &json)?;
            file.sync_all()?;
            fs::create_dir_all(&chat)?;
            fs::rename(&from, place)?;
            // The names survive a power failure as well.
            fs::File::open(&chat)?.sync_all()
        })
        .await;
        let moved = moved.unwrap_or_else(|why| Err(io::Error::other(why)));
        moved.map_err(|why| unwritable(&self.of.folder, why))?;
        let AboutFile { name, media, bytes, .. } = self.about;
        Ok(SentFile { address: format!("{FILE_PREFIX}{of_chat}/{id}"), name, media, bytes })
    }
}

/// 128 random bits in hexadecimal digits.
fn new_id() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|why| unwritable(Path::new("a random name"), io::Error::other(why.to_string())))?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

fn unwritable(path: &Path, source: io::Error) -> Error {
    Error::Unwritable { path: path.to_owned(), source }
}
