//! Price lists: reading one, comparing it with the catalogue, and importing it.
//!
//! A list is read in a child process with memory and time limits, so that a malicious file cannot harm the server. The
//! caller names the program.

mod parts;
mod progress;
mod queued;

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use serde_json::{Value, json};
use tolmach_catalog::{
    EmbeddedCatalog, ImportOutcome, Row, Source,
    changes::{self, Changes, Disagreements},
    import::{
        self, Imported, Mapping, Options,
        child::{Limits, Reader},
        remembered,
    },
    photos::{self, PhotoReport},
    rows,
};
use tolmach_runtime::ports::{self, Actor, AuditStore, Catalog as _};

use crate::{audit::Change, uploads};

pub(crate) use parts::{Parts, ReadParts, read_parts};
pub use progress::ImportProgress;
pub(crate) use progress::Meter;
pub use queued::{QueuedList, import_queued, import_queued_file, queue};

/// A price list and the options of its import.
#[derive(Clone, Debug)]
pub struct PriceList {
    /// The file.
    pub file: PathBuf,
    /// The supplier whose rows the list replaces; `None` means the file's name without its extension.
    pub source: Option<String>,
    /// The column mapping; `None` means the mapping stored for the supplier.
    pub map: Option<Map>,
    /// An archive of photos; `None` means the `.zip` of the same name beside the file, if there is one.
    pub photos: Option<PathBuf>,
}

impl PriceList {
    /// A list with default options.
    pub fn of(file: impl Into<PathBuf>) -> PriceList {
        PriceList { file: file.into(), source: None, map: None, photos: None }
    }

    /// The supplier: the given name, or the file's name without its extension; `None` when the path has no file name.
    pub fn supplier(&self) -> Option<String> {
        let stem = || self.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        self.source.clone().or_else(stem)
    }
}

/// A column mapping as text: `article=SKU,price=D`, `auto` (ignore the stored mapping), or `auto,article=A`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    text: String,
    forget: bool,
    mapping: Mapping,
}

impl Map {
    /// The text that it was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl FromStr for Map {
    type Err = String;

    fn from_str(text: &str) -> Result<Map, String> {
        let (forget, mapping) = match text.trim().strip_prefix("auto") {
            Some("") => (true, Mapping::default()),
            Some(rest) if rest.starts_with(',') => (true, rest.trim_start_matches(',').parse()?),
            _ => (false, text.parse()?),
        };
        Ok(Map { text: text.to_owned(), forget, mapping })
    }
}

/// The child process that reads a price list.
#[derive(Clone, Debug)]
pub struct ReaderProcess {
    /// The program's path.
    pub program: PathBuf,
    /// Its arguments before the limits, the options and the file.
    pub arguments: &'static [&'static str],
    /// Its memory and time limits.
    pub limits: Limits,
    /// ISO 4217 code of the company's currency, for lists that state none; empty for none.
    pub currency: String,
}

impl ReaderProcess {
    fn read(&self, file: &Path, options: &Options) -> Result<Imported, Error> {
        let reader = Reader { program: &self.program, arguments: self.arguments, limits: self.limits };
        Ok(reader.read(file, options)?)
    }
}

/// A price list that was read, and the changes that importing it would make.
#[derive(Debug)]
pub struct PriceListPreview {
    /// The supplier.
    pub source: String,
    /// The rows, and a report on how columns were recognized.
    pub imported: Imported,
    /// The stored column mapping that was used.
    pub remembered: Mapping,
    /// The column mapping to store after the import.
    pub remember: Mapping,
    /// The changes to the supplier's rows.
    pub changes: Changes,
    /// Articles for which another supplier has a different price.
    pub disagreements: Disagreements,
    /// The catalogue's current rows; emptied by the import.
    pub current: Vec<Row>,
    /// The archive of photos, and which items it has photos for.
    pub photos: Option<(PathBuf, PhotoReport)>,
}

impl PriceListPreview {
    /// The number of items whose photo is on another host. Telegram's servers fetch such a photo; the chat page leaves it
    /// out, because the host would learn the addresses of the shop's clients.
    pub fn photos_elsewhere(&self) -> usize {
        let elsewhere = |photo: &str| !photo.starts_with(ports::PHOTO_PREFIX);
        self.imported.items.iter().filter(|item| item.photo.as_deref().is_some_and(elsewhere)).count()
    }
}

/// Why a price list could not be read or imported.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file has no name to derive the supplier from.
    #[error("the file has no name; give the supplier's with --source")]
    NoName,
    /// The file cannot be read, or its reader exceeded its limits.
    #[error(transparent)]
    Unreadable(#[from] import::Error),
    /// The stored column mapping cannot be read or written.
    #[error(transparent)]
    Columns(#[from] remembered::Error),
    /// The photos or the catalogue failed.
    #[error(transparent)]
    Catalog(#[from] tolmach_catalog::Error),
    /// The file cannot be copied to the uploads.
    #[error(transparent)]
    Upload(#[from] uploads::Error),
    /// The reading task panicked.
    #[error("reading the price list stopped unexpectedly")]
    BrokeOff(#[source] tokio::task::JoinError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// Reads a price list and compares it with the catalogue in `folder`. Changes nothing.
///
/// # Errors
/// When the list, its photos, the stored column mapping or the catalogue cannot be read.
pub async fn understand(
    list: PriceList,
    folder: PathBuf,
    reader: ReaderProcess,
) -> Result<PriceListPreview, Error> {
    let read = move || understand_blocking(list, &folder, &reader);
    tokio::task::spawn_blocking(read).await.map_err(Error::BrokeOff)?
}

/// Imports the rows into the catalogue on behalf of `actor` and stores the column mapping. Needs a multi-threaded Tokio
/// runtime. `progress` is called often, from a thread of the build, with how far each stage is and how fast it goes.
///
/// Writes a `catalog.import` row if an audit log is given.
///
/// # Errors
/// When the photos cannot be read, or the new generation cannot be built or fails its check; the previous generation
/// keeps serving. When the column mapping cannot be stored; the new generation serves.
pub async fn import(
    catalog: &EmbeddedCatalog,
    audit: Option<&dyn AuditStore>,
    actor: &Actor,
    now: i64,
    understood: &mut PriceListPreview,
    progress: impl Fn(ImportProgress) + Send + Sync + 'static,
) -> Result<ImportOutcome, Error> {
    let left = catalog.generation();
    let imported = put_in(catalog, understood, progress).await;
    if let Some(audit) = audit {
        let mut change = Change::new(actor, ACTION, now);
        change.on(understood.source.clone());
        let Changes { new, changed_price, changed_other, gone, .. } = understood.changes;
        for (name, count) in
            [("new", new), ("changed_price", changed_price), ("changed_other", changed_other), ("gone", gone)]
        {
            change.detail(name, count);
        }
        change.before(served(left));
        if let Ok(imported) = &imported {
            change.detail("items", imported.imported);
            change.detail("generation", imported.generation.clone());
            change.after(served(catalog.generation()));
        }
        change.end(audit, &imported).await;
    }
    imported
}

/// What the audit log says of a generation, its id and number of rows.
fn served(generation: Option<(String, u64)>) -> Value {
    generation.map_or(Value::Null, |(id, items)| json!({ "generation": id, "items": items }))
}

/// Writes the audit row of an import that was not started because the list cannot be read.
pub async fn record_refusal(audit: &dyn AuditStore, actor: &Actor, now: i64, supplier: &str, why: &Error) {
    let mut change = Change::new(actor, ACTION, now);
    change.on(supplier);
    change.end(audit, &Err::<(), _>(why)).await;
}

const ACTION: &str = "catalog.import";

fn understand_blocking(
    list: PriceList,
    folder: &Path,
    reader: &ReaderProcess,
) -> Result<PriceListPreview, Error> {
    let Some(source) = list.supplier() else {
        // Read the file first: an error in its content is more useful than the missing name.
        reader.read(&list.file, &Options::default())?;
        return Err(Error::NoName);
    };
    let map = list.map.unwrap_or_default();
    let remembered = if map.forget { Mapping::default() } else { remembered::recall(folder, &source)? };
    let currency = reader.currency.clone();
    let options =
        Options { given: map.mapping.clone(), remembered: remembered.clone(), currency, sample: false };
    let imported = reader.read(&list.file, &options)?;
    let wanted = remembered.clone().corrected(&map.mapping);
    let remember = remembered::by_headings(&wanted, &imported.report);
    let current = rows(folder)?;
    let beside = list.file.with_extension("zip");
    let archive =
        list.photos.or_else(|| Some(beside).filter(|beside| *beside != list.file && beside.is_file()));
    let photos = match archive {
        // A dry run: an unusable archive must fail before anything is written.
        Some(archive) => {
            let taken = photos::take(&archive, None, &mut imported.items.clone())?;
            Some((archive, taken))
        }
        None => None,
    };
    Ok(PriceListPreview {
        photos,
        changes: changes::changes(&current, &source, &imported.items),
        disagreements: changes::disagreements(&current, &source, &imported.items),
        source,
        imported,
        remembered,
        remember,
        current,
    })
}

async fn put_in(
    catalog: &EmbeddedCatalog,
    understood: &mut PriceListPreview,
    progress: impl Fn(ImportProgress) + Send + Sync + 'static,
) -> Result<ImportOutcome, Error> {
    let folder = catalog.folder();
    tokio::task::block_in_place(|| take_photos(understood, folder))?;
    // Free the memory of the current rows for the build.
    understood.current = Vec::new();
    let source = Source { name: understood.source.clone(), demo: false };
    let items = std::mem::take(&mut understood.imported.items);
    let meter = progress::Meter::start();
    let imported = catalog.import(source, items, move |done| progress(meter.observe(done))).await?;
    remembered::remember(folder, &understood.source, &understood.remember)?;
    // Photos that no item refers to only take disk space.
    if let Err(why) = tokio::task::block_in_place(|| photos::sweep(folder)) {
        tracing::warn!(%why, "old photos cannot be removed");
    }
    Ok(imported)
}

/// Stores the photos beside the catalogue and sets them in the items. Photos that the supplier's rows already have
/// stay.
fn take_photos(understood: &mut PriceListPreview, catalogue: &Path) -> Result<(), Error> {
    if let Some((archive, taken)) = &mut understood.photos {
        *taken = photos::take(archive, Some(catalogue), &mut understood.imported.items)?;
    }
    photos::keep_known(&understood.current, &understood.source, &mut understood.imported.items);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn map_parses_auto_and_columns() {
        let check = |text: &str, forget: bool, mapping: &str| {
            let mapping = if mapping.is_empty() { Mapping::default() } else { mapping.parse().unwrap() };
            let map = text.parse::<Map>().unwrap();
            assert_eq!((map.text(), map.forget, map.mapping.clone()), (text, forget, mapping), "{text}");
        };
        check("auto", true, "");
        check("auto,article=A", true, "article=A");
        check("article=auto", false, "article=auto");
        assert!("automatic".parse::<Map>().is_err());
    }

    #[test]
    fn the_supplier_defaults_to_the_files_stem() {
        assert_eq!(PriceList::of("lists/shop.v2.csv").supplier().as_deref(), Some("shop.v2"));
        let named = PriceList { source: Some("ООО".to_owned()), ..PriceList::of("shop.csv") };
        assert_eq!(named.supplier().as_deref(), Some("ООО"));
    }
}
