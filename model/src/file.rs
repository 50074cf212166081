//! Reader of `data/encoder.bin` and `data/titles.bin`.
//!
//! All numbers are little-endian and unaligned. `encoder.bin` holds, in this order:
//! - the magic bytes `TOLMACH1` and the number of pieces (u32);
//! - the byte length of each piece's spelling (u8), then the spellings, then the pieces' scores (f32);
//! - the quantisation step of each piece's vector (f32), then the vectors: 4 bits per value with an offset of 8, the
//!   first of two values in the low bits;
//! - the network, layer by layer, in the order of `Encoder::read`. A layer has a quantisation step (f32) per output,
//!   its weights (i8, all inputs of one output together) and, for some layers, a bias (f32) per output.
//!
//! `titles.bin` holds the magic bytes, the number of pieces, and the steps and vectors of the pieces.

use crate::layers::Layer;

const MARK: &[u8] = b"TOLMACH1";

/// Cursor over the unread rest of the file. All methods return `None` at the end of the data.
pub(crate) struct Reader(&'static [u8]);

impl Reader {
    /// A reader positioned after the magic bytes; `None` if they are missing.
    pub fn new(data: &'static [u8]) -> Option<Reader> {
        data.strip_prefix(MARK).map(Reader)
    }

    /// The next bytes.
    pub fn bytes(&mut self, count: usize) -> Option<&'static [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    /// The next u32.
    pub fn count(&mut self) -> Option<usize> {
        let bytes = self.bytes(4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    }

    /// The next `count` f32 values.
    pub fn floats(&mut self, count: usize) -> Option<Vec<f32>> {
        let (fours, _) = self.bytes(count.checked_mul(4)?)?.as_chunks();
        Some(fours.iter().map(|four| f32::from_le_bytes(*four)).collect())
    }

    /// The next layer of this shape, without a bias.
    pub fn layer(&mut self, inputs: usize, outputs: usize) -> Option<Layer> {
        let steps = self.floats(outputs)?;
        let weights = self.bytes(inputs.checked_mul(outputs)?)?;
        Some(Layer::new(inputs, pulp::bytemuck::cast_slice(weights), steps))
    }

    /// The next layer of this shape, with a bias.
    pub fn biased(&mut self, inputs: usize, outputs: usize) -> Option<Layer> {
        let layer = self.layer(inputs, outputs)?;
        Some(layer.with_bias(self.floats(outputs)?))
    }

    /// Whether all data was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
