//! The built-in language model: Russian and English texts to vectors, without keys, downloads or network.
//!
//! It is an open multilingual sentence encoder (a deep averaging network over word pieces and their 2-, 3- and
//! 5-grams), reduced to two languages and quantised. `build/build.py` makes `data/encoder.bin` from the published
//! weights; NOTICE names them. Long sums use integer arithmetic, so a text has the same vector on every CPU.

mod classifier;
mod encoder;
mod file;
mod layers;
mod layout;
mod pieces;
mod titles;
mod words;

pub use classifier::{Candidate, Classifier, Example, elsewhere};
pub use encoder::{DIMENSIONS, Encoder};
pub use layout::other_layout;
pub use titles::{TITLE_DIMENSIONS, Titles};
pub use words::Words;
