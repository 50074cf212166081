//! WebP: chunks, of which only those are kept that are needed to show it.

use super::{ImageError, Picture, Walk, length};

/// What says in the extended head that notes of a camera follow, and those of a program.
const NOTES: u8 = 0x08 | 0x04;
const ANIMATED: u8 = 0x02;

pub(super) fn read(bytes: &[u8]) -> Result<Picture, ImageError> {
    let mut walk = Walk { rest: bytes };
    let [_, _, _, _, a, b, c, d, ..] = walk.array::<12>()?;
    let inside = length(u32::from_le_bytes([a, b, c, d])).checked_sub(4);
    let inside = inside.ok_or(ImageError::Damaged("its head is cut off"))?;
    // What follows the end that the head names is no part of it.
    let mut walk = Walk { rest: walk.take(inside)? };
    let mut chunks = Vec::with_capacity(bytes.len());
    let mut canvas = None;
    let mut picture = None;
    let mut frames = false;
    while !walk.rest.is_empty() {
        let [k0, k1, k2, k3, a, b, c, d] = walk.array()?;
        let (kind, count) = ([k0, k1, k2, k3], u32::from_le_bytes([a, b, c, d]));
        let body = walk.take(length(count))?;
        // The last byte of padding is sometimes missing.
        if count % 2 == 1 && !walk.rest.is_empty() {
            walk.byte()?;
        }
        let mut body = body.to_vec();
        match &kind {
            b"VP8X" if canvas.is_none() && picture.is_none() => {
                let [flags, _, _, _, w0, w1, w2, h0, h1, h2] = body.as_mut_slice() else {
                    return Err(ImageError::Damaged("its head is cut off"));
                };
                let side = |a: u8, b: u8, c: u8| u32::from_le_bytes([a, b, c, 0]) + 1;
                canvas = Some((side(*w0, *w1, *w2), side(*h0, *h1, *h2), *flags & ANIMATED != 0));
                *flags &= !NOTES;
            }
            b"VP8 " if picture.is_none() => picture = Some(lossy(&body)?),
            b"VP8L" if picture.is_none() => picture = Some(lossless(&body)?),
            b"ANMF" => frames = true,
            b"ALPH" | b"ANIM" | b"ICCP" => {}
            b"VP8X" | b"VP8 " | b"VP8L" => return Err(ImageError::Damaged("it has two heads")),
            _ => continue,
        }
        chunks.extend_from_slice(&kind);
        chunks.extend_from_slice(&count.to_le_bytes());
        chunks.append(&mut body);
        if count % 2 == 1 {
            chunks.push(0);
        }
    }
    let (width, height) = match (canvas, picture) {
        (Some((width, height, true)), None) if frames => (width, height),
        (Some((width, height, false)), Some(inner)) if inner == (width, height) => inner,
        (None, Some(size)) => size,
        (Some(_), Some(_)) => return Err(ImageError::Damaged("its head tells of another size")),
        _ => return Err(ImageError::Damaged("there is no picture in it")),
    };
    let all = u32::try_from(chunks.len() + 4).map_err(|_| ImageError::TooLarge)?;
    let mut content = b"RIFF".to_vec();
    content.extend_from_slice(&all.to_le_bytes());
    content.extend_from_slice(b"WEBP");
    content.append(&mut chunks);
    Ok(Picture { width, height, content })
}

/// The size of a lossy picture: its first frame has it after three bytes and a mark.
fn lossy(body: &[u8]) -> Result<(u32, u32), ImageError> {
    let &[tag, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1, ..] = body else {
        return Err(ImageError::Damaged("its data do not begin as a picture's"));
    };
    if tag & 1 != 0 {
        return Err(ImageError::Damaged("its data do not begin as a picture's"));
    }
    let side = |a: u8, b: u8| u32::from(u16::from_le_bytes([a, b]) & 0x3FFF);
    Ok((side(w0, w1), side(h0, h1)))
}

/// The size of a lossless picture: fourteen bits each, after a mark.
fn lossless(body: &[u8]) -> Result<(u32, u32), ImageError> {
    let &[0x2F, a, b, c, d, ..] = body else {
        return Err(ImageError::Damaged("its data do not begin as a picture's"));
    };
    let bits = u32::from_le_bytes([a, b, c, d]);
    Ok(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
}
