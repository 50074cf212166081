//! Carrying a release elsewhere: out of the database as a folder or an archive, and in again.

use std::path::Path;

use tolmach_engine::{bundle::Bundle, compile};
use tolmach_runtime::ports::{Actor, Page, Store};

use super::{Card, Error, Exported, archive, base, bundle, keep, read_export, resolve};
use crate::{audit::Change, diagnostics::Diagnosed};

/// A release that was taken in.
#[derive(Debug)]
pub struct Imported {
    /// Where it comes from.
    pub card: Card,
    /// Whether it was kept here before.
    pub known: bool,
    /// Warnings of the compiler.
    pub warnings: Diagnosed,
}

/// Writes the release that `id` means into a folder, or into an archive if the name ends in `.zip`. Nothing in the database
/// changes.
///
/// # Errors
/// When there is no such release, or the place cannot be written or holds something of value.
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
    archive::export(&bundle, &card, path)?;
    if !archive::is_zip(path) {
        base::write(path, &id);
    }
    Ok(Exported { bundle, card })
}

/// Takes in an exported release without publishing it, in the name of `actor`.
///
/// Writes a `release.import` row of the audit log, unless the release is kept already.
///
/// # Errors
/// When there is no export, it is damaged or was edited, or its flows do not compile; nothing was changed.
pub async fn import(store: &dyn Store, actor: &Actor, now: i64, path: &Path) -> Result<Imported, Error> {
    let mut change = Change::new(actor, "release.import", now);
    let imported = take_in(store, now, path, &mut change).await;
    if !imported.as_ref().is_ok_and(|imported| imported.known) {
        change.end(store, &imported).await;
    }
    imported
}

async fn take_in(store: &dyn Store, now: i64, path: &Path, change: &mut Change) -> Result<Imported, Error> {
    let Exported { bundle, card } = read_export(path)?;
    change.on(card.id.clone());
    change.detail("files", bundle.files.len());
    if !card.note.is_empty() {
        change.detail("note", card.note.clone());
    }
    let warnings = compiled(&bundle, path)?;
    let known = store.release(&card.id).await?.is_some();
    keep(store, &bundle, now).await?;
    Ok(Imported { card, known, warnings })
}

/// The warnings of a bundle that compiles.
fn compiled(bundle: &Bundle, folder: &Path) -> Result<Diagnosed, Error> {
    let compiled = compile(bundle, &tolmach_nodes::platform());
    let diagnosed = Diagnosed::boxed(bundle, folder, compiled.diagnostics);
    if compiled.release.is_none() { Err(Error::DoNotCompile(diagnosed)) } else { Ok(*diagnosed) }
}
