//! The sample catalogue and the demo bundle, for a first start and for dialog tests.

mod embedded;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use tolmach_catalog::{EmbeddedCatalog, ImportOutcome, Source, import, photos};
use tolmach_engine::catalog::Product;
use tolmach_runtime::ports::{Actor, AuditStore};

use crate::audit::Change;

pub use embedded::write_flows;

/// Why the samples or the demo bundle could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The temporary folder cannot be created.
    #[error("no temporary folder can be made")]
    NoFolder(#[source] io::Error),
    /// The sample price list cannot be written to the temporary folder.
    #[error("the sample price list cannot be written")]
    Unwritable(#[source] io::Error),
    /// The binary does not contain the sample price list.
    #[error("the sample price list is not in the binary")]
    Missing,
    /// A file or folder of the demo bundle cannot be written.
    #[error("{} cannot be {what}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What was attempted, as a participle.
        what: &'static str,
        /// The I/O error.
        source: io::Error,
    },
    /// The price list cannot be parsed.
    #[error(transparent)]
    Unreadable(#[from] import::Error),
    /// The catalogue cannot import it.
    #[error(transparent)]
    Catalog(#[from] tolmach_catalog::Error),
}

impl Error {
    fn file(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::File { path: path.to_owned(), what, source }
    }
}

/// Imports the samples as a demo source, which the first real price list removes. Blocks the thread while the list is
/// read.
///
/// Writes a `catalog.import` row if an audit log is given.
///
/// # Errors
/// When the samples cannot be read or the catalogue cannot be built.
pub async fn import_into(
    catalog: &EmbeddedCatalog,
    audit: Option<&dyn AuditStore>,
    actor: &Actor,
    now: i64,
) -> Result<ImportOutcome, Error> {
    let imported = import_samples(catalog).await;
    if let Some(audit) = audit {
        let mut change = Change::new(actor, "catalog.import", now);
        change.on(SOURCE);
        if let Ok(imported) = &imported {
            change.detail("items", imported.imported);
            change.detail("generation", imported.generation.clone());
        }
        change.end(audit, &imported).await;
    }
    imported
}

/// The supplier name of the samples.
const SOURCE: &str = "samples";

async fn import_samples(catalog: &EmbeddedCatalog) -> Result<ImportOutcome, Error> {
    let (name, bytes) = embedded::sample_price_list()?;
    // The importer reads from a file only.
    let folder = tempfile::tempdir().map_err(Error::NoFolder)?;
    let path = folder.path().join(name);
    fs::write(&path, bytes).map_err(Error::Unwritable)?;
    let mut imported = import::read(&path)?;
    take_pictures(catalog.folder(), &mut imported.items)?;
    let source = Source { name: SOURCE.to_owned(), demo: true };
    Ok(catalog.import(source, imported.items, |_| {}).await?)
}

/// Stores the pictures that the binary holds beside the catalogue and sets them in the items, whose photos are addresses on a
/// host that does not exist: the last part of each is the picture's name.
fn take_pictures(folder: &Path, items: &mut [Product]) -> Result<(), Error> {
    let mut kept: BTreeMap<String, Option<String>> = BTreeMap::new();
    for photo in items.iter_mut().map(|item| &mut item.photo) {
        let name = photo.take().and_then(|address| address.rsplit('/').next().map(str::to_owned));
        let Some(name) = name else { continue };
        if let Some(known) = kept.get(&name) {
            photo.clone_from(known);
            continue;
        }
        let stored = embedded::sample_picture(&name).map(|bytes| photos::put(folder, &bytes)).transpose()?;
        photo.clone_from(&stored.flatten());
        kept.insert(name, photo.clone());
    }
    Ok(())
}
