//! Candidates of a search: rows that may be part of the results, in an order without ties, and how many are needed.

use std::cmp::Ordering;

use tolmach_engine::catalog::SearchRequest;

/// With a minimum score, rows that score less than this share of the best row's score are dropped.
const WORTH_SHOWING: f32 = 0.5;

/// A row that may be part of the results.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub row: u32,
    /// Sort key; 0 to about 1.3, except for rows named by article number, which are above.
    pub rank: f32,
    /// Score shown to the flow, 0 to 1; comparable between queries.
    pub score: f32,
    pub preferred: bool,
    /// How surely a word of the query says what the row is, 0 to 1.
    pub headed: f32,
}

/// The part of the results that a request needs.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// Number of best rows that must be in order: those of the page and of the pages before it.
    pub rows: usize,
    min_score: f32,
}

impl Wanted {
    pub fn of(request: &SearchRequest) -> Wanted {
        let (skip, limit) = (request.offset as usize, request.limit.clamp(1, 100) as usize);
        Wanted { rows: skip.saturating_add(limit), min_score: request.min_score }
    }

    /// Minimum score, given the best one; 0 if the request sets no minimum.
    pub fn bar(self, best: f32) -> f32 {
        if self.min_score > 0.0 { self.min_score.max(best * WORTH_SHOWING) } else { 0.0 }
    }
}

/// A total order, best first, so that pages neither overlap nor skip a row.
pub(super) fn best_first(a: &Candidate, b: &Candidate) -> Ordering {
    order(b).cmp(&order(a))
}

/// Packs rank, preference and row into one integer, because comparisons dominate the selection from thousands of
/// candidates. The bits of non-negative floats sort like the floats; rows need 31 bits.
fn order(candidate: &Candidate) -> u64 {
    let rank = u64::from(candidate.rank.to_bits());
    rank << 32 | u64::from(candidate.preferred) << 31 | u64::from(!candidate.row & (u32::MAX >> 1))
}
