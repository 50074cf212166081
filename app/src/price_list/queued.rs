//! Deferred imports: price lists that are queued as tasks and imported by a running server.

use std::path::{Path, PathBuf};

use tolmach_catalog::{EmbeddedCatalog, ImportOutcome, changes::Changes};
use tolmach_runtime::{
    Runtime,
    ports::{self, Actor, AuditStore, ImportOptions, Store, Task},
};
use uuid::Uuid;

use super::{Error, PriceList, ReaderProcess, import, record_refusal, understand};
use crate::{audit::Change, text::chain, uploads::Uploads};

/// Queues the import of a price list on a running server, on behalf of `actor`. The staff is notified of the result.
/// The file and the archive of photos are copied, so they may be changed or removed afterwards.
///
/// Writes a `catalog.import_later` row of the audit log; the import writes its own row with the same actor.
///
/// # Errors
/// When a file cannot be read or copied, or the database is unavailable.
pub async fn queue(
    store: &dyn Store,
    uploads: &Uploads,
    actor: &Actor,
    now: i64,
    list: &QueuedList,
) -> Result<(), Error> {
    let mut change = Change::new(actor, "catalog.import_later", now);
    let supplier = PriceList { source: list.source.clone(), ..PriceList::of(&list.file) }.supplier();
    change.on(supplier.clone().unwrap_or_default());
    let queued = push(store, uploads, actor, now, list, supplier).await;
    change.end(store, &queued).await;
    queued
}

/// A price list to be imported by a running server.
#[derive(Clone, Debug)]
pub struct QueuedList {
    /// The file.
    pub file: PathBuf,
    /// See [`PriceList::source`].
    pub source: Option<String>,
    /// The column mapping as text, in the format of [`super::Map`].
    pub map: Option<String>,
    /// See [`PriceList::photos`].
    pub photos: Option<PathBuf>,
}

/// Imports an upload and notifies the staff of the result. An import that fails is reported and not retried, because
/// the file would not change. The uploads are removed in both cases.
///
/// Writes a `catalog.import` row of the audit log.
///
/// # Errors
/// When the database is unavailable.
pub async fn import_queued(
    runtime: &Runtime,
    catalog: &EmbeddedCatalog,
    uploads: &Uploads,
    now: i64,
    reader: ReaderProcess,
    (upload, options): (Uuid, &ImportOptions),
) -> ports::Result<()> {
    let store = &**runtime.store();
    let actor = options.by.clone().unwrap_or_else(Actor::system);
    let name = store.upload(upload).await?.map_or_else(|| upload.to_string(), |upload| upload.name);
    let imported = match found(store, uploads, upload, options).await {
        Ok(list) => import_list(store, catalog, &actor, now, reader, list).await,
        Err(why) => Err(why),
    };
    notify(runtime, now, &name, imported).await?;
    for id in [Some(upload), options.photos].into_iter().flatten() {
        uploads.remove(store, id).await?;
    }
    Ok(())
}

/// Imports a file by its path. For tasks that earlier versions queued.
///
/// # Errors
/// When the database is unavailable.
pub async fn import_queued_file(
    runtime: &Runtime,
    catalog: &EmbeddedCatalog,
    now: i64,
    reader: ReaderProcess,
    file: &str,
) -> ports::Result<()> {
    let file = Path::new(file);
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let store = &**runtime.store();
    let imported = import_list(store, catalog, &Actor::system(), now, reader, PriceList::of(file)).await;
    notify(runtime, now, &name, imported).await
}

async fn notify(
    runtime: &Runtime,
    now: i64,
    name: &str,
    imported: Result<(ImportOutcome, Changes), Error>,
) -> ports::Result<()> {
    let told = match imported {
        Ok((imported, changes)) => {
            let (new, prices, gone) = (changes.new, changes.changed_price, changes.gone);
            let rows = imported.rows;
            (
                (
                    "Прайс-лист загружен",
                    format!("{name}: {rows} позиций; новых {new}, с другой ценой {prices}, выбыло {gone}"),
                ),
                (
                    "The price list is in",
                    format!("{name}: {rows} items; {new} new, {prices} with another price, {gone} gone"),
                ),
            )
        }
        Err(why) => {
            let why = chain(&why);
            (
                ("Прайс-лист не загружен", format!("{name}: {why}")),
                ("The price list could not be imported", format!("{name}: {why}")),
            )
        }
    };
    let ((subject_ru, ru), (subject_en, en)) = told;
    let id = format!("reindex:{name}:{now}");
    runtime.notify_staff(&id, "default", (subject_ru, &ru), (subject_en, &en)).await
}

async fn push(
    store: &dyn Store,
    uploads: &Uploads,
    actor: &Actor,
    now: i64,
    list: &QueuedList,
    supplier: Option<String>,
) -> Result<(), Error> {
    let beside = list.file.with_extension("zip");
    let beside = Some(beside).filter(|beside| *beside != list.file && beside.is_file());
    let archive = list.photos.clone().or(beside);
    let upload = uploads.add(store, actor, now, &list.file).await?.id;
    let photos = match archive {
        Some(archive) => Some(uploads.add(store, actor, now, &archive).await?.id),
        None => None,
    };
    let options = ImportOptions { source: supplier, map: list.map.clone(), photos, by: Some(actor.clone()) };
    Ok(store.push(Task::Import { upload, options }.into(), now).await?)
}

/// The price list of an upload, with its import options.
async fn found(
    store: &dyn Store,
    uploads: &Uploads,
    upload: Uuid,
    options: &ImportOptions,
) -> Result<PriceList, Error> {
    let photos = match options.photos {
        Some(photos) => Some(uploads.file(store, photos).await?),
        None => None,
    };
    // The mapping was validated when the command was parsed.
    let map = options.map.as_deref().and_then(|map| map.parse().ok());
    let file = uploads.file(store, upload).await?;
    Ok(PriceList { file, source: options.source.clone(), map, photos })
}

async fn import_list(
    audit: &dyn AuditStore,
    catalog: &EmbeddedCatalog,
    actor: &Actor,
    now: i64,
    reader: ReaderProcess,
    list: PriceList,
) -> Result<(ImportOutcome, Changes), Error> {
    let supplier = list.supplier().unwrap_or_default();
    match understand(list, catalog.folder().to_owned(), reader).await {
        Ok(mut understood) => {
            let imported = import(catalog, Some(audit), actor, now, &mut understood, |_| {}).await?;
            Ok((imported, understood.changes))
        }
        Err(why) => {
            record_refusal(audit, actor, now, &supplier, &why).await;
            Err(why)
        }
    }
}
