//! Trains a text classifier with calibrated confidence from labelled examples.
//!
//! It combines a regularised multinomial logistic regression, over the text's embedding and its character n-grams, with
//! the similarity to the nearest single examples, which works better when there are few. `confidence` turns both into a
//! probability. Its weights were fitted on hundreds of random sets of intents with out-of-scope messages, so a
//! threshold on the confidence is meaningful and a message outside all labels can be refused; messages of other subjects
//! (`elsewhere`) help to tell such a one. A set of hundreds of examples calibrates itself by cross-validation (`folds`).

mod confidence;
mod descent;
mod elsewhere;
mod folds;
mod grams;
mod regression;

use confidence::{Calibration, Signals};
use descent::{Precision, dot};
pub use elsewhere::elsewhere;
use elsewhere::{Subject, is_beside};
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
    /// Label and vector of each example, in training order.
    examples: Vec<(usize, Vec<f32>)>,
    /// Number of examples of each label.
    counts: Vec<usize>,
    /// See [`Signals::dense`].
    dense: f32,
    grams: Ngrams,
    regression: Regression,
    subject: Subject,
    calibration: Calibration,
}

/// What the signals of a text are taken from.
struct Signalling<'a> {
    /// Number, label and vector of each example.
    examples: &'a [(usize, usize, &'a [f32])],
    /// Number of examples of each label.
    counts: &'a [usize],
    /// See [`Signals::dense`].
    dense: f32,
    regression: &'a Regression,
    subject: &'a Subject,
}

/// The signals of a text, and what they are signals of.
struct Found {
    signals: Signals,
    /// The labels that have examples, most probable first; there is one at least.
    order: Vec<usize>,
    /// The softmax probability of each label.
    shares: Vec<f32>,
    /// Number of the nearest example of each label.
    nearest: Vec<usize>,
}

impl Classifier {
    /// Trains a classifier; deterministic for the same examples. `others` are the vectors of [`elsewhere`], in its order; none
    /// if foreign messages need not be told well. A few hundred examples take some tenths of a second, ten thousand examples
    /// of a hundred labels about a minute.
    pub fn train(examples: Vec<Example<'_>>, others: &[Vec<f32>]) -> Classifier {
        let labels = examples.iter().map(|example| example.label + 1).max().unwrap_or_default();
        let grams = Ngrams::of(examples.iter().map(|example| example.text));
        let features: Vec<(Features, usize)> = examples
            .iter()
            .map(|example| (features(&grams, example.text, &example.vector), example.label))
            .collect();
        let dimensions = examples.iter().map(|example| example.vector.len()).max().unwrap_or_default();
        let known: Vec<&(Features, usize)> = features.iter().collect();
        let regression = Regression::train(&known, dimensions, grams.len(), labels, Precision::FULL);
        let mut counts = vec![0; labels];
        for example in &examples {
            if let Some(count) = counts.get_mut(example.label) {
                *count += 1;
            }
        }
        let examples: Vec<_> = examples.into_iter().map(|example| (example.label, example.vector)).collect();
        let dense = density(&examples);
        let others: Vec<Features> = elsewhere()
            .zip(others)
            .filter(|(_, vector)| is_beside(vector, &examples))
            .map(|(text, vector)| self::features(&grams, text, vector))
            .collect();
        let vectors: Vec<&[f32]> = examples.iter().map(|(_, vector)| vector.as_slice()).collect();
        let subject = Subject::of(&vectors, &others.iter().collect::<Vec<_>>());
        let calibration = folds::calibrated(&folds::Set {
            examples: &features,
            others: &others,
            dimensions,
            grams: grams.len(),
            labels,
            dense,
        });
        Classifier { examples, counts, dense, grams, regression, subject, calibration }
    }

    /// The labels that have examples, most probable first. Empty if there are no examples or `vector` is all zero.
    pub fn classify(&self, text: &str, vector: &[f32]) -> Vec<Candidate> {
        if vector.iter().all(|x| *x == 0.0) {
            return Vec::new();
        }
        let examples: Vec<(usize, usize, &[f32])> = self
            .examples
            .iter()
            .enumerate()
            .map(|(at, (label, vector))| (at, *label, vector.as_slice()))
            .collect();
        let Classifier { counts, dense, regression, subject, .. } = self;
        let of = Signalling { examples: &examples, counts, dense: *dense, regression, subject };
        let Some(Found { signals, order, shares, nearest }) =
            of.signals(&features(&self.grams, text, vector))
        else {
            return Vec::new();
        };
        let confidence = self.calibration.confidence(&signals);
        // The remaining probability is split between the other labels and "none of them".
        let confidence_of = |at: usize, label: usize| {
            let rest = (1.0 - confidence).min(confidence * shares[label] / signals.share.max(f32::EPSILON));
            if at == 0 { confidence } else { rest * shares[label] / (1.0 - signals.share).max(f32::EPSILON) }
        };
        let candidate = |(at, label): (usize, &usize)| Candidate {
            label: *label,
            confidence: confidence_of(at, *label),
            nearest: nearest[*label],
        };
        order.iter().enumerate().map(candidate).collect()
    }
}

impl Signalling<'_> {
    /// The signals of a text; `None` if there are no examples.
    fn signals(&self, features: &Features) -> Option<Found> {
        let labels = self.counts.len();
        let mut nearest = vec![(-1.0_f32, 0_usize); labels];
        for (number, label, example) in self.examples {
            let nearness = dot(&features.meaning, example);
            if let Some(best) = nearest.get_mut(*label)
                && nearness > best.0
            {
                *best = (nearness, *number);
            }
        }
        let mut logits = self.regression.logits(features);
        let mut order: Vec<usize> = (0..labels).filter(|label| self.counts[*label] > 0).collect();
        let mean = order.iter().map(|label| logits[*label]).sum::<f32>() / order.len() as f32;
        // A label without examples takes no part.
        for (logit, count) in logits.iter_mut().zip(self.counts) {
            *logit = if *count == 0 { f32::NEG_INFINITY } else { *logit };
        }
        let shares = softmax(&logits);
        order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]));
        let first = order.first().copied()?;
        let (near, _) = nearest[first];
        let others = order.iter().skip(1).map(|label| nearest[*label].0).fold(-1.0, f32::max);
        let signals = Signals {
            share: shares[first],
            logit: logits[first] - mean,
            near,
            ahead: near - others,
            dense: self.dense,
            inside: self.subject.odds(&features.meaning),
            labels: order.len(),
        };
        Some(Found {
            signals,
            order,
            shares,
            nearest: nearest.into_iter().map(|(_, number)| number).collect(),
        })
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
        others.map(|(_, (_, other))| dot(vector, other)).max_by(f32::total_cmp)
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

#[cfg(test)]
mod tests;
