//! Images of a draft: which there are and where they are shown, putting one in, taking one out.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use tolmach_engine::{
    bundle::Bundle,
    image::{FOLDER, Format, Image, MAX_IMAGES, is_path},
};
use tolmach_runtime::{
    ImageError, ReadImage,
    ports::{self, DraftChangeKind, Store},
    read_image,
};
use uuid::Uuid;

use crate::{
    assist,
    flow_drafts::{self, Edit, Editor, Saved},
};

/// The longest name of an image without its ending, in characters.
const MAX_NAME: usize = 60;

/// An image of a release or a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImageShown {
    /// What a node's `photo` names it by.
    pub path: String,
    /// Where it is served; `None` of a file that is no image.
    pub address: Option<String>,
    /// The media type.
    pub media: Option<String>,
    /// How many bytes it has.
    pub bytes: Option<u64>,
    /// Its width in pixels.
    pub width: Option<u32>,
    /// Its height in pixels.
    pub height: Option<u32>,
    /// Whether its content is stored; without it nobody sees the image.
    pub stored: bool,
    /// The nodes that show it.
    pub used: Vec<ImageUse>,
}

/// A place that names an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImageUse {
    /// The file of the flow.
    pub file: String,
    /// The node.
    pub node: String,
    /// The line, counted from 1.
    pub line: usize,
}

/// The images of a bundle, by path.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(store: &dyn Store, bundle: &Bundle) -> ports::Result<Vec<ImageShown>> {
    let missing: BTreeSet<String> = super::missing(store, bundle).await?.into_iter().collect();
    let shown = |(path, text): (&str, &str)| {
        let image = Image::parse(text);
        ImageShown {
            path: path.to_owned(),
            address: image.as_ref().map(Image::address),
            media: image.as_ref().map(|image| image.format.media().to_owned()),
            bytes: image.as_ref().map(|image| image.bytes),
            width: image.as_ref().map(|image| image.width),
            height: image.as_ref().map(|image| image.height),
            stored: image.is_some() && !missing.contains(path),
            used: uses(bundle, path),
        }
    };
    Ok(bundle.images().map(shown).collect())
}

/// Where the flows name an image. Texts are searched, so flows with mistakes have uses too.
pub fn uses(bundle: &Bundle, path: &str) -> Vec<ImageUse> {
    let mut found = Vec::new();
    for (file, text) in bundle.flows() {
        let mut nodes = None;
        for (at, line) in text.lines().enumerate() {
            if !names(line, path) {
                continue;
            }
            let nodes = nodes.get_or_insert_with(|| assist::lines_under(text, "nodes"));
            let node = nodes.iter().rev().find(|(_, line)| *line <= at + 1);
            let node = node.map(|(name, _)| name.clone()).unwrap_or_default();
            let place = ImageUse { file: file.to_owned(), node, line: at + 1 };
            // A node may name it in both languages.
            if found
                .last()
                .is_none_or(|last: &ImageUse| (&last.file, &last.node) != (&place.file, &place.node))
            {
                found.push(place);
            }
        }
    }
    found
}

/// Whether a line names this image and not one whose name goes on.
fn names(line: &str, path: &str) -> bool {
    let part = |sign: char| sign.is_alphanumeric() || "._-".contains(sign);
    line.split('#').next().unwrap_or_default().match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line.get(at + path.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(|sign| part(sign) || sign == '/') && !after.is_some_and(part)
    })
}

/// Why an image was not put in or taken out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no picture that can be shown.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// It is to take the place of one of another kind.
    #[error("{path} is to be a picture of another kind than {media}; give the new one a name of its own")]
    OtherKind {
        /// The path.
        path: String,
        /// What was brought.
        media: &'static str,
    },
    /// Its name is unfit.
    #[error("a name has 1 to {MAX_NAME} letters, digits, dashes, dots and underscores")]
    BadName,
    /// There are too many.
    #[error("a bundle has at most {MAX_IMAGES} images; take out those that no message shows")]
    TooMany,
    /// There is no such image.
    #[error("there is no image `{0}`")]
    Unknown(String),
    /// A node shows it.
    #[error(
        "{path} is shown by {}; name another picture there first",
        used.iter().map(|place| format!("{} ({}:{})", place.node, place.file, place.line)).collect::<Vec<_>>().join(", ")
    )]
    Used {
        /// The path.
        path: String,
        /// Where.
        used: Vec<ImageUse>,
    },
    /// Somebody else changed it at the same time.
    #[error("somebody else changed {0} at the same time; look at it and try again")]
    Changed(String),
    /// The draft was not changed.
    #[error(transparent)]
    Draft(#[from] flow_drafts::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// The path of an image that comes as a file of this name.
///
/// # Errors
/// [`Error::BadName`] where nothing of the name is left.
pub fn path_for(name: &str, format: Format) -> Result<String, Error> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = if Format::of_name(name).is_some() {
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    } else {
        name
    };
    let sign = |sign: char| if sign.is_alphanumeric() || "._-".contains(sign) { sign } else { '-' };
    let stem: String = stem.trim().chars().map(sign).take(MAX_NAME).collect();
    let stem = stem.trim_matches(['-', '.']);
    let path = format!("{FOLDER}{stem}.{}", format.ending());
    if stem.is_empty() || !is_path(&path) { Err(Error::BadName) } else { Ok(path) }
}

/// A picture to put into a draft.
#[derive(Clone, Debug)]
pub struct NewImage {
    path: String,
    /// The hash of the image whose place it takes, as its sender saw it; empty where there was none to see.
    pub seen: Option<String>,
    read: ReadImage,
}

impl NewImage {
    /// Reads a file, before anything is changed. `replaces` is the path of the image whose place it takes; otherwise its name makes one.
    ///
    /// # Errors
    /// When it is no picture that can be shown, its name is unfit, or it is of another kind than the one whose place it takes.
    pub async fn read(name: &str, replaces: Option<String>, content: Vec<u8>) -> Result<NewImage, Error> {
        let read = tokio::task::spawn_blocking(move || read_image(&content));
        let read = read.await.map_err(|why| ports::Error::unavailable("read an image", why))??;
        let path = match replaces {
            Some(path) if Format::of_name(&path) != Some(read.image.format) => {
                return Err(Error::OtherKind { path, media: read.image.format.media() });
            }
            Some(path) => path,
            None => path_for(name, read.image.format)?,
        };
        Ok(NewImage { path, seen: None, read })
    }
}

/// Puts a picture into a draft, in the place of the one with the same name where there is one. Returns its path.
///
/// # Errors
/// When there are too many, somebody else has changed the one whose place it takes, or the draft cannot be changed.
pub async fn put(
    store: &dyn Store,
    editor: &Editor,
    now: i64,
    draft: Uuid,
    new: NewImage,
) -> Result<String, Error> {
    let NewImage { path, seen, read } = new;
    let opened = flow_drafts::open(store, draft).await?;
    let there = opened.bundle.files.get(&path);
    let hash = there.and_then(|text| Image::parse(text)).map(|image| image.hash).unwrap_or_default();
    if seen.is_some_and(|seen| seen != hash) {
        return Err(Error::Changed(path));
    }
    if there.is_none() && opened.bundle.images().count() >= MAX_IMAGES {
        return Err(Error::TooMany);
    }
    let text = read.image.to_string();
    store.keep_image(&read.stored(), now).await?;
    let edit = Edit { path: path.clone(), base: opened.draft.revision, text, kind: DraftChangeKind::Form };
    match flow_drafts::save(store, editor, now, draft, &edit).await? {
        Saved::Stored { .. } => Ok(path),
        Saved::Conflict(_) => Err(Error::Changed(path)),
    }
}

/// Settles which of the versions of an image stays that two people replaced.
///
/// # Errors
/// When the image has no such version, or the draft cannot be changed.
pub async fn settle(
    store: &dyn Store,
    editor: &Editor,
    now: i64,
    draft: Uuid,
    path: &str,
    hash: &str,
) -> Result<(), Error> {
    let opened = flow_drafts::open(store, draft).await?;
    let text = opened.bundle.files.get(path).filter(|_| is_path(path));
    let text = text.ok_or_else(|| Error::Unknown(path.to_owned()))?;
    let kept = text.lines().filter_map(Image::parse).find(|image| image.hash == hash);
    let text = kept.ok_or_else(|| Error::Changed(path.to_owned()))?.to_string();
    let edit = Edit { path: path.to_owned(), base: opened.draft.revision, text, kind: DraftChangeKind::Form };
    match flow_drafts::save(store, editor, now, draft, &edit).await? {
        Saved::Stored { .. } => Ok(()),
        Saved::Conflict(_) => Err(Error::Changed(path.to_owned())),
    }
}

/// Takes an image out of a draft.
///
/// # Errors
/// When there is none, a node shows it, or the draft cannot be changed.
pub async fn remove(
    store: &dyn Store,
    editor: &Editor,
    now: i64,
    draft: Uuid,
    path: &str,
) -> Result<(), Error> {
    let opened = flow_drafts::open(store, draft).await?;
    if !is_path(path) || !opened.bundle.files.contains_key(path) {
        return Err(Error::Unknown(path.to_owned()));
    }
    let used = uses(&opened.bundle, path);
    if !used.is_empty() {
        return Err(Error::Used { path: path.to_owned(), used });
    }
    flow_drafts::delete(store, editor, now, draft, path).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_found_where_a_node_names_it() {
        let flow = "flow: shop\nstart: a\nnodes:\n  a:\n    say:\n      text: x\n      photo: images/a.png # images/b.png\n  \
                    b: { say: { text: x, photo: { ru: images/ab.png, en: \"images/b.png\" } } }\n";
        let bundle = Bundle { files: [("shop.yaml".to_owned(), flow.to_owned())].into() };
        let place = |node: &str, line| ImageUse { file: "shop.yaml".to_owned(), node: node.to_owned(), line };
        assert_eq!(uses(&bundle, "images/a.png"), [place("a", 7)]);
        assert_eq!(uses(&bundle, "images/b.png"), [place("b", 8)]);
        assert_eq!(uses(&bundle, "images/ab.png"), [place("b", 8)]);
        assert_eq!(uses(&bundle, "images/b.pn"), []);
    }

    #[test]
    fn a_file_gets_a_name_that_flows_can_write() {
        for (name, path) in [
            ("warehouse.png", "images/warehouse.jpg"),
            ("C:\\photos\\Склад 1.JPEG", "images/Склад-1.jpg"),
            ("../../etc/passwd", "images/passwd.jpg"),
            (".hidden.jpg", "images/hidden.jpg"),
            ("a: {b}", "images/a---b.jpg"),
            ("v1.2", "images/v1.2.jpg"),
        ] {
            assert_eq!(path_for(name, Format::Jpeg).unwrap(), path, "{name}");
        }
        for name in ["", "...", "***", "/"] {
            assert!(path_for(name, Format::Jpeg).is_err(), "{name}");
        }
    }
}
