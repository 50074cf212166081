//! The error type of release operations.

use tolmach_runtime::{
    BundleError,
    ports::{self, Publication},
};

use super::{archive::ArchiveError, base::Behind, described, moves::MoveError};
use crate::{
    diagnostics::Diagnosed,
    dialog_tests::{self, Summary},
    text::short,
};

/// Why a release operation was refused or failed. Nothing was changed, unless the error is the database's.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no current release yet.
    #[error("nothing is published yet")]
    NothingPublished,
    /// No stored release has this id or an id that starts with it.
    #[error("there is no release `{0}`; `tolmach release list` shows the published ones")]
    Unknown(String),
    /// Several stored releases have an id that starts with the given text.
    #[error(
        "`{text}` begins several releases ({}); write more of the id",
        ids.iter().map(|id| short(id)).collect::<Vec<_>>().join(", ")
    )]
    Ambiguous {
        /// What was given.
        text: String,
        /// The ids that start with it.
        ids: Vec<String>,
    },
    /// The release was published, but its files are not stored.
    #[error("release {} is not kept", short(.0))]
    NotKept(String),
    /// The stored files of a release cannot be parsed.
    #[error("release {} cannot be read", short(id))]
    Unreadable {
        /// The release.
        id: String,
        /// The parse error.
        source: serde_json::Error,
    },
    /// The flows do not compile.
    #[error("the flows do not compile; nothing changed\n\n{0}")]
    DoNotCompile(Box<Diagnosed>),
    /// An earlier version of the program compiled the release, this version does not.
    #[error("this program no longer compiles release {}; nothing changed\n\n{diagnosed}", short(id))]
    NoLongerCompiles {
        /// The release.
        id: String,
        /// What is wrong with it.
        diagnosed: Box<Diagnosed>,
    },
    /// This version of the program cannot compile the published release.
    #[error(
        "this program cannot use the published release {}\n\n{diagnosed}\n\nmend the flows and publish them: tolmach release \
         publish",
        short(id)
    )]
    Unusable {
        /// The release.
        id: String,
        /// The compiler's diagnostics.
        diagnosed: Box<Diagnosed>,
    },
    /// Nothing is published, and there is no folder to publish.
    #[error("no release is published; see `tolmach release publish`")]
    NothingToServe,
    /// The folder cannot be read as a bundle.
    #[error(transparent)]
    Folder(#[from] BundleError),
    /// The release names images whose content is not stored.
    #[error(
        "the content of {} is not kept here; put the picture in again, or publish the folder that has it",
        .0.join(", ")
    )]
    ImagesMissing(Vec<String>),
    /// The release named as the parent is not the current one.
    #[error(
        "{} is not the current release; nothing was published\nlast: {}",
        short(parent),
        described(current)
    )]
    NotTheParent {
        /// The release that was named.
        parent: String,
        /// The last publication.
        current: Box<Publication>,
    },
    /// A parent was named before the first publication.
    #[error("nothing is published yet; leave --parent out")]
    NoParent,
    /// The folder's base is not the current release.
    #[error(transparent)]
    Behind(#[from] Box<Behind>),
    /// Session migrations were given before the first publication.
    #[error("nothing is published yet, so no chat can move; leave --move out")]
    NothingToMove,
    /// Session migrations were given, but the current release no longer compiles.
    #[error(
        "this program no longer compiles the current release {}, so its chats move by themselves; leave --move out",
        short(.0)
    )]
    CurrentUnusable(String),
    /// Session migrations are invalid.
    #[error(
        "the moves are wrong; nothing was published\n\n{}",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")
    )]
    Moves(Vec<MoveError>),
    /// The dialog tests cannot be run.
    #[error(transparent)]
    Tests(#[from] dialog_tests::Error),
    /// Dialog tests failed.
    #[error("{}; nothing was published", failing(tests))]
    TestsFail {
        /// The test results.
        tests: Box<Summary>,
        /// Warnings of the compiler.
        warnings: Box<Diagnosed>,
    },
    /// Another publication was stored first.
    #[error(
        "another publication came first: {}\nnothing was published; look at `tolmach release diff` and publish again",
        .0.as_ref().map_or_else(String::new, |faster| described(faster))
    )]
    Conflict(Option<Box<Publication>>),
    /// There is no release to roll back to.
    #[error("{} is the first release; there is none before it", short(.0))]
    First(String),
    /// The rollback's target was never published.
    #[error(
        "release {id} was never published, so there is no way back to it; publish it: tolmach release publish --release {id}",
        id = short(.0)
    )]
    NeverPublished(String),
    /// An export cannot be written or read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// How many names of failing tests are told.
const NAMED: usize = 5;

/// How many tests fail, and which.
fn failing(tests: &Summary) -> String {
    let count = tests.failed();
    let named: Vec<String> =
        tests.failures().take(NAMED).map(|test| format!("«{}» ({})", test.name, test.file)).collect();
    let more = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
    let fail = if count == 1 { "dialog test fails" } else { "dialog tests fail" };
    format!("{count} {fail}: {}{more}", named.join(", "))
}
