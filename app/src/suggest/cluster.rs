//! Groups of vectors that are near each other.
//!
//! The two groups that are nearest on average become one, until no two are near enough. Chains of nearest neighbours find the
//! same groups in a time that grows with the square of the number of vectors (Murtagh 1983). What comes first wins a tie, so the
//! same vectors always give the same groups.

/// The groups, the heaviest first; in each the most central vector first. Vectors have length 1.
pub(super) fn groups(vectors: &[&[f32]], weights: &[usize], bound: f32) -> Vec<Vec<usize>> {
    let mut groups = Table::of(vectors).grouped(bound);
    for group in &mut groups {
        most_central_first(group, vectors, weights);
    }
    let weight = |group: &[usize]| -> usize { group.iter().filter_map(|at| weights.get(*at)).copied().sum() };
    groups.sort_by_key(|group| (std::cmp::Reverse(weight(group)), group.iter().min().copied()));
    groups
}

fn most_central_first(group: &mut [usize], vectors: &[&[f32]], weights: &[usize]) {
    let mut sum: Vec<f32> = Vec::new();
    for at in group.iter() {
        let (Some(vector), Some(weight)) = (vectors.get(*at), weights.get(*at)) else { continue };
        sum.resize(vector.len(), 0.0);
        sum.iter_mut().zip(*vector).for_each(|(sum, x)| *sum += *weight as f32 * x);
    }
    group.sort_unstable();
    let near = |at: &usize| vectors.get(*at).map_or(0.0, |vector| dot(vector, &sum));
    group.sort_by(|a, b| near(b).total_cmp(&near(a)));
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Groups that may still grow, and how near they are to each other on average.
struct Table {
    /// By the first vector of a group; empty once it is a part of another, or is done.
    members: Vec<Vec<usize>>,
    /// A row a group.
    near: Vec<Vec<f32>>,
}

impl Table {
    /// Every vector is a group of its own.
    fn of(vectors: &[&[f32]]) -> Table {
        let mut near = vec![vec![0.0; vectors.len()]; vectors.len()];
        for (row, a) in vectors.iter().enumerate() {
            for (column, b) in vectors.iter().enumerate().take(row) {
                let nearness = dot(a, b);
                near[row][column] = nearness;
                near[column][row] = nearness;
            }
        }
        Table { members: (0..vectors.len()).map(|at| vec![at]).collect(), near }
    }

    fn grouped(mut self, bound: f32) -> Vec<Vec<usize>> {
        let mut done = Vec::new();
        // Each is the nearest of the one before it.
        let mut chain: Vec<usize> = Vec::new();
        loop {
            let Some(last) = chain.pop().or_else(|| self.members.iter().position(|group| !group.is_empty()))
            else {
                return done;
            };
            let before = chain.last().copied();
            match self.nearest(last, before) {
                Some((other, near)) if near >= bound && before == Some(other) => {
                    chain.pop();
                    self.join(other, last);
                }
                Some((other, near)) if near >= bound => chain.extend([last, other]),
                // What is joined is never nearer to a third than the nearer of the two was, so nothing will come near.
                _ => done.push(std::mem::take(&mut self.members[last])),
            }
        }
    }

    /// The nearest other group; `favourite` wins a tie, or a chain would run in a circle.
    fn nearest(&self, of: usize, favourite: Option<usize>) -> Option<(usize, f32)> {
        let others = (0..self.members.len()).filter(|at| *at != of && !self.members[*at].is_empty());
        let mut best: Option<(usize, f32)> = favourite.map(|at| (at, self.near[of][at]));
        for at in others {
            let near = self.near[of][at];
            if best.is_none_or(|(_, nearest)| near > nearest) {
                best = Some((at, near));
            }
        }
        best
    }

    fn join(&mut self, into: usize, from: usize) {
        let (ours, theirs) = (self.members[into].len() as f32, self.members[from].len() as f32);
        for other in 0..self.members.len() {
            let (a, b) = (self.near[into][other], self.near[from][other]);
            // Rounding must not bring them nearer than either was.
            let near = ((a * ours + b * theirs) / (ours + theirs)).min(a.max(b));
            self.near[into][other] = near;
            self.near[other][into] = near;
        }
        let moved = std::mem::take(&mut self.members[from]);
        self.members[into].extend(moved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Directions in degrees.
    fn check(degrees: &[f32], weights: &[usize], bound: f32, expected: &[&[usize]]) {
        let vectors: Vec<Vec<f32>> = degrees
            .iter()
            .map(|angle| {
                let (sine, cosine) = angle.to_radians().sin_cos();
                vec![cosine, sine]
            })
            .collect();
        let vectors: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        assert_eq!(groups(&vectors, weights, bound), expected, "{degrees:?}");
    }

    #[test]
    fn near_vectors_are_a_group_with_the_central_one_first() {
        check(&[], &[], 0.5, &[]);
        check(&[10.0], &[1], 0.5, &[&[0]]);
        check(&[0.0, 10.0, 20.0, 90.0, 95.0], &[1; 5], 0.9, &[&[1, 0, 2], &[3, 4]]);
        check(&[0.0, 90.0, 180.0], &[1; 3], 0.5, &[&[0], &[1], &[2]]);
    }

    #[test]
    fn what_was_written_often_comes_first() {
        check(&[0.0, 90.0, 95.0], &[1, 2, 2], 0.9, &[&[1, 2], &[0]]);
        check(&[0.0, 10.0, 90.0], &[1, 1, 3], 0.9, &[&[2], &[0, 1]]);
        check(&[0.0, 10.0, 20.0], &[1, 1, 9], 0.9, &[&[2, 1, 0]]);
    }

    /// Neighbours are near each other all the way, the ends are not: it counts what is near on average.
    #[test]
    fn a_chain_of_neighbours_is_no_group() {
        let degrees: Vec<f32> = (0..10).map(|n| n as f32 * 15.0).collect();
        let vectors: Vec<Vec<f32>> =
            degrees.iter().map(|angle| vec![angle.to_radians().cos(), angle.to_radians().sin()]).collect();
        let vectors: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        let found = groups(&vectors, &[1; 10], 0.8);
        assert!((2..=4).contains(&found.len()), "{found:?}");
    }

    /// All are equally near: no circle, no group lost.
    #[test]
    fn equal_vectors_end() {
        check(&[30.0; 6], &[1; 6], 0.5, &[&[0, 1, 2, 3, 4, 5]]);
    }
}
