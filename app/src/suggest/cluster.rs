//! Groups similar vectors: agglomerative clustering with average linkage (UPGMA).
//!
//! The two groups with the highest average similarity are merged until none is above the bound. The nearest-neighbour
//! chain algorithm (Murtagh, 1983) finds the same groups in time quadratic in the number of vectors. Ties go to the
//! lower index, so the result is deterministic.

/// The groups of indexes, highest weight first; in each group the most central vector first. Vectors must have length
/// 1; `bound` is the lowest average cosine similarity of groups to merge.
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

/// The groups so far and the average similarity of each pair.
struct Table {
    /// Indexes by group; a group has the number of its first vector. Empty once it was merged into another or is
    /// finished.
    members: Vec<Vec<usize>>,
    /// The symmetric matrix of average similarities between groups.
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
        // Each group is the nearest neighbour of the one before it.
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
                // A merged group is never more similar to a third than the more similar of its parts was, so this group
                // is final.
                _ => done.push(std::mem::take(&mut self.members[last])),
            }
        }
    }

    /// The most similar other group. `favourite` wins a tie; otherwise the chain could cycle.
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
            // Rounding must not make the merged group more similar than either part was.
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

    /// Checks groups of unit vectors in the plane, given by their angles in degrees.
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
    fn groups_and_members_are_ordered_by_weight() {
        check(&[0.0, 90.0, 95.0], &[1, 2, 2], 0.9, &[&[1, 2], &[0]]);
        check(&[0.0, 10.0, 90.0], &[1, 1, 3], 0.9, &[&[2], &[0, 1]]);
        check(&[0.0, 10.0, 20.0], &[1, 1, 9], 0.9, &[&[2, 1, 0]]);
    }

    /// Neighbours are similar but the ends are not; average linkage does not chain them.
    #[test]
    fn a_chain_of_neighbours_is_no_group() {
        let degrees: Vec<f32> = (0..10).map(|n| n as f32 * 15.0).collect();
        let vectors: Vec<Vec<f32>> =
            degrees.iter().map(|angle| vec![angle.to_radians().cos(), angle.to_radians().sin()]).collect();
        let vectors: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        let found = groups(&vectors, &[1; 10], 0.8);
        assert!((2..=4).contains(&found.len()), "{found:?}");
    }

    /// All similarities are equal: the chain must not cycle or lose a group.
    #[test]
    fn equal_vectors_are_one_group() {
        check(&[30.0; 6], &[1; 6], 0.5, &[&[0, 1, 2, 3, 4, 5]]);
    }
}
