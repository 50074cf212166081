//! Reading `data/encoder.bin`, and `data/titles.bin`, which begins alike and has the steps and vectors of titles only.
//!
//! All numbers are little-endian and nothing is aligned. After the mark `TOLMACH1` and the number of pieces (u32) come: the
//! length of each piece's spelling (u8), the spellings, the pieces' scores (f32), the steps of their vectors (f32), and the
//! vectors, four bits a value with 8 for zero, the first of two values in the low bits. The network follows layer by layer
//! (`Encoder::read` is the order): a layer is a step (f32) for each output and then its weights (i8), the inputs of an output side
//! by side.

use crate::layers::Layer;

const MARK: &[u8] = b"TOLMACH1";

/// What is left of the file.
pub(crate) struct Reader(&'static [u8]);

impl Reader {
    /// A reader behind the mark; `None` when it is another file.
    pub fn new(data: &'static [u8]) -> Option<Reader> {
        data.strip_prefix(MARK).map(Reader)
    }

    /// The next bytes.
    pub fn bytes(&mut self, count: usize) -> Option<&'static [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    /// The next whole number.
    pub fn count(&mut self) -> Option<usize> {
        let bytes = self.bytes(4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    }

    /// The next fractions.
    pub fn floats(&mut self, count: usize) -> Option<Vec<f32>> {
        let (fours, _) = self.bytes(count.checked_mul(4)?)?.as_chunks();
        Some(fours.iter().map(|four| f32::from_le_bytes(*four)).collect())
    }

    /// The next layer, without a bias.
    pub fn layer(&mut self, inputs: usize, outputs: usize) -> Option<Layer> {
        let steps = self.floats(outputs)?;
        let weights = self.bytes(inputs.checked_mul(outputs)?)?;
        Some(Layer::new(inputs, pulp::bytemuck::cast_slice(weights), steps))
    }

    /// The next layer with its bias.
    pub fn biased(&mut self, inputs: usize, outputs: usize) -> Option<Layer> {
        let layer = self.layer(inputs, outputs)?;
        Some(layer.with_bias(self.floats(outputs)?))
    }

    /// Whether everything was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
