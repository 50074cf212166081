//! Multinomial logistic regression with an L2 penalty.

use pulp::{Arch, NullaryFnOnce};

use super::descent::{Precision, minimised, product};

/// Weight of the classification loss relative to the L2 penalty (`C` in scikit-learn).
const ERRORS: f32 = 10.0;
/// The features of a text.
pub(super) struct Features {
    /// The text's embedding.
    pub meaning: Vec<f32>,
    /// Index and weight of each n-gram.
    pub spelling: Vec<(u32, f32)>,
}

/// A trained model: a weight of each feature for each label.
pub(super) struct Regression {
    labels: usize,
    /// Dimensions of the embedding.
    dimensions: usize,
    /// Row-major, one value per label in each row: a row per dimension of the embedding, one per n-gram, and the
    /// intercepts last.
    weights: Vec<f32>,
}

impl Regression {
    /// Fits the weights to examples and their labels. With fewer than two labels all weights stay zero.
    pub fn train(
        examples: &[&(Features, usize)],
        dimensions: usize,
        grams: usize,
        labels: usize,
        precision: Precision,
    ) -> Regression {
        let mut weights = vec![0.0; (dimensions + grams + 1) * labels];
        let regression = Regression { labels, dimensions, weights: Vec::new() };
        if labels > 1 {
            weights =
                minimised(weights, precision, |weights, slope| regression.loss(weights, examples, slope));
        }
        Regression { weights, ..regression }
    }

    /// The logit of each label.
    pub fn logits(&self, features: &Features) -> Vec<f32> {
        let mut logits = vec![0.0; self.labels];
        self.add_up(&self.weights, features, &mut logits);
        logits
    }

    /// The features as row index and value, without the intercept.
    #[inline(always)]
    fn rows<'a>(&self, features: &'a Features) -> impl Iterator<Item = (usize, f32)> + use<'a> {
        let dimensions = self.dimensions;
        let spelling =
            features.spelling.iter().map(move |(gram, value)| (dimensions + *gram as usize, *value));
        features.meaning.iter().copied().enumerate().chain(spelling)
    }

    /// Computes the logits of a text.
    #[inline(always)]
    fn add_up(&self, weights: &[f32], features: &Features, logits: &mut [f32]) {
        let count = weights.len() / self.labels.max(1);
        logits.copy_from_slice(&weights[(count - 1) * self.labels..]);
        for (row, value) in self.rows(features) {
            let weights = &weights[row * self.labels..(row + 1) * self.labels];
            logits.iter_mut().zip(weights).for_each(|(logit, weight)| *logit += value * weight);
        }
    }

    /// Returns the loss and writes its gradient to `slope`.
    fn loss(&self, weights: &[f32], examples: &[&(Features, usize)], slope: &mut [f32]) -> f64 {
        Arch::new().dispatch(Loss { regression: self, weights, examples, slope })
    }
}

/// One pass over the examples, compiled for each instruction set. The order of sums is fixed, so all give the same
/// result.
struct Loss<'a> {
    regression: &'a Regression,
    weights: &'a [f32],
    examples: &'a [&'a (Features, usize)],
    slope: &'a mut [f32],
}

impl NullaryFnOnce for Loss<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let Loss { regression, weights, examples, slope } = self;
        let labels = regression.labels;
        let penalised = weights.len() - labels;
        slope.copy_from_slice(weights);
        slope[penalised..].fill(0.0);
        let mut loss = 0.5 * product(&weights[..penalised], &weights[..penalised]);
        let mut logits = vec![0.0; labels];
        for (features, label) in examples {
            regression.add_up(weights, features, &mut logits);
            let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let right = logits[*label] - largest;
            let mut sum = 0.0;
            for logit in &mut logits {
                *logit = (*logit - largest).exp();
                sum += *logit;
            }
            loss += f64::from(ERRORS * (sum.ln() - right));
            logits.iter_mut().for_each(|share| *share *= ERRORS / sum);
            logits[*label] -= ERRORS;
            for (row, value) in regression.rows(features) {
                let slope = &mut slope[row * labels..(row + 1) * labels];
                slope.iter_mut().zip(&logits).for_each(|(slope, error)| *slope += value * error);
            }
            let slope = &mut slope[penalised..];
            slope.iter_mut().zip(&logits).for_each(|(slope, error)| *slope += error);
        }
        loss
    }
}
