//! Scratch buffers of keyword ranking, pooled between searches.

use std::sync::{Mutex, PoisonError};

/// Sums over a query's words for one row. Kept apart from [`Candidate`] to be compact.
#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    pub relevance: f32,
    pub held: f32,
    pub in_name: [bool; 2],
    /// For the word being looked up: its frequency, and the largest weight of the terms found.
    pub frequency: f32,
    pub factor: f32,
    /// The largest share of the word that the row holds.
    pub share: f32,
    /// How surely one of the words that say what is wanted says what the row is, 0 to 1.
    pub headed: f32,
}

/// Scratch buffers with one entry per row, all zero between searches. Allocating them for each search would cost more
/// than most searches.
#[derive(Default)]
pub(super) struct Scratch {
    pub sums: Vec<Sums>,
    pub typical: Vec<f32>,
    /// Rows found, empty between searches: of all words, and of the word being looked up.
    pub touched: Vec<u32>,
    pub postings: Vec<u32>,
}

/// Scratch buffers that no search is using.
#[derive(Default)]
pub(super) struct ScratchPool(Mutex<Vec<Scratch>>);

impl ScratchPool {
    pub fn acquire(&self, rows: usize) -> Scratch {
        let scratch = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        scratch.unwrap_or_else(|| Scratch {
            sums: vec![Sums::default(); rows],
            typical: vec![0.0; rows],
            ..Scratch::default()
        })
    }

    pub fn release(&self, scratch: Scratch) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }
}
