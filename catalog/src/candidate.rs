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

/// Moves the best `count` candidates to the front, in no order.
pub(super) fn move_best_first(candidates: &mut [Candidate], count: usize) {
    if count == 0 || count >= candidates.len() {
        return;
    }
    // The best keys so far, at most twice as many as wanted: nearly all candidates are refused by one comparison.
    let mut keys: Vec<u64> = Vec::with_capacity(2 * count);
    let mut least = 0;
    for candidate in candidates.iter() {
        let key = order(candidate);
        if key >= least {
            keys.push(key);
            if keys.len() == 2 * count {
                least = keep_greatest(&mut keys, count);
            }
        }
    }
    least = keep_greatest(&mut keys, count);
    let mut front = 0;
    for place in 0..candidates.len() {
        if candidates.get(place).is_some_and(|candidate| order(candidate) >= least) {
            candidates.swap(front, place);
            front += 1;
        }
    }
}

/// Keeps the greatest `count` keys, of which there are at least so many, and returns the least of them.
fn keep_greatest(keys: &mut Vec<u64>, count: usize) -> u64 {
    let (_, least, _) = keys.select_nth_unstable_by(count - 1, |a, b| b.cmp(a));
    let least = *least;
    keys.truncate(count);
    least
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_the_same_candidates_to_the_front_as_sorting_does() {
        let mut state = 5_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let candidates: Vec<Candidate> = (0..1000)
            .map(|row| {
                let (rank, preferred) = ((next() % 20) as f32 / 10.0, next() % 2 == 0);
                Candidate { row, rank, score: 0.0, preferred, headed: 0.0 }
            })
            .collect();
        let rows = |candidates: &[Candidate]| candidates.iter().map(|of| of.row).collect::<Vec<u32>>();
        let mut sorted = candidates.clone();
        sorted.sort_unstable_by(best_first);
        for count in [0, 1, 2, 99, 400, 999, 1000, 1001] {
            let mut moved = candidates.clone();
            move_best_first(&mut moved, count);
            let count = count.min(moved.len());
            moved[..count].sort_unstable_by(best_first);
            assert_eq!(rows(&moved[..count]), rows(&sorted[..count]), "{count}");
            let mut all = rows(&moved);
            all.sort_unstable();
            assert!(all.into_iter().eq(0..1000), "{count}");
        }
    }
}
