//! A minimal parser of the old Excel container, to estimate the memory that reading a file would take.
//!
//! Sources: [MS-CFB] for the container, [MS-XLS] for the records. Cell values are read by calamine.

const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
const LAST_SECTOR: u32 = 0xFFFF_FFFA;

/// The streams of a compound file.
pub(super) struct Storage<'a> {
    bytes: &'a [u8],
    sector: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini_stream: Vec<u8>,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    start: u32,
    length: usize,
}

impl<'a> Storage<'a> {
    /// Parses the tables of a compound file; `None` if they are inconsistent.
    pub fn open(bytes: &'a [u8]) -> Option<Storage<'a>> {
        let sector = 1_usize << u16_at(bytes, 30).filter(|shift| matches!(shift, 9 | 12))?;
        let mut storage =
            Storage { bytes, sector, fat: vec![], mini_fat: vec![], mini_stream: vec![], entries: vec![] };
        let mut fat_sectors: Vec<u32> = (0..109).filter_map(|i| u32_at(bytes, 76 + 4 * i)).collect();
        let mut next = u32_at(bytes, 68)?;
        // A file of n bytes has fewer sectors than this, so a longer chain is a cycle.
        for _ in 0..=bytes.len() / sector {
            if next >= LAST_SECTOR {
                break;
            }
            let mut numbers: Vec<u32> = storage.numbers(next)?;
            next = numbers.pop()?;
            fat_sectors.extend(numbers);
        }
        for id in fat_sectors.into_iter().filter(|id| *id < LAST_SECTOR) {
            let numbers = storage.numbers(id)?;
            storage.fat.extend(numbers);
        }
        let directory = storage.chain(u32_at(bytes, 48)?, usize::MAX)?;
        for entry in directory.chunks_exact(128) {
            let units: Vec<u16> =
                (0..32).filter_map(|i| u16_at(entry, 2 * i)).take_while(|unit| *unit != 0).collect();
            storage.entries.push(Entry {
                name: String::from_utf16_lossy(&units),
                start: u32_at(entry, 116)?,
                length: u32_at(entry, 120)? as usize,
            });
        }
        let root = storage.entries.first()?;
        let (start, length) = (root.start, root.length);
        if u32_at(bytes, 64)? > 0 {
            storage.mini_stream = storage.chain(start, length)?;
            let table = storage.chain(u32_at(bytes, 60)?, usize::MAX)?;
            storage.mini_fat = table.chunks_exact(4).filter_map(|four| u32_at(four, 0)).collect();
        }
        Some(storage)
    }

    /// Whether a stream of this name exists.
    pub fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// The bytes of a stream; `None` if it does not exist or is malformed. Shorter than 4,096 bytes, it is in the mini
    /// stream.
    pub fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.entry(name)?;
        if entry.length >= 4096 {
            return self.chain(entry.start, entry.length);
        }
        let mut found = Vec::new();
        let mut id = entry.start;
        while id != END_OF_CHAIN && found.len() < entry.length {
            let from = id as usize * 64;
            found.extend_from_slice(self.mini_stream.get(from..(from + 64).min(self.mini_stream.len()))?);
            id = *self.mini_fat.get(id as usize)?;
        }
        found.truncate(entry.length);
        Some(found)
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    fn sector(&self, id: u32) -> Option<&'a [u8]> {
        let from = (id as usize).checked_add(1)?.checked_mul(self.sector)?;
        // The last sector of a file may be truncated.
        self.bytes.get(from..(from + self.sector).min(self.bytes.len())).filter(|bytes| !bytes.is_empty())
    }

    fn numbers(&self, id: u32) -> Option<Vec<u32>> {
        Some(self.sector(id)?.chunks_exact(4).filter_map(|four| u32_at(four, 0)).collect())
    }

    fn chain(&self, mut id: u32, length: usize) -> Option<Vec<u8>> {
        let mut found = Vec::new();
        while id != END_OF_CHAIN && found.len() < length {
            // A chain longer than the file is a cycle.
            if found.len() > self.bytes.len() {
                return None;
            }
            found.extend_from_slice(self.sector(id)?);
            id = *self.fat.get(id as usize)?;
        }
        found.truncate(length);
        Some(found)
    }
}

/// Estimate of what reading a workbook stream would take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// Cells that the sheets span together, or the most that one sheet declares, whichever is more.
    pub cells: u64,
    /// Whether the workbook is encrypted.
    pub encrypted: bool,
}

/// Scans the records of a workbook stream.
pub(super) fn survey(stream: &[u8]) -> Survey {
    let mut survey = Survey::default();
    let mut span = Span::default();
    let mut declared_most = 0;
    let mut at = 0;
    while let (Some(kind), Some(length)) = (u16_at(stream, at), u16_at(stream, at + 2)) {
        let data = stream.get(at + 4..(at + 4 + usize::from(length)).min(stream.len())).unwrap_or_default();
        at += 4 + usize::from(length);
        match kind {
            // BOF: start of the next sheet.
            0x0809 | 0x0409 | 0x0209 | 0x0009 => survey.cells += std::mem::take(&mut span).cells(),
            // FilePass
            0x002F if u16_at(data, 0).is_some_and(|kind| kind != 0) => survey.encrypted = true,
            // Dimensions: calamine allocates this many cells before it reads the first.
            0x0200 => declared_most = declared_most.max(declared(data)),
            // Formula, MulRk, RString, LabelSst, Number, Label, BoolErr, RK
            0x0006 | 0x00BD | 0x00D6 | 0x00FD | 0x0203 | 0x0204 | 0x0205 | 0x027E => {
                if let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) {
                    span.add(row, column);
                    if kind == 0x00BD {
                        let extra = (data.len().saturating_sub(6) / 6).saturating_sub(1);
                        span.add(row, column.saturating_add(u16::try_from(extra).unwrap_or(u16::MAX)));
                    }
                }
            }
            _ => {}
        }
    }
    survey.cells = (survey.cells + span.cells()).max(declared_most);
    survey
}

/// Number of cells of a Dimensions record as calamine computes it. Reversed edges would overflow there, so they count
/// as a huge sheet.
fn declared(data: &[u8]) -> u64 {
    let wide = |at| u32_at(data, at).map(u64::from);
    let narrow = |at| u16_at(data, at).map(u64::from);
    let edges = if data.len() >= 14 {
        (wide(0), wide(4), narrow(8), narrow(10))
    } else {
        (narrow(0), narrow(2), narrow(4), narrow(6))
    };
    let (Some(top), Some(bottom), Some(mut left), Some(right)) = edges else { return 0 };
    if left > 0xFF || right < left {
        left = 0;
    }
    if bottom == 0 || right == 0 {
        return 1;
    }
    bottom.checked_sub(top).unwrap_or(u64::from(u32::MAX)).saturating_mul(right - left)
}

struct Span {
    rows: Option<(u16, u16)>,
    columns: (u16, u16),
}

impl Default for Span {
    fn default() -> Span {
        Span { rows: None, columns: (u16::MAX, 0) }
    }
}

impl Span {
    fn add(&mut self, row: u16, column: u16) {
        let (first, last) = self.rows.unwrap_or((row, row));
        self.rows = Some((first.min(row), last.max(row)));
        self.columns = (self.columns.0.min(column), self.columns.1.max(column));
    }

    fn cells(self) -> u64 {
        let Some((first, last)) = self.rows else { return 0 };
        (u64::from(last - first) + 1) * (u64::from(self.columns.1 - self.columns.0) + 1)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
