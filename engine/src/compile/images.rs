//! Reads the images of a bundle: their pointers, and how many there are.

use std::collections::BTreeMap;

use crate::{
    bundle::Bundle,
    diagnostic::{Code, Diagnostic},
    image::{Format, Image, MAX_ALL, MAX_IMAGES},
    span::Span,
};

/// The images by path. Whether their bytes are there is known to whoever keeps them.
pub(super) fn read(bundle: &Bundle, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<String, Image> {
    let mut images = BTreeMap::new();
    let mut all = 0_u64;
    for (number, (path, text)) in bundle.images().enumerate() {
        let mut report = |message: String, help: &str| {
            diagnostics.push(Diagnostic::new(Code::BadImage, path, Span::default(), message, help));
        };
        if number >= MAX_IMAGES {
            report(
                format!("a bundle has at most {MAX_IMAGES} images"),
                "remove images that no message shows",
            );
            break;
        }
        let Some(image) = Image::parse(text) else {
            let message = if text.starts_with("<<<<<<<") || text.contains("\n=======\n") {
                "two people replaced the image, and both versions are in it"
            } else {
                "this is no image"
            };
            report(message.to_owned(), "put a JPEG, PNG, WebP or GIF picture there, or remove the file");
            continue;
        };
        if Format::of_name(path) != Some(image.format) {
            let message =
                format!("the name does not end as that of a picture of type {}", image.format.media());
            report(message, "give the file the ending of what is in it: .jpg, .png, .webp or .gif");
        }
        let before = all;
        all = all.saturating_add(image.bytes);
        if all > MAX_ALL && before <= MAX_ALL {
            let message = format!("all images together have more than {} MiB", MAX_ALL >> 20);
            report(message, "make images smaller, or remove those that no message shows");
        }
        images.insert(path.to_owned(), image);
    }
    images
}
