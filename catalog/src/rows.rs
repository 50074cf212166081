//! The rows that serve, read from the disk: for a look at a catalogue that is neither opened nor made.

use std::path::Path;

use tolmach_engine::catalog::Product;

use super::{Error, generation};

/// A row with its source.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The source's name.
    pub source: String,
    /// Whether it is a demo, whose rows go as soon as a real price list comes.
    pub demo: bool,
    /// The row.
    pub product: Product,
}

/// The rows of the serving generation in a catalogue's folder; none where there is no folder or no generation.
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
