//! Images that people hand over: what kind of picture it is, how large, and without what tells of whoever took it.
//!
//! A file comes from anywhere. What it is, is decided by its content, never by its name or by what a browser says. It is walked once
//! from end to end, piece by piece, and never decoded. What is no part of the picture is left out of what is kept: where and by
//! whom it was taken, comments, previews, and whatever follows its end.

mod gif;
mod jpeg;
mod png;
#[cfg(test)]
mod tests;
mod webp;

use tolmach_engine::image::{self, Format, Image, MAX_BYTES, MAX_RATIO, MAX_SIDES};

use crate::ports::StoredImage;

/// Why something is no image that can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It has too many bytes.
    #[error("an image has at most {} MiB; save it smaller, or with less quality", MAX_BYTES >> 20)]
    TooLarge,
    /// It is an SVG.
    #[error("this is an SVG, which may hold scripts and is shown by no messenger; save it as PNG or WebP")]
    Svg,
    /// It is something else.
    #[error("this is no JPEG, PNG, WebP or GIF picture; save it as one of these")]
    NotAPicture,
    /// It ends in the middle, or its parts do not fit together.
    #[error("the picture is damaged: {0}")]
    Damaged(&'static str),
    /// Its sides are too long, or one is much longer than the other.
    #[error(
        "the picture has {width} × {height} pixels; both together are at most {MAX_SIDES}, and one is at most {MAX_RATIO} times \
         the other"
    )]
    Sides {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
}

/// A picture that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadImage {
    /// What a bundle holds of it.
    pub image: Image,
    /// What is kept of it.
    pub content: Vec<u8>,
}

impl ReadImage {
    /// Its content as it is stored.
    pub fn stored(self) -> StoredImage {
        StoredImage {
            hash: self.image.hash,
            media: self.image.format.media().to_owned(),
            content: self.content,
        }
    }
}

/// Reads a picture. What is kept of one is read as the same again.
///
/// # Errors
/// When it is none that can be shown.
pub fn read_image(bytes: &[u8]) -> Result<ReadImage, ImageError> {
    if bytes.is_empty() {
        return Err(ImageError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(ImageError::TooLarge);
    }
    let format = kind(bytes)?;
    let Picture { width, height, content } = match format {
        Format::Jpeg => jpeg::read(bytes),
        Format::Png => png::read(bytes),
        Format::Webp => webp::read(bytes),
        Format::Gif => gif::read(bytes),
    }?;
    if !image::fits(width, height) {
        return Err(ImageError::Sides { width, height });
    }
    let (hash, bytes) = (image::hash(&content), content.len() as u64);
    Ok(ReadImage { image: Image { hash, format, bytes, width, height }, content })
}

/// What a file begins with.
fn kind(bytes: &[u8]) -> Result<Format, ImageError> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Ok(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Ok(Format::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(Format::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Format::Webp),
        _ => {
            let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(1024)).unwrap_or_default());
            let head = head.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
            let is_svg = head.starts_with('<') && head.contains("<svg");
            Err(if is_svg { ImageError::Svg } else { ImageError::NotAPicture })
        }
    }
}

/// What a reader of a kind gives.
struct Picture {
    width: u32,
    height: u32,
    content: Vec<u8>,
}

/// A file that is walked from its beginning to its end.
struct Walk<'b> {
    rest: &'b [u8],
}

impl<'b> Walk<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8], ImageError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, ImageError> {
        let (first, rest) = self.rest.split_first().ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(*first)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ImageError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(*taken)
    }
}

const CUT_OFF: ImageError = ImageError::Damaged("it ends in the middle");

/// A number of bytes as an index.
fn length(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
