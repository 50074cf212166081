//! Keyword index: tantivy for the dictionary and the postings, BM25F over the fields of a row.
//!
//! Scores are summed here and not by tantivy's queries, because the score also needs the exact share of the query's
//! words that each row contains.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use tantivy::{
    DocSet, IndexWriter, InvertedIndexReader, TERMINATED, TantivyDocument, Term,
    fieldnorm::FieldNormReader,
    postings::Postings,
    schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
};
use tolmach_engine::catalog::Product;

use crate::words;

/// Index fields and their weights. `head` repeats the words of a name that say what the product is, on top of the name
/// field.
const FIELDS: [(&str, f32); 5] =
    [("name_ru", 1.0), ("name_en", 1.0), (HEAD, 0.22), ("labels", 0.4), ("description", 0.17)];
const HEAD: &str = "head";
/// The first fields, whose terms are offered as completions: all but the description.
const COMPLETING: usize = 4;
/// BM25 saturation `k1` and length normalisation `b` (Robertson and Zaragoza, 2009: "The Probabilistic Relevance
/// Framework").
const K1: f32 = 1.2;
const B: f32 = 0.4;

/// An open index.
pub(super) struct Index {
    rows: usize,
    segments: Vec<Segment>,
    /// Terms of names and labels, sorted, each with its largest document frequency in any field and segment.
    vocabulary: Vec<(String, u32)>,
}

struct Segment {
    /// The row of each document.
    rows: Vec<u32>,
    fields: Vec<SegmentField>,
}

struct SegmentField {
    /// Index into [`FIELDS`].
    position: usize,
    field: Field,
    postings: Arc<InvertedIndexReader>,
    lengths: FieldNormReader,
    /// Weight of one occurrence for each of tantivy's 256 field length codes, computed once to save a division per
    /// posting.
    weight_by_length: Vec<f32>,
}

/// One posting: a row that contains a term.
#[derive(Clone, Copy, Debug)]
pub(super) struct Posting {
    pub row: u32,
    /// Term frequency, weighted by field and normalised by field length.
    pub frequency: f32,
    /// Whether the posting is of the Russian name and of the English name.
    pub in_name: [bool; 2],
}

impl Index {
    /// Writes the index of these rows into a new folder, with `memory` bytes for the writer. `indexed` is called every
    /// 1,000 rows and at the end.
    pub fn build<'a>(
        path: &Path,
        products: impl Iterator<Item = &'a Product>,
        memory: usize,
        indexed: &dyn Fn(u64),
    ) -> tantivy::Result<()> {
        std::fs::create_dir(path)?;
        let mut schema = Schema::builder();
        // Terms are tokenised and stemmed here and joined with spaces, so tantivy only splits at whitespace.
        let terms = TextFieldIndexing::default()
            .set_tokenizer("whitespace")
            .set_index_option(IndexRecordOption::WithFreqs)
            .set_fieldnorms(true);
        let options = TextOptions::default().set_indexing_options(terms);
        let fields = FIELDS.map(|(name, _)| schema.add_text_field(name, options.clone()));
        let row_field = schema.add_u64_field("row", FAST);
        let index = tantivy::Index::create_in_dir(path, schema.build())?;
        // One writer thread usually makes one segment, and one segment is faster to search than several.
        let mut writer: IndexWriter = index.writer_with_num_threads(1, memory)?;
        let mut done = 0;
        for (row, product) in (0_u64..).zip(products) {
            let labels = format!("{} {} {}", product.brand, product.category.ru, product.category.en);
            let description = format!("{} {}", product.description.ru, product.description.en);
            let name = &product.name;
            let terms = |text: &str| words::index_terms(text).join(" ");
            let head = [&name.ru, &name.en].map(|name| head(name)).concat().join(" ");
            let texts = [terms(&name.ru), terms(&name.en), head, terms(&labels), terms(&description)];
            let mut document = TantivyDocument::new();
            document.add_u64(row_field, row);
            for (field, text) in fields.into_iter().zip(texts) {
                document.add_text(field, text);
            }
            writer.add_document(document)?;
            done = row + 1;
            if done % 1000 == 0 {
                indexed(done);
            }
        }
        writer.commit()?;
        indexed(done);
        let segments = index.searchable_segment_ids()?;
        if segments.len() > 1 {
            writer.merge(&segments).wait()?;
        }
        writer.wait_merging_threads()
    }

    /// Opens an index; an error if it does not contain exactly `rows` documents.
    pub fn open(path: &Path, rows: usize) -> tantivy::Result<Index> {
        let index = tantivy::Index::open_in_dir(path)?;
        let schema = index.schema();
        let mut fields = Vec::new();
        for (position, (name, _)) in FIELDS.iter().enumerate() {
            match schema.get_field(name) {
                Ok(field) => fields.push((position, field)),
                // An index of an earlier version lacks this field and is used until the next import.
                Err(_) if *name == HEAD => {}
                Err(error) => return Err(error),
            }
        }
        let reader = index.reader_builder().reload_policy(tantivy::ReloadPolicy::Manual).try_into()?;
        let searcher = reader.searcher();
        let mut segments = Vec::new();
        let mut tokens = [0_u64; FIELDS.len()];
        let mut vocabulary: BTreeMap<String, u32> = BTreeMap::new();
        for segment in searcher.segment_readers() {
            let column = segment.fast_fields().u64("row")?;
            let rows_of =
                (0..segment.max_doc()).map(|doc| column.first(doc).and_then(|row| u32::try_from(row).ok()));
            let rows_of = rows_of.map(|row| row.unwrap_or(u32::MAX)).collect();
            let mut of_fields = Vec::new();
            for &(position, field) in &fields {
                let postings = segment.inverted_index(field)?;
                if let Some(tokens) = tokens.get_mut(position) {
                    *tokens += postings.total_num_tokens();
                }
                if position < COMPLETING {
                    let mut terms = postings.terms().stream()?;
                    while terms.advance() {
                        if let Ok(term) = std::str::from_utf8(terms.key()) {
                            let count = vocabulary.entry(term.to_owned()).or_default();
                            *count = (*count).max(terms.value().doc_freq);
                        }
                    }
                }
                let lengths = segment.get_fieldnorms_reader(field)?;
                of_fields.push(SegmentField {
                    position,
                    field,
                    postings,
                    lengths,
                    weight_by_length: Vec::new(),
                });
            }
            segments.push(Segment { rows: rows_of, fields: of_fields });
        }
        let documents: usize = segments.iter().map(|segment: &Segment| segment.rows.len()).sum();
        if documents != rows {
            return Err(tantivy::TantivyError::InternalError(format!(
                "{documents} documents for {rows} rows"
            )));
        }
        let average_length = tokens.map(|tokens| (tokens as f32 / rows.max(1) as f32).max(0.1));
        for field in segments.iter_mut().flat_map(|segment| &mut segment.fields) {
            let weight = FIELDS.get(field.position).map_or(0.0, |(_, weight)| *weight);
            let average = average_length.get(field.position).copied().unwrap_or(1.0);
            let length = |id: u8| FieldNormReader::id_to_fieldnorm(id) as f32;
            field.weight_by_length =
                (0..=u8::MAX).map(|id| weight / (1.0 - B + B * length(id) / average)).collect();
        }
        Ok(Index { rows, segments, vocabulary: vocabulary.into_iter().collect() })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Visits the postings of a term in all fields. A row is visited once per field that contains the term; the
    /// frequencies are to be added.
    pub fn visit(&self, term: &str, mut visit: impl FnMut(Posting)) -> tantivy::Result<()> {
        for segment in &self.segments {
            for field in &segment.fields {
                let position = field.position;
                let term = Term::from_field_text(field.field, term);
                let Some(mut postings) = field.postings.read_postings(&term, IndexRecordOption::WithFreqs)?
                else {
                    continue;
                };
                let mut doc = postings.doc();
                while doc != TERMINATED {
                    let length = usize::from(field.lengths.fieldnorm_id(doc));
                    let frequency = postings.term_freq() as f32
                        * field.weight_by_length.get(length).copied().unwrap_or_default();
                    if let Some(row) = segment.rows.get(doc as usize) {
                        visit(Posting { row: *row, frequency, in_name: [position == 0, position == 1] });
                    }
                    doc = postings.advance();
                }
            }
        }
        Ok(())
    }

    /// Whether any row contains a term.
    pub fn holds(&self, term: &str) -> tantivy::Result<bool> {
        for field in self.segments.iter().flat_map(|segment| &segment.fields) {
            if field.postings.doc_freq(&Term::from_field_text(field.field, term))? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Terms of names and labels that start with `start`, most frequent first.
    pub fn completions(&self, start: &str, limit: usize) -> Vec<&str> {
        let from = self.vocabulary.partition_point(|(term, _)| term.as_str() < start);
        let rest = self.vocabulary.get(from..).unwrap_or_default();
        most_frequent(rest.iter().take_while(|(term, _)| term.starts_with(start)).collect(), limit)
    }
}

/// BM25 saturation of a weighted term frequency.
pub(super) fn saturate(frequency: f32) -> f32 {
    frequency * (K1 + 1.0) / (frequency + K1)
}

fn most_frequent(mut terms: Vec<&(String, u32)>, limit: usize) -> Vec<&str> {
    terms.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    terms.into_iter().take(limit).map(|(term, _)| term.as_str()).collect()
}

/// The words of a name that say what the product is, with the head noun repeated. An English name ends with its noun,
/// before "with", "in" or "for" and before sizes; a Russian name starts with it, possibly after adjectives.
fn head(name: &str) -> Vec<String> {
    const ADJECTIVE: [&str; 9] = ["ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие"];
    let words: Vec<String> = words::words(name).into_iter().map(|word| word.text).collect();
    let plain = |word: &&String| !words::has_digit(word);
    if name.chars().any(words::is_cyrillic) {
        let mut first = words.iter().take(3).filter(plain);
        let noun = first.find(|word| !ADJECTIVE.iter().any(|ending| word.ends_with(ending)));
        let Some(noun) = noun.or(words.first()) else { return Vec::new() };
        return vec![words::stem(noun); 2];
    }
    let end = words.iter().skip(2).position(|word| matches!(word.as_str(), "with" | "in" | "for" | "w"));
    let main = words.get(..end.map_or(words.len(), |end| end + 2)).unwrap_or_default();
    let mut last = main.iter().rev().skip_while(|word| !plain(word));
    let mut terms = Vec::new();
    if let Some(noun) = last.next() {
        terms.extend(vec![words::stem(noun); 2]);
        terms.extend(last.next().filter(plain).map(|word| words::stem(word)));
    }
    terms
}

#[cfg(test)]
mod tests {
    #[test]
    fn finds_the_head_noun_of_a_name() {
        let check = |name: &str, expected: &[&str]| assert_eq!(super::head(name), expected, "{name}");
        check("Перфоратор SDS-Plus 800 Вт", &["перфоратор"; 2]);
        check("Аккумуляторная дрель 18 В", &["дрел"; 2]);
        check("DEWALT 1/2 in. Cordless Drill with Battery", &["drill", "drill", "cordless"]);
        check("Wood Screws (100-Pack)", &["pack", "pack"]);
        check("", &[]);
    }
}
