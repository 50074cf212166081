//! Hybrid search: mixes keyword ranks and scores with vector similarity, and adds rows found by similarity alone.
//!
//! A broad text matches tens of thousands of rows, of which a page shows a few. So the exact similarity is computed
//! only for rows that can still reach the page or whose similarity decides whether they pass the score threshold. For
//! rows found by keywords, total and facets are the same as if every similarity had been computed.

use super::{
    candidate::{Candidate, Wanted, move_best_first},
    filter::Filters,
    vectors::{QueryVector, Vectors},
};

/// Limits of rows found by similarity alone: their maximum number, the least cosine similarity, and the least share of
/// the best similarity. Similarity scales differ between embedders, so the absolute threshold is low.
const MAX_SIMILAR: usize = 200;
const MIN_SIMILARITY: f32 = 0.15;
const NEAR_THE_BEST: f32 = 0.5;

/// Rows similar to a query.
pub(super) struct SimilarRows<'a> {
    vectors: &'a Vectors,
    asked: QueryVector,
    /// Best similarity found, whether or not that row passes the filters. Assumed to be the upper bound for rows not
    /// compared yet.
    best: f32,
    /// Compared rows that pass the filters, with their similarity from 0 to 1; sorted by row.
    compared: Vec<(u32, f32)>,
}

impl<'a> SimilarRows<'a> {
    /// Selects rows by their binary sketches and compares those exactly.
    pub fn new(vectors: &'a Vectors, vector: &[f32], filters: &Filters<'_>) -> SimilarRows<'a> {
        let asked = vectors.ask(vector);
        let mut compared = vectors.nearest(&asked);
        let best = compared.iter().fold(0.0, |best: f32, (_, nearness)| best.max(*nearness)).min(1.0);
        if !filters.is_empty() {
            compared = vectors.nearest_passing(&asked, |row| filters.pass(row));
        }
        compared.iter_mut().for_each(|(_, nearness)| *nearness = nearness.clamp(0.0, 1.0));
        SimilarRows { vectors, asked, best, compared }
    }

    /// Rows similar enough to be found without keywords; at most [`MAX_SIMILAR`].
    fn found(&self) -> Vec<(u32, f32)> {
        let bound = MIN_SIMILARITY.max(self.best * NEAR_THE_BEST);
        let mut found: Vec<_> =
            self.compared.iter().copied().filter(|(_, nearness)| *nearness >= bound).collect();
        if found.len() > MAX_SIMILAR {
            found.select_nth_unstable_by(MAX_SIMILAR, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            found.truncate(MAX_SIMILAR);
        }
        found
    }
}

/// Mixes keyword candidates with similar rows, and drops those below the score threshold. Ranks and scores are exact
/// for the best `wanted.rows` rows; all others rank below them. Rows for which `left_out` is true are not added by
/// similarity.
pub(super) fn fuse(
    by_words: Vec<Candidate>,
    near: &SimilarRows<'_>,
    ratio: f32,
    wanted: Wanted,
    left_out: impl Fn(u32) -> bool,
) -> Vec<Candidate> {
    let mut mix = Mix { near, ratio, mixed: Vec::new(), open: Vec::new() };
    let by_words_too = mix.take(by_words);
    let only_near = near.found().into_iter().filter(|(row, _)| !by_words_too.has(*row) && !left_out(*row));
    mix.mixed.extend(only_near.map(|(row, nearness)| Candidate {
        row,
        rank: ratio * nearness,
        score: ratio * nearness,
        preferred: false,
        headed: 0.0,
    }));
    mix.keep_worth_showing(wanted);
    mix.rank_first(wanted.rows);
    let Mix { mixed, mut open, .. } = mix;
    open.iter_mut().for_each(|candidate| candidate.rank *= 1.0 - ratio);
    open.extend(mixed);
    open
}

/// State of mixing.
struct Mix<'a> {
    near: &'a SimilarRows<'a>,
    ratio: f32,
    /// Candidates whose similarity is included in rank and score.
    mixed: Vec<Candidate>,
    /// Keyword candidates whose similarity is not known yet.
    open: Vec<Candidate>,
}

impl Mix<'_> {
    /// Adds the keyword candidates; returns the set of their rows.
    fn take(&mut self, by_words: Vec<Candidate>) -> Rows {
        let compared = &self.near.compared;
        let known = Rows::of(compared.iter().map(|(row, _)| *row));
        let rows = Rows::of(by_words.iter().map(|candidate| candidate.row));
        self.open.reserve(by_words.len());
        for candidate in by_words {
            let row = candidate.row;
            let place =
                if known.has(row) { compared.binary_search_by_key(&row, |(row, _)| *row).ok() } else { None };
            match place.and_then(|place| compared.get(place)) {
                Some((_, nearness)) => self.mixed.push(self.with(candidate, *nearness)),
                None => self.open.push(candidate),
            }
        }
        rows
    }

    fn with(&self, candidate: Candidate, nearness: f32) -> Candidate {
        Candidate {
            rank: (1.0 - self.ratio) * candidate.rank + self.ratio * nearness,
            score: self.score(&candidate, nearness),
            ..candidate
        }
    }

    /// Mixed score. Similarity can raise the keyword score, never lower it.
    fn score(&self, candidate: &Candidate, nearness: f32) -> f32 {
        candidate.score.max((1.0 - self.ratio) * candidate.score + self.ratio * nearness)
    }

    /// Drops candidates below the threshold, which depends on the best score. Computes the similarity of those for
    /// which it decides.
    fn keep_worth_showing(&mut self, wanted: Wanted) {
        let best =
            |candidates: &[Candidate]| candidates.iter().map(|candidate| candidate.score).fold(0.0, f32::max);
        let most = |mix: &Self, candidate: &Candidate| mix.score(candidate, mix.near.best);
        let at_least = best(&self.mixed).max(best(&self.open));
        let at_most = self.open.iter().map(|candidate| most(self, candidate)).fold(at_least, f32::max);
        let (lowest, highest) = (wanted.bar(at_least), wanted.bar(at_most));
        if highest <= 0.0 {
            return;
        }
        let undecided = |mix: &Self, candidate: &Candidate| {
            let most = most(mix, candidate);
            most > at_least || (candidate.score < highest && most >= lowest && most > candidate.score)
        };
        self.compare_where(undecided);
        let bar = wanted.bar(best(&self.mixed).max(best(&self.open)));
        self.mixed.retain(|candidate| candidate.score >= bar);
        self.open.retain(|candidate| candidate.score >= bar);
    }

    /// Computes the similarity of every candidate that may be among the best `rows`.
    fn rank_first(&mut self, rows: usize) {
        // Those that are best by words, first: what they reach with their similarity, the others must reach as well, and
        // nearly none of them can.
        move_best_first(&mut self.open, rows);
        let best: Vec<Candidate> = self.open.drain(..rows.min(self.open.len())).collect();
        self.compare(best);
        if self.open.is_empty() {
            return;
        }
        // At least `rows` are mixed, and none of them is below the rank of an open one by words.
        let mut ranks: Vec<f32> = self.mixed.iter().map(|candidate| candidate.rank).collect();
        let last = match rows.checked_sub(1) {
            Some(last) if last < ranks.len() => *ranks.select_nth_unstable_by(last, |a, b| b.total_cmp(a)).1,
            _ => 0.0,
        };
        let words = 1.0 - self.ratio;
        self.compare_where(|mix, candidate| words * candidate.rank + mix.ratio * mix.near.best >= last);
    }

    fn compare_where(&mut self, is_wanted: impl Fn(&Self, &Candidate) -> bool) {
        let mut open = std::mem::take(&mut self.open);
        let wanted = open.extract_if(.., |candidate| is_wanted(self, candidate)).collect();
        self.open = open;
        self.compare(wanted);
    }

    /// Computes the similarity of candidates and mixes them.
    fn compare(&mut self, wanted: Vec<Candidate>) {
        let rows: Vec<u32> = wanted.iter().map(|candidate| candidate.row).collect();
        let nearness = self.near.vectors.compare(&self.near.asked, &rows);
        for (candidate, nearness) in wanted.into_iter().zip(nearness) {
            self.mixed.push(self.with(candidate, nearness.clamp(0.0, 1.0)));
        }
    }
}

/// A set of rows as a bitmap, which is the fastest to fill and to query for dense row numbers.
struct Rows(Vec<u64>);

impl Rows {
    fn of(rows: impl Iterator<Item = u32>) -> Rows {
        let mut bits: Vec<u64> = Vec::new();
        for row in rows {
            let word = row as usize / 64;
            if word >= bits.len() {
                bits.resize(word + 1, 0);
            }
            if let Some(word) = bits.get_mut(word) {
                *word |= 1 << (row % 64);
            }
        }
        Rows(bits)
    }

    fn has(&self, row: u32) -> bool {
        self.0.get(row as usize / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::candidate::best_first, *};

    #[test]
    fn ranks_the_first_rows_as_if_every_similarity_were_computed() {
        let mut state = 11_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % 1000) as f32 / 1000.0
        };
        let mut vectors = Vectors::new(16);
        for _ in 0..600 {
            assert!(vectors.push(&std::array::from_fn::<f32, 16, _>(|_| (next() - 0.3) / 2.0)));
        }
        let asked = || vectors.ask(&[0.25; 16]);
        let all: Vec<u32> = (0..600).collect();
        let nearness: Vec<f32> =
            vectors.compare(&asked(), &all).iter().map(|near| near.clamp(0.0, 1.0)).collect();
        let best = nearness.iter().copied().fold(0.0, f32::max);
        let by_words: Vec<Candidate> = (0..600)
            .filter(|row| row % 3 > 0)
            .map(|row| Candidate { row, rank: next(), score: next(), preferred: row % 2 == 0, headed: 0.0 })
            .collect();
        let compared = all.iter().zip(&nearness).filter(|(row, _)| *row % 5 == 0);
        let compared: Vec<(u32, f32)> = compared.map(|(row, near)| (*row, *near)).collect();
        for (ratio, limit, min_score) in [(0.25, 1, 0.0), (0.25, 20, 0.0), (0.6, 100, 0.0), (0.25, 30, 0.4)] {
            let wanted = Wanted::of(&tolmach_engine::catalog::SearchRequest {
                limit,
                min_score,
                ..Default::default()
            });
            let fused = |compared: Vec<(u32, f32)>| {
                let similar = SimilarRows { vectors: &vectors, asked: asked(), best, compared };
                // Rows found by similarity alone are of the compared ones, so that they are left out here.
                let mut found = fuse(by_words.clone(), &similar, ratio, wanted, |_| true);
                found.sort_unstable_by(best_first);
                let first: Vec<(u32, f32)> =
                    found.iter().take(limit as usize).map(|of| (of.row, of.rank)).collect();
                (found.len(), first)
            };
            let every = all.iter().copied().zip(nearness.iter().copied()).collect();
            assert_eq!(fused(compared.clone()), fused(every), "{ratio}, {limit} rows from {min_score}");
        }
    }
}
