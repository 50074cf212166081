//! Comparison of texts by their words, regardless of case and punctuation.
//!
//! Not a measure of similarity, which is what embedders are for.

mod fillers;

pub use fillers::{is_courtesy, says_nothing};

/// Lower case, ё as е, words parted by single spaces, nothing else.
pub fn normalized(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'ё' => words.push('е'),
            c if c.is_alphanumeric() => words.push(c),
            _ if words.ends_with(' ') || words.is_empty() => {}
            _ => words.push(' '),
        }
    }
    words.truncate(words.trim_end().len());
    words
}

/// Whether two texts are the same words.
pub fn same_words(a: &str, b: &str) -> bool {
    normalized(a) == normalized(b)
}
