//! Forward index of the rows' names: their terms in order, which postings do not store. Used for word proximity,
//! similar rows, and spelling correction (unstemmed words).
//!
//! The weight of a match is decided in [`super::rank`].

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{BufWriter, Error, Result, Write},
    path::Path,
};

use tolmach_engine::catalog::Product;

use super::spelling::Spellings;
use crate::words;

const WORDS: &str = "names-2.u32";
const TERMS: &str = "names-2.terms";
const SPELLINGS: &str = "names-2.spellings";
/// Separates the Russian from the English name, so that no words of the two are adjacent.
const GAP: u32 = u32::MAX;
/// Words of a name after which comes what the product is for.
const FOR_OTHER: [&str; 6] = ["для", "к", "под", "for", "fits", "до"];
/// The most rows that are looked at for a pair of words.
const MOST_COMPARED: usize = 200;
/// How many words after one of [`words::WITHOUT`] a name speaks of what the product lacks.
const LACKING: u8 = 3;

/// The names of a generation.
pub(super) struct Names {
    terms: Vec<String>,
    ids: HashMap<String, u32>,
    /// Start offset of each row's terms in `words`, with one more offset at the end.
    begins: Vec<u32>,
    words: Vec<u32>,
    /// Inverted index: start offset of each term's rows, and the rows, ascending per term.
    postings: (Vec<u32>, Vec<u32>),
    /// Terms after which a name speaks of something else.
    prepositions: Vec<u32>,
    /// Terms after which a name says what the product lacks.
    without: Vec<u32>,
    pub spellings: Spellings,
}

/// Collects names while a generation is built.
#[derive(Default)]
pub(super) struct Builder {
    ids: HashMap<String, u32>,
    terms: Vec<String>,
    begins: Vec<u32>,
    words: Vec<u32>,
    spellings: HashMap<String, u32>,
}

impl Builder {
    /// Adds the next row.
    pub fn add(&mut self, product: &Product) {
        self.begins.push(length(&self.words));
        for name in [&product.name.ru, &product.name.en] {
            self.text(name, true);
            self.words.push(GAP);
        }
        // Brand and category feed spelling correction, but are not part of the name.
        for label in [&product.brand, &product.category.ru, &product.category.en] {
            self.text(label, false);
        }
    }

    fn text(&mut self, text: &str, in_name: bool) {
        let language = words::Latin::of(text);
        for word in words::words(text) {
            if !words::has_digit(&word.text) && word.text.chars().count() > 2 {
                *self.spellings.entry(word.text.clone()).or_default() += 1;
            }
            if in_name {
                let term = language.stem(&word.text);
                let id = *self.ids.entry(term).or_insert_with_key(|term| {
                    self.terms.push(term.clone());
                    length(&self.terms) - 1
                });
                self.words.push(id);
            }
        }
    }

    /// The names in memory, without writing them.
    fn finish(mut self) -> Names {
        self.begins.push(length(&self.words));
        let mut spellings: Vec<(String, u32)> = self.spellings.into_iter().collect();
        spellings.sort();
        Names::new(self.terms, self.begins, self.words, spellings)
    }

    /// Writes and syncs the three files, with the number of [the index](super::generation) in their names. `names-2.u32`: the number of offsets, the offsets, the terms, as little-endian
    /// u32; `names-2.terms`: a term per line; `names-2.spellings`: a word and its count per line.
    pub fn write(mut self, folder: &Path) -> Result<()> {
        self.begins.push(length(&self.words));
        let mut file = BufWriter::new(File::create(folder.join(WORDS))?);
        for value in std::iter::once(&length(&self.begins)).chain(&self.begins).chain(&self.words) {
            file.write_all(&value.to_le_bytes())?;
        }
        finish(file)?;
        let mut file = BufWriter::new(File::create(folder.join(TERMS))?);
        for term in &self.terms {
            writeln!(file, "{term}")?;
        }
        finish(file)?;
        let mut spellings: Vec<(String, u32)> = self.spellings.into_iter().collect();
        spellings.sort();
        let mut file = BufWriter::new(File::create(folder.join(SPELLINGS))?);
        for (word, rows) in spellings {
            writeln!(file, "{word}\t{rows}")?;
        }
        finish(file)
    }
}

impl Names {
    /// Reads the names of these rows; an error if the files do not match them. Generations of an earlier version have
    /// no such files: their names are collected from the products.
    pub fn read(folder: &Path, products: &[Product]) -> Result<Names> {
        if !folder.join(WORDS).exists() {
            let mut names = Builder::default();
            products.iter().for_each(|product| names.add(product));
            return Ok(names.finish());
        }
        let rows = products.len();
        let terms: Vec<String> = fs::read_to_string(folder.join(TERMS))?.lines().map(str::to_owned).collect();
        let bytes = fs::read(folder.join(WORDS))?;
        let mut values =
            bytes.chunks_exact(4).map(|four| u32::from_le_bytes(four.try_into().unwrap_or_default()));
        let count = values.next().unwrap_or_default() as usize;
        let begins: Vec<u32> = values.by_ref().take(count).collect();
        let words: Vec<u32> = values.collect();
        let fits = count == rows + 1
            && begins.is_sorted()
            && begins.last().is_some_and(|end| *end as usize == words.len())
            && words.iter().all(|word| *word == GAP || (*word as usize) < terms.len());
        if !fits {
            return Err(Error::other(format!("{WORDS} is not of {rows} rows")));
        }
        let mut spellings = Vec::new();
        for line in fs::read_to_string(folder.join(SPELLINGS))?.lines() {
            let (word, rows) = line.split_once('\t').ok_or_else(|| Error::other(SPELLINGS))?;
            spellings.push((word.to_owned(), rows.parse().map_err(Error::other)?));
        }
        Ok(Names::new(terms, begins, words, spellings))
    }

    fn new(terms: Vec<String>, begins: Vec<u32>, words: Vec<u32>, spellings: Vec<(String, u32)>) -> Names {
        let ids: HashMap<String, u32> = (0..).zip(&terms).map(|(id, term)| (term.clone(), id)).collect();
        let known =
            |words: &[&str]| words.iter().filter_map(|word| ids.get(&words::stem(word)).copied()).collect();
        let (prepositions, without) = (known(&FOR_OTHER), known(&words::WITHOUT));
        let postings = invert(&begins, &words, terms.len());
        Names {
            terms,
            ids,
            begins,
            words,
            postings,
            prepositions,
            without,
            spellings: Spellings::new(spellings),
        }
    }

    /// The terms of a row's name in order, with [`GAP`] after each language.
    pub fn of(&self, row: u32) -> &[u32] {
        let at = |row: usize| self.begins.get(row).copied().unwrap_or_default() as usize;
        self.words.get(at(row as usize)..at(row as usize + 1)).unwrap_or_default()
    }

    /// The id of a term, if a name contains it.
    pub fn id(&self, term: &str) -> Option<u32> {
        self.ids.get(term).copied()
    }

    /// The term of an id; empty for [`GAP`].
    pub fn term(&self, id: u32) -> &str {
        self.terms.get(id as usize).map_or("", String::as_str)
    }

    /// The rows whose names contain a term.
    pub fn rows_with(&self, id: u32) -> &[u32] {
        let (begins, rows) = &self.postings;
        let at = |id: usize| begins.get(id).copied().unwrap_or_default() as usize;
        if id == GAP { &[] } else { rows.get(at(id as usize)..at(id as usize + 1)).unwrap_or_default() }
    }

    /// Whether the terms stand in a row's name, and each of them only where it names something else than the product: after
    /// a preposition («Ремкомплект для ключа»).
    pub fn only_complements(&self, row: u32, wanted: &[u32]) -> bool {
        let (mut after, mut found) = (false, false);
        for term in self.of(row) {
            if *term == GAP {
                after = false;
            } else if self.prepositions.contains(term) {
                after = true;
            } else if wanted.contains(term) {
                if !after {
                    return false;
                }
                found = true;
            }
        }
        found
    }

    /// Whether a row's name has all of these terms, none of them as something that it lacks («без аккумулятора»).
    pub fn has_all(&self, row: u32, wanted: &[u32]) -> bool {
        let mut lacking = 0;
        let mut has: Vec<u32> = Vec::with_capacity(wanted.len());
        for term in self.of(row) {
            if wanted.contains(term) && lacking == 0 {
                has.push(*term);
            }
            lacking = if self.without.contains(term) { LACKING } else { lacking.saturating_sub(1) };
        }
        wanted.iter().all(|term| has.contains(term))
    }

    /// Whether a name has one term right after the other. Looks at the first rows of the rarer one.
    pub fn holds_pair(&self, [left, right]: [u32; 2]) -> bool {
        let rarer = [left, right].into_iter().min_by_key(|id| self.rows_with(*id).len()).unwrap_or(left);
        let rows = self.rows_with(rarer).iter().take(MOST_COMPARED);
        rows.copied().any(|row| self.of(row).windows(2).any(|pair| pair == [left, right]))
    }

    /// Proximity of the query's words in a row's name, 0 to 1: the mean over successive words of 1 for adjacent, 0.5
    /// and 0.25 for distance 2 and 3.
    pub fn adjacency(&self, row: u32, query: &QueryTerms) -> f32 {
        let name = (0..).zip(self.of(row)).filter(|(_, term)| query.may_contain(**term));
        let name: Vec<(i32, &u32)> = name.collect();
        let query = &query.words;
        let places = |wanted: &[u32]| -> Vec<i32> {
            name.iter().filter(|(_, term)| wanted.contains(term)).map(|(place, _)| *place).collect()
        };
        let mut before = match query.first() {
            Some(first) => places(first),
            None => return 0.0,
        };
        let mut sum = 0.0;
        for wanted in query.get(1..).unwrap_or_default() {
            let here = places(wanted);
            let mut nearest = i32::MAX;
            for (a, b) in before.iter().flat_map(|a| here.iter().map(move |b| (a, b))) {
                // The reverse order counts as one step more.
                nearest = nearest.min(if b > a { b - a } else { a - b + 1 });
            }
            sum += match nearest {
                i32::MIN..=1 => 1.0,
                2 => 0.5,
                3 => 0.25,
                _ => 0.0,
            };
            before = here;
        }
        sum / (query.len().max(2) - 1) as f32
    }
}

/// The terms of a query in names.
pub(super) struct QueryTerms {
    /// For each word, the ids of the terms that may stand for it.
    pub words: Vec<Vec<u32>>,
    /// The last six bits of all ids, as a set: most terms of a name are none of the query, and this tells it at once.
    low_bits: u64,
}

impl QueryTerms {
    pub fn new(words: Vec<Vec<u32>>) -> QueryTerms {
        let low_bits = words.iter().flatten().fold(0, |bits, id| bits | 1 << (id % 64));
        QueryTerms { words, low_bits }
    }

    /// Whether a term may be one of the query's.
    fn may_contain(&self, id: u32) -> bool {
        self.low_bits >> (id % 64) & 1 == 1
    }
}

/// Inverts the names with a counting sort: start offset of each term's rows, and the rows.
fn invert(begins: &[u32], words: &[u32], terms: usize) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; terms + 1];
    let rows = || {
        begins.windows(2).zip(0_u32..).map(|(ends, row)| match ends {
            [from, to] => (row, words.get(*from as usize..*to as usize).unwrap_or_default()),
            _ => (row, &[][..]),
        })
    };
    let distinct = |name: &[u32]| {
        let mut name: Vec<u32> = name.iter().copied().filter(|term| *term != GAP).collect();
        name.sort_unstable();
        name.dedup();
        name
    };
    for (_, name) in rows() {
        for term in distinct(name) {
            if let Some(count) = starts.get_mut(term as usize + 1) {
                *count += 1;
            }
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut postings = vec![0_u32; sum as usize];
    for (row, name) in rows() {
        for term in distinct(name) {
            if let Some(place) = next.get_mut(term as usize) {
                if let Some(holder) = postings.get_mut(*place as usize) {
                    *holder = row;
                }
                *place += 1;
            }
        }
    }
    (starts, postings)
}

fn finish(file: BufWriter<File>) -> Result<()> {
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
}

/// Saturates: a price list has fewer than 2³² words.
fn length<T>(values: &[T]) -> u32 {
    u32::try_from(values.len()).unwrap_or(u32::MAX)
}
