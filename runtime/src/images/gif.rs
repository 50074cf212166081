//! GIF: blocks, of which comments, texts and what programs noted are left out; how often it repeats is kept.

use super::{ImageError, Picture, Walk};

pub(super) fn read(bytes: &[u8]) -> Result<Picture, ImageError> {
    let mut walk = Walk { rest: bytes };
    let mut content = walk.take(6)?.to_vec();
    let screen: [u8; 7] = walk.array()?;
    let [w0, w1, h0, h1, flags, ..] = screen;
    content.extend_from_slice(&screen);
    content.extend_from_slice(walk.take(colours(flags))?);
    let mut pictures = 0;
    loop {
        match walk.byte()? {
            b';' => break,
            b',' => {
                let place: [u8; 9] = walk.array()?;
                content.push(b',');
                content.extend_from_slice(&place);
                content.extend_from_slice(walk.take(colours(place[8]))?);
                content.push(walk.byte()?);
                content.extend_from_slice(blocks(&mut walk)?);
                pictures += 1;
            }
            b'!' => {
                let label = walk.byte()?;
                let body = blocks(&mut walk)?;
                let repeats = body
                    .get(1..)
                    .is_some_and(|body| body.starts_with(b"NETSCAPE2.0") || body.starts_with(b"ANIMEXTS1.0"));
                if label == 0xF9 || label == 0xFF && repeats {
                    content.extend_from_slice(&[b'!', label]);
                    content.extend_from_slice(body);
                }
            }
            _ => return Err(ImageError::Damaged("its parts do not follow each other")),
        }
    }
    if pictures == 0 {
        return Err(ImageError::Damaged("there is no picture in it"));
    }
    content.push(b';');
    let (width, height) = (u16::from_le_bytes([w0, w1]), u16::from_le_bytes([h0, h1]));
    Ok(Picture { width: width.into(), height: height.into(), content })
}

/// The bytes of a table of colours.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Blocks up to the empty one, with it.
fn blocks<'b>(walk: &mut Walk<'b>) -> Result<&'b [u8], ImageError> {
    let mut all = 0;
    loop {
        let count = usize::from(*walk.rest.get(all).ok_or(super::CUT_OFF)?);
        all += 1 + count;
        if count == 0 {
            return walk.take(all);
        }
    }
}
