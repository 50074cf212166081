//! The sample catalogue, for a first start and for dialog tests.

use anyhow::Context;
use tolmach_catalog::{EmbeddedCatalog, ImportOutcome, Source, import};

use crate::embedded;

/// Imports the samples; a real price list replaces them.
pub async fn import_into(catalog: &EmbeddedCatalog) -> anyhow::Result<ImportOutcome> {
    let (name, bytes) = embedded::sample_price_list()?;
    // The importer reads files, as everything that managers bring is one.
    let folder = tempfile::tempdir().context("no temporary folder can be made")?;
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).context("the sample price list cannot be written")?;
    let imported = import::read(&path)?;
    let source = Source { name: "samples".to_owned(), demo: true };
    Ok(catalog.import(source, imported.items, |_| {}).await?)
}
