//! Vectors in a flat file. A query is compared with the sketch of every row ([`super::sketch`]), then exactly with the
//! rows that may be similar. No index structure is needed at the size of a price list.
//!
//! Values are quantised to 8 bits with a scale per row: a quarter of the memory of f32, with an error of the dot
//! product below 0.01.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Error, Read, Result, Write},
    path::Path,
};

use pulp::{Arch, NullaryFnOnce};

use super::sketch::{self, Sketches};

/// Largest i8 whose negative is an i8 as well.
const LARGEST: f32 = 127.0;
/// Number of values to compare exactly per query. Sketches of fewer dimensions are less precise, so more rows are
/// compared.
const COMPARED: usize = 384 * 1024;
/// Minimum and maximum number of rows to compare exactly.
const ROWS: [usize; 2] = [1000, 2000];
/// With filters, the rows that pass are taken from this many times as many rows, nearest first by their sketches.
const FILTERED: usize = 32;

/// One vector per row, in row order.
pub(super) struct Vectors {
    dimensions: usize,
    /// Quantisation step of each row.
    steps: Vec<f32>,
    values: Vec<i8>,
    sketches: Sketches,
}

/// A query's vector, quantised, with the sketch distances.
pub(super) struct QueryVector {
    step: f32,
    values: Vec<i16>,
    /// Sketch distance of every row.
    distances: Vec<u16>,
}

impl Vectors {
    /// Creates an empty set of vectors of this length.
    pub fn new(dimensions: usize) -> Vectors {
        Vectors { dimensions, steps: Vec::new(), values: Vec::new(), sketches: Sketches::new(dimensions) }
    }

    /// Adds the next row's vector. Returns `false` if it has another length; the set must not be used then.
    pub fn push(&mut self, vector: &[f32]) -> bool {
        let (step, values) = quantised(vector);
        self.steps.push(step);
        self.sketches.push(&values);
        self.values.extend(values);
        vector.len() == self.dimensions
    }

    /// Length of each vector.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Number of rows added.
    pub fn rows(&self) -> usize {
        self.steps.len()
    }

    /// A row's vector as dequantised values. Adding it again yields the same quantised values.
    pub fn get(&self, row: usize) -> Option<Vec<f32>> {
        let step = self.steps.get(row)?;
        let values = self.values.get(row * self.dimensions..(row + 1) * self.dimensions)?;
        Some(values.iter().map(|value| f32::from(*value) * step).collect())
    }

    /// Prepares a query's vector: computes the sketch distances of all rows.
    pub fn ask(&self, vector: &[f32]) -> QueryVector {
        let (step, values) = quantised(vector);
        let distances = self.sketches.distances(&self.sketches.ask(&values));
        QueryVector { step, values: values.into_iter().map(i16::from).collect(), distances }
    }

    /// The rows that are probably most similar to a query, with their dot products, in row order.
    pub fn nearest(&self, asked: &QueryVector) -> Vec<(u32, f32)> {
        self.compared(asked, sketch::least(&asked.distances, self.count()))
    }

    /// Like [`Vectors::nearest`], restricted to rows that pass.
    pub fn nearest_passing(&self, asked: &QueryVector, passes: impl Fn(u32) -> bool) -> Vec<(u32, f32)> {
        let count = self.count();
        let mut rows = sketch::least(&asked.distances, count * FILTERED);
        rows.retain(|row| passes(*row));
        if count < rows.len() {
            rows.select_nth_unstable_by_key(count, |row| (asked.distances.get(*row as usize).copied(), *row));
            rows.truncate(count);
            rows.sort_unstable();
        }
        self.compared(asked, rows)
    }

    /// Number of rows to compare exactly with a query.
    fn count(&self) -> usize {
        let [fewest, most] = ROWS;
        (COMPARED / self.dimensions.max(1)).clamp(fewest, most)
    }

    fn compared(&self, asked: &QueryVector, rows: Vec<u32>) -> Vec<(u32, f32)> {
        let nearness = self.compare(asked, &rows);
        rows.into_iter().zip(nearness).collect()
    }

    /// Dot products of the query with these rows.
    pub fn compare(&self, asked: &QueryVector, rows: &[u32]) -> Vec<f32> {
        let mut nearness = vec![0.0; rows.len()];
        // Dispatches to a version compiled for CPUs with wide SIMD registers, which takes a third of the time.
        Arch::new().dispatch(Comparing { vectors: self, asked, rows, nearness: &mut nearness });
        nearness
    }

    /// Writes and syncs the file, little-endian: the vector length (u32), a quantisation step per row (f32), then all
    /// values (i8).
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

    /// Reads a file of exactly `rows` vectors; anything else is an error.
    pub fn read(path: &Path, rows: usize) -> Result<Vectors> {
        let file = File::open(path)?;
        let size = usize::try_from(file.metadata()?.len()).map_err(Error::other)?;
        let mut file = BufReader::new(file);
        let mut four = [0; 4];
        let mut number = || file.read_exact(&mut four).map(|()| four);
        let dimensions = u32::from_le_bytes(number()?) as usize;
        let steps = (0..rows).map(|_| Ok(f32::from_le_bytes(number()?))).collect::<Result<Vec<f32>>>()?;
        let mut bytes = Vec::with_capacity(dimensions.saturating_mul(rows).min(size));
        file.read_to_end(&mut bytes)?;
        if dimensions == 0 || Some(bytes.len()) != dimensions.checked_mul(rows) {
            return Err(Error::other(format!("not {rows} vectors of {dimensions}")));
        }
        let values: Vec<i8> = bytes.into_iter().map(u8::cast_signed).collect();
        let mut sketches = Sketches::new(dimensions);
        values.chunks_exact(dimensions).for_each(|row| sketches.push(row));
        Ok(Vectors { dimensions, steps, values, sketches })
    }
}

/// Computes dot products with some rows. A struct and not a closure, which would not be compiled for the detected CPU.
struct Comparing<'a> {
    vectors: &'a Vectors,
    asked: &'a QueryVector,
    rows: &'a [u32],
    nearness: &'a mut [f32],
}

impl NullaryFnOnce for Comparing<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Vectors { dimensions, steps, values, .. } = self.vectors;
        for (row, nearness) in self.rows.iter().zip(self.nearness) {
            let row = *row as usize;
            let values = values.get(row * dimensions..(row + 1) * dimensions);
            let (Some(values), Some(step)) = (values, steps.get(row)) else { continue };
            *nearness = dot(values, &self.asked.values) as f32 * self.asked.step * step;
        }
    }
}

/// Quantises a vector into steps of 1/127 of its largest absolute value.
fn quantised(vector: &[f32]) -> (f32, Vec<i8>) {
    let largest = vector.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let step = largest / LARGEST;
    let in_steps = |value: &f32| if step > 0.0 { (value / step).round() as i8 } else { 0 };
    (step, vector.iter().map(in_steps).collect())
}

/// Dot product of quantised vectors. A product of two i8 fits into 16 bits, and their sum over 100,000 dimensions into
/// 32. Integer sums may be reordered, so the compiler vectorises the loop; the query is i16 because SIMD multiplies and
/// adds pairs of 16-bit values, not of 8-bit ones.
#[inline(always)]
fn dot(row: &[i8], query: &[i16]) -> i32 {
    let mut sum = 0;
    for (x, y) in row.iter().zip(query) {
        sum += i32::from(i16::from(*x)) * i32::from(*y);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantised_dot_products_are_accurate() {
        let embedder = crate::embedder::HashEmbedder;
        let texts = ["перфоратор SDS-Plus", "перфоратор SDS-Max 1500 Вт", "насос погружной", ""];
        let exact: Vec<Vec<f32>> = texts.iter().map(|text| embedder.vector(text)).collect();
        let mut vectors = Vectors::new(512);
        assert!(exact.iter().all(|vector| vectors.push(vector)));
        let query = embedder.vector("перфораторы");
        for (found, exact) in vectors.compare(&vectors.ask(&query), &[0, 1, 2, 3]).into_iter().zip(&exact) {
            let wanted: f32 = query.iter().zip(exact).map(|(x, y)| x * y).sum();
            assert!((found - wanted).abs() < 0.01, "{found} for {wanted}");
        }
        // Quantising a vector reused from an earlier generation loses nothing more.
        let kept = vectors.get(0).unwrap();
        let mut again = Vectors::new(512);
        again.push(&kept);
        assert_eq!(again.get(0).unwrap(), kept);
    }

    #[test]
    fn refuses_a_file_of_another_size() {
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

    /// The share of the exact 10 nearest rows that are among the rows a query is compared with.
    fn recall(rows: &[Vec<f32>], queries: &[Vec<f32>]) -> f64 {
        let mut vectors = Vectors::new(rows[0].len());
        assert!(rows.iter().all(|row| vectors.push(row)));
        let all: Vec<u32> = (0..vectors.rows() as u32).collect();
        let mut found = 0;
        for query in queries {
            let asked = vectors.ask(query);
            let nearness = vectors.compare(&asked, &all);
            let mut exact = all.clone();
            exact.sort_by(|a, b| nearness[*b as usize].total_cmp(&nearness[*a as usize]));
            let nearest = vectors.nearest(&asked);
            found += exact[..10].iter().filter(|row| nearest.iter().any(|(near, _)| near == *row)).count();
        }
        found as f64 / (10 * queries.len()) as f64
    }

    #[test]
    fn sketches_select_the_nearest_random_vectors() {
        let mut state = 7_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as usize
        };
        let mut random = |dimensions: usize| -> Vec<f32> {
            (0..dimensions).map(|_| (0..4).map(|_| (next() % 2001) as f32 - 1000.0).sum()).collect()
        };
        for dimensions in [128, 256, 384, 512] {
            let rows: Vec<Vec<f32>> = (0..8000).map(|_| random(dimensions)).collect();
            // Noise of the same magnitude as the row: as similar as two texts with the same meaning.
            let near = |row: &Vec<f32>| row.iter().zip(random(dimensions)).map(|(a, b)| a + b).collect();
            let queries: Vec<Vec<f32>> = rows.iter().step_by(400).map(near).collect();
            let recall = recall(&rows, &queries);
            assert!(recall >= 0.95, "{recall} of {dimensions} dimensions");
        }
    }

    #[test]
    fn sketches_select_the_names_similar_to_a_text() {
        const KINDS: [&str; 8] = [
            "Перфоратор",
            "Дрель ударная",
            "Насос погружной",
            "Компрессор",
            "Лобзик",
            "Angle grinder",
            "Saw",
            "Pump",
        ];
        const KINDS_OF: [&str; 7] =
            ["в кейсе", "синий", "с насадкой", "бесшумный", "cordless", "набор", "для дома"];
        let names = (0..12_000).map(|n| {
            let (kind, of) = (KINDS[n % 8], KINDS_OF[n / 8 % 7]);
            format!("{kind} М{} {} Вт {of}", n * 7919 % 900, n * 104_729 % 400 * 5)
        });
        let embedder = crate::embedder::HashEmbedder;
        let rows: Vec<Vec<f32>> = names.map(|name| embedder.vector(&name)).collect();
        let texts =
            ["перфораторы 800 вт", "погружные насосы", "grinder", "бесшумный компресор", "лобзик М17 синий"];
        let queries = texts.map(|text| embedder.vector(text));
        let recall = recall(&rows, &queries);
        assert!(recall >= 0.95, "{recall}");
    }
}
