//! Vectors in a flat file, compared one by one: every row is looked at, and fast enough for a price list.
//!
//! Not an approximate index: at two hundred thousand rows a scan still takes milliseconds. A value is kept in a byte, scaled a
//! row: a quarter of the memory to read, and nearness is off by less than a hundredth.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Error, Read, Result, Write},
    path::Path,
};

/// The largest value of a byte that has a negative twin.
const LARGEST: f32 = 127.0;

/// One vector a row, in the order of the rows.
pub(super) struct Vectors {
    dimensions: usize,
    /// What one step of each row's values is worth.
    steps: Vec<f32>,
    values: Vec<i8>,
}

impl Vectors {
    /// No rows yet.
    pub fn new(dimensions: usize) -> Vectors {
        Vectors { dimensions, steps: Vec::new(), values: Vec::new() }
    }

    /// Adds the next row's vector; `false` when its length is another.
    pub fn push(&mut self, vector: &[f32]) -> bool {
        let (step, values) = quantised(vector);
        self.steps.push(step);
        self.values.extend(values);
        vector.len() == self.dimensions
    }

    /// Length of each vector.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.steps.len()
    }

    /// The vector of a row, as near to what was added as a byte a value allows. Added again it stays what it is.
    pub fn get(&self, row: usize) -> Option<Vec<f32>> {
        let step = self.steps.get(row)?;
        let values = self.values.get(row * self.dimensions..(row + 1) * self.dimensions)?;
        Some(values.iter().map(|value| f32::from(*value) * step).collect())
    }

    /// The dot product with every row.
    pub fn compare(&self, vector: &[f32]) -> impl Iterator<Item = f32> {
        let (step, wanted) = quantised(vector);
        let wanted: Vec<i16> = wanted.into_iter().map(i16::from).collect();
        let mut widened = vec![0_i16; self.dimensions];
        let rows = self.values.chunks_exact(self.dimensions.max(1)).zip(&self.steps);
        rows.map(move |(row, of_row)| {
            // Processors multiply pairs of sixteen bits at once, of eight they do not; widening first is worth its store.
            widened.iter_mut().zip(row).for_each(|(wide, value)| *wide = i16::from(*value));
            dot(&widened, &wanted) as f32 * step * of_row
        })
    }

    /// Writes the length of a vector, the steps, then all values; numbers little-endian.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(&u32::try_from(self.dimensions).map_err(Error::other)?.to_le_bytes())?;
        for step in &self.steps {
            file.write_all(&step.to_le_bytes())?;
        }
        for value in &self.values {
            file.write_all(&value.to_le_bytes())?;
        }
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    }

    /// Reads what was written; an error when there is not one vector a row.
    pub fn read(path: &Path, rows: usize) -> Result<Vectors> {
        let mut file = BufReader::new(File::open(path)?);
        let mut four = [0; 4];
        let mut number = || file.read_exact(&mut four).map(|()| four);
        let dimensions = u32::from_le_bytes(number()?) as usize;
        let steps = (0..rows).map(|_| Ok(f32::from_le_bytes(number()?))).collect::<Result<Vec<f32>>>()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        if dimensions == 0 || Some(bytes.len()) != dimensions.checked_mul(rows) {
            return Err(Error::other(format!("not {rows} vectors of {dimensions}")));
        }
        Ok(Vectors { dimensions, steps, values: bytes.into_iter().map(u8::cast_signed).collect() })
    }
}

/// A vector in steps of its largest value's 127th part.
fn quantised(vector: &[f32]) -> (f32, Vec<i8>) {
    let largest = vector.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let step = largest / LARGEST;
    let in_steps = |value: &f32| if step > 0.0 { (value / step).round() as i8 } else { 0 };
    (step, vector.iter().map(in_steps).collect())
}

/// A product of two bytes fits into sixteen bits, and their sum over a hundred thousand dimensions into thirty-two. Whole
/// numbers may be added in any order, so the compiler uses wide registers by itself.
fn dot(a: &[i16], b: &[i16]) -> i32 {
    a.iter().zip(b).map(|(x, y)| i32::from(*x) * i32::from(*y)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_a_value_says_how_near_two_texts_are() {
        let embedder = crate::embedder::HashEmbedder;
        let texts = ["перфоратор SDS-Plus", "перфоратор SDS-Max 1500 Вт", "насос погружной", ""];
        let exact: Vec<Vec<f32>> = texts.iter().map(|text| embedder.vector(text)).collect();
        let mut vectors = Vectors::new(512);
        assert!(exact.iter().all(|vector| vectors.push(vector)));
        let query = embedder.vector("перфораторы");
        for (found, exact) in vectors.compare(&query).zip(&exact) {
            let wanted: f32 = query.iter().zip(exact).map(|(x, y)| x * y).sum();
            assert!((found - wanted).abs() < 0.01, "{found} for {wanted}");
        }
        // A vector that is taken over from an earlier generation is not worn.
        let kept = vectors.get(0).unwrap();
        let mut again = Vectors::new(512);
        again.push(&kept);
        assert_eq!(again.get(0).unwrap(), kept);
    }

    #[test]
    fn a_file_of_another_size_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vectors");
        let mut vectors = Vectors::new(2);
        vectors.push(&[0.6, -0.8]);
        vectors.write(&path).unwrap();
        let read = Vectors::read(&path, 1).unwrap().get(0).unwrap();
        assert!((read[0] - 0.6).abs() < 0.01 && (read[1] + 0.8).abs() < 0.01, "{read:?}");
        assert!(Vectors::read(&path, 2).is_err());
        std::fs::write(&path, [1, 0]).unwrap();
        assert!(Vectors::read(&path, 1).is_err());
    }
}
