//! PNG: chunks, of which those with texts, times and the camera's notes are left out.

use super::{ImageError, Picture, Walk, length};

/// Chunks that are no part of the picture.
const LEFT_OUT: [&[u8; 4]; 5] = [b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"];

pub(super) fn read(bytes: &[u8]) -> Result<Picture, ImageError> {
    let mut walk = Walk { rest: bytes };
    let mut content = walk.take(8)?.to_vec();
    let mut size = None;
    let mut has_data = false;
    loop {
        let head: [u8; 8] = walk.array()?;
        let [a, b, c, d, kind @ ..] = head;
        let body = walk.take(length(u32::from_be_bytes([a, b, c, d])))?;
        let check = walk.take(4)?;
        match (&kind, size) {
            (b"IHDR", None) => {
                let &[w0, w1, w2, w3, h0, h1, h2, h3, ..] = body else {
                    return Err(ImageError::Damaged("its head is cut off"));
                };
                size = Some((u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3])));
            }
            (b"IHDR", Some(_)) => return Err(ImageError::Damaged("it has two heads")),
            (_, None) => return Err(ImageError::Damaged("it does not begin with its head")),
            _ => {}
        }
        has_data |= &kind == b"IDAT";
        if !LEFT_OUT.contains(&&kind) {
            for part in [&head[..], body, check] {
                content.extend_from_slice(part);
            }
        }
        if &kind == b"IEND" {
            break;
        }
    }
    match size {
        Some((width, height)) if has_data => Ok(Picture { width, height, content }),
        _ => Err(ImageError::Damaged("there is no picture in it")),
    }
}
