//! Checks a file before calamine reads it, because calamine allocates whatever a file declares.
//!
//! A workbook of 2 KB can declare 549 GB of cells, and a failed allocation aborts the process, so it cannot be caught
//! later. The content is not judged.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use super::{Error, cfb};

/// Maximum file size in bytes.
const MAX_FILE: u64 = 256 << 20;
/// Maximum size in bytes of a zipped workbook when unpacked.
const MAX_UNPACKED: u64 = 1 << 30;
/// Maximum number of entries in a zipped workbook.
const MAX_ENTRIES: usize = 10_000;
/// Maximum number of cells, filled or allocated.
pub(super) const MAX_CELLS: u64 = 20_000_000;

/// File format, detected from the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Xlsx,
    Xlsb,
    Ods,
    Xls,
    Text,
    /// HTML or XML, whatever the name says.
    Markup,
}

/// Detects the format and rejects files that cannot be read safely.
pub(super) fn inspect(path: &Path, file: &str) -> Result<Format, Error> {
    let unreadable = |error: std::io::Error| Error::Unreadable { file: file.into(), why: error.to_string() };
    let mut source = File::open(path).map_err(unreadable)?;
    let metadata = source.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Error::Unreadable { file: file.into(), why: "it is a folder".into() });
    }
    if metadata.len() == 0 {
        return Err(Error::Empty { file: file.into() });
    }
    if metadata.len() > MAX_FILE {
        return Err(too_large(
            file,
            format!("{} MiB", metadata.len() >> 20),
            format!("{} MiB", MAX_FILE >> 20),
        ));
    }
    let mut start = Vec::new();
    source.by_ref().take(8192).read_to_end(&mut start).map_err(unreadable)?;
    source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        zipped(source, file, MAX_UNPACKED)
    } else if start.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        compound(source, file)
    } else if let Some(found) = unsupported_format(&start) {
        Err(Error::NotAWorkbook { file: file.into(), found: found.into() })
    } else if is_markup(&start) {
        Ok(Format::Markup)
    } else {
        Ok(Format::Text)
    }
}

pub(super) fn too_large(file: &str, what: String, limit: String) -> Error {
    Error::TooLarge { file: file.into(), what, limit }
}

/// Describes files that people upload by mistake; `None` if the file may be text.
fn unsupported_format(start: &[u8]) -> Option<&'static str> {
    if start.starts_with(b"%PDF") {
        Some("it is a PDF document")
    } else if start.starts_with(b"\x89PNG")
        || start.starts_with(&[0xFF, 0xD8, 0xFF])
        || start.starts_with(b"GIF8")
    {
        Some("it is a picture")
    } else if start.starts_with(b"Rar!")
        || start.starts_with(b"7z\xBC\xAF")
        || start.starts_with(&[0x1F, 0x8B])
    {
        Some("it is an archive; unpack it first")
    } else if start.starts_with(&[0xFF, 0xFE])
        || start.starts_with(&[0xFE, 0xFF])
        || start.starts_with(b"<\0")
        || start.starts_with(b"\0<")
    {
        None
    } else if start.contains(&0) {
        Some("it is a binary file of an unknown kind")
    } else {
        None
    }
}

/// Whether a file begins with a tag, after a byte order mark and blanks, in an encoding of one or two bytes.
fn is_markup(start: &[u8]) -> bool {
    let mut bytes = start.iter().filter(|byte| !matches!(byte, 0 | 0xEF | 0xBB | 0xBF | 0xFF | 0xFE));
    let first = bytes.by_ref().find(|byte| !byte.is_ascii_whitespace());
    // A list may begin with «< 5»; no letter follows there.
    first == Some(&b'<')
        && bytes.next().is_some_and(|next| !next.is_ascii_digit() && *next != b' ' && *next != b'=')
}

/// Detects the format of a zipped workbook. `unpacked` limits the total size of all entries in bytes.
pub(super) fn zipped(source: File, file: &str, unpacked: u64) -> Result<Format, Error> {
    let corrupt = |why: String| Error::Corrupt { file: file.into(), why };
    let mut archive =
        zip::ZipArchive::new(BufReader::new(source)).map_err(|error| corrupt(error.to_string()))?;
    if archive.len() > MAX_ENTRIES {
        return Err(too_large(file, format!("{} parts", archive.len()), format!("{MAX_ENTRIES}")));
    }
    let names: Vec<String> =
        archive.file_names().flatten().map(|name| name.replace('\\', "/").to_lowercase()).collect();
    let has = |wanted: &str| names.iter().any(|name| name.trim_start_matches('/') == wanted);
    let format = if names.iter().any(|name| name.ends_with("workbook.bin")) {
        Format::Xlsb
    } else if names.iter().any(|name| name.ends_with("workbook.xml"))
        || names.iter().any(|name| name.starts_with("xl/"))
    {
        Format::Xlsx
    } else if has("content.xml") {
        Format::Ods
    } else if has("word/document.xml") {
        return Err(Error::NotAWorkbook { file: file.into(), found: "it is a text document".into() });
    } else {
        return Err(Error::NotAWorkbook {
            file: file.into(),
            found: "it is a zip archive without a workbook in it".into(),
        });
    };
    // Sizes in a zip directory cannot be trusted, so every entry is unpacked once and counted.
    let mut left = unpacked;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED) => {
                Error::Protected { file: file.into() }
            }
            other => corrupt(other.to_string()),
        })?;
        let content = format == Format::Ods && entry.name().is_ok_and(|name| name == "content.xml");
        let mut limited = LimitedReader { inner: entry, left };
        let outcome = if content {
            declared_cells(BufReader::new(&mut limited))
        } else {
            std::io::copy(&mut limited, &mut std::io::sink()).map(|_| 0)
        };
        left = limited.left;
        if left == 0 {
            return Err(too_large(
                file,
                format!("it unpacks to more than {} MiB", unpacked >> 20),
                format!("{} MiB", unpacked >> 20),
            ));
        }
        // A damaged entry may be one that is never read (a picture, a theme). Otherwise calamine reports it.
        check_cells(file, outcome.unwrap_or_default())?;
    }
    Ok(format)
}

/// Fails if there are more cells than the limit.
pub(super) fn check_cells(file: &str, cells: u64) -> Result<(), Error> {
    if cells > MAX_CELLS {
        return Err(too_large(file, format!("its sheets span {cells} cells"), format!("{MAX_CELLS} cells")));
    }
    Ok(())
}

/// A reader with a limit on the number of bytes.
struct LimitedReader<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        let read = self.inner.read(buffer)?;
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

/// Number of cells that calamine would allocate for an OpenDocument sheet. It expands repeated filled cells and rows,
/// and the widest row sets the width of all rows.
fn declared_cells<R: BufRead>(mut content: R) -> std::io::Result<u64> {
    let mut chunk = Vec::new();
    let (mut total, mut pushed) = (0_u64, 0_u64);
    let (mut rows, mut filled_rows, mut width) = (0_u64, 0_u64, 0_u64);
    let (mut repeat, mut pending, mut cells, mut filled) = (1_u64, 0_u64, 0_u64, false);
    loop {
        chunk.clear();
        // A tag that calamine reads is short. A longer run is text, of which only the last part can be a tag.
        if content.by_ref().take(1 << 20).read_until(b'>', &mut chunk)? == 0 {
            return Ok(total.saturating_add(filled_rows.saturating_mul(width).max(pushed)));
        }
        let tag = match chunk.iter().rposition(|byte| *byte == b'<') {
            Some(at) => chunk.get(at..).unwrap_or_default(),
            None => continue,
        };
        let tag = String::from_utf8_lossy(tag);
        if tag.starts_with("<table:table ") || tag.starts_with("<table:table>") {
            total = total.saturating_add(filled_rows.saturating_mul(width).max(pushed));
            (rows, filled_rows, width, pushed) = (0, 0, 0, 0);
        } else if tag.starts_with("<table:table-row") {
            repeat = attribute(&tag, "number-rows-repeated").min(1 << 20);
            (pending, cells, filled) = (0, 0, false);
        } else if tag.starts_with("<table:table-cell") || tag.starts_with("<table:covered-table-cell") {
            let count = attribute(&tag, "number-columns-repeated").min(1 << 14);
            if tag.contains("value") || tag.contains("formula") || !tag.ends_with("/>") {
                cells = (cells + pending + count).min(1 << 14);
                (pending, filled) = (0, true);
            } else {
                pending += count;
            }
        } else if tag.starts_with("</table:table-row") {
            rows += repeat;
            pushed += cells;
            width = width.max(cells);
            if filled {
                filled_rows = rows;
            }
        }
    }
}

fn attribute(tag: &str, name: &str) -> u64 {
    tag.split_once(name)
        .and_then(|(_, rest)| rest.split(['"', '\'']).nth(1))
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(1)
}

fn compound(mut source: File, file: &str) -> Result<Format, Error> {
    let mut bytes = Vec::new();
    source
        .read_to_end(&mut bytes)
        .map_err(|error| Error::Unreadable { file: file.into(), why: error.to_string() })?;
    let corrupt = |why: &str| Error::Corrupt { file: file.into(), why: why.into() };
    let storage =
        cfb::Storage::open(&bytes).ok_or_else(|| corrupt("its table of contents cannot be read"))?;
    if storage.has("EncryptedPackage") || storage.has("EncryptionInfo") {
        return Err(Error::Protected { file: file.into() });
    }
    let Some(stream) = storage.stream("Workbook").or_else(|| storage.stream("Book")) else {
        if storage.has("WordDocument") {
            return Err(Error::NotAWorkbook { file: file.into(), found: "it is a text document".into() });
        }
        return Err(corrupt("it holds no workbook that can be read"));
    };
    let survey = cfb::survey(&stream);
    if survey.encrypted {
        return Err(Error::Protected { file: file.into() });
    }
    check_cells(file, survey.cells)?;
    Ok(Format::Xls)
}
