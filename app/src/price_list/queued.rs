//! Price lists that are left to a running server: put on the list of tasks, and imported from there.

use std::path::Path;

use tolmach_catalog::{EmbeddedCatalog, ImportOutcome, changes::Changes};
use tolmach_runtime::{
    Runtime,
    ports::{self, Actor, AuditStore, Store, Task},
};

use super::{Error, PriceList, ReaderProcess, import, record_refusal, understand};
use crate::{audit::Change, text::chain};

/// Has a running server import a file under its own name, in the name of `actor`; the staff is told how it went.
///
/// Writes a `catalog.import_later` row of the audit log; the import writes one of its own.
///
/// # Errors
/// When there is no such file, or the database is away.
pub async fn queue(store: &dyn Store, actor: &Actor, now: i64, file: &Path) -> Result<(), Error> {
    let mut change = Change::new(actor, "catalog.import_later", now);
    change.on(PriceList::of(file).supplier().unwrap_or_default());
    let queued = push(store, now, file).await;
    change.end(store, &queued).await;
    queued
}

/// Carries out such a task and tells the staff how it went. A list that cannot be used is told and not tried again: it would be
/// no better.
///
/// Writes a `catalog.import` row of the audit log.
///
/// # Errors
/// When the staff cannot be told.
pub async fn import_queued(
    runtime: &Runtime,
    catalog: &EmbeddedCatalog,
    now: i64,
    reader: ReaderProcess,
    file: &str,
) -> ports::Result<()> {
    let file = Path::new(file);
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let told = match import_file(&**runtime.store(), catalog, now, reader, file).await {
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

async fn push(store: &dyn Store, now: i64, file: &Path) -> Result<(), Error> {
    let whole = std::fs::canonicalize(file);
    let whole = whole.map_err(|source| Error::NotFound { path: file.to_owned(), source })?;
    let file = whole.to_str().ok_or(Error::BadPath)?.to_owned();
    Ok(store.push(Task::Reindex { file }.into(), now).await?)
}

async fn import_file(
    audit: &dyn AuditStore,
    catalog: &EmbeddedCatalog,
    now: i64,
    reader: ReaderProcess,
    file: &Path,
) -> Result<(ImportOutcome, Changes), Error> {
    let (list, actor) = (PriceList::of(file), Actor::system());
    let supplier = list.supplier().unwrap_or_default();
    match understand(list, catalog.folder().to_owned(), reader).await {
        Ok(mut understood) => {
            let imported = import(catalog, Some(audit), &actor, now, &mut understood, |_| {}).await?;
            Ok((imported, understood.changes))
        }
        Err(why) => {
            record_refusal(audit, &actor, now, &supplier, &why).await;
            Err(why)
        }
    }
}
