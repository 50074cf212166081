//! Minimisation by L-BFGS (Nocedal and Wright, Numerical Optimization, 7.4 and 7.5).

use std::collections::VecDeque;

/// Steps kept for the approximation of the curvature.
const REMEMBERED: usize = 8;

/// When a search ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Precision {
    /// Maximum number of iterations.
    most_steps: usize,
    /// The search ends when the gradient's norm has fallen to this share of its initial value.
    flat: f64,
}

impl Precision {
    /// For a model that classifies.
    pub const FULL: Precision = Precision { most_steps: 80, flat: 1e-3 };
    /// For a model that only says how such models err.
    pub const ROUGH: Precision = Precision { most_steps: 20, flat: 2e-2 };
}

/// The weights that minimise a convex `loss`, which returns its value at the weights and writes its gradient to the slice;
/// `weights` is where the search starts.
pub(super) fn minimised(
    mut weights: Vec<f32>,
    precision: Precision,
    loss_at: impl Fn(&[f32], &mut [f32]) -> f64,
) -> Vec<f32> {
    let mut slope = vec![0.0; weights.len()];
    let mut loss = loss_at(&weights, &mut slope);
    let steep = length(&slope);
    let mut memory: VecDeque<Step> = VecDeque::new();
    for _ in 0..precision.most_steps {
        let direction = downhill(&slope, &memory);
        let fall = product(&slope, &direction);
        let mut stride = if memory.is_empty() { (1.0 / length(&slope)).min(1.0) as f32 } else { 1.0 };
        let mut next_slope = vec![0.0; slope.len()];
        let found = (0..20).find_map(|_| {
            let next: Vec<f32> =
                weights.iter().zip(&direction).map(|(weight, way)| weight + stride * way).collect();
            let next_loss = loss_at(&next, &mut next_slope);
            // A step that does not lower the loss enough is halved (Armijo condition).
            if next_loss <= loss + 1e-4 * f64::from(stride) * fall {
                return Some((next, next_loss));
            }
            stride *= 0.5;
            None
        });
        let Some((next, next_loss)) = found else { break };
        let moved: Vec<f32> = next.iter().zip(&weights).map(|(new, old)| new - old).collect();
        let bent: Vec<f32> = next_slope.iter().zip(&slope).map(|(new, old)| new - old).collect();
        let curvature = product(&moved, &bent);
        if curvature > 0.0 {
            memory.push_back(Step { moved, bent, curvature });
            if memory.len() > REMEMBERED {
                memory.pop_front();
            }
        }
        (weights, loss, slope) = (next, next_loss, next_slope);
        if length(&slope) < precision.flat * steep {
            break;
        }
    }
    weights
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
pub(super) fn add(to: &mut [f32], factor: f64, what: &[f32]) {
    let factor = factor as f32;
    to.iter_mut().zip(what).for_each(|(to, what)| *to += factor * what);
}

/// A dot product in f64, because it adds up to a hundred thousand small products; in eight partial sums, of which none waits
/// for another.
pub(super) fn product(a: &[f32], b: &[f32]) -> f64 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0_f64; 8];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += f64::from(*a) * f64::from(*b);
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    sums.iter().sum::<f64>() + rest
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
