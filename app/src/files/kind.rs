//! Which files are sent: what a name and a content say, which must agree.

use std::io::{Cursor, Read};

use tolmach_engine::visible::visible;
use zip::ZipArchive;

use super::Error;

/// The endings of names that are taken.
pub const ENDINGS: [&str; 19] = [
    "png", "jpg", "jpeg", "webp", "gif", "pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "doc", "xls",
    "ppt", "rtf", "txt", "csv", "zip",
];

/// Endings of programs and scripts.
const PROGRAMS: [&str; 38] = [
    "exe", "com", "scr", "pif", "cpl", "msi", "msp", "dll", "sys", "bat", "cmd", "ps1", "psm1", "vbs", "vbe",
    "js", "jse", "mjs", "wsf", "wsh", "hta", "jar", "class", "sh", "bash", "py", "pl", "rb", "php", "apk",
    "app", "deb", "rpm", "dmg", "lnk", "reg", "docm", "xlsm",
];

/// Endings of what a browser or a viewer runs scripts of.
const PAGES: [&str; 9] = ["html", "htm", "xhtml", "shtml", "mht", "mhtml", "svg", "svgz", "xml"];

/// Longest name, in characters.
const LONGEST: usize = 100;
/// The most entries of an archive that is looked into.
const MAX_ENTRIES: usize = 10_000;
/// Bytes of a text that are looked at for the beginning of a page.
const BEGINNING: usize = 1024;

/// The ending of a name, in lower case; empty without one.
fn ending(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default()
}

/// What a name alone says.
///
/// # Errors
/// When nothing of that name is sent.
pub(super) fn of_name(name: &str) -> Result<&'static str, Error> {
    let ending = ending(name);
    if PROGRAMS.contains(&ending.as_str()) {
        return Err(Error::Program);
    }
    if PAGES.contains(&ending.as_str()) {
        return Err(Error::Page);
    }
    ENDINGS.into_iter().find(|known| *known == ending).ok_or(Error::UnknownKind)
}

/// The media type of a file, by its name and its content.
///
/// # Errors
/// When the content is not what the name says, or nothing of the kind is sent.
pub(super) fn media(name: &str, content: &[u8]) -> Result<&'static str, Error> {
    let ending = of_name(name)?;
    if is_program(content) {
        return Err(Error::Program);
    }
    let fits = |fits: bool, media: &'static str| if fits { Ok(media) } else { Err(Error::Mismatch) };
    let begins = |signature: &[u8]| content.starts_with(signature);
    match ending {
        "png" => fits(begins(b"\x89PNG\r\n\x1a\n"), "image/png"),
        "jpg" | "jpeg" => fits(begins(b"\xFF\xD8\xFF"), "image/jpeg"),
        "gif" => fits(begins(b"GIF87a") || begins(b"GIF89a"), "image/gif"),
        "webp" => fits(begins(b"RIFF") && content.get(8..12) == Some(b"WEBP"), "image/webp"),
        "pdf" => fits(begins(b"%PDF-"), "application/pdf"),
        "rtf" => fits(begins(b"{\\rtf"), "application/rtf"),
        "doc" => fits(is_ole(content), "application/msword"),
        "xls" => fits(is_ole(content), "application/vnd.ms-excel"),
        "ppt" => fits(is_ole(content), "application/vnd.ms-powerpoint"),
        "docx" => office(
            content,
            "word/",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        "xlsx" => office(content, "xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "pptx" => office(
            content,
            "ppt/",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
        "odt" => open_document(content, "application/vnd.oasis.opendocument.text"),
        "ods" => open_document(content, "application/vnd.oasis.opendocument.spreadsheet"),
        "odp" => open_document(content, "application/vnd.oasis.opendocument.presentation"),
        "zip" => names(&opened(content)?).map(|_| "application/zip"),
        "csv" => text(content).map(|()| "text/csv"),
        _ => text(content).map(|()| "text/plain"),
    }
}

/// Signatures of programs: Windows, Linux, macOS (both byte orders, and several processors), Java.
fn is_program(content: &[u8]) -> bool {
    let signatures: [&[u8]; 7] = [
        b"MZ",
        b"\x7fELF",
        b"\xFE\xED\xFA\xCE",
        b"\xFE\xED\xFA\xCF",
        b"\xCE\xFA\xED\xFE",
        b"\xCF\xFA\xED\xFE",
        b"\xCA\xFE\xBA\xBE",
    ];
    signatures.iter().any(|signature| content.starts_with(signature)) || content.starts_with(b"#!")
}

/// Whether it is a compound file, as Office wrote them until 2003.
fn is_ole(content: &[u8]) -> bool {
    content.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
}

/// Opens an archive, whose list of names alone is read.
fn opened(content: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, Error> {
    if !content.starts_with(b"PK\x03\x04") && !content.starts_with(b"PK\x05\x06") {
        return Err(Error::Mismatch);
    }
    let archive = ZipArchive::new(Cursor::new(content)).map_err(|_| Error::Mismatch)?;
    if archive.len() > MAX_ENTRIES { Err(Error::Mismatch) } else { Ok(archive) }
}

/// The names in an archive, in which there is no program.
fn names(archive: &ZipArchive<Cursor<&[u8]>>) -> Result<Vec<String>, Error> {
    let names = archive.file_names().map(|name| name.map(|name| name.into_owned()));
    let names: Vec<String> = names.collect::<Result<_, _>>().map_err(|_| Error::Mismatch)?;
    if names.iter().any(|name| PROGRAMS.contains(&ending(name).as_str())) {
        return Err(Error::Program);
    }
    Ok(names)
}

/// A document of Office since 2007: an archive with a list of its types, its parts below `folder`, and no macros.
fn office(content: &[u8], folder: &str, media: &'static str) -> Result<&'static str, Error> {
    let names = names(&opened(content)?)?;
    if names.iter().any(|name| name.to_lowercase().ends_with("vbaproject.bin")) {
        return Err(Error::Program);
    }
    let typed = names.iter().any(|name| name == "[Content_Types].xml");
    let fits = typed && names.iter().any(|name| name.starts_with(folder));
    if fits { Ok(media) } else { Err(Error::Mismatch) }
}

/// A document of OpenDocument: its archive says its type.
fn open_document(content: &[u8], media: &'static str) -> Result<&'static str, Error> {
    let mut archive = opened(content)?;
    names(&archive)?;
    let mut said = String::new();
    let entry = archive.by_name("mimetype").map_err(|_| Error::Mismatch)?;
    entry.take(100).read_to_string(&mut said).map_err(|_| Error::Mismatch)?;
    if said.trim() == media { Ok(media) } else { Err(Error::Mismatch) }
}

/// A text without control characters that is no page. It need not be UTF-8: spreadsheets write their own encodings.
fn text(content: &[u8]) -> Result<(), Error> {
    let control = |byte: &u8| *byte < 0x20 && !matches!(*byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1A);
    let utf16 = content.starts_with(b"\xFF\xFE") || content.starts_with(b"\xFE\xFF");
    if !utf16 && content.iter().any(control) {
        return Err(Error::Mismatch);
    }
    let beginning: Vec<u8> = content.iter().copied().filter(|byte| *byte != 0).take(BEGINNING).collect();
    let beginning = String::from_utf8_lossy(&beginning).to_lowercase();
    let beginning = beginning.trim_start_matches(|c: char| !c.is_ascii_graphic());
    let pages = ["<!doctype", "<html", "<head", "<body", "<svg", "<?xml", "<script", "<iframe", "<!--"];
    if pages.iter().any(|page| beginning.starts_with(page)) {
        return Err(Error::Page);
    }
    Ok(())
}

/// A name without folders and without characters that change how it reads or what a header says; its ending stays.
pub(super) fn safe_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown = visible(base);
    let plain = shown.chars().map(|c| if c.is_control() || "\"<>|:*?;%".contains(c) { ' ' } else { c });
    let plain = plain.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = plain.trim_matches(['.', ' ']);
    let (stem, ending) = match plain.rsplit_once('.') {
        Some((stem, ending)) if ending.chars().count() <= 10 => (stem.trim_end(), format!(".{ending}")),
        _ => (plain, String::new()),
    };
    let room = LONGEST.saturating_sub(ending.chars().count());
    let stem: String = stem.chars().take(room).collect();
    if stem.is_empty() { format!("file{ending}") } else { stem + &ending }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(content.as_bytes()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn content_and_name_must_agree() {
        let docx = archive(&[("[Content_Types].xml", ""), ("word/document.xml", "")]);
        let xlsx = archive(&[("[Content_Types].xml", ""), ("xl/workbook.xml", "")]);
        let odt = archive(&[("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "")]);
        let taken: [(&str, &[u8], &str); 12] = [
            ("a.PNG", b"\x89PNG\r\n\x1a\n0", "image/png"),
            ("a.jpg", b"\xFF\xD8\xFF\xE0", "image/jpeg"),
            ("a.gif", b"GIF89a", "image/gif"),
            ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            ("a.pdf", b"%PDF-1.7", "application/pdf"),
            ("a.doc", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "application/msword"),
            ("a.docx", &docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            ("a.xlsx", &xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ("a.odt", &odt, "application/vnd.oasis.opendocument.text"),
            ("a.zip", &docx, "application/zip"),
            ("a.csv", b"\xcf\xf0\xe0\xe9\xf1;1\r\n", "text/csv"),
            ("прайс.txt", "цена <b> 5 ₽".as_bytes(), "text/plain"),
        ];
        for (name, content, expected) in taken {
            assert_eq!(media(name, content).ok(), Some(expected), "{name}");
        }
        for (name, content) in [
            ("a.png", b"\xFF\xD8\xFF\xE0".as_slice()),
            ("a.jpg", b"<svg xmlns"),
            ("a.pdf", b"PK\x03\x04"),
            ("a.docx", &xlsx),
            ("a.docx", b"PK\x03\x04 is no archive"),
            ("a.ods", &odt),
            ("a.txt", b"a\0b"),
            ("a.xls", b"%PDF-1.7"),
        ] {
            assert!(matches!(media(name, content), Err(Error::Mismatch)), "{name}");
        }
    }

    #[test]
    fn programs_and_pages_are_refused_whatever_they_are_called() {
        let with_program = archive(&[("docs/setup.EXE", "")]);
        let with_macros = archive(&[("[Content_Types].xml", ""), ("word/vbaProject.bin", "")]);
        for (name, content) in [
            ("a.exe", b"MZ".as_slice()),
            ("счёт.pdf.exe", b"%PDF-"),
            ("a.js", b"alert(1)"),
            ("a.png", b"MZ\x90\0"),
            ("a.pdf", b"\x7fELF"),
            ("a.txt", b"#!/bin/sh\nrm -r /"),
            ("a.zip", &with_program),
            ("a.docx", &with_macros),
            ("a.docm", &with_macros),
        ] {
            assert!(matches!(media(name, content), Err(Error::Program)), "{name}");
        }
        for (name, content) in [
            ("a.html", b"".as_slice()),
            ("a.svg", b"<svg/>"),
            ("a.txt", b"\xEF\xBB\xBF \n<!DOCTYPE html><script>"),
            ("a.csv", b"<svg onload=alert(1)>"),
            ("a.txt", b"\xFF\xFE<\0s\0v\0g\0>\0"),
        ] {
            assert!(matches!(media(name, content), Err(Error::Page)), "{name}");
        }
        for name in ["a", "a.iso", "", "pdf"] {
            assert!(matches!(media(name, b"%PDF-"), Err(Error::UnknownKind)), "{name}");
        }
    }

    #[test]
    fn names_are_plain_and_keep_their_ending() {
        for (given, kept) in [
            ("Счёт № 5.pdf", "Счёт № 5.pdf"),
            ("../../etc/passwd.txt", "passwd.txt"),
            ("C:\\docs\\a.png", "a.png"),
            ("a\u{202E}gpj.exe", "agpj.exe"),
            ("a\"b\r\nc;d.pdf", "a b c d.pdf"),
            (".pdf", "pdf"),
            ("", "file"),
            ("a.exe.", "a.exe"),
        ] {
            assert_eq!(safe_name(given), kept, "{given:?}");
        }
        let long = safe_name(&format!("{}.pdf", "ё".repeat(500)));
        assert!(long.chars().count() == LONGEST && long.ends_with("ё.pdf"), "{long}");
    }
}
