//! Words and vectors together: ranks and scores of rows mixed with nearness, and the rows that only nearness finds.
//!
//! A broad text is held by tens of thousands of rows, of which a page shows a few. Only the rows that can still come onto the
//! page, or that nearness decides to be worth showing, are compared exactly; of the rows that words find, total and facets are
//! the same as if all were.

use super::{
    filter::Filters,
    search::{Candidate, Wanted},
    vectors::{Asked, Vectors},
};

/// Rows that a vector may add at most, and how near they must be: at all, and beside the nearest one. What counts as near
/// differs between embedders, so the first bound is low.
const NEAREST: usize = 200;
const NEAR: f32 = 0.15;
const NEAR_THE_BEST: f32 = 0.5;

/// What is near to a query.
pub(super) struct Near<'a> {
    vectors: &'a Vectors,
    asked: Asked,
    /// How near the nearest row is, whether it passes or not. Rows not compared yet are taken to be no nearer.
    best: f32,
    /// Rows that pass with their nearness, in the order of the rows.
    compared: Vec<(u32, f32)>,
}

impl<'a> Near<'a> {
    /// Looks at the sketches of all rows.
    pub fn new(vectors: &'a Vectors, vector: &[f32], filters: &Filters<'_>) -> Near<'a> {
        let asked = vectors.ask(vector);
        let mut compared = vectors.nearest(&asked);
        let best = compared.iter().fold(0.0, |best: f32, (_, nearness)| best.max(*nearness)).min(1.0);
        if !filters.is_empty() {
            compared = vectors.nearest_passing(&asked, |row| filters.pass(row));
        }
        compared.iter_mut().for_each(|(_, nearness)| *nearness = nearness.clamp(0.0, 1.0));
        Near { vectors, asked, best, compared }
    }

    /// The rows near enough to be found by that alone.
    fn found(&self) -> Vec<(u32, f32)> {
        let bound = NEAR.max(self.best * NEAR_THE_BEST);
        let mut found: Vec<_> =
            self.compared.iter().copied().filter(|(_, nearness)| *nearness >= bound).collect();
        if found.len() > NEAREST {
            found.select_nth_unstable_by(NEAREST, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            found.truncate(NEAREST);
        }
        found
    }
}

/// Mixes candidates by words with what is near, and leaves those that are worth showing. Ranks and scores are exact for the
/// best rows that are wanted; others may only rank below them. Rows that are `left_out` are not added.
pub(super) fn fuse(
    by_words: Vec<Candidate>,
    near: &Near<'_>,
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
    }));
    mix.keep_worth_showing(wanted);
    mix.rank_first(wanted.rows);
    let Mix { mut mixed, open, .. } = mix;
    mixed.extend(
        open.into_iter().map(|candidate| Candidate { rank: (1.0 - ratio) * candidate.rank, ..candidate }),
    );
    mixed
}

/// Candidates while they are mixed.
struct Mix<'a> {
    near: &'a Near<'a>,
    ratio: f32,
    /// Those whose nearness is in their rank and score.
    mixed: Vec<Candidate>,
    /// Those by words whose nearness is not known yet.
    open: Vec<Candidate>,
}

impl Mix<'_> {
    /// Takes the candidates by words, and says which rows they are.
    fn take(&mut self, by_words: Vec<Candidate>) -> Rows {
        let compared = &self.near.compared;
        let known = Rows::of(compared.iter().map(|(row, _)| *row));
        let rows = Rows::of(by_words.iter().map(|candidate| candidate.row));
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

    /// The share of the words stays what it is; nearness may only add to it.
    fn score(&self, candidate: &Candidate, nearness: f32) -> f32 {
        candidate.score.max((1.0 - self.ratio) * candidate.score + self.ratio * nearness)
    }

    /// Drops what is below the bar. It depends on the best score, and a score on nearness, where the share is less than that.
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

    /// Compares the rows that may be among the first so many.
    fn rank_first(&mut self, rows: usize) {
        let words = 1.0 - self.ratio;
        let open = self.open.iter().map(|candidate| words * candidate.rank);
        let mut at_least: Vec<f32> = self.mixed.iter().map(|candidate| candidate.rank).chain(open).collect();
        let last = match rows.checked_sub(1) {
            Some(last) if last < at_least.len() => {
                *at_least.select_nth_unstable_by(last, |a, b| b.total_cmp(a)).1
            }
            _ => 0.0,
        };
        self.compare_where(|mix, candidate| words * candidate.rank + mix.ratio * mix.near.best >= last);
    }

    fn compare_where(&mut self, is_wanted: impl Fn(&Self, &Candidate) -> bool) {
        let open = std::mem::take(&mut self.open);
        let (wanted, open): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|candidate| is_wanted(self, candidate));
        self.open = open;
        let rows: Vec<u32> = wanted.iter().map(|candidate| candidate.row).collect();
        let nearness = self.near.vectors.compare(&self.near.asked, &rows);
        for (candidate, nearness) in wanted.into_iter().zip(nearness) {
            self.mixed.push(self.with(candidate, nearness.clamp(0.0, 1.0)));
        }
    }
}

/// A set of rows, a bit each: quicker to fill and to ask than any other.
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
