//! Reads several files of one supplier as one list, with the beginnings of their sheets.

use std::path::{Path, PathBuf};

use tolmach_catalog::{
    changes,
    import::{self, Imported, Mapping, Options, Report, SheetSample, Warning, remembered},
    photos, rows,
};

use super::{Error, PriceListPreview, ReaderProcess};

/// Examples of each kind of change.
const EXAMPLES: usize = 100;

/// The files of a supplier's list.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    /// The supplier.
    pub source: String,
    /// The files, each with the columns that a person named for it.
    pub lists: Vec<(PathBuf, Mapping)>,
    /// An archive of photos.
    pub photos: Option<PathBuf>,
}

/// What was read of [`Parts`].
#[derive(Debug)]
pub(crate) struct ReadParts {
    /// The beginnings of the sheets of every file that could be opened.
    pub samples: Vec<Vec<SheetSample>>,
    /// The files' number of each sheet of the report.
    pub sheets_of: Vec<usize>,
    /// The list, or why there is none: the number of the file that is to blame, and what is wrong.
    pub read: Result<PriceListPreview, (usize, Error)>,
}

/// Reads the files and compares their rows with the catalogue in `folder`. Changes nothing. Blocks.
pub(crate) fn read_parts(parts: &Parts, folder: &Path, reader: &ReaderProcess) -> ReadParts {
    let mut all = ReadParts { samples: Vec::new(), sheets_of: Vec::new(), read: Err((0, Error::NoName)) };
    let recalled = match remembered::recall(folder, &parts.source) {
        Ok(recalled) => recalled,
        Err(why) => {
            all.read = Err((0, why.into()));
            return all;
        }
    };
    let mut merged = Imported { items: Vec::new(), report: Report::default() };
    let mut remember = Mapping::default();
    let mut failed = None;
    for (number, (file, given)) in parts.lists.iter().enumerate() {
        let options = Options {
            given: given.clone(),
            remembered: recalled.clone(),
            currency: reader.currency.clone(),
            sample: true,
        };
        let (read, samples) = reader.read_sampled(file, &options);
        all.samples.push(samples);
        match read {
            Ok(imported) => {
                let wanted = recalled.clone().corrected(given);
                remember = remember.corrected(&remembered::by_headings(&wanted, &imported.report));
                all.sheets_of.extend(imported.report.sheets.iter().map(|_| number));
                add(&mut merged, imported);
            }
            Err(why) => failed = failed.or(Some((number, why))),
        }
    }
    all.read = match failed {
        Some((number, why)) => Err((number, why.into())),
        None => compare(parts, folder, merged, recalled, remember).map_err(|why| (parts.lists.len(), why)),
    };
    all
}

impl ReaderProcess {
    fn read_sampled(
        &self,
        file: &Path,
        options: &Options,
    ) -> (Result<Imported, import::Error>, Vec<SheetSample>) {
        let (program, arguments, limits) = (&self.program, self.arguments, self.limits);
        import::child::Reader { program, arguments, limits }.read_sampled(file, options)
    }
}

fn compare(
    parts: &Parts,
    folder: &Path,
    imported: Imported,
    remembered: Mapping,
    remember: Mapping,
) -> Result<PriceListPreview, Error> {
    let current = rows(folder)?;
    let photos = match &parts.photos {
        Some(archive) => {
            let taken = photos::take(archive, None, &mut imported.items.clone())?;
            Some((archive.clone(), taken))
        }
        None => None,
    };
    let source = parts.source.clone();
    Ok(PriceListPreview {
        photos,
        changes: changes::changes_with(&current, &source, &imported.items, EXAMPLES),
        disagreements: changes::disagreements_with(&current, &source, &imported.items, EXAMPLES),
        source,
        imported,
        remembered,
        remember,
        current,
    })
}

/// Adds a file to those before it.
fn add(all: &mut Imported, mut next: Imported) {
    let report = &mut all.report;
    if report.file.is_empty() {
        report.file.clone_from(&next.report.file);
    }
    report.items += next.report.items;
    report.sheets.append(&mut next.report.sheets);
    report.odd.append(&mut next.report.odd);
    report.odd_rows += next.report.odd_rows;
    for warning in next.report.warnings {
        match report.warnings.iter_mut().find(|known| known.kind == warning.kind) {
            Some(known) => *known = both(std::mem::take(known), warning),
            None => report.warnings.push(warning),
        }
    }
    // Ids are made unique by the catalogue.
    all.items.append(&mut next.items);
}

fn both(mut first: Warning, second: Warning) -> Warning {
    first.count += second.count;
    first.examples.extend(second.examples);
    first.rows.extend(second.rows);
    first
}
