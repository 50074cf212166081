//! A release outside the database: a folder, or a zip archive of one. Both hold a `release.json`.

use std::{
    fs,
    io::{Cursor, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tolmach_engine::bundle::Bundle;
use tolmach_runtime::read_bundle;
use zip::{ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::short;

/// What it is and where it comes from.
const CARD: &str = "release.json";

/// Entries that an archive may have; a bundle has a few dozen.
const ENTRIES: usize = 2_000;
/// Bytes of one file, as of a bundle's.
const LARGEST: u64 = 4 * 1024 * 1024;
/// Bytes of all files together.
const TOTAL: u64 = 64 * 1024 * 1024;

/// The content of `release.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Card {
    /// The release.
    pub id: String,
    /// The release that was current before it.
    #[serde(default)]
    pub parent: Option<String>,
    /// Who published it.
    #[serde(default)]
    pub author: String,
    /// Why.
    #[serde(default)]
    pub note: String,
    /// When it was published, milliseconds since the Unix epoch.
    #[serde(default)]
    pub at: Option<i64>,
}

/// Whether a path means an archive.
pub fn is_zip(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"))
}

/// Writes a release; an archive appears whole or not at all.
pub fn export(bundle: &Bundle, card: &Card, path: &Path) -> anyhow::Result<()> {
    if is_zip(path) {
        if path.exists() {
            bail!("{} exists already; name another file, or remove it", path.display());
        }
        let partial = path.with_extension("zip.partial");
        let written = zipped(bundle, card).and_then(|bytes| {
            fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path)).map_err(Into::into)
        });
        return written.inspect_err(|_| drop(fs::remove_file(&partial))).with_context(|| cannot_write(path));
    }
    let old = overwritable(path)?;
    for (name, text) in &bundle.files {
        let target = path.join(name);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).with_context(|| cannot_write(parent))?;
        }
        fs::write(&target, text).with_context(|| cannot_write(&target))?;
    }
    for name in old.files.keys().filter(|name| !bundle.files.contains_key(*name)) {
        let gone = path.join(name);
        fs::remove_file(&gone).with_context(|| format!("{} cannot be removed", gone.display()))?;
    }
    let target = path.join(CARD);
    fs::write(&target, json(card)?).with_context(|| cannot_write(&target))
}

/// Reads an export, and proves that it is the release that it says it is.
pub fn import(path: &Path) -> anyhow::Result<(Bundle, Card)> {
    if !path.exists() {
        bail!("there is no {}; name a folder or a .zip that `tolmach release export` wrote", path.display());
    }
    let (bundle, card) = if path.is_dir() { from_folder(path)? } else { from_zip(path)? };
    let found = bundle.id();
    if found != card.id {
        bail!(
            "{}: the files are release {}, but {CARD} says {}; the files were changed or damaged. Export it again, \
             or publish the folder as a release of its own: tolmach release publish DIR",
            path.display(),
            short(&found),
            short(&card.id)
        );
    }
    Ok((bundle, card))
}

/// What an export would overwrite: nothing, or an earlier export that nobody has worked in.
fn overwritable(path: &Path) -> anyhow::Result<Bundle> {
    if path.exists() && !path.is_dir() {
        bail!("{} is a file; name a folder, or a file that ends in .zip", path.display());
    }
    let empty = !path.exists()
        || fs::read_dir(path).with_context(|| format!("{} cannot be read", path.display()))?.next().is_none();
    if empty {
        return Ok(Bundle::default());
    }
    if !path.join(CARD).is_file() {
        bail!(
            "{} is not empty and holds no exported release; name an empty folder, or one that does not exist",
            path.display()
        );
    }
    let (old, card) = from_folder(path)?;
    if old.id() != card.id {
        bail!(
            "{} holds an exported release that was edited since; publish it, or name another folder",
            path.display()
        );
    }
    Ok(old)
}

fn from_folder(path: &Path) -> anyhow::Result<(Bundle, Card)> {
    let card = path.join(CARD);
    if !card.is_file() {
        bail!(
            "{} holds no {CARD}, so it is no exported release; a folder of flows is published with \
             `tolmach release publish {}`",
            path.display(),
            path.display()
        );
    }
    let text = fs::read_to_string(&card).with_context(|| format!("{} cannot be read", card.display()))?;
    Ok((read_bundle(path)?, read_card(&text, &card)?))
}

fn from_zip(path: &Path) -> anyhow::Result<(Bundle, Card)> {
    let name = path.display();
    let file = fs::File::open(path).with_context(|| format!("{name} cannot be read"))?;
    let damaged = |why: ZipError| {
        let why = match why {
            ZipError::Io(why) => why.to_string(),
            other => other.to_string(),
        };
        anyhow::anyhow!("{name} is damaged or no zip archive: {why}; export it again")
    };
    let mut archive = ZipArchive::new(std::io::BufReader::new(file)).map_err(damaged)?;
    if archive.len() > ENTRIES {
        bail!("{name} has {} entries; a release has at most {ENTRIES}", archive.len());
    }
    let mut bundle = Bundle::default();
    let mut card = None;
    let mut left = TOTAL;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(damaged)?;
        let entry_name = entry.name().map_err(damaged)?.into_owned();
        if !is_plain(&entry_name) {
            bail!(
                "{name} holds the path `{}`, which leads out of the folder; it is refused",
                entry_name.escape_debug()
            );
        }
        if entry.is_dir() || !(entry_name == CARD || Bundle::holds(&entry_name)) {
            continue;
        }
        // What an entry says of its size may be a lie; what is read is counted.
        let limit = LARGEST.min(left);
        let mut bytes = Vec::new();
        let read = (&mut entry).take(limit + 1).read_to_end(&mut bytes);
        let read = read.map_err(|why| damaged(ZipError::Io(why)))?;
        if read as u64 > limit {
            bail!("{name}: {entry_name} is too large; a file has at most 4 MiB, all together 64 MiB");
        }
        left -= read as u64;
        let text = String::from_utf8(bytes)
            .map_err(|_| anyhow::anyhow!("{name}: {entry_name} is not UTF-8 text"))?;
        if entry_name == CARD {
            card = Some(read_card(&text, path)?);
        } else if bundle.files.insert(entry_name.clone(), text).is_some() {
            bail!("{name} holds {entry_name} twice; it is refused");
        }
    }
    let card = card.with_context(|| format!("{name} holds no {CARD}, so it is no exported release"))?;
    Ok((bundle, card))
}

/// Relative, with `/` between parts, and staying inside.
fn is_plain(name: &str) -> bool {
    let path = name.strip_suffix('/').unwrap_or(name);
    let odd = name.contains(['\\', ':']) || name.contains(char::is_control) || name.starts_with('/');
    !odd && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn zipped(bundle: &Bundle, card: &Card) -> anyhow::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let card = json(card)?;
    let files = bundle.files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    for (name, text) in [(CARD, card.as_str())].into_iter().chain(files) {
        archive.start_file(name, SimpleFileOptions::default())?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

fn read_card(text: &str, path: &Path) -> anyhow::Result<Card> {
    let card: Card = serde_json::from_str(text)
        .with_context(|| format!("{}: {CARD} cannot be read; export it again", path.display()))?;
    if card.id.is_empty() || !card.id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        bail!("{}: the id in {CARD} is no release's; export it again", path.display());
    }
    Ok(card)
}

fn json(card: &Card) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(card)? + "\n")
}

fn cannot_write(path: &Path) -> String {
    format!("{} cannot be written", PathBuf::from(path).display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_out_are_told_from_others() {
        for plain in ["a.yaml", "prompts/offer.ru.md", "prompts/", "..a/b.md"] {
            assert!(is_plain(plain), "{plain}");
        }
        for odd in [
            "../a.yaml",
            "/etc/a.yaml",
            "a/../../b.md",
            "c:a.yaml",
            "a\\b.md",
            "a//b.md",
            "./a.md",
            "a\u{1b}.md",
            "",
        ] {
            assert!(!is_plain(odd), "{odd}");
        }
    }
}
