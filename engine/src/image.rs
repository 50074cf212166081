//! Images of a bundle: pictures that messages show.
//!
//! A bundle is texts, so that it can be compared, merged and kept as one. An image in it is a line that names its content: the
//! pointer. The bytes are kept beside, under their hash, by whoever stores bundles.

use std::fmt;

/// The folder of a bundle that holds images.
pub const FOLDER: &str = "images/";

/// The prefix of the address of an image: `/images/<hash>.<ending>`.
pub const IMAGE_PREFIX: &str = "/images/";

/// The largest image, in bytes: what Telegram fetches of an address, so that any channel can show it.
pub const MAX_BYTES: usize = 5 << 20;
/// The most images of a bundle.
pub const MAX_IMAGES: usize = 200;
/// The most bytes that all images of a bundle have.
pub const MAX_ALL: u64 = 100 << 20;
/// The most that width and height of an image are together, in pixels: what Telegram takes.
pub const MAX_SIDES: u32 = 10_000;
/// The most that one side of an image is longer than the other: what Telegram takes.
pub const MAX_RATIO: u32 = 20;

/// The first word of a pointer.
const POINTER: &str = "tolmach-image";
/// The length of a hash, in characters.
const HASH: usize = 32;

/// A kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
    /// GIF.
    Gif,
}

impl Format {
    /// All kinds.
    pub const ALL: [Format; 4] = [Format::Jpeg, Format::Png, Format::Webp, Format::Gif];

    /// The media type.
    pub const fn media(self) -> &'static str {
        match self {
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
            Format::Webp => "image/webp",
            Format::Gif => "image/gif",
        }
    }

    /// The ending of the names that the program gives, without a dot.
    pub const fn ending(self) -> &'static str {
        match self {
            Format::Jpeg => "jpg",
            Format::Png => "png",
            Format::Webp => "webp",
            Format::Gif => "gif",
        }
    }

    /// The kind of a media type.
    pub fn of_media(media: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.media() == media)
    }

    /// The kind that a name promises by its ending, whatever the case of its letters.
    pub fn of_name(name: &str) -> Option<Format> {
        let (stem, ending) = name.rsplit_once('.')?;
        let ending = ending.to_ascii_lowercase();
        let ending = if ending == "jpeg" { "jpg" } else { ending.as_str() };
        Format::ALL.into_iter().find(|format| format.ending() == ending).filter(|_| !stem.is_empty())
    }
}

/// An image as a bundle names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The hash of its bytes, [`hash`].
    pub hash: String,
    /// Its kind.
    pub format: Format,
    /// How many bytes it has.
    pub bytes: u64,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
}

/// The hash of an image's bytes.
pub fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..HASH].to_owned()
}

/// Whether a text may be the hash of an image.
pub fn is_hash(text: &str) -> bool {
    text.len() == HASH && text.bytes().all(|sign| matches!(sign, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a path of a bundle is that of an image.
pub fn is_path(path: &str) -> bool {
    path.strip_prefix(FOLDER).is_some_and(|name| Format::of_name(name).is_some() && !name.contains('/'))
}

impl Image {
    /// Reads a pointer; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Image> {
        let mut words = text.strip_suffix('\n').unwrap_or(text).split(' ');
        let mut word = || words.next();
        word().filter(|word| *word == POINTER)?;
        let hash = word().filter(|hash| is_hash(hash))?.to_owned();
        let format = Format::of_media(word()?)?;
        let bytes = number(word()?).filter(|bytes| *bytes <= MAX_BYTES as u64)?;
        let (width, height) = word()?.split_once('x')?;
        let side = |side: &str| number(side).and_then(|side| u32::try_from(side).ok());
        let image = Image { hash, format, bytes, width: side(width)?, height: side(height)? };
        (words.next().is_none() && fits(image.width, image.height)).then_some(image)
    }

    /// The address by which messages refer to it.
    pub fn address(&self) -> String {
        format!("{IMAGE_PREFIX}{}.{}", self.hash, self.format.ending())
    }
}

/// The pointer, with the end of its line.
impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Image { hash, format, bytes, width, height } = self;
        writeln!(f, "{POINTER} {hash} {} {bytes} {width}x{height}", format.media())
    }
}

/// A number in the one way in which pointers write it.
fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// Whether channels show a picture of this size.
pub const fn fits(width: u32, height: u32) -> bool {
    let (long, short) = if width > height { (width, height) } else { (height, width) };
    short >= 1 && long.saturating_add(short) <= MAX_SIDES && long <= short.saturating_mul(MAX_RATIO)
}

/// The hash in the address of an image.
pub fn hash_in(address: &str) -> Option<&str> {
    let (hash, ending) = address.strip_prefix(IMAGE_PREFIX)?.split_once('.')?;
    (is_hash(hash) && Format::ALL.iter().any(|format| format.ending() == ending)).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASHED: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_pointer_is_read_as_it_is_written_and_nothing_else_is() {
        let image =
            Image { hash: HASHED.to_owned(), format: Format::Png, bytes: 12_345, width: 640, height: 480 };
        let written = image.to_string();
        assert_eq!(written, format!("tolmach-image {HASHED} image/png 12345 640x480\n"));
        assert_eq!(Image::parse(&written), Some(image.clone()));
        assert_eq!(image.address(), format!("/images/{HASHED}.png"));
        assert_eq!(hash_in(&image.address()), Some(HASHED));
        for bad in [
            String::new(),
            "\u{89}PNG".to_owned(),
            written.replace("png", "svg+xml"),
            written.replace("640x480", "640"),
            written.replace("640x480", "0x480"),
            written.replace("640x480", "9000x1001"),
            written.replace("640x480", "2100x100"),
            written.replace("640x480", "+640x480"),
            written.replace("12345", "9999999999"),
            written.replace("0123", "../."),
            format!("{written}{written}"),
            format!("<<<<<<<\n{written}"),
        ] {
            assert_eq!(Image::parse(&bad), None, "{bad}");
        }
        for bad in ["/images/", "/images/x.png", "/photos/0123456789abcdef0123456789abcdef.png"] {
            assert_eq!(hash_in(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_of_images_end_as_pictures_do() {
        for good in ["images/a.jpg", "images/Склад 1.JPEG", "images/a.b.webp", "images/x.gif", "images/x.png"]
        {
            assert!(is_path(good), "{good}");
        }
        for bad in ["images/a.svg", "images/.png", "images/a", "images/a/b.png", "a.png", "prompts/a.png"] {
            assert!(!is_path(bad), "{bad}");
        }
    }
}
