//! Drafts as they lie in their folders.

use std::{
    io,
    path::{Path, PathBuf},
    sync::PoisonError,
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tolmach_runtime::ports::{Upload, Write};
use uuid::Uuid;

use super::{DRAFT, Draft, Drafts, Error, FAILED, PREVIEW, PUBLISHED, Work, received};
use crate::audit::Change;

impl Drafts {
    /// Brings the files of a draft into its folder and writes its rows.
    pub(super) async fn put(&self, draft: &Draft, from: &Path, change: &Change) -> Result<(), Error> {
        let folder = self.folder(draft.id);
        if folder != from {
            for file in &draft.files {
                let (source, target) = (from.join(&file.folder), folder.join(&file.folder));
                tokio::fs::create_dir_all(&target).await.map_err(|why| received::unwritable(&target, why))?;
                let (source, target) = (source.join(&file.name), target.join(&file.name));
                // The first draft's folder keeps its files: a link takes no space.
                if tokio::fs::hard_link(&source, &target).await.is_err() {
                    let copied = tokio::fs::copy(&source, &target).await;
                    copied.map_err(|why| received::unwritable(&target, why))?;
                }
            }
        }
        self.write(draft.id, DRAFT, draft)?;
        let hashes: Vec<&str> = draft.files.iter().map(|file| file.hash.as_str()).collect();
        let row = Upload {
            id: draft.id,
            name: draft.supplier.clone(),
            bytes: draft.files.iter().map(|file| file.bytes).sum(),
            hash: blake3::hash(hashes.concat().as_bytes()).to_hex().to_string(),
            at: draft.at,
            by: draft.by.clone(),
        };
        Ok(change.write(&*self.store, vec![Write::AddUpload(row)]).await.map(drop)?)
    }

    pub(super) async fn remove(&self, id: Uuid) -> Result<(), Error> {
        received::remove(&self.folder(id));
        Ok(self.store.remove_upload(id).await?)
    }

    pub(super) fn folder(&self, id: Uuid) -> PathBuf {
        self.uploads.join(id.to_string())
    }

    pub(super) fn stored(&self, id: Uuid) -> Option<Draft> {
        self.read(id, DRAFT)
    }

    pub(super) fn read<T: DeserializeOwned>(&self, id: Uuid, name: &str) -> Option<T> {
        let text = std::fs::read(self.folder(id).join(name)).ok()?;
        serde_json::from_slice(&text)
            .inspect_err(|why| tracing::warn!(%why, upload = %id, name, "a file of an upload cannot be read"))
            .ok()
    }

    /// Replaces a file of a draft as a whole.
    pub(super) fn write(&self, id: Uuid, name: &str, value: &impl Serialize) -> Result<(), Error> {
        let path = self.folder(id).join(name);
        let new = path.with_extension("new");
        let written = || -> io::Result<()> {
            let mut file = std::fs::File::create(&new)?;
            serde_json::to_writer(io::BufWriter::new(&mut file), value)?;
            file.sync_all()?;
            std::fs::rename(&new, &path)
        };
        written().map_err(|why| received::unwritable(&path, why))
    }

    pub(super) fn state_name(&self, id: Uuid) -> &'static str {
        match self.work(id) {
            Some(Work::Queued) => return "queued",
            Some(Work::Reading | Work::Trying(_)) => return "reading",
            Some(Work::Publishing(_)) => return "publishing",
            None => {}
        }
        let folder = self.folder(id);
        let known = [(PUBLISHED, "published"), (FAILED, "failed"), (PREVIEW, "preview")];
        known.into_iter().find(|(file, _)| folder.join(file).is_file()).map_or("failed", |(_, state)| state)
    }

    pub(super) fn work(&self, id: Uuid) -> Option<Work> {
        self.works.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }
}

/// A price list that was uploaded, as programs are told of it: by the API, and by `tolmach catalog uploads`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct UploadShown {
    /// Unique.
    #[schemars(with = "String")]
    pub id: Uuid,
    /// The supplier whose rows it replaces.
    pub supplier: String,
    /// `queued`, `reading`, `preview` where it waits for a check, `publishing`, `published` or `failed`.
    pub state: &'static str,
    /// When it was uploaded, milliseconds since the Unix epoch.
    pub at: i64,
    /// Who uploaded it.
    pub by: String,
    /// Its files.
    pub files: usize,
}

impl Drafts {
    /// What [`Drafts::list`] lists, for programs.
    ///
    /// # Errors
    /// The database is away.
    pub async fn shown(&self) -> Result<Vec<UploadShown>, Error> {
        let shown = |(draft, state): (Draft, &'static str)| UploadShown {
            id: draft.id,
            supplier: draft.supplier,
            state,
            at: draft.at,
            by: draft.by.id,
            files: draft.files.len(),
        };
        Ok(self.list().await?.into_iter().map(shown).collect())
    }
}

/// What the audit log says of a draft.
pub(super) fn told(draft: &Draft) -> Value {
    json!({
        "files": draft.files.len(),
        "bytes": draft.files.iter().map(|file| file.bytes).sum::<u64>(),
    })
}
