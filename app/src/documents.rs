//! Documents of an office as texts: a DOCX file becomes the passages that the bot may lean on.
//!
//! A file comes from anywhere, so everything in it is bounded: its size, what it unpacks to, how deep its elements nest, how long its
//! text is. Reading is linear; no entity of a document type is expanded, nothing outside of the file is looked at, macros and pictures
//! are left alone.

mod docx;
mod passages;

pub use docx::read_docx;
pub use passages::{Passage, markdown, passages};

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
/// The longest text, in bytes: as long as a file of a draft.
pub const MAX_TEXT: usize = crate::flow_drafts::MAX_FILE;

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph, an item of a list or a row of a table.
    Text(String),
}

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is larger than [`MAX_BYTES`].
    #[error("a document has at most {} MB", MAX_BYTES >> 20)]
    TooLarge,
    /// It is something else.
    #[error("this is no DOCX document; save it as .docx in the program that wrote it")]
    NotDocx,
    /// It is of the old format, or has a password.
    #[error(
        "this is a document of the old format or one with a password; save it as .docx without a password"
    )]
    OldOrLocked,
    /// It ends in the middle or is malformed.
    #[error("the document is damaged: {0}")]
    Damaged(String),
    /// It unpacks to more, or nests deeper, than a document does.
    #[error("the document unpacks to more than a document does")]
    Bomb,
    /// Its text is longer than [`MAX_TEXT`].
    #[error("the text of the document is longer than {} KB; split it into several", MAX_TEXT >> 10)]
    TooLong,
    /// It has no text: pictures of pages, for example.
    #[error("the document has no text; a scan must be recognised first")]
    NoText,
}
