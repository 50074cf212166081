//! Keyword index: tantivy for the dictionary and the postings, BM25F over the fields of a row.
//!
//! Scores are summed here and not by tantivy's queries, because the score also needs the exact share of the query's
//! words that each row contains.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use tantivy::{
    IndexWriter, InvertedIndexReader, TantivyDocument, Term,
    fieldnorm::FieldNormReader,
    schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
};
use tolmach_engine::catalog::Product;

use super::head::head;
use crate::words;

/// An index field.
struct IndexField {
    name: &'static str,
    /// Weight of a term frequency in the field.
    weight: f32,
    /// The share of a word of the query that a row holds when it has the word in this field alone: what a name says, a row
    /// is; what a column or a section says may be about something else.
    share: f32,
}

const fn index_field(name: &'static str, weight: f32, share: f32) -> IndexField {
    IndexField { name, weight, share }
}

/// Index fields. `head` repeats the words of a name that say what the product is, on top of the name field.
const FIELDS: [IndexField; 7] = [
    index_field("name_ru", 1.0, 1.0),
    index_field("name_en", 1.0, 1.0),
    index_field("head", 0.22, 1.0),
    index_field("brand", 0.4, 1.0),
    index_field("category", 0.3, 0.6),
    index_field("attributes", 0.25, 0.8),
    index_field("description", 0.17, 0.5),
];
const HEAD: usize = 2;
/// The first fields, whose terms are offered as completions: all but the description.
const COMPLETING: usize = 6;
/// BM25 saturation `k1` and length normalisation `b` (Robertson and Zaragoza, 2009: "The Probabilistic Relevance
/// Framework").
const K1: f32 = 1.2;
const B: f32 = 0.4;

/// Number of tantivy's field length codes.
const LENGTHS: usize = 256;

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
    /// Tantivy's code of the field's length, by document.
    lengths: Vec<u8>,
    /// Weight of one occurrence for each of tantivy's 256 field length codes, computed once to save a division per
    /// posting.
    weight_by_length: [f32; LENGTHS],
}

/// One posting: a row that contains a term.
#[derive(Clone, Copy, Debug)]
pub(super) struct Posting {
    pub row: u32,
    /// Term frequency, weighted by field and normalised by field length.
    pub frequency: f32,
    /// The share of the word that the row holds by this posting, 0 to 1.
    pub share: f32,
    /// Whether the posting is of the Russian name and of the English name.
    pub in_name: [bool; 2],
    /// Whether the term says what the product is.
    pub is_head: bool,
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
        let fields = FIELDS.map(|field| schema.add_text_field(field.name, options.clone()));
        let row_field = schema.add_u64_field("row", FAST);
        let index = tantivy::Index::create_in_dir(path, schema.build())?;
        // One writer thread usually makes one segment, and one segment is faster to search than several.
        let mut writer: IndexWriter = index.writer_with_num_threads(1, memory)?;
        let mut done = 0;
        for (row, product) in (0_u64..).zip(products) {
            let category = format!("{} {}", product.category.ru, product.category.en);
            let attributes: Vec<String> =
                product.attributes.iter().flat_map(|of| words::index_terms(&of.value)).collect();
            let description = format!("{} {}", product.description.ru, product.description.en);
            let name = &product.name;
            let terms = |text: &str| words::index_terms(text).join(" ");
            let head = [&name.ru, &name.en].map(|name| head(name)).concat().join(" ");
            let texts = [
                terms(&name.ru),
                terms(&name.en),
                head,
                terms(&product.brand),
                terms(&category),
                attributes.join(" "),
                terms(&description),
            ];
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
        for (position, of) in FIELDS.iter().enumerate() {
            fields.push((position, schema.get_field(of.name)?));
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
                let lengths = (0..segment.max_doc()).map(|doc| lengths.fieldnorm_id(doc)).collect();
                of_fields.push(SegmentField {
                    position,
                    field,
                    postings,
                    lengths,
                    weight_by_length: [0.0; LENGTHS],
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
            let weight = FIELDS.get(field.position).map_or(0.0, |of| of.weight);
            let average = average_length.get(field.position).copied().unwrap_or(1.0);
            let length = |id: u8| FieldNormReader::id_to_fieldnorm(id) as f32;
            for (id, of_length) in (0..=u8::MAX).zip(&mut field.weight_by_length) {
                *of_length = weight / (1.0 - B + B * length(id) / average);
            }
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
                let share = FIELDS.get(position).map_or(0.0, |of| of.share);
                let term = Term::from_field_text(field.field, term);
                let read = field.postings.read_block_postings(&term, IndexRecordOption::WithFreqs)?;
                let Some(mut postings) = read else { continue };
                let in_name = [position == 0, position == 1];
                // A block at a time: a posting costs a few instructions, so that the processor reads several rows from
                // memory at once.
                while postings.block_len() > 0 {
                    for (doc, times) in postings.docs().iter().zip(postings.freqs()) {
                        let doc = *doc as usize;
                        let (Some(row), Some(length)) = (segment.rows.get(doc), field.lengths.get(doc))
                        else {
                            continue;
                        };
                        let weight = field.weight_by_length.get(usize::from(*length)).copied();
                        visit(Posting {
                            row: *row,
                            frequency: *times as f32 * weight.unwrap_or_default(),
                            share,
                            in_name,
                            is_head: position == HEAD && *times > 1,
                        });
                    }
                    postings.advance();
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

    /// In how many rows a name or label has a term: the largest number of any field.
    pub fn count(&self, term: &str) -> u32 {
        let at = self.vocabulary.binary_search_by(|(known, _)| known.as_str().cmp(term));
        at.ok().and_then(|at| self.vocabulary.get(at)).map_or(0, |(_, count)| *count)
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
