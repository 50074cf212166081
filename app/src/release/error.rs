//! Why a use case of releases was refused or failed.

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

/// Why something about releases could not be done; nothing was changed, unless the error is the database's.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no current release yet.
    #[error("nothing is published yet")]
    NothingPublished,
    /// No kept release has this id or begins so.
    #[error("there is no release `{0}`; `tolmach release list` shows the published ones")]
    Unknown(String),
    /// Several kept releases begin so.
    #[error(
        "`{text}` begins several releases ({}); write more of the id",
        ids.iter().map(|id| short(id)).collect::<Vec<_>>().join(", ")
    )]
    Ambiguous {
        /// What was given.
        text: String,
        /// The releases that begin so.
        ids: Vec<String>,
    },
    /// The release was published here, but its texts are not kept.
    #[error("release {} is not kept", short(.0))]
    NotKept(String),
    /// The texts of a kept release are damaged.
    #[error("release {} cannot be read", short(id))]
    Unreadable {
        /// The release.
        id: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The flows have errors.
    #[error("the flows do not compile; nothing changed\n\n{0}")]
    DoNotCompile(Box<Diagnosed>),
    /// An earlier program compiled the release, this one does not.
    #[error("this program no longer compiles release {}; nothing changed\n\n{diagnosed}", short(id))]
    NoLongerCompiles {
        /// The release.
        id: String,
        /// What is wrong with it.
        diagnosed: Box<Diagnosed>,
    },
    /// The published release is another program's.
    #[error(
        "this program cannot use the published release {}\n\n{diagnosed}\n\nmend the flows and publish them: tolmach release \
         publish",
        short(id)
    )]
    Unusable {
        /// The release.
        id: String,
        /// What is wrong with it.
        diagnosed: Box<Diagnosed>,
    },
    /// Nothing was published, and there is no folder to begin with.
    #[error("no release is published; see `tolmach release publish`")]
    NothingToServe,
    /// A folder is no bundle.
    #[error(transparent)]
    Folder(#[from] BundleError),
    /// The release named as the parent is not the current one.
    #[error(
        "{} is not the current release; nothing was published\nlast: {}",
        short(parent),
        described(current)
    )]
    NotTheParent {
        /// The release named.
        parent: String,
        /// The last publication.
        current: Box<Publication>,
    },
    /// A parent was named before the first publication.
    #[error("nothing is published yet; leave --parent out")]
    NoParent,
    /// The folder was made from another release than the current one.
    #[error(transparent)]
    Behind(#[from] Box<Behind>),
    /// Session migrations were named before the first publication.
    #[error("nothing is published yet, so no chat can move; leave --move out")]
    NothingToMove,
    /// Session migrations from a release that cannot be looked into.
    #[error(
        "this program no longer compiles the current release {}, so its chats move by themselves; leave --move out",
        short(.0)
    )]
    CurrentUnusable(String),
    /// Session migrations that cannot be.
    #[error(
        "the moves are wrong; nothing was published\n\n{}",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")
    )]
    Moves(Vec<MoveError>),
    /// The dialog tests cannot be run.
    #[error(transparent)]
    Tests(#[from] dialog_tests::Error),
    /// Dialog tests fail.
    #[error("{} dialog tests fail; nothing was published", tests.failed())]
    TestsFail {
        /// How they ended.
        tests: Box<Summary>,
        /// Warnings of the compiler.
        warnings: Box<Diagnosed>,
    },
    /// Another publication came first.
    #[error(
        "somebody was faster: {}\nnothing was published; look at `tolmach release diff` and publish again",
        .0.as_ref().map_or_else(String::new, |faster| described(faster))
    )]
    Conflict(Option<Box<Publication>>),
    /// There is no release before the current one.
    #[error("{} is the first release; there is none before it", short(.0))]
    First(String),
    /// The way back leads only to what was published.
    #[error(
        "release {id} was never published, so there is no way back to it; publish it: tolmach release publish --release {id}",
        id = short(.0)
    )]
    NeverPublished(String),
    /// An export cannot be written or read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The database.
    #[error(transparent)]
    Store(#[from] ports::Error),
}
