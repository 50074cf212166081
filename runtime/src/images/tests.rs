use super::*;

/// A PNG of this size in one colour.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
    head.extend_from_slice(&[8, 2, 0, 0, 0]);
    for (kind, body) in [(b"IHDR", head.as_slice()), (b"IDAT", b"data"), (b"IEND", b"")] {
        bytes.extend_from_slice(&chunk(kind, body));
    }
    bytes
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap();
    [&length.to_be_bytes(), &kind[..], body, b"sums"].concat()
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap();
    [&[0xFF, marker][..], &length.to_be_bytes(), body].concat()
}

/// A JPEG of 300 × 200 pixels with these segments before its frame.
fn jpeg(notes: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8];
    bytes.extend(segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"));
    bytes.extend(notes.concat());
    bytes.extend(segment(0xC0, &[8, 0, 200, 1, 44, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]));
    bytes.extend(segment(0xDA, &[3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]));
    bytes.extend_from_slice(&[1, 2, 0xFF, 0, 3, 0xFF, 0xD0, 4]);
    // A second scan, as progressive pictures have.
    bytes.extend(segment(0xDA, &[1, 1, 0, 0, 63, 0]));
    bytes.extend_from_slice(&[5, 6, 0xFF, 0xD9]);
    bytes
}

/// The camera's notes: which way up the picture is, and where it was taken.
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend_from_slice(&[0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    // The directory of the place.
    tiff.extend_from_slice(&[0x25, 0x88, 4, 0, 1, 0, 0, 0, 0x26, 0, 0, 0]);
    tiff.extend_from_slice(b"\0\0\0\0 GPS 55.7558 N 37.6173 E");
    segment(0xE1, &[b"Exif\0\0", tiff.as_slice()].concat())
}

fn gif() -> Vec<u8> {
    let mut bytes = b"GIF89a\x2c\x01\xc8\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    bytes.extend_from_slice(b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0");
    bytes.extend_from_slice(b"!\xfe\x09Anna took\0");
    bytes.extend_from_slice(b"!\xf9\x04\0\0\0\0\0,\0\0\0\0\x2c\x01\xc8\0\0\x02\x02\x44\x01\0;");
    bytes
}

fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut inside = b"WEBP".to_vec();
    for (kind, body) in chunks {
        inside.extend_from_slice(&kind[..]);
        inside.extend_from_slice(&u32::try_from(body.len()).unwrap().to_le_bytes());
        inside.extend_from_slice(body);
        if body.len() % 2 == 1 {
            inside.push(0);
        }
    }
    [b"RIFF", &u32::try_from(inside.len()).unwrap().to_le_bytes()[..], &inside].concat()
}

const LOSSY: &[u8] = &[0, 0, 0, 0x9D, 1, 0x2A, 0x2C, 1, 0xC8, 0, 9];
const EXTENDED: &[u8] = &[0x0C, 0, 0, 0, 0x2B, 1, 0, 0xC7, 0, 0];

fn webp() -> Vec<u8> {
    riff(&[(b"VP8X", EXTENDED), (b"VP8 ", LOSSY), (b"EXIF", b"GPS 55.7"), (b"XMP ", b"Anna")])
}

fn size(bytes: &[u8]) -> (u32, u32) {
    let read = read_image(bytes).unwrap();
    (read.image.width, read.image.height)
}

fn holds(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

#[test]
fn each_kind_is_known_by_its_content_and_has_its_size() {
    for (bytes, format) in [
        (png(300, 200), Format::Png),
        (jpeg(&[]), Format::Jpeg),
        (gif(), Format::Gif),
        (webp(), Format::Webp),
        (riff(&[(b"VP8 ", LOSSY)]), Format::Webp),
        (riff(&[(b"VP8L", &[0x2F, 0x2B, 0xC1, 0x31, 0, 7])]), Format::Webp),
    ] {
        let read = read_image(&bytes).unwrap();
        assert_eq!((read.image.width, read.image.height), (300, 200), "{format:?}");
        assert_eq!(read.image.format, format);
        assert_eq!(read.image.bytes, read.content.len() as u64);
        assert_eq!(read_image(&read.content), Ok(read.clone()), "what is kept is read as the same");
    }
}

#[test]
fn what_tells_of_the_photographer_is_left_out() {
    let xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0Anna");
    let more =
        [segment(0xED, b"Photoshop 3.0\0Anna"), segment(0xFE, b"by Anna"), segment(0xE2, b"MPF\0Anna")];
    let colours = segment(0xE2, b"ICC_PROFILE\0\x01\x01profile");
    let notes = [exif(1), xmp, more.concat(), colours];
    let read = read_image(&jpeg(&notes)).unwrap();
    assert!(
        !holds(&read.content, b"GPS") && !holds(&read.content, b"Anna") && !holds(&read.content, b"Exif")
    );
    assert!(holds(&read.content, b"ICC_PROFILE"), "the colours stay");
    let mut noted = png(300, 200);
    let end = noted.split_off(noted.len() - 12);
    for kind in [b"eXIf", b"tEXt", b"iTXt", b"zTXt"] {
        noted.extend(chunk(kind, b"Anna GPS"));
    }
    noted.extend(end);
    assert_eq!(read_image(&noted).unwrap().content, png(300, 200));
    for bytes in [gif(), webp()] {
        let content = read_image(&bytes).unwrap().content;
        assert!(!holds(&content, b"Anna") && !holds(&content, b"GPS"), "{content:?}");
    }
    assert!(holds(&read_image(&gif()).unwrap().content, b"NETSCAPE2.0"), "it repeats as it did");
    let content = read_image(&webp()).unwrap().content;
    assert_eq!(content.get(20), Some(&0), "the head does not promise notes that are gone");
}

#[test]
fn a_photo_that_lies_on_its_side_stays_as_it_was_held() {
    for (orientation, expected) in
        [(1, (300, 200)), (3, (300, 200)), (6, (200, 300)), (8, (200, 300)), (9, (300, 200))]
    {
        let read = read_image(&jpeg(&[exif(orientation)])).unwrap();
        assert_eq!((read.image.width, read.image.height), expected, "{orientation}");
        assert!(!holds(&read.content, b"GPS"));
        assert_eq!(read_image(&read.content), Ok(read.clone()));
    }
}

#[test]
fn what_follows_a_picture_is_no_part_of_it() {
    for bytes in [png(300, 200), jpeg(&[]), gif(), webp()] {
        let alone = read_image(&bytes).unwrap();
        let with = [bytes.as_slice(), b"<script>alert(1)</script>PK\x03\x04"].concat();
        assert_eq!(read_image(&with), Ok(alone));
    }
}

#[test]
fn a_picture_that_is_cut_off_anywhere_is_refused() {
    for bytes in [png(300, 200), jpeg(&[exif(6)]), gif(), webp()] {
        for length in 0..bytes.len() {
            let cut = bytes.get(..length).unwrap();
            assert!(read_image(cut).is_err(), "{length} of {} bytes", bytes.len());
        }
    }
}

#[test]
fn any_byte_may_be_another() {
    for bytes in [png(300, 200), jpeg(&[exif(6)]), gif(), webp()] {
        for place in 0..bytes.len() {
            for byte in [0, 1, 0x7F, 0xFE, 0xFF] {
                let mut other = bytes.clone();
                other[place] = byte;
                if let Ok(read) = read_image(&other) {
                    assert_eq!(read_image(&read.content).as_ref(), Ok(&read), "{place}: {byte}");
                }
            }
        }
    }
}

#[test]
fn other_files_are_refused_with_the_reason() {
    assert_eq!(read_image(b""), Err(ImageError::Empty));
    for svg in [
        "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "\u{feff} <?xml version='1.0'?>\n<!-- x --><svg/>",
        "<!DOCTYPE svg><SVG/>",
    ] {
        assert_eq!(read_image(svg.as_bytes()), Err(ImageError::Svg), "{svg}");
    }
    for other in [&b"%PDF-1.7"[..], b"<html>", b"BM\0\0", b"\0\0\0\x18ftypheic", b"\x89PNG", b"PK\x03\x04"] {
        assert_eq!(read_image(other), Err(ImageError::NotAPicture));
    }
    let huge = [png(300, 200), vec![0; MAX_BYTES]].concat();
    assert_eq!(read_image(&huge), Err(ImageError::TooLarge));
}

#[test]
fn sizes_are_bounded_and_a_head_that_lies_is_refused() {
    assert_eq!(size(&png(1, 1)), (1, 1));
    assert_eq!(size(&png(9_000, 1_000)), (9_000, 1_000));
    assert_eq!(size(&png(2_000, 100)), (2_000, 100));
    for (width, height) in [(0, 1), (1, 0), (9_000, 1_001), (2_001, 100), (100, 2_001), (u32::MAX, u32::MAX)]
    {
        assert_eq!(read_image(&png(width, height)), Err(ImageError::Sides { width, height }));
    }
    let other = riff(&[(b"VP8X", &[0, 0, 0, 0, 9, 0, 0, 9, 0, 0]), (b"VP8 ", LOSSY)]);
    assert_eq!(read_image(&other), Err(ImageError::Damaged("its head tells of another size")));
    let empty = riff(&[(b"VP8X", EXTENDED)]);
    assert_eq!(read_image(&empty), Err(ImageError::Damaged("there is no picture in it")));
    let two = jpeg(&[segment(0xC0, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0])]);
    assert_eq!(read_image(&two), Err(ImageError::Damaged("it has two heads")));
}
