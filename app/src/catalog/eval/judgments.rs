//! Judged queries, read from a file.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
};

use regex::{Regex, RegexBuilder};

/// Memory of a compiled pattern, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// Judged queries: which rows are relevant for each query, and how much.
#[derive(Clone, Debug)]
pub struct Judgments {
    pub(super) queries: BTreeMap<String, Judged>,
    pub(super) scale: Scale,
}

/// What is relevant for a query.
#[derive(Clone, Debug)]
pub(super) enum Judged {
    /// The relevance by article.
    Articles(HashMap<String, f64>),
    /// Every row whose name matches one of the patterns is fully relevant, any other is not at all.
    Names(Vec<Regex>),
}

/// The range of the relevances.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) least: f64,
    pub(super) most: f64,
}

/// Why a file of judgments cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JudgmentsError {
    /// The file cannot be read.
    #[error("{} cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// The file is not UTF-8.
    #[error("{} is not UTF-8 text: save it as .tsv or .csv in UTF-8", .0.display())]
    NotText(PathBuf),
    /// A line does not have the columns of the first one.
    #[error(
        "{} line {line}: {columns} columns; a line is query, article and relevance, or query and pattern, separated by tabs \
         or commas (quote a cell that holds a comma)",
        file.display()
    )]
    Columns {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// How many columns the line has.
        columns: usize,
    },
    /// A relevance is not a finite number.
    #[error("{} line {line}: the relevance {relevance} is not a number", file.display())]
    NotANumber {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// The cell's text.
        relevance: String,
    },
    /// A pattern is no regular expression, or too large a one.
    #[error("{} line {line}: the pattern cannot be used: {why}", file.display())]
    Pattern {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// What the parser says, in one line.
        why: String,
    },
    /// The file has no judgments.
    #[error("{} has no judgments; a line is query, article and relevance, or query and pattern", .0.display())]
    Empty(PathBuf),
}

impl Judgments {
    /// Reads a table, separated by tabs or commas, whose lines are all of query, article and relevance, or all of query
    /// and a regular expression for the names of relevant rows, in which case does not count. The first line may be a
    /// header.
    ///
    /// # Errors
    /// When the file cannot be read, is not UTF-8 or empty, or a line is malformed.
    pub fn read(file: &Path) -> Result<Judgments, JudgmentsError> {
        let owned = || file.to_owned();
        let bytes =
            std::fs::read(file).map_err(|source| JudgmentsError::Unreadable { file: owned(), source })?;
        let text = String::from_utf8(bytes).map_err(|_| JudgmentsError::NotText(owned()))?;
        let text = text.trim_start_matches('\u{feff}');
        let separator = if text.lines().next().is_some_and(|line| line.contains('\t')) { '\t' } else { ',' };
        let lines = || (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let columns = lines().next().map_or(0, |(_, line)| cells(line, separator).len());
        let mut queries: BTreeMap<String, Judged> = BTreeMap::new();
        let mut scale = Scale { least: f64::MAX, most: f64::MIN };
        for (line, written) in lines() {
            let cells = cells(written, separator);
            match cells.as_slice() {
                [query, article, relevance] if columns == 3 => {
                    let number = relevance.trim().parse::<f64>().ok();
                    let Some(number) = number.filter(|number| number.is_finite()) else {
                        if line == 1 && number.is_none() {
                            continue; // The header.
                        }
                        let relevance = format!("{relevance:?}");
                        return Err(JudgmentsError::NotANumber { file: owned(), line, relevance });
                    };
                    scale.least = scale.least.min(number);
                    scale.most = scale.most.max(number);
                    let of = queries.entry(query.clone()).or_insert_with(|| Judged::Articles(HashMap::new()));
                    if let Judged::Articles(articles) = of {
                        articles.insert(article.trim().to_owned(), number);
                    }
                }
                [_, pattern] if columns == 2 && line == 1 && pattern.trim() == "pattern" => {}
                [query, pattern] if columns == 2 => {
                    let pattern = pattern_of(pattern).map_err(|why| JudgmentsError::Pattern {
                        file: owned(),
                        line,
                        why,
                    })?;
                    scale = Scale { least: 0.0, most: 1.0 };
                    let of = queries.entry(query.clone()).or_insert_with(|| Judged::Names(Vec::new()));
                    if let Judged::Names(patterns) = of {
                        patterns.push(pattern);
                    }
                }
                _ => return Err(JudgmentsError::Columns { file: owned(), line, columns: cells.len() }),
            }
        }
        if queries.is_empty() {
            return Err(JudgmentsError::Empty(owned()));
        }
        // On a scale that starts at 1, 1 means "not relevant". Otherwise the scale starts at 0, or at a negative lower
        // end.
        scale.least = if scale.least >= 1.0 && scale.most > scale.least { 1.0 } else { scale.least.min(0.0) };
        Ok(Judgments { queries, scale })
    }
}

fn pattern_of(written: &str) -> Result<Regex, String> {
    let mut pattern = RegexBuilder::new(written.trim());
    pattern.case_insensitive(true).size_limit(LARGEST_PATTERN).build().map_err(|error| {
        let lines = error.to_string();
        // The parser's message is of several lines, of which the last one says what is wrong.
        let why = lines.lines().last().unwrap_or_default();
        format!("{} in {:?}", why.trim_start_matches("error: "), written.trim())
    })
}

/// Splits a line into cells. In comma-separated lines a cell may be quoted, with quotes doubled inside.
fn cells(line: &str, separator: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.trim_end_matches('\r').chars().peekable();
    while let Some(letter) = letters.next() {
        let Some(cell) = cells.last_mut() else { break };
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() && separator == ',' => quoted = true,
            _ if letter == separator && !quoted => cells.push(String::new()),
            _ => cell.push(letter),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_may_be_quoted() {
        assert_eq!(cells("a,\"b, \"\"c\"\"\",3", ','), ["a", "b, \"c\"", "3"]);
        assert_eq!(cells("5\" pipe\tA-1\t2\r", '\t'), ["5\" pipe", "A-1", "2"]);
    }
}
