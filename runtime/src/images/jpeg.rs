//! JPEG: segments, of which those with the camera's notes (place, time, owner), comments and previews are left out. Which way up the
//! picture is stands among these notes and is kept.

use super::{ImageError, Picture, Walk};

const START_OF_SCAN: u8 = 0xDA;
const END: u8 = 0xD9;
const NOTES: u8 = 0xE1;
const EXIF: &[u8] = b"Exif\0\0";

pub(super) fn read(bytes: &[u8]) -> Result<Picture, ImageError> {
    let mut walk = Walk { rest: bytes };
    let mut content = walk.take(2)?.to_vec();
    let mut segments: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut size = None;
    let mut orientation = 1;
    let mut has_data = false;
    loop {
        let marker = next_marker(&mut walk)?;
        if marker == END {
            break;
        }
        // Markers that stand alone.
        if marker == 0x01 || (0xD0..=0xD8).contains(&marker) {
            return Err(ImageError::Damaged("a mark of its data stands elsewhere"));
        }
        let head: [u8; 2] = walk.array()?;
        let Some(count) = usize::from(u16::from_be_bytes(head)).checked_sub(2) else {
            return Err(ImageError::Damaged("a part of it is shorter than it can be"));
        };
        let body = walk.take(count)?;
        match marker {
            // Frames; the other three of their range are tables.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                let &[_, h0, h1, w0, w1, ..] = body else {
                    return Err(ImageError::Damaged("its head is cut off"));
                };
                let found = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
                if size.replace(found).is_some() {
                    return Err(ImageError::Damaged("it has two heads"));
                }
            }
            NOTES if body.starts_with(EXIF) && !has_data => {
                orientation = orientation_in(body.get(EXIF.len()..).unwrap_or_default()).unwrap_or(1);
            }
            _ => {}
        }
        if is_picture(marker, body) {
            segments.extend_from_slice(&[0xFF, marker]);
            segments.extend_from_slice(&head);
            segments.extend_from_slice(body);
        }
        if marker == START_OF_SCAN {
            if size.is_none() {
                return Err(ImageError::Damaged("its data come before its head"));
            }
            has_data = true;
            segments.extend_from_slice(scan(&mut walk)?);
        }
    }
    let Some((width, height)) = size.filter(|_| has_data) else {
        return Err(ImageError::Damaged("there is no picture in it"));
    };
    if orientation != 1 {
        content.extend_from_slice(&turned(orientation));
    }
    content.append(&mut segments);
    content.extend_from_slice(&[0xFF, END]);
    let (width, height) = if orientation >= 5 { (height, width) } else { (width, height) };
    Ok(Picture { width: width.into(), height: height.into(), content })
}

fn next_marker(walk: &mut Walk<'_>) -> Result<u8, ImageError> {
    if walk.byte()? != 0xFF {
        return Err(ImageError::Damaged("its parts do not follow each other"));
    }
    loop {
        // Any number of fill bytes may stand before a marker.
        match walk.byte()? {
            0xFF => {}
            0 => return Err(ImageError::Damaged("its parts do not follow each other")),
            marker => return Ok(marker),
        }
    }
}

/// Whether a segment is needed to show the picture: its tables, frames and scans, and how its colours are meant.
fn is_picture(marker: u8, body: &[u8]) -> bool {
    match marker {
        0xE0 => body.starts_with(b"JFIF\0"),
        0xE2 => body.starts_with(b"ICC_PROFILE\0"),
        0xEE => body.starts_with(b"Adobe"),
        // Other notes of programs, and comments.
        0xE1..=0xEF | 0xFE => false,
        _ => true,
    }
}

/// The data of a scan, up to the marker that follows.
fn scan<'b>(walk: &mut Walk<'b>) -> Result<&'b [u8], ImageError> {
    let mut end = 0;
    loop {
        let rest = walk.rest.get(end..).unwrap_or_default();
        let Some(found) = rest.iter().position(|byte| *byte == 0xFF) else {
            return Err(super::CUT_OFF);
        };
        match rest.get(found + 1) {
            // A byte of the data, and marks between its parts.
            Some(0 | 0xD0..=0xD7) => end += found + 2,
            Some(0xFF) => end += found + 1,
            Some(_) => return walk.take(end + found),
            None => return Err(super::CUT_OFF),
        }
    }
}

/// Which way up the picture is, 1 to 8, from the camera's notes.
fn orientation_in(tiff: &[u8]) -> Option<u8> {
    let big = match tiff.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let two: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if big { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) })
    };
    let four: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
    let first = if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) };
    let first = usize::try_from(first).ok()?;
    (0..usize::from(short(first)?))
        .find_map(|number| {
            let entry = first.checked_add(2)?.checked_add(number.checked_mul(12)?)?;
            (short(entry)? == 0x0112).then(|| short(entry.checked_add(8)?)).flatten()
        })
        .and_then(|way| u8::try_from(way).ok())
        .filter(|way| (1..=8).contains(way))
}

/// Notes that say nothing but which way up the picture is.
fn turned(orientation: u8) -> Vec<u8> {
    let mut notes = vec![0xFF, NOTES, 0, 34];
    notes.extend_from_slice(EXIF);
    notes.extend_from_slice(b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    notes.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0]);
    notes
}
