//! Multinomial logistic regression with an L2 penalty, solved by L-BFGS (Nocedal and Wright, Numerical Optimization,
//! 7.4 and 7.5). The problem is convex, so the result does not depend on the starting point.

use std::collections::VecDeque;

use pulp::{Arch, NullaryFnOnce};

/// Weight of the classification loss relative to the L2 penalty (`C` in scikit-learn).
const ERRORS: f32 = 10.0;
/// Maximum number of iterations.
const MOST_STEPS: usize = 80;
/// Steps kept for the approximation of the curvature.
const REMEMBERED: usize = 8;
/// The search stops when the gradient's norm has fallen to this share of its initial value.
const FLAT: f64 = 1e-3;

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
        examples: &[(Features, usize)],
        dimensions: usize,
        grams: usize,
        labels: usize,
    ) -> Regression {
        let weights = vec![0.0; (dimensions + grams + 1) * labels];
        let mut regression = Regression { labels, dimensions, weights };
        if labels > 1 {
            regression.descend(examples);
        }
        regression
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

    /// Minimises the loss by L-BFGS with a backtracking line search.
    fn descend(&mut self, examples: &[(Features, usize)]) {
        let mut slope = vec![0.0; self.weights.len()];
        let mut loss = self.loss(&self.weights, examples, &mut slope);
        let steep = length(&slope);
        let mut memory: VecDeque<Step> = VecDeque::new();
        for _ in 0..MOST_STEPS {
            let direction = downhill(&slope, &memory);
            let fall = product(&slope, &direction);
            let mut stride = if memory.is_empty() { (1.0 / length(&slope)).min(1.0) as f32 } else { 1.0 };
            let mut next_slope = vec![0.0; slope.len()];
            let found = (0..20).find_map(|_| {
                let next: Vec<f32> =
                    self.weights.iter().zip(&direction).map(|(weight, way)| weight + stride * way).collect();
                let next_loss = self.loss(&next, examples, &mut next_slope);
                // A step that does not lower the loss enough is halved (Armijo condition).
                if next_loss <= loss + 1e-4 * f64::from(stride) * fall {
                    return Some((next, next_loss));
                }
                stride *= 0.5;
                None
            });
            let Some((next, next_loss)) = found else { break };
            let moved: Vec<f32> = next.iter().zip(&self.weights).map(|(new, old)| new - old).collect();
            let bent: Vec<f32> = next_slope.iter().zip(&slope).map(|(new, old)| new - old).collect();
            let curvature = product(&moved, &bent);
            if curvature > 0.0 {
                memory.push_back(Step { moved, bent, curvature });
                if memory.len() > REMEMBERED {
                    memory.pop_front();
                }
            }
            (self.weights, loss, slope) = (next, next_loss, next_slope);
            if length(&slope) < FLAT * steep {
                break;
            }
        }
    }

    /// Returns the loss and writes its gradient to `slope`.
    fn loss(&self, weights: &[f32], examples: &[(Features, usize)], slope: &mut [f32]) -> f64 {
        Arch::new().dispatch(Loss { regression: self, weights, examples, slope })
    }
}

/// One pass over the examples, compiled for each instruction set. The order of sums is fixed, so all give the same
/// result.
struct Loss<'a> {
    regression: &'a Regression,
    weights: &'a [f32],
    examples: &'a [(Features, usize)],
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

/// A past step: the change of the weights, the change of the gradient, and their dot product.
struct Step {
    moved: Vec<f32>,
    bent: Vec<f32>,
    curvature: f64,
}

/// The L-BFGS search direction (two-loop recursion).
fn downhill(slope: &[f32], memory: &VecDeque<Step>) -> Vec<f32> {
    let mut way: Vec<f32> = slope.iter().map(|x| -x).collect();
    let mut shares = Vec::with_capacity(memory.len());
    for step in memory.iter().rev() {
        let share = product(&step.moved, &way) / step.curvature;
        add(&mut way, -share, &step.bent);
        shares.push(share);
    }
    if let Some(last) = memory.back() {
        let scale = (last.curvature / product(&last.bent, &last.bent)) as f32;
        way.iter_mut().for_each(|x| *x *= scale);
    }
    for (step, share) in memory.iter().zip(shares.into_iter().rev()) {
        let back = product(&step.bent, &way) / step.curvature;
        add(&mut way, share - back, &step.moved);
    }
    way
}

/// Adds `factor * what` to `to`.
fn add(to: &mut [f32], factor: f64, what: &[f32]) {
    let factor = factor as f32;
    to.iter_mut().zip(what).for_each(|(to, what)| *to += factor * what);
}

/// A dot product in f64, because it adds up to a hundred thousand small products.
fn product(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// Euclidean norm.
fn length(a: &[f32]) -> f64 {
    product(a, a).sqrt()
}

/// A dot product in eight partial sums, which SIMD registers add in parallel.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}
