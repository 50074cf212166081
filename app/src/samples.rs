//! The sample catalogue and the demo bundle, for a first start and for dialog tests.
//!
//! The samples are the goods of the demo's company. A bundle that names another company in its company.yaml never has them: it
//! begins with an empty catalogue. One that names none, as the first steps of an author, may play with them.

mod embedded;
mod own_rows;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use tolmach_catalog::{EmbeddedCatalog, ImportOutcome, Source, import, photos};
use tolmach_engine::{
    bundle::{Bundle, COMPANY},
    catalog::Product,
    config,
    yaml::Node,
};
use tolmach_runtime::ports::{Actor, AuditStore};

use crate::audit::Change;

pub use embedded::write_flows;
pub use own_rows::OwnRows;

/// The Russian name of the company whose goods the samples are.
const OWNER: &str = "Оснадар";

/// Whether a bundle whose company has this Russian name may have the samples: the demo's company, and none.
pub fn belong_to_company(name: &str) -> bool {
    name.trim().is_empty() || name == OWNER
}

/// Whether a bundle may have the samples: until its company.yaml names somebody else than the demo's company.
pub fn belong_to(bundle: &Bundle) -> bool {
    let Some(text) = bundle.files.get(COMPANY) else { return true };
    // A company.yaml with errors is reported when the bundle is compiled.
    let tree = config::parse(COMPANY, text, &mut Vec::new());
    let Some(Node::Map(entries)) = tree.map(|tree| tree.node) else { return true };
    let name = entries.into_iter().find(|(key, _)| key.as_str() == "name").map(|(_, name)| name.node);
    match name {
        Some(Node::Str(name)) => belong_to_company(&name),
        Some(Node::Map(names)) => {
            names.iter().any(|(_, name)| matches!(&name.node, Node::Str(name) if belong_to_company(name)))
        }
        _ => true,
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(company: &str) -> Bundle {
        Bundle { files: [(COMPANY.to_owned(), company.to_owned())].into() }
    }

    #[test]
    fn the_samples_belong_to_the_company_of_the_demo() {
        let folder = tempfile::tempdir().unwrap();
        write_flows(&folder.path().join("flows")).unwrap();
        let demo = tolmach_runtime::read_bundle(&folder.path().join("flows")).unwrap();
        assert!(belong_to(&demo));
        let company =
            &tolmach_engine::compile(&demo, &tolmach_nodes::platform()).release.unwrap().resources.company;
        let name = company[&tolmach_engine::language::Language::Ru]["name"].as_str().unwrap();
        assert!(belong_to_company(name), "{name}");

        for nobody in ["phone: x\nname: Оснадар\n", "phone: Дом\n", "", "name: [\n", "- name\n"] {
            assert!(belong_to(&bundle(nobody)), "{nobody}");
        }
        assert!(belong_to(&Bundle::default()));
        for own in ["name: Тёплый дом\n", "name: { ru: Дом, en: House }\n"] {
            assert!(!belong_to(&bundle(own)), "{own}");
        }
    }
}
