//! Reads the rows of the serving generation straight from disk, without opening the catalogue or creating its folder.

use std::path::Path;

use tolmach_engine::catalog::Product;

use super::{Error, generation};

/// A catalogue row with its source.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The source's name.
    pub source: String,
    /// Whether the source is a demo; demo rows are dropped when a real price list is imported.
    pub demo: bool,
    /// The product, with its catalogue-wide id (`<source>/<id>`).
    pub product: Product,
}

/// Rows of the serving generation in the catalogue folder. Empty if there is no folder or no generation yet.
///
/// # Errors
/// [`Error::Disk`] if the pointer file cannot be read or does not name a generation; [`Error::Broken`] if the manifest
/// or the rows of the generation cannot be read.
pub fn rows(folder: &Path) -> Result<Vec<Row>, Error> {
    let Some(id) = generation::current(folder)? else { return Ok(Vec::new()) };
    let path = generation::generations(folder).join(&id);
    let broken = |why: String| Error::Broken { generation: id.clone(), why };
    let manifest = generation::manifest(folder, &id)?;
    let demo = |source: &str| manifest.sources.iter().any(|known| known.name == source && known.demo);
    let items = generation::read_items(&path).map_err(broken)?;
    Ok(items
        .into_iter()
        .map(|item| Row { demo: demo(&item.source), source: item.source, product: item.product })
        .collect())
}
