//! Layers of the network. Matrix products use integer arithmetic: integer sums do not depend on the order, so every CPU
//! can use its widest SIMD registers and get the same result.

use pulp::NullaryFnOnce;
#[cfg(target_arch = "x86_64")]
use pulp::x86::V3;

/// Inputs are quantised to this many steps on either side of zero. With 8-bit weights and 1,280 inputs a sum stays
/// below a sixth of the range of `i32`.
const STEPS: f32 = 2047.0;
/// Rows processed together, so that each weight is loaded once for all of them.
const TILE: usize = 4;

/// Values quantised to `i16` with one common step.
pub(crate) struct Quantised {
    /// The value of one step: the largest magnitude divided by [`STEPS`].
    step: f32,
    pub values: Vec<i16>,
}

impl Quantised {
    pub fn new(values: &[f32]) -> Quantised {
        let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let inverse = if largest > 0.0 { STEPS / largest } else { 0.0 };
        // Rounds half away from zero by hand: `f32::round` is a function call on CPUs without an instruction for it.
        let round = |value: &f32| (value * inverse + 0.5_f32.copysign(*value)) as i16;
        Quantised { step: largest / STEPS, values: values.iter().map(round).collect() }
    }

    /// The same step with other values, such as a rearrangement.
    pub fn rearranged(&self, values: Vec<i16>) -> Quantised {
        Quantised { step: self.step, values }
    }
}

/// A linear layer with 8-bit weights.
pub(crate) struct Layer {
    inputs: usize,
    /// Row-major: all inputs of one output together.
    weights: &'static [i8],
    /// Quantisation step of each output's weights.
    steps: Vec<f32>,
    bias: Vec<f32>,
}

impl Layer {
    pub fn new(inputs: usize, weights: &'static [i8], steps: Vec<f32>) -> Layer {
        let bias = vec![0.0; steps.len()];
        Layer { inputs, weights, steps, bias }
    }

    pub fn with_bias(self, bias: Vec<f32>) -> Layer {
        Layer { bias, ..self }
    }

    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// The outputs for each row of inputs, row by row.
    pub fn run(&self, inputs: &Quantised) -> Vec<f32> {
        let rows = inputs.values.len() / self.inputs;
        let mut outputs = vec![0.0; rows * self.steps.len()];
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = V3::try_new() {
            simd.vectorize(Product { layer: self, inputs, outputs: &mut outputs, by: simd });
            return outputs;
        }
        Product { layer: self, inputs, outputs: &mut outputs, by: Plain }.call();
        outputs
    }
}

/// A matrix product, compiled for each instruction set.
struct Product<'a, D> {
    by: D,
    layer: &'a Layer,
    inputs: &'a Quantised,
    outputs: &'a mut [f32],
}

impl<D: Dots> NullaryFnOnce for Product<'_, D> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Product { by, layer, inputs: Quantised { step, values }, outputs } = self;
        let width = layer.steps.len();
        let rows: Vec<&[i16]> = values.chunks_exact(layer.inputs).collect();
        let by_output = layer.weights.chunks_exact(layer.inputs).zip(&layer.steps).zip(&layer.bias);
        for (output, ((weights, of_output), bias)) in by_output.enumerate() {
            let mut put = |row: usize, sums: &[i32]| {
                let places = outputs.iter_mut().skip(row * width + output).step_by(width);
                places.zip(sums).for_each(|(place, sum)| *place = *sum as f32 * (step * of_output) + bias);
            };
            let (tiles, rest) = rows.as_chunks::<TILE>();
            for (tile, rows) in tiles.iter().enumerate() {
                put(tile * TILE, &by.dots(weights, rows));
            }
            let at = tiles.len() * TILE;
            match *rest {
                [a] => put(at, &by.dots(weights, &[a])),
                [a, b] => put(at, &by.dots(weights, &[a, b])),
                [a, b, c] => put(at, &by.dots(weights, &[a, b, c])),
                _ => {}
            }
        }
    }
}

/// Dot products of one row of weights with `N` rows of inputs.
trait Dots: Copy {
    fn dots<const N: usize>(self, weights: &[i8], rows: &[&[i16]; N]) -> [i32; N];
}

/// Portable implementation. The compiler turns a loop as simple as this into multiply-add instructions where the CPU
/// has them.
#[derive(Clone, Copy)]
struct Plain;

impl Dots for Plain {
    #[inline(always)]
    fn dots<const N: usize>(self, weights: &[i8], rows: &[&[i16]; N]) -> [i32; N] {
        rows.map(|row| weights.iter().zip(row).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum())
    }
}

#[cfg(target_arch = "x86_64")]
impl Dots for V3 {
    #[inline(always)]
    fn dots<const N: usize>(self, weights: &[i8], rows: &[&[i16]; N]) -> [i32; N] {
        let mut sums = [self.avx._mm256_setzero_si256(); N];
        let (weights, rest) = weights.as_chunks::<16>();
        let count = weights.len();
        let rows = rows.map(|row| row.as_chunks::<16>()).map(|(row, rest)| (&row[..count], rest));
        for at in 0..count {
            let weights = &weights[at];
            let weights = self.avx2._mm256_cvtepi8_epi16(pulp::cast(*weights));
            for (sum, (row, _)) in sums.iter_mut().zip(&rows) {
                let product = self.avx2._mm256_madd_epi16(weights, pulp::cast(row[at]));
                *sum = self.avx2._mm256_add_epi32(*sum, product);
            }
        }
        let lanes: [[i32; 8]; N] = sums.map(pulp::cast);
        std::array::from_fn(|n| lanes[n].iter().sum::<i32>() + Plain.dots(rest, &[rows[n].1])[0])
    }
}

/// Layer normalisation: scales each row to mean 0 and variance 1, then applies the learned gain and bias.
pub(crate) struct Norm {
    pub gain: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Norm {
    pub fn run(&self, rows: &mut [f32]) {
        const SMALLEST: f32 = 1e-12;
        let width = self.gain.len();
        for row in rows.chunks_exact_mut(width) {
            let mean = row.iter().sum::<f32>() / width as f32;
            let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / width as f32;
            let scale = 1.0 / (variance + SMALLEST).sqrt();
            for ((x, gain), bias) in row.iter_mut().zip(&self.gain).zip(&self.bias) {
                *x = (*x - mean) * scale * gain + bias;
            }
        }
    }
}

/// ReLU.
pub(crate) fn relu(values: &mut [f32]) {
    values.iter_mut().for_each(|value| *value = value.max(0.0));
}
