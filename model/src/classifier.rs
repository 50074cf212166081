//! Trains a text classifier with calibrated confidence from labelled examples.
//!
//! It combines a regularised multinomial logistic regression, over the text's embedding and its character n-grams, with
//! the similarity to the nearest single examples, which works better when there are few. `confidence` turns both into a
//! probability. Its weights were fitted on hundreds of random sets of intents with out-of-scope messages, so a
//! threshold on the confidence is meaningful and a message outside all labels can be refused.

mod confidence;
mod grams;
mod regression;

use confidence::Signals;
use grams::Ngrams;
use regression::{Features, Regression};

/// Weight of the character n-grams relative to the embedding.
const SPELLING: f32 = 0.2;

/// A training example.
#[derive(Clone, Debug)]
pub struct Example<'a> {
    /// Index of the label, counted from 0.
    pub label: usize,
    /// The text.
    pub text: &'a str,
    /// The text's vector, of length 1. All vectors of a classifier must come from the same embedder.
    pub vector: Vec<f32>,
}

/// A candidate label for a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Index of the label.
    pub label: usize,
    /// The probability that this label is right, 0 to 1. The confidences of all labels add up to at most 1; the rest is
    /// the probability that none of them is right.
    pub confidence: f32,
    /// Index, among all training examples, of this label's example that is nearest to the text.
    pub nearest: usize,
}

/// A trained classifier.
pub struct Classifier {
    labels: usize,
    /// Label and vector of each example, in training order.
    examples: Vec<(usize, Vec<f32>)>,
    /// Number of examples of each label.
    counts: Vec<usize>,
    /// See [`Signals::dense`].
    dense: f32,
    grams: Ngrams,
    regression: Regression,
}

impl Classifier {
    /// Trains a classifier; deterministic for the same examples. A few hundred examples take some hundredths of a
    /// second, ten thousand examples of a hundred labels about a minute.
    pub fn train(examples: Vec<Example<'_>>) -> Classifier {
        let labels = examples.iter().map(|example| example.label + 1).max().unwrap_or_default();
        let grams = Ngrams::of(examples.iter().map(|example| example.text));
        let features: Vec<(Features, usize)> = examples
            .iter()
            .map(|example| (features(&grams, example.text, &example.vector), example.label))
            .collect();
        let dimensions = examples.iter().map(|example| example.vector.len()).max().unwrap_or_default();
        let regression = Regression::train(&features, dimensions, grams.len(), labels);
        let mut counts = vec![0; labels];
        for example in &examples {
            if let Some(count) = counts.get_mut(example.label) {
                *count += 1;
            }
        }
        let examples: Vec<_> = examples.into_iter().map(|example| (example.label, example.vector)).collect();
        let dense = density(&examples);
        Classifier { labels, examples, counts, dense, grams, regression }
    }

    /// The labels that have examples, most probable first. Empty if there are no examples or `vector` is all zero.
    pub fn classify(&self, text: &str, vector: &[f32]) -> Vec<Candidate> {
        if vector.iter().all(|x| *x == 0.0) {
            return Vec::new();
        }
        let mut nearest = vec![(-1.0_f32, 0_usize); self.labels];
        for (number, (label, example)) in self.examples.iter().enumerate() {
            let nearness = regression::dot(vector, example);
            if let Some(best) = nearest.get_mut(*label)
                && nearness > best.0
            {
                *best = (nearness, number);
            }
        }
        let logits = self.regression.logits(&features(&self.grams, text, vector));
        let shares = softmax(&logits);
        let mut order: Vec<usize> =
            (0..self.labels).filter(|label| self.counts.get(*label) > Some(&0)).collect();
        order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]));
        let Some(first) = order.first().copied() else { return Vec::new() };
        let (near, _) = nearest[first];
        let others = order.iter().skip(1).map(|label| nearest[*label].0).fold(-1.0, f32::max);
        let mean = logits.iter().sum::<f32>() / logits.len() as f32;
        let confidence = confidence::of(&Signals {
            share: shares[first],
            logit: logits[first] - mean,
            near,
            ahead: near - others,
            dense: self.dense,
            labels: order.len(),
        });
        // The remaining probability is split between the other labels and "none of them".
        let of = |label: usize| {
            let rest = (1.0 - confidence).min(confidence * shares[label] / shares[first].max(f32::EPSILON));
            if label == first {
                confidence
            } else {
                rest * shares[label] / (1.0 - shares[first]).max(f32::EPSILON)
            }
        };
        order
            .iter()
            .map(|label| Candidate { label: *label, confidence: of(*label), nearest: nearest[*label].1 })
            .collect()
    }
}

/// Mean cosine similarity of an example to the nearest other example of its label, over at most 300 examples.
fn density(examples: &[(usize, Vec<f32>)]) -> f32 {
    const LOOKED_AT: usize = 300;
    /// Lower bound. A few dissimilar examples say little about how near other messages will be.
    const LEAST: f32 = 0.5;
    /// Typical value, for when no label has two examples.
    const USUAL: f32 = 0.55;
    let step = examples.len().div_ceil(LOOKED_AT).max(1);
    let nearest = (0..examples.len()).step_by(step).filter_map(|at| {
        let (label, vector) = examples.get(at)?;
        let others = examples.iter().enumerate().filter(|(other, (of, _))| *other != at && of == label);
        others.map(|(_, (_, other))| regression::dot(vector, other)).max_by(f32::total_cmp)
    });
    let nearest: Vec<f32> = nearest.collect();
    let mean = nearest.iter().sum::<f32>() / nearest.len().max(1) as f32;
    if nearest.is_empty() { USUAL } else { mean.max(LEAST) }
}

/// The regression's input: the embedding and the n-grams, with the n-grams scaled by [`SPELLING`].
fn features(grams: &Ngrams, text: &str, vector: &[f32]) -> Features {
    let scale = SPELLING.sqrt();
    let spelling = grams.weigh(text).into_iter().map(|(gram, weight)| (gram, weight * scale)).collect();
    Features { meaning: vector.to_vec(), spelling }
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut shares: Vec<f32> = logits.iter().map(|logit| (logit - largest).exp()).collect();
    let sum: f32 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    shares
}
