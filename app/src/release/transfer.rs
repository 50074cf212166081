//! Export of a release to a folder or an archive, and import from one.

use std::path::Path;

use tolmach_engine::{Platform, bundle::Bundle, compile};
use tolmach_runtime::ports::{Actor, Page, Store};

use super::{Card, Error, Exported, archive, base, bundle, keep, read_export, resolve};
use crate::{audit::Change, diagnostics::Diagnosed, images};

/// The result of an import.
#[derive(Debug)]
pub struct Imported {
    /// The release's origin.
    pub card: Card,
    /// Whether the release was stored here before.
    pub known: bool,
    /// Warnings of the compiler.
    pub warnings: Diagnosed,
}

/// Writes a release into a folder, or into an archive if the path ends in `.zip`. Does not change the database. `id` is
/// `current`, a release id or a unique prefix of one.
///
/// # Errors
/// When there is no such release, the target cannot be written, exists (an archive), or is a folder with other content.
pub async fn export(store: &dyn Store, id: &str, path: &Path) -> Result<Exported, Error> {
    let id = resolve(store, id).await?;
    let bundle = bundle(store, &id).await?;
    let all = store.publications(Page::first(u32::MAX)).await?;
    let published = all.into_iter().find(|publication| publication.release == id);
    let card = match published {
        Some(by) => {
            Card { id: id.clone(), parent: by.parent, author: by.author, note: by.note, at: Some(by.at) }
        }
        None => Card { id: id.clone(), parent: None, author: String::new(), note: String::new(), at: None },
    };
    let images = images::contents(store, &bundle).await?.map_err(Error::ImagesMissing)?;
    archive::export(&bundle, &images, &card, path)?;
    if !archive::is_zip(path) {
        base::write(path, &id);
    }
    Ok(Exported { bundle, card, images: images.into_values().collect() })
}

/// Stores an exported release without publishing it, on behalf of `actor`.
///
/// Writes a `release.import` row of the audit log, unless the release is stored already.
///
/// # Errors
/// When there is no export at the path, it is damaged or was edited, its flows do not compile, or the database is
/// unavailable. Nothing was changed.
pub async fn import(
    store: &dyn Store,
    platform: &Platform,
    actor: &Actor,
    now: i64,
    path: &Path,
) -> Result<Imported, Error> {
    let mut change = Change::new(actor, "release.import", now);
    let imported = take_in(store, platform, now, path, &mut change).await;
    if !imported.as_ref().is_ok_and(|imported| imported.known) {
        change.end(store, &imported).await;
    }
    imported
}

async fn take_in(
    store: &dyn Store,
    platform: &Platform,
    now: i64,
    path: &Path,
    change: &mut Change,
) -> Result<Imported, Error> {
    let Exported { bundle, card, images } = read_export(path)?;
    change.on(card.id.clone());
    change.detail("files", bundle.files.len());
    if !card.note.is_empty() {
        change.detail("note", card.note.clone());
    }
    let warnings = compiled(&bundle, platform, path)?;
    let known = store.release(&card.id).await?.is_some();
    for image in &images {
        store.keep_image(image, now).await?;
    }
    keep(store, &bundle, now).await?;
    Ok(Imported { card, known, warnings })
}

/// Compiles a bundle and returns the warnings.
fn compiled(bundle: &Bundle, platform: &Platform, folder: &Path) -> Result<Diagnosed, Error> {
    let compiled = compile(bundle, platform);
    let diagnosed = Diagnosed::boxed(bundle, folder, compiled.diagnostics);
    if compiled.release.is_none() { Err(Error::DoNotCompile(diagnosed)) } else { Ok(*diagnosed) }
}
