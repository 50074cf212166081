//! Files uploaded for a job, kept in the data folder until the job has finished.
//!
//! A task names an upload by id and never by a path, because the command may run on another machine. The content is
//! stored as `<data folder>/uploads/<id>/<name>`. It is written before the upload's database row, and the row before
//! the task that needs it.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use tolmach_runtime::ports::{self, Actor, Store, Upload};
use uuid::Uuid;

use crate::text::event_id;

/// The largest upload, in bytes. Archives of photos can be this large.
pub const MAX_BYTES: u64 = 4 << 30;

/// The uploads folder.
#[derive(Clone, Debug)]
pub struct Uploads {
    folder: PathBuf,
}

/// Why a file cannot be uploaded, or an upload cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// There is no such file.
    #[error("{} cannot be found", .0.display())]
    NotFound(PathBuf),
    /// The path is a folder.
    #[error("{} is a folder; name a file", .0.display())]
    NotAFile(PathBuf),
    /// The file is larger than [`MAX_BYTES`].
    #[error("{} is larger than 4 GiB, the most that is taken", .0.display())]
    TooLarge(PathBuf),
    /// The copy cannot be written.
    #[error("{} cannot be written", path.display())]
    Unwritable {
        /// The copy.
        path: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// The upload was removed.
    #[error("the upload {0} is not there any more; hand the file over again")]
    Gone(Uuid),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

impl Uploads {
    /// The uploads of a data folder.
    pub fn of(data: &Path) -> Uploads {
        Uploads { folder: data.join("uploads") }
    }

    /// Copies a file into the uploads folder and adds its row. If the row is not added, [`Uploads::sweep`] removes the
    /// copy later.
    ///
    /// # Errors
    /// When the file cannot be read or is larger than [`MAX_BYTES`], the copy cannot be written, or the database is
    /// unavailable.
    pub async fn add(
        &self,
        store: &dyn Store,
        actor: &Actor,
        now: i64,
        file: &Path,
    ) -> Result<Upload, Error> {
        let id = event_id(now);
        let (folder, file) = (self.folder.join(id.to_string()), file.to_owned());
        let copied = tokio::task::spawn_blocking(move || copy(&file, &folder)).await;
        let gone = |why: tokio::task::JoinError| ports::Error::unavailable("copy a file", why);
        let (name, bytes, hash) = copied.map_err(gone)??;
        let upload = Upload { id, name, bytes, hash, at: now, by: actor.clone() };
        store.add_upload(&upload).await?;
        Ok(upload)
    }

    /// The path of an upload's file.
    ///
    /// # Errors
    /// When the upload was removed, or the database is unavailable.
    pub async fn file(&self, store: &dyn Store, id: Uuid) -> Result<PathBuf, Error> {
        let upload = store.upload(id).await?.ok_or(Error::Gone(id))?;
        let path = self.folder.join(id.to_string()).join(upload.name);
        if path.is_file() { Ok(path) } else { Err(Error::Gone(id)) }
    }

    /// Removes an upload; does nothing when there is none.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn remove(&self, store: &dyn Store, id: Uuid) -> ports::Result<()> {
        self.remove_files(&id.to_string());
        store.remove_upload(id).await
    }

    /// Removes uploads from before `old`, milliseconds since the Unix epoch, and copies that old without a row. Returns
    /// how many.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn sweep(&self, store: &dyn Store, old: i64) -> ports::Result<u64> {
        let mut removed = 0;
        for upload in store.uploads_before(old).await? {
            self.remove(store, upload.id).await?;
            removed += 1;
        }
        let entries = fs::read_dir(&self.folder).into_iter().flatten().filter_map(Result::ok);
        for name in entries.filter_map(|entry| entry.file_name().into_string().ok()) {
            // A UUID v7 contains its creation time. A younger folder may be a copy in progress.
            let Ok(id) = Uuid::parse_str(&name) else { continue };
            let made =
                id.get_timestamp().map_or(0, |time| i64::try_from(time.to_unix().0).unwrap_or(0) * 1000);
            if made < old && store.upload(id).await?.is_none() {
                self.remove_files(&name);
                removed += 1;
            }
        }
        Ok(removed)
    }

    fn remove_files(&self, id: &str) {
        let folder = self.folder.join(id);
        if let Err(why) = fs::remove_dir_all(&folder)
            && why.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%why, "an upload could not be removed");
        }
    }
}

/// Copies a file into a folder, which is created. Returns the file's name, size in bytes and BLAKE3 hash.
fn copy(file: &Path, folder: &Path) -> Result<(String, u64, String), Error> {
    let unreadable = |source| Error::Unreadable { path: file.to_owned(), source };
    let mut from = File::open(file).map_err(|why| match why.kind() {
        io::ErrorKind::NotFound => Error::NotFound(file.to_owned()),
        _ => unreadable(why),
    })?;
    if from.metadata().map_err(unreadable)?.is_dir() {
        return Err(Error::NotAFile(file.to_owned()));
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let target = folder.join(&name);
    let unwritable = |source| Error::Unwritable { path: target.clone(), source };
    fs::create_dir_all(folder).map_err(unwritable)?;
    let mut copied = || -> Result<(u64, String), Error> {
        let mut to = File::create(&target).map_err(unwritable)?;
        let mut hasher = blake3::Hasher::new();
        let (mut buffer, mut bytes) = (vec![0; 1 << 16], 0_u64);
        loop {
            let read = from.read(&mut buffer).map_err(unreadable)?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
            bytes += part.len() as u64;
            if bytes > MAX_BYTES {
                return Err(Error::TooLarge(file.to_owned()));
            }
            hasher.update(part);
            to.write_all(part).map_err(unwritable)?;
        }
        to.sync_all().map_err(unwritable)?;
        Ok((bytes, hasher.finalize().to_hex().to_string()))
    };
    let (bytes, hash) = copied().inspect_err(|_| drop(fs::remove_dir_all(folder)))?;
    Ok((name, bytes, hash))
}
