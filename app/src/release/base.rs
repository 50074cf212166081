//! Which release a folder was made from, so that two people who edit folders do not undo each other's work.

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
};

use tolmach_engine::bundle::Bundle;
use tolmach_runtime::ports::{Page, Publication, Store};

use super::{Error, bundle, described};
use crate::text::short;

/// The hidden file with the id; hidden files are no part of a bundle.
const FILE: &str = ".tolmach-base";

/// As many publications as are told of.
const TOLD: u32 = 100;

/// A folder that was made from another release than the current one.
#[derive(Debug)]
pub struct Behind {
    /// The folder.
    pub folder: PathBuf,
    /// The release that it was made from.
    pub base: String,
    /// The current release.
    pub current: String,
    /// What was published since, newest first, at most 100.
    pub since: Vec<Publication>,
    /// Files that were changed both in the folder and since; `None` when a release to compare with is not kept.
    pub both: Option<Vec<String>>,
}

impl std::error::Error for Behind {}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since: Vec<String> = self.since.iter().map(|one| format!("  {}", described(one))).collect();
        let both = match &self.both {
            Some(files) if files.is_empty() => "no file was changed on both sides".to_owned(),
            Some(files) => format!("changed on both sides: {}", files.join(", ")),
            None => "what was changed on both sides cannot be told: the base is not kept here".to_owned(),
        };
        let (folder, current) = (self.folder.display(), short(&self.current));
        write!(
            f,
            "{folder} is based on release {}, but {current} is the current one\nsince then:\n{}\n{both}\n\
             take over what you miss (`tolmach release diff current folder`), then publish over it knowingly: \
             tolmach release publish --parent {current}",
            short(&self.base),
            since.join("\n"),
        )
    }
}

/// The release that the folder is based on, where that is known.
pub(super) fn read(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(file(folder)).ok()?;
    Some(text.trim().to_owned()).filter(|id| !id.is_empty())
}

/// Notes the release. A folder that may not be written does without: then only the moment of publishing is guarded.
pub(super) fn write(folder: &Path, id: &str) {
    if read(folder).as_deref() == Some(id) {
        return;
    }
    if let Err(error) = fs::write(file(folder), format!("{id}\n")) {
        tracing::debug!(%error, "the base of the folder could not be noted");
    }
}

/// Refuses to publish a folder that was made from another release than the current one.
pub(super) async fn check(
    store: &dyn Store,
    folder: &Path,
    edited: &Bundle,
    current: &Publication,
) -> Result<(), Error> {
    let Some(base) = read(folder).filter(|base| *base != current.release) else { return Ok(()) };
    let last = store.publications(Page::first(TOLD)).await?;
    let since = last.into_iter().take_while(|publication| publication.release != base).collect();
    let both = both_changed(store, &base, &current.release, edited).await;
    let (folder, current) = (folder.to_owned(), current.release.clone());
    Err(Box::new(Behind { folder, base, current, since, both }).into())
}

/// Files that differ from the base both in the current release and in the folder.
async fn both_changed(store: &dyn Store, base: &str, current: &str, edited: &Bundle) -> Option<Vec<String>> {
    let base = bundle(store, base).await.ok()?;
    let current = bundle(store, current).await.ok()?;
    let theirs = changed(&base, &current);
    Some(changed(&base, edited).intersection(&theirs).map(|path| (*path).to_owned()).collect())
}

fn changed<'b>(from: &'b Bundle, to: &'b Bundle) -> BTreeSet<&'b str> {
    let paths = from.files.keys().chain(to.files.keys());
    paths.filter(|path| from.files.get(*path) != to.files.get(*path)).map(String::as_str).collect()
}

fn file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}
