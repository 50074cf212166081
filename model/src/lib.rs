//! The built-in language model: texts to vectors, in Russian and English, with no key, no file and no network.
//!
//! It is an open multilingual sentence encoder (a deep averaging network over word pieces and their 2-, 3- and 5-grams), cut to
//! two languages and quantised; `build/build.py` makes `data/encoder.bin` out of the published weights, NOTICE names them.
//! Everything is computed in whole numbers where sums are long, so that a text has the same vector on every processor.

mod classifier;
mod encoder;
mod file;
mod layers;
mod layout;
mod pieces;
mod titles;
mod words;

pub use classifier::{Classifier, Example, Verdict};
pub use encoder::{DIMENSIONS, Encoder};
pub use layout::other_layout;
pub use titles::{TITLE_DIMENSIONS, Titles};
pub use words::Words;
