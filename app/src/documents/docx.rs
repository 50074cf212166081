//! DOCX: a zip archive of XML files.

use std::{
    collections::HashMap,
    io::{Cursor, Read},
};

use quick_xml::{
    Reader,
    events::{BytesRef, BytesStart, Event},
};
use tolmach_engine::visible::visible;
use zip::{ZipArchive, result::ZipError};

use super::{Block, Error, MAX_BYTES, MAX_TEXT};

/// The most files of the archive.
const MAX_ENTRIES: usize = 5_000;
/// The largest part, unpacked, in bytes.
const MAX_PART: u64 = 64 * 1024 * 1024;
/// The deepest nesting of elements.
const MAX_DEPTH: usize = 200;
/// The most styles that one is based on, one after another.
const MAX_BASES: usize = 20;

/// The parts of a document, in order.
///
/// # Errors
/// [`Error`]: it is no document, damaged, too large, or has no text.
pub fn read_docx(bytes: &[u8]) -> Result<Vec<Block>, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(Error::TooLarge);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(Error::OldOrLocked);
    }
    if !bytes.starts_with(b"PK") {
        return Err(Error::NotDocx);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > MAX_ENTRIES {
        return Err(Error::Bomb);
    }
    let Some(document) = part(&mut archive, "word/document.xml")? else { return Err(Error::NotDocx) };
    let headings = part(&mut archive, "word/styles.xml")?.map(|text| headings(&text)).transpose()?;
    let blocks = Body::new(headings.unwrap_or_default()).read(&document)?;
    if blocks.is_empty() { Err(Error::NoText) } else { Ok(blocks) }
}

fn damaged(error: ZipError) -> Error {
    Error::Damaged(error.to_string())
}

/// A file of the archive as text; `None` if it is not there.
fn part(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Option<String>, Error> {
    let entry = match archive.by_name(name) {
        Ok(entry) => entry,
        Err(ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(damaged(error)),
    };
    let mut bytes = Vec::new();
    // One byte more than there may be tells that it goes on, whatever the archive says of its size.
    entry.take(MAX_PART + 1).read_to_end(&mut bytes).map_err(|why| Error::Damaged(why.to_string()))?;
    if bytes.len() as u64 > MAX_PART {
        return Err(Error::Bomb);
    }
    String::from_utf8(bytes).map(Some).map_err(|_| Error::Damaged(format!("{name} is not UTF-8")))
}

fn malformed(error: &dyn std::fmt::Display) -> Error {
    Error::Damaged(error.to_string())
}

/// The value of the attribute `val`, or of another one, whatever its prefix.
fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found =
        start.attributes().with_checks(false).flatten().find(|one| one.key.local_name().as_ref() == name)?;
    Some(found.value.as_ref().to_owned())
}

/// The ids of styles that are headings: by their names in English and Russian, their outline levels, or what they are based on.
fn headings(styles: &str) -> Result<HashMap<String, bool>, Error> {
    #[derive(Default)]
    struct Style {
        heading: bool,
        based_on: Option<String>,
    }
    let mut all: HashMap<String, Style> = HashMap::new();
    let mut id: Option<String> = None;
    let mut reader = Reader::from_str(styles);
    let mut depth = 0;
    loop {
        let event = reader.read_event().map_err(|why| malformed(&why))?;
        match &event {
            Event::Eof => break,
            Event::Start(start) | Event::Empty(start) => {
                if matches!(event, Event::Start(_)) {
                    depth += 1;
                }
                if depth > MAX_DEPTH {
                    return Err(Error::Bomb);
                }
                match start.local_name().as_ref() {
                    "style" => id = attribute(start, "styleId"),
                    name => {
                        let Some(style) = id.as_ref().map(|id| all.entry(id.clone()).or_default()) else {
                            continue;
                        };
                        match name {
                            "name" => {
                                style.heading |= attribute(start, "val").is_some_and(|name| is_heading(&name))
                            }
                            "basedOn" => style.based_on = attribute(start, "val"),
                            "outlineLvl" => style.heading |= is_level(start),
                            _ => {}
                        }
                    }
                }
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    let is = |id: &String| {
        let mut at = Some(id);
        for _ in 0..MAX_BASES {
            let Some(style) = at.and_then(|id| all.get(id)) else { return false };
            if style.heading {
                return true;
            }
            at = style.based_on.as_ref();
        }
        false
    };
    Ok(all.keys().map(|id| (id.clone(), is(id))).collect())
}

fn is_heading(name: &str) -> bool {
    let name = name.to_lowercase();
    ["heading", "заголовок", "title", "название", "überschrift", "titre"].iter().any(|word| {
        name.strip_prefix(word).is_some_and(|rest| rest.trim().chars().all(|sign| sign.is_ascii_digit()))
    })
}

/// Whether an outline level is one of a heading: 9 is that of text.
fn is_level(start: &BytesStart<'_>) -> bool {
    attribute(start, "val").and_then(|level| level.parse::<u8>().ok()).is_some_and(|level| level < 9)
}

/// A paragraph that is being read.
#[derive(Default)]
struct Paragraph {
    text: String,
    heading: bool,
    item: bool,
}

/// The text of a document that is being read.
struct Body {
    headings: HashMap<String, bool>,
    blocks: Vec<Block>,
    /// Open paragraphs: a text box stands inside of one.
    open: Vec<Paragraph>,
    /// The rows of open tables: their cells so far.
    rows: Vec<Vec<String>>,
    /// How deep what is left out goes: deleted text, the second version of a drawing.
    skipped: usize,
    /// Whether the text of a run is read.
    in_text: bool,
    length: usize,
}

/// Elements whose content is no text of the document.
const LEFT_OUT: [&str; 6] = ["del", "moveFrom", "Fallback", "instrText", "delText", "pPrChange"];

impl Body {
    fn new(headings: HashMap<String, bool>) -> Body {
        Body {
            headings,
            blocks: Vec::new(),
            open: Vec::new(),
            rows: Vec::new(),
            skipped: 0,
            in_text: false,
            length: 0,
        }
    }

    fn read(mut self, text: &str) -> Result<Vec<Block>, Error> {
        let mut reader = Reader::from_str(text);
        let mut depth = 0;
        loop {
            match reader.read_event().map_err(|why| malformed(&why))? {
                Event::Eof if depth > 0 => return Err(Error::Damaged("it ends in the middle".to_owned())),
                Event::Eof => return Ok(self.blocks),
                Event::Start(start) => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return Err(Error::Bomb);
                    }
                    self.start(&start);
                }
                Event::Empty(start) => {
                    let name = start.local_name().as_ref().to_owned();
                    // Of these an empty one says nothing by itself.
                    if self.skipped == 0 && !LEFT_OUT.contains(&name.as_str()) {
                        self.start(&start);
                        self.end(&name)?;
                    }
                }
                Event::End(end) => {
                    depth = depth.saturating_sub(1);
                    let name = end.local_name().as_ref().to_owned();
                    self.end(&name)?;
                }
                Event::Text(part) if self.in_text => self.push(&part)?,
                Event::CData(part) if self.in_text => self.push(&part)?,
                Event::GeneralRef(part) if self.in_text => self.push(&resolved(&part))?,
                _ => {}
            }
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) {
        let name = start.local_name();
        let name = name.as_ref();
        if self.skipped > 0 || LEFT_OUT.contains(&name) {
            self.skipped += 1;
            return;
        }
        match name {
            "p" => self.open.push(Paragraph::default()),
            "t" => self.in_text = true,
            "tr" => self.rows.push(Vec::new()),
            "tc" => {
                if let Some(row) = self.rows.last_mut() {
                    row.push(String::new());
                }
            }
            "pStyle" => {
                let is = attribute(start, "val")
                    .and_then(|id| self.headings.get(&id).copied())
                    .unwrap_or_default();
                if let Some(paragraph) = self.open.last_mut() {
                    paragraph.heading |= is;
                }
            }
            "outlineLvl" => {
                if let Some(paragraph) = self.open.last_mut() {
                    paragraph.heading |= is_level(start);
                }
            }
            "numPr" => {
                if let Some(paragraph) = self.open.last_mut() {
                    paragraph.item = true;
                }
            }
            "tab" | "ptab" => self.add(" "),
            "br" | "cr" => {
                let page = attribute(start, "type").is_some_and(|kind| kind == "page" || kind == "column");
                self.add(if page { " " } else { "\n" });
            }
            "noBreakHyphen" => self.add("-"),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) -> Result<(), Error> {
        if self.skipped > 0 {
            self.skipped -= 1;
            return Ok(());
        }
        match name {
            "t" => self.in_text = false,
            "p" => {
                let Some(paragraph) = self.open.pop() else { return Ok(()) };
                self.paragraph(paragraph)?;
            }
            "tr" => {
                let cells = self.rows.pop().unwrap_or_default();
                let filled = cells.iter().any(|cell| !cell.is_empty());
                let row = cells.join(" | ");
                if filled {
                    // A table in a cell is a part of the cell.
                    match self.rows.last_mut().and_then(|row| row.last_mut()) {
                        Some(cell) => append(cell, &row),
                        None => self.block(Block::Text(row))?,
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, text: &str) {
        if let Some(paragraph) = self.open.last_mut() {
            paragraph.text.push_str(text);
        }
    }

    fn push(&mut self, text: &str) -> Result<(), Error> {
        self.length += text.len();
        if self.length > MAX_TEXT {
            return Err(Error::TooLong);
        }
        self.add(text);
        Ok(())
    }

    fn paragraph(&mut self, paragraph: Paragraph) -> Result<(), Error> {
        let text = visible(&paragraph.text);
        let lines: Vec<String> =
            text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let text = lines.join("\n").trim().to_owned();
        if text.is_empty() {
            return Ok(());
        }
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            append(cell, &text.replace('\n', " "));
            return Ok(());
        }
        match (paragraph.heading, paragraph.item) {
            (true, _) => self.block(Block::Heading(text.replace('\n', " "))),
            (false, true) => self.block(Block::Text(format!("- {text}"))),
            (false, false) => self.block(Block::Text(text)),
        }
    }

    fn block(&mut self, block: Block) -> Result<(), Error> {
        let (Block::Heading(text) | Block::Text(text)) = &block;
        // What a table adds between its cells counts as well.
        self.length += 4;
        if self.length > MAX_TEXT || text.len() > MAX_TEXT {
            return Err(Error::TooLong);
        }
        self.blocks.push(block);
        Ok(())
    }
}

fn append(cell: &mut String, text: &str) {
    if !cell.is_empty() {
        cell.push(' ');
    }
    cell.push_str(text);
}

/// The text of a reference. An entity that a document type declares is left out.
fn resolved(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(sign)) = reference.resolve_char_ref() {
        return sign.to_string();
    }
    let name: &str = reference;
    match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
    .to_owned()
}

#[cfg(test)]
mod tests;
