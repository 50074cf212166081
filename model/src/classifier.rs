//! Labelled examples to a classifier that says how sure it is.
//!
//! A regularised multinomial regression over an example's vector (its meaning) and its runs of characters (its spelling), which
//! beats either alone, and nearness to single examples, which beats it where there are few. What the two say together is turned
//! into a probability by weights that were fitted on hundreds of made-up sets of intents with foreign messages among them
//! (`confidence`), so that a threshold means what it says and a message that is none of the labels is refused.

mod confidence;
mod grams;
mod regression;

use confidence::Signs;
use grams::Grams;
use regression::{Features, Regression};

/// How much spelling counts beside meaning.
const SPELLING: f32 = 0.2;

/// An example of a label.
#[derive(Clone, Debug)]
pub struct Example<'a> {
    /// Number of the label.
    pub label: usize,
    /// What a client wrote.
    pub text: &'a str,
    /// The text's vector, of length 1; all texts of a classifier have vectors of one embedder.
    pub vector: Vec<f32>,
}

/// What a text may mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Number of the label.
    pub label: usize,
    /// The probability, 0 to 1, that this is what the text means. Those of all labels add up to less than 1: the rest is that
    /// the text means none of them.
    pub confidence: f32,
    /// Number of the label's example that is nearest to the text.
    pub nearest: usize,
}

/// A classifier, trained.
pub struct Classifier {
    labels: usize,
    /// Label and vector of each example.
    examples: Vec<(usize, Vec<f32>)>,
    /// Examples of each label.
    counts: Vec<usize>,
    /// See [`Signs::dense`].
    dense: f32,
    grams: Grams,
    regression: Regression,
}

impl Classifier {
    /// Learns from examples. The same examples give the same classifier. A few hundred take some hundredths of a second, ten
    /// thousand of a hundred labels about a minute.
    pub fn train(examples: Vec<Example<'_>>) -> Classifier {
        let labels = examples.iter().map(|example| example.label + 1).max().unwrap_or_default();
        let grams = Grams::of(examples.iter().map(|example| example.text));
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

    /// What a text may mean, the likeliest first; empty when there are no examples or the text has nothing to go by.
    pub fn classify(&self, text: &str, vector: &[f32]) -> Vec<Verdict> {
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
        let confidence = confidence::of(&Signs {
            share: shares[first],
            logit: logits[first] - mean,
            near,
            ahead: near - others,
            dense: self.dense,
            labels: order.len(),
        });
        // What is not the likeliest label is split among the others and none of them.
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
            .map(|label| Verdict { label: *label, confidence: of(*label), nearest: nearest[*label].1 })
            .collect()
    }
}

/// How near an example is to the nearest other one of its label, on average over some hundred examples.
fn density(examples: &[(usize, Vec<f32>)]) -> f32 {
    const LOOKED_AT: usize = 300;
    /// A few examples that have nothing in common say little of how near others will be.
    const LEAST: f32 = 0.5;
    /// What is usual, where no label has two.
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

fn features(grams: &Grams, text: &str, vector: &[f32]) -> Features {
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
