//! PNG files with a palette (ISO/IEC 15948), by hand: an encoder among the dependencies would only serve these few files.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use flate2::{Compression, Crc, write::ZlibEncoder};

/// Most colours of a palette.
const COLOURS: usize = 256;

/// A square picture. Shades are rounded until there are at most 256 of them.
pub fn indexed(size: usize, pixels: &[u32]) -> io::Result<Vec<u8>> {
    let mut palette = BTreeSet::new();
    let mut rounding = 0;
    // Each step halves the shades of a channel.
    let rounded = |pixel: u32, rounding: u32| {
        let mask = (0xFF << rounding) & 0xFF;
        pixel & ((mask << 16) | (mask << 8) | mask)
    };
    for step in 0..8 {
        rounding = step;
        palette = pixels.iter().map(|pixel| rounded(*pixel, step)).collect();
        if palette.len() <= COLOURS {
            break;
        }
    }
    let palette: Vec<u32> = palette.into_iter().collect();
    let mut rows = Vec::with_capacity(pixels.len() + size);
    for row in pixels.chunks(size) {
        // The row is not filtered, which suits palettes.
        rows.push(0);
        let places = row.iter().map(|pixel| palette.binary_search(&rounded(*pixel, rounding)));
        rows.extend(places.map(|place| place.unwrap_or_default() as u8));
    }
    let mut compressed = ZlibEncoder::new(Vec::new(), Compression::best());
    compressed.write_all(&rows)?;
    let side = u32::try_from(size).map_err(io::Error::other)?.to_be_bytes();
    // Eight bits a pixel, colours from a palette; the usual compression and filters, not interlaced.
    let header = [&side[..], &side[..], &[8, 3, 0, 0, 0]].concat();
    let colours: Vec<u8> =
        palette.iter().flat_map(|colour| colour.to_be_bytes().into_iter().skip(1)).collect();
    let mut file = b"\x89PNG\r\n\x1A\n".to_vec();
    for (name, content) in
        [(b"IHDR", header), (b"PLTE", colours), (b"IDAT", compressed.finish()?), (b"IEND", Vec::new())]
    {
        chunk(&mut file, name, &content)?;
    }
    Ok(file)
}

fn chunk(file: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) -> io::Result<()> {
    let mut sum = Crc::new();
    sum.update(name);
    sum.update(content);
    file.extend(u32::try_from(content.len()).map_err(io::Error::other)?.to_be_bytes());
    file.extend(name);
    file.extend(content);
    file.extend(sum.sum().to_be_bytes());
    Ok(())
}
