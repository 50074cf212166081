//! Price lists: how one is understood, what it would change, and bringing it in.
//!
//! A list is read in a process of its own, so that a hostile file costs that process its memory and no more. Which program that is,
//! the caller says.

mod queued;

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use tolmach_catalog::{
    EmbeddedCatalog, ImportOutcome, Progress, Row, Source,
    changes::{self, Changes, Disagreements},
    import::{
        self, Imported, Mapping, Options,
        child::{Limits, Reader},
        remembered,
    },
    photos::{self, PhotoReport},
    rows,
};
use tolmach_runtime::ports::{self, Actor, AuditStore};

use crate::{audit::Change, uploads};

pub use queued::{QueuedList, import_queued, import_queued_file, queue};

/// A price list as a person gives it.
#[derive(Clone, Debug)]
pub struct PriceList {
    /// The file.
    pub file: PathBuf,
    /// The supplier, whose rows it replaces; `None` for the file's name without its ending.
    pub source: Option<String>,
    /// What is said of its columns; `None` for what is remembered of the supplier.
    pub map: Option<Map>,
    /// An archive of photos; `None` for the one beside the file, where there is one.
    pub photos: Option<PathBuf>,
}

impl PriceList {
    /// A list of which nothing but the file is known.
    pub fn of(file: impl Into<PathBuf>) -> PriceList {
        PriceList { file: file.into(), source: None, map: None, photos: None }
    }

    /// The supplier: the name given or the file's; `None` for a file without one.
    pub fn supplier(&self) -> Option<String> {
        let stem = || self.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        self.source.clone().or_else(stem)
    }
}

/// What a person says of columns: `article=SKU,price=D`, `auto`, or `auto,article=A`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    text: String,
    forget: bool,
    mapping: Mapping,
}

impl Map {
    /// The text that it was read from.
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

/// The process in which a price list is read.
#[derive(Clone, Debug)]
pub struct ReaderProcess {
    /// The program.
    pub program: PathBuf,
    /// Its arguments before the limits, the options and the file.
    pub arguments: &'static [&'static str],
    /// What it may take.
    pub limits: Limits,
}

impl ReaderProcess {
    fn read(&self, file: &Path, options: &Options) -> Result<Imported, Error> {
        let reader = Reader { program: &self.program, arguments: self.arguments, limits: self.limits };
        Ok(reader.read(file, options)?)
    }
}

/// A price list that was read, and what it would change.
#[derive(Debug)]
pub struct Understood {
    /// The supplier.
    pub source: String,
    /// The rows, and how they were understood.
    pub imported: Imported,
    /// What was remembered of the supplier's columns and used now.
    pub remembered: Mapping,
    /// What is to be remembered once it is imported.
    pub remember: Mapping,
    /// What it changes in the supplier's rows.
    pub changes: Changes,
    /// Articles that another supplier prices differently.
    pub disagreements: Disagreements,
    /// The catalogue's rows as they are; empty once the list is imported.
    pub current: Vec<Row>,
    /// The archive of photos, and what it has for these items.
    pub photos: Option<(PathBuf, PhotoReport)>,
}

/// Why a price list could not be read or imported; the serving catalogue is untouched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing says who the supplier is.
    #[error("the file has no name; give the supplier's with --source")]
    NoName,
    /// The file cannot be understood, or takes more than it may.
    #[error(transparent)]
    Unreadable(#[from] import::Error),
    /// What is remembered of columns.
    #[error(transparent)]
    Columns(#[from] remembered::Error),
    /// The photos, or the catalogue.
    #[error(transparent)]
    Catalog(#[from] tolmach_catalog::Error),
    /// The copy for a running server.
    #[error(transparent)]
    Upload(#[from] uploads::Error),
    /// Reading panicked.
    #[error("reading the price list broke off")]
    BrokeOff(#[source] tokio::task::JoinError),
    /// The database.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// Reads a price list and compares it with the catalogue in `folder`; nothing is made or changed.
///
/// # Errors
/// When the file or its photos cannot be read, or the catalogue as it is cannot be.
pub async fn understand(
    list: PriceList,
    folder: PathBuf,
    reader: ReaderProcess,
) -> Result<Understood, Error> {
    let read = move || understand_blocking(list, &folder, &reader);
    tokio::task::spawn_blocking(read).await.map_err(Error::BrokeOff)?
}

/// Puts the rows into the catalogue in the name of `actor`, and remembers the columns once they are there. Needs a runtime with
/// several threads. `progress` is called often, from a thread of the build.
///
/// Writes a `catalog.import` row of the audit log, where there is one.
///
/// # Errors
/// When the photos cannot be read or the new generation cannot be built or fails its check; the one before serves on.
pub async fn import(
    catalog: &EmbeddedCatalog,
    audit: Option<&dyn AuditStore>,
    actor: &Actor,
    now: i64,
    understood: &mut Understood,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<ImportOutcome, Error> {
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
        if let Ok(imported) = &imported {
            change.detail("items", imported.imported);
            change.detail("generation", imported.generation.clone());
        }
        change.end(audit, &imported).await;
    }
    imported
}

/// Writes the row of the audit log for an import that ended before it began, because the list cannot be understood.
pub async fn record_refusal(audit: &dyn AuditStore, actor: &Actor, now: i64, supplier: &str, why: &Error) {
    let mut change = Change::new(actor, ACTION, now);
    change.on(supplier);
    change.end(audit, &Err::<(), _>(why)).await;
}

const ACTION: &str = "catalog.import";

fn understand_blocking(list: PriceList, folder: &Path, reader: &ReaderProcess) -> Result<Understood, Error> {
    let Some(source) = list.supplier() else {
        // What is wrong with the file itself is worth more than what is wrong with its name.
        reader.read(&list.file, &Options::default())?;
        return Err(Error::NoName);
    };
    let map = list.map.unwrap_or_default();
    let remembered = if map.forget { Mapping::default() } else { remembered::recall(folder, &source)? };
    let options = Options { given: map.mapping.clone(), remembered: remembered.clone() };
    let imported = reader.read(&list.file, &options)?;
    let wanted = remembered.clone().corrected(&map.mapping);
    let remember = remembered::by_headings(&wanted, &imported.report);
    let current = rows(folder)?;
    let beside = list.file.with_extension("zip");
    let archive =
        list.photos.or_else(|| Some(beside).filter(|beside| *beside != list.file && beside.is_file()));
    let photos = match archive {
        // Looked at first: an archive that cannot be used leaves nothing behind either.
        Some(archive) => {
            let taken = photos::take(&archive, None, &mut imported.items.clone())?;
            Some((archive, taken))
        }
        None => None,
    };
    Ok(Understood {
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
    understood: &mut Understood,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<ImportOutcome, Error> {
    let folder = catalog.folder();
    tokio::task::block_in_place(|| take_photos(understood, folder))?;
    // A catalogue's rows take memory that the build needs.
    understood.current = Vec::new();
    let source = Source { name: understood.source.clone(), demo: false };
    let items = std::mem::take(&mut understood.imported.items);
    let imported = catalog.import(source, items, progress).await?;
    remembered::remember(folder, &understood.source, &understood.remember)?;
    // Photos that nothing names only take room.
    if let Err(why) = tokio::task::block_in_place(|| photos::sweep(folder)) {
        tracing::warn!(%why, "old photos cannot be removed");
    }
    Ok(imported)
}

/// Puts the photos beside the catalogue and names them in the items; those that the supplier's rows have already stay.
fn take_photos(understood: &mut Understood, catalogue: &Path) -> Result<(), Error> {
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
    fn what_map_says() {
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
    fn a_list_without_a_supplier_is_its_files_own() {
        assert_eq!(PriceList::of("lists/shop.v2.csv").supplier().as_deref(), Some("shop.v2"));
        let named = PriceList { source: Some("ООО".to_owned()), ..PriceList::of("shop.csv") };
        assert_eq!(named.supplier().as_deref(), Some("ООО"));
    }
}
