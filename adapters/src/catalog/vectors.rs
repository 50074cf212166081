//! Vectors in a flat file, compared one by one: exact, and fast enough for a price list.
//!
//! Not an approximate index: at a hundred thousand rows a scan still takes milliseconds.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Error, Read, Result, Write},
    path::Path,
};

/// One vector a row, in the order of the rows.
pub(super) struct Vectors {
    dimensions: usize,
    values: Vec<f32>,
}

impl Vectors {
    /// No rows yet.
    pub fn new(dimensions: usize) -> Vectors {
        Vectors { dimensions, values: Vec::new() }
    }

    /// Adds the next row's vector; `false` when its length is another.
    pub fn push(&mut self, vector: &[f32]) -> bool {
        self.values.extend_from_slice(vector);
        vector.len() == self.dimensions
    }

    /// Length of each vector.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.values.len() / self.dimensions.max(1)
    }

    /// The vector of a row.
    pub fn get(&self, row: usize) -> Option<&[f32]> {
        self.values.get(row * self.dimensions..(row + 1) * self.dimensions)
    }

    /// The dot product with every row.
    pub fn compare<'a>(&'a self, vector: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        self.values.chunks_exact(self.dimensions).map(move |row| dot(row, vector))
    }

    /// Writes the length of a vector, then all values, little-endian.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(&u32::try_from(self.dimensions).map_err(Error::other)?.to_le_bytes())?;
        for value in &self.values {
            file.write_all(&value.to_le_bytes())?;
        }
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    }

    /// Reads what was written; an error when there is not one vector a row.
    pub fn read(path: &Path, rows: usize) -> Result<Vectors> {
        let mut file = BufReader::new(File::open(path)?);
        let mut four = [0; 4];
        file.read_exact(&mut four)?;
        let dimensions = u32::from_le_bytes(four) as usize;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        if dimensions == 0
            || Some(bytes.len()) != dimensions.checked_mul(4).and_then(|one| one.checked_mul(rows))
        {
            return Err(Error::other(format!("not {rows} vectors of {dimensions}")));
        }
        let values = bytes
            .chunks_exact(4)
            .map(|four| f32::from_le_bytes(four.try_into().unwrap_or_default()))
            .collect();
        Ok(Vectors { dimensions, values })
    }
}

/// Eight sums side by side, so that the compiler can use wide registers; a single one must add in order.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a_wide, b_wide) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a_wide.remainder().iter().zip(b_wide.remainder()).map(|(x, y)| x * y).sum();
    let mut sums = [0.0_f32; 8];
    for (x, y) in a_wide.zip(b_wide) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}
