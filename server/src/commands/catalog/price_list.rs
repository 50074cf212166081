//! A price list as a command is given it, and reading it in a process of its own.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context, bail};
use clap::Args;
use tolmach_catalog::{
    Row,
    changes::{self, Changes, Disagreements},
    import::{
        Imported, Mapping, Options,
        child::{Limits, Reader},
        remembered,
    },
    photos::{self, PhotoReport},
    rows,
};

use crate::config::Config;

/// What `import` and `preview` are told of a file.
#[derive(Debug, Args)]
pub struct PriceList {
    /// The price list
    pub file: PathBuf,
    /// The supplier; importing again under the same name replaces its rows [default: the file's name]
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Columns by their headings or letters, e.g. article=SKU,price=D (field=- for none); remembered for the supplier
    /// after an import; `auto` forgets them
    #[arg(long, value_name = "FIELD=COLUMN,…")]
    pub map: Option<Map>,
    /// A zip with photos named after articles [default: the file's name with .zip, where there is one]
    #[arg(long, value_name = "FILE")]
    pub photos: Option<PathBuf>,
}

/// What `--map` says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    forget: bool,
    mapping: Mapping,
}

impl FromStr for Map {
    type Err = String;

    fn from_str(text: &str) -> Result<Map, String> {
        match text.trim().strip_prefix("auto") {
            Some("") => Ok(Map { forget: true, mapping: Mapping::default() }),
            Some(rest) if rest.starts_with(',') => {
                Ok(Map { forget: true, mapping: rest.trim_start_matches(',').parse()? })
            }
            _ => Ok(Map { forget: false, mapping: text.parse()? }),
        }
    }
}

/// A price list that was read, and what it stands against.
pub struct Understood {
    /// The supplier.
    pub source: String,
    pub imported: Imported,
    /// What was remembered of the supplier's columns and used now.
    pub remembered: Mapping,
    /// What is to be remembered once it is imported.
    pub remember: Mapping,
    pub changes: Changes,
    pub disagreements: Disagreements,
    /// The catalogue's rows as they are.
    pub current: Vec<Row>,
    /// The archive of photos, and what it has for these items.
    pub photos: Option<(PathBuf, PhotoReport)>,
}

impl Understood {
    /// Puts the photos beside the catalogue and names them in the items; those that the supplier's rows have already stay.
    pub fn take_photos(&mut self, catalogue: &Path) -> anyhow::Result<()> {
        if let Some((archive, taken)) = &mut self.photos {
            *taken = photos::take(archive, Some(catalogue), &mut self.imported.items)?;
        }
        photos::keep_known(&self.current, &self.source, &mut self.imported.items);
        Ok(())
    }
}

impl PriceList {
    /// Reads it; nothing is made. Blocking work is done off the async threads.
    pub async fn understand(self, config: &Config) -> anyhow::Result<Understood> {
        let (folder, limits) = (config.data_dir.join("catalog"), config.import.limits());
        tokio::task::spawn_blocking(move || understand(self, &folder, limits)).await?
    }
}

fn understand(list: PriceList, folder: &Path, limits: Limits) -> anyhow::Result<Understood> {
    let stem = list.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let Some(source) = list.source.or(stem) else {
        // What is wrong with the file itself is worth more than what is wrong with its name.
        read(&list.file, &Options::default(), limits)?;
        bail!("the file has no name; give the supplier's with --source");
    };
    let map = list.map.unwrap_or_default();
    let remembered = if map.forget { Mapping::default() } else { remembered::recall(folder, &source)? };
    let options = Options { given: map.mapping.clone(), remembered: remembered.clone() };
    let imported = read(&list.file, &options, limits)?;
    let wanted = remembered.clone().corrected(&map.mapping);
    let remember = remembered::by_headings(&wanted, &imported.report);
    let current = rows(folder)?;
    let beside = list.file.with_extension("zip");
    let archive =
        list.photos.or_else(|| Some(beside).filter(|beside| *beside != list.file && beside.is_file()));
    let photos = match archive {
        // Looked at first: an archive that cannot be used leaves nothing behind either.
        Some(archive) => {
            let taken = photos::take(&archive, None, &mut imported.items.clone())?;
            Some((archive, taken))
        }
        None => None,
    };
    Ok(Understood {
        photos,
        changes: changes::changes(&current, &source, &imported.items),
        disagreements: changes::disagreements(&current, &source, &imported.items),
        source,
        imported,
        remembered,
        remember,
        current,
    })
}

/// Reads a price list in a process of its own: this program once more, as `tolmach catalog read`.
fn read(file: &Path, options: &Options, limits: Limits) -> anyhow::Result<Imported> {
    let program = std::env::current_exe().context("the path of this program is not known")?;
    let reader = Reader { program: &program, arguments: &["catalog", "read"], limits };
    Ok(reader.read(file, options)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_map_says() {
        let check = |text: &str, forget: bool, mapping: &str| {
            let mapping = if mapping.is_empty() { Mapping::default() } else { mapping.parse().unwrap() };
            assert_eq!(text.parse::<Map>().unwrap(), Map { forget, mapping }, "{text}");
        };
        check("auto", true, "");
        check("auto,article=A", true, "article=A");
        check("article=auto", false, "article=auto");
        assert!("automatic".parse::<Map>().is_err());
    }
}
