//! Remembers the columns that a person named for a supplier, for the supplier's next price list.
//!
//! Stored as one JSON file in the catalogue's folder, which may be edited and deleted by hand: `{ "supplier": {
//! "article": "product_uid" } }`.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use super::{
    Mapping, Report,
    columns::{BETWEEN, Column, NONE},
    header,
};

const FILE: &str = "columns.json";

/// The file of remembered columns cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: the remembered columns cannot be {what}: {why}. Fix or delete the file.")]
pub struct Error {
    path: PathBuf,
    what: &'static str,
    why: String,
}

type All = BTreeMap<String, Mapping>;

/// The mapping remembered for a supplier; empty if there is none, or no folder.
///
/// # Errors
/// The file cannot be read or parsed.
pub fn recall(folder: &Path, supplier: &str) -> Result<Mapping, Error> {
    Ok(all(folder)?.remove(supplier).unwrap_or_default())
}

/// Remembers a supplier's mapping; an empty one removes the entry. The file is replaced atomically.
///
/// # Errors
/// The file cannot be read, parsed or written. A file that cannot be parsed is not overwritten.
pub fn remember(folder: &Path, supplier: &str, mapping: &Mapping) -> Result<(), Error> {
    let mut all = all(folder)?;
    let before = if mapping.is_empty() {
        all.remove(supplier)
    } else {
        all.insert(supplier.to_owned(), mapping.clone())
    };
    if before.unwrap_or_default() == *mapping {
        return Ok(());
    }
    let path = folder.join(FILE);
    let write = || -> std::io::Result<()> {
        let new = folder.join(format!("{FILE}.new"));
        let mut file = File::create(&new)?;
        serde_json::to_writer_pretty(&mut file, &all)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&new, &path)
    };
    write().map_err(|why| Error { path: path.clone(), what: "written", why: why.to_string() })
}

/// Replaces column letters in a mapping by the headings found, because letters change when the supplier adds a column.
pub fn by_headings(mapping: &Mapping, report: &Report) -> Mapping {
    let heading = |column: &Column| {
        let (_, found) = report.main_sheet()?.fields().find(|(field, _)| *field == column.name())?;
        Some(header::one_line(&found.header)).filter(|heading| !heading.is_empty())
    };
    let kept = mapping.0.iter().map(|(column, wanted)| {
        let letters = super::columns::from_letters(wanted).is_some() && wanted != NONE;
        if *column == Column::Nothing {
            return (*column, left_out(wanted, report));
        }
        (*column, heading(column).filter(|_| letters).unwrap_or_else(|| wanted.clone()))
    });
    Mapping(kept.collect())
}

/// The columns to be left out, by their headings.
fn left_out(wanted: &str, report: &Report) -> String {
    let heading = |one: &str| {
        let found = report.main_sheet()?.columns.iter().find(|column| column.column == one)?;
        Some(header::one_line(&found.header)).filter(|text| !text.is_empty() && !text.contains(BETWEEN))
    };
    let named = wanted.split(BETWEEN).map(|one| heading(one).unwrap_or_else(|| one.to_owned()));
    named.collect::<Vec<_>>().join(&BETWEEN.to_string())
}

fn all(folder: &Path) -> Result<All, Error> {
    let path = folder.join(FILE);
    let failed = |why: String| Error { path: path.clone(), what: "read", why };
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|why| failed(why.to_string())),
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(All::new()),
        Err(why) => Err(failed(why.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_and_forgets_each_supplier_separately() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path();
        assert!(recall(&path.join("none"), "A").unwrap().is_empty());
        let (first, second): (Mapping, Mapping) =
            ("article=SKU".parse().unwrap(), "price=D".parse().unwrap());
        remember(path, "Первый", &first).unwrap();
        remember(path, "Second", &second).unwrap();
        assert_eq!((recall(path, "Первый").unwrap(), recall(path, "Second").unwrap()), (first, second));
        let text = fs::read_to_string(path.join(FILE)).unwrap();
        assert!(text.contains("\"Первый\": {\n    \"article\": \"SKU\""), "{text}");
        remember(path, "Second", &Mapping::default()).unwrap();
        assert!(recall(path, "Second").unwrap().is_empty());
        fs::write(path.join(FILE), "{").unwrap();
        let error = recall(path, "Second").unwrap_err().to_string();
        assert!(error.contains(FILE) && error.contains("delete"), "{error}");
        assert!(remember(path, "Second", &"name=A".parse().unwrap()).is_err());
        assert_eq!(
            fs::read_to_string(path.join(FILE)).unwrap(),
            "{",
            "what cannot be read is not written over"
        );
    }
}
