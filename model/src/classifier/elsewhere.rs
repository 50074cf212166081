//! Whether a message is of a set's subject at all.
//!
//! A logistic regression tells the set's examples from messages of other subjects (`elsewhere.txt`), which are the same for
//! all sets. It does not choose among the set's labels; it is one of the signals of [`super::confidence`].

use super::{
    descent::{Precision, add, dot, minimised, product},
    regression::Features,
};

/// Messages of other subjects, in Russian and English.
const TEXTS: &str = include_str!("elsewhere.txt");
/// Total weight of the examples, and of the messages of other subjects, relative to the L2 penalty.
const MASS: f32 = 2000.0;
/// Cosine similarity to an example from which a message is not of another subject.
const ALIKE: f32 = 0.6;
/// Minimum number of messages of other subjects. A set that leaves fewer is about everything.
const LEAST: usize = 10;
/// The log odds of most messages of a set, for sets that are about everything.
const TYPICAL: f32 = 2.5;

/// Messages of subjects that most sets are not about, to be embedded like the examples.
pub fn elsewhere() -> impl Iterator<Item = &'static str> {
    TEXTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Whether a message is of another subject than any of `examples`.
pub(super) fn is_beside(message: &[f32], examples: &[(usize, Vec<f32>)]) -> bool {
    examples.iter().all(|(_, example)| dot(message, example) < ALIKE)
}

/// Tells the messages of a set from those of other subjects.
pub(super) struct Subject {
    /// The weight of each dimension, and the intercept; `None` where there is nothing to tell the examples from.
    weights: Option<Vec<f32>>,
}

impl Subject {
    /// Learns from the vectors of a set's examples and of messages of other subjects.
    pub fn of(examples: &[&[f32]], elsewhere: &[&Features]) -> Subject {
        let Some(dimensions) = examples.iter().map(|vector| vector.len()).max() else {
            return Subject { weights: None };
        };
        if elsewhere.len() < LEAST {
            return Subject { weights: None };
        }
        let (inside, outside) = (MASS / examples.len() as f32, MASS / elsewhere.len() as f32);
        let known: Vec<(&[f32], f32, f32)> = examples
            .iter()
            .map(|vector| (*vector, 1.0, inside))
            .chain(elsewhere.iter().map(|features| (features.meaning.as_slice(), -1.0, outside)))
            .collect();
        let loss = |weights: &[f32], slope: &mut [f32]| {
            slope.copy_from_slice(weights);
            slope[dimensions] = 0.0;
            let mut loss = 0.5 * product(&weights[..dimensions], &weights[..dimensions]);
            for (vector, side, weight) in &known {
                let margin = side * (dot(vector, &weights[..dimensions]) + weights[dimensions]);
                // ln(1 + exp(-margin)) without overflow.
                loss += f64::from(weight * ((-margin.abs()).exp().ln_1p() + (-margin).max(0.0)));
                let error = -side * weight / (1.0 + margin.exp());
                add(slope, f64::from(error), vector);
                slope[dimensions] += error;
            }
            loss
        };
        Subject { weights: Some(minimised(vec![0.0; dimensions + 1], Precision::FULL, loss)) }
    }

    /// Log odds that a message is of the set's subject.
    pub fn odds(&self, vector: &[f32]) -> f32 {
        match self.weights.as_deref().and_then(|weights| weights.split_last()) {
            Some((intercept, weights)) => dot(vector, weights) + intercept,
            None => TYPICAL,
        }
    }
}
