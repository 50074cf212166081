//! The base release of a folder. A folder that is not based on the current release cannot be published by accident, so
//! that two people do not overwrite each other's changes.

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
};

use tolmach_engine::bundle::Bundle;
use tolmach_runtime::ports::{Page, Publication, Store};

use super::{Error, bundle, described};
use crate::text::short;

/// The hidden file with the base's id; hidden files are not part of a bundle.
const FILE: &str = ".tolmach-base";

/// The maximum number of publications in [`Behind::since`].
const TOLD: u32 = 100;

/// The folder's base is not the current release.
#[derive(Debug)]
pub struct Behind {
    /// The folder.
    pub folder: PathBuf,
    /// The base release.
    pub base: String,
    /// The current release.
    pub current: String,
    /// Publications since the base, newest first, at most 100.
    pub since: Vec<Publication>,
    /// Files that were changed both in the folder and since the base; `None` when one of the releases is not stored.
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

/// The folder's base release, if it is known.
pub(super) fn read(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(file(folder)).ok()?;
    Some(text.trim().to_owned()).filter(|id| !id.is_empty())
}

/// Records the base release. If the folder is read-only nothing is recorded, and the base is not checked at the next
/// publication.
pub(super) fn write(folder: &Path, id: &str) {
    if read(folder).as_deref() == Some(id) {
        return;
    }
    if let Err(error) = fs::write(file(folder), format!("{id}\n")) {
        tracing::debug!(%error, "the base of the folder could not be noted");
    }
}

/// Refuses to publish a folder whose base is not the current release.
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

/// Files that differ from the base both in the current release and in the folder. `None` when one of the two releases
/// is not stored.
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
