//! The sentence encoder: the network from pieces to a vector.

use std::{borrow::Cow, sync::LazyLock};

use crate::{
    file::Reader,
    layers::{Layer, Norm, Quantised, relu},
    layout::other_layout,
    pieces::{Piece, Pieces},
};

/// Dimensions of a text's vector and of a piece's vector.
pub const DIMENSIONS: usize = 512;
/// Values per piece in each n-gram branch.
const BRANCH: usize = 256;
const BRANCHES: usize = 3;
/// Values per piece before pooling: its own vector and the outputs of the branches.
const FEATURES: usize = DIMENSIONS + BRANCHES * BRANCH;
const HIDDEN: usize = 320;
/// Maximum number of pieces that are read. A client's message has a few dozen; more would add time but little meaning.
const MOST_PIECES: usize = 48;

/// Encodes Russian and English texts as vectors of length 1. The dot product of two vectors grows with the similarity
/// of the texts' meanings.
pub struct Encoder {
    pieces: Pieces<'static>,
    /// Quantisation step of each piece's values.
    steps: Vec<f32>,
    /// 4 bits per value with an offset of 8, the first of two values in the low bits.
    table: &'static [u8],
    entry: Layer,
    entry_norm: Norm,
    branches: Vec<Branch>,
    norm: Norm,
    pooled: Layer,
    deep: [Layer; 6],
}

/// Two residual convolutions over a piece and its neighbours.
struct Branch {
    /// Window size in pieces.
    order: usize,
    /// How many pieces of the window precede the current one.
    before: usize,
    first: Layer,
    second: Layer,
}

impl Encoder {
    /// The compiled-in encoder. The first call takes a few milliseconds to load it.
    pub fn built_in() -> &'static Encoder {
        static DATA: &[u8] = include_bytes!("../data/encoder.bin");
        #[expect(clippy::expect_used, reason = "the file is a part of this crate, and its tests read it")]
        static BUILT_IN: LazyLock<Encoder> =
            LazyLock::new(|| Encoder::read(DATA).expect("the crate's own file"));
        &BUILT_IN
    }

    /// Reads the file; `None` if it is malformed.
    fn read(data: &'static [u8]) -> Option<Encoder> {
        let mut file = Reader::new(data)?;
        let count = file.count()?;
        let lengths = file.bytes(count)?;
        let spelling = |length: &u8| std::str::from_utf8(file.bytes(usize::from(*length))?).ok();
        let spellings: Vec<&str> = lengths.iter().map(spelling).collect::<Option<_>>()?;
        let pieces = Pieces::new(spellings, &file.floats(count)?);
        let steps = file.floats(count)?;
        let table = file.bytes(count * DIMENSIONS / 2)?;
        let entry = file.biased(DIMENSIONS, BRANCHES * BRANCH)?;
        let norm =
            |file: &mut Reader, width| Some(Norm { gain: file.floats(width)?, bias: file.floats(width)? });
        let entry_norm = norm(&mut file, BRANCHES * BRANCH)?;
        let mut branch = |(order, before)| {
            let inputs = order * BRANCH;
            let (first, second) = (file.biased(inputs, BRANCH)?, file.biased(inputs, BRANCH)?);
            Some(Branch { order, before, first, second })
        };
        let branches = [(2, 0), (3, 1), (5, 2)].map(&mut branch).into_iter().collect::<Option<_>>()?;
        let norm = norm(&mut file, FEATURES)?;
        let pooled = file.biased(FEATURES, DIMENSIONS)?;
        let deep = [
            file.layer(DIMENSIONS, HIDDEN)?,
            file.layer(DIMENSIONS, HIDDEN)?,
            file.layer(HIDDEN, HIDDEN)?,
            file.layer(HIDDEN, DIMENSIONS)?,
            file.layer(HIDDEN, DIMENSIONS)?,
            file.layer(DIMENSIONS, DIMENSIONS)?,
        ];
        file.is_empty().then_some(Encoder {
            pieces,
            steps,
            table,
            entry,
            entry_norm,
            branches,
            norm,
            pooled,
            deep,
        })
    }

    /// The vector of a text, of length 1; all zero for a text without letters or digits. Case does not matter. Only the
    /// first 48 pieces (about forty words) are used.
    pub fn vector(&self, text: &str) -> Vec<f32> {
        if !text.chars().any(char::is_alphanumeric) {
            return vec![0.0; DIMENSIONS];
        }
        let pieces = self.pieces.split(text, MOST_PIECES);
        let mut vector = self.feed_forward(&self.pool(&pieces));
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length > 0.0 {
            vector.iter_mut().for_each(|x| *x /= length);
        }
        vector
    }

    /// Log-probability of a lower-case text as Russian or English, from its pieces alone.
    pub fn likelihood(&self, text: &str) -> f32 {
        self.pieces.likelihood(text)
    }

    /// The pieces and the log-probability of a lower-case word.
    pub(crate) fn spell(&self, word: &str) -> (Vec<Piece>, f32) {
        self.pieces.of_word(word)
    }

    /// Whether a lower-case word is common enough to be a piece of its own.
    pub(crate) fn is_piece(&self, word: &str) -> bool {
        self.pieces.is_one(word)
    }

    /// Corrects the keyboard layout: «rfnfkju» becomes «каталог». Only a text of 4 to 100 letters that is far more
    /// probable on the other layout is changed.
    pub fn correct_layout<'a>(&self, text: &'a str) -> Cow<'a, str> {
        /// Required gain of the log-probability per letter. Texts typed on the wrong layout gain two or more.
        const MIN_GAIN: f32 = 1.0;
        /// Maximum number of characters of a text that is looked at, in letters and other signs.
        const LONGEST: usize = 400;
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        // Words of up to three letters are often abbreviations, and nobody types a long text without noticing the
        // layout.
        if !(4..=100).contains(&letters) || text.chars().nth(LONGEST).is_some() {
            return Cow::Borrowed(text);
        }
        match other_layout(text) {
            Some(other)
                if self.likelihood(&other)
                    > self.likelihood(&text.to_lowercase()) + MIN_GAIN * letters as f32 =>
            {
                Cow::Owned(other)
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// Pools the pieces and the n-gram branches into one vector of [`DIMENSIONS`] values.
    fn pool(&self, pieces: &[Piece]) -> Vec<f32> {
        let mut features = vec![0.0; pieces.len() * FEATURES];
        let own: Vec<f32> = pieces.iter().flat_map(|piece| self.row(*piece)).collect();
        for (features, own) in features.chunks_exact_mut(FEATURES).zip(own.chunks_exact(DIMENSIONS)) {
            features[..DIMENSIONS].copy_from_slice(own);
        }
        let mut inputs = self.entry.run(&Quantised::new(&own));
        self.entry_norm.run(&mut inputs);
        for (number, branch) in self.branches.iter().enumerate() {
            let of_branch: Vec<f32> = inputs
                .chunks_exact(BRANCHES * BRANCH)
                .flat_map(|row| &row[number * BRANCH..(number + 1) * BRANCH])
                .copied()
                .collect();
            let said = branch.run(of_branch);
            let at = DIMENSIONS + number * BRANCH;
            for (features, said) in features.chunks_exact_mut(FEATURES).zip(said.chunks_exact(BRANCH)) {
                features[at..at + BRANCH].copy_from_slice(said);
            }
        }
        self.norm.run(&mut features);
        let mut sum = vec![0.0; FEATURES];
        for row in features.chunks_exact(FEATURES) {
            sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        let root = (pieces.len() as f32).sqrt();
        sum.iter_mut().for_each(|sum| *sum /= root);
        let mut pooled = self.pooled.run(&Quantised::new(&sum));
        // The bias counts once per piece: of `root * bias` in total, `run` has added one.
        pooled.iter_mut().zip(self.pooled.bias()).for_each(|(x, bias)| *x += bias * (root - 1.0));
        pooled
    }

    /// The feed-forward layers after pooling, with skip connections.
    fn feed_forward(&self, pooled: &[f32]) -> Vec<f32> {
        let [first, past_first, second, third, past_third, fourth] = &self.deep;
        let pooled = Quantised::new(pooled);
        let mut hidden = first.run(&pooled);
        relu(&mut hidden);
        let mut middle = sum(past_first.run(&pooled), &second.run(&Quantised::new(&hidden)));
        relu(&mut middle);
        let middle = Quantised::new(&middle);
        let mut last = third.run(&middle);
        relu(&mut last);
        let mut vector = sum(past_third.run(&middle), &fourth.run(&Quantised::new(&last)));
        vector.iter_mut().for_each(|x| *x = x.tanh());
        vector
    }

    /// The dequantised vector of a piece.
    fn row(&self, piece: Piece) -> impl Iterator<Item = f32> {
        const HALF: usize = DIMENSIONS / 2;
        let at = piece as usize * HALF;
        let bytes = self.table.get(at..at + HALF).unwrap_or_default();
        let step = self.steps.get(piece as usize).copied().unwrap_or_default();
        let value = move |nibble: u8| (f32::from(nibble) - 8.0) * step;
        bytes.iter().flat_map(move |byte| [value(byte & 15), value(byte >> 4)])
    }
}

impl Branch {
    fn run(&self, inputs: Vec<f32>) -> Vec<f32> {
        let mut once = self.first.run(&self.windows(&inputs));
        relu(&mut once);
        let once = sum(once, &inputs);
        let mut twice = self.second.run(&self.windows(&once));
        relu(&mut twice);
        sum(twice, &once)
    }

    /// The window of each piece, zero beyond the ends of the text.
    fn windows(&self, inputs: &[f32]) -> Quantised {
        let inputs = Quantised::new(inputs);
        let rows: Vec<&[i16]> = inputs.values.chunks_exact(BRANCH).collect();
        let mut windows = Vec::with_capacity(rows.len() * self.order * BRANCH);
        for at in 0..rows.len() {
            for place in 0..self.order {
                let row = (at + place).checked_sub(self.before).and_then(|row| rows.get(row));
                windows.extend_from_slice(row.copied().unwrap_or(&[0; BRANCH]));
            }
        }
        inputs.rearranged(windows)
    }
}

fn sum(mut a: Vec<f32>, b: &[f32]) -> Vec<f32> {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearness(a: &str, b: &str) -> f32 {
        let encoder = Encoder::built_in();
        encoder.vector(a).iter().zip(&encoder.vector(b)).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn similar_texts_are_near_across_languages() {
        let strangers = ["где ваш склад", "позовите менеджера", "have a nice day", "нужна бензопила"];
        for (text, sibling) in [
            ("сколько стоит доставка", "почём привезти"),
            ("сколько стоит доставка", "how much is delivery"),
            ("хочу вернуть товар", "I want my money back"),
            ("холодильник", "refrigerator"),
            ("сколко стоит даставка", "стоимость доставки"),
        ] {
            let near = nearness(text, sibling);
            for stranger in strangers {
                let far = nearness(text, stranger);
                assert!(near > far + 0.1, "{text}: {sibling} {near}, {stranger} {far}");
            }
        }
    }

    #[test]
    fn vectors_have_length_one_or_zero_and_ignore_case() {
        let vector = |text: &str| Encoder::built_in().vector(text);
        let length = |text: &str| vector(text).iter().map(|x| x * x).sum::<f32>();
        assert!((length("дрель") - 1.0).abs() < 1e-5);
        assert!((length("🙂 ok ☎") - 1.0).abs() < 1e-5);
        assert!((length(&"слово ".repeat(100_000)) - 1.0).abs() < 1e-5);
        assert!((length(&"я".repeat(1_000_000)) - 1.0).abs() < 1e-5);
        assert_eq!(length(" — !"), 0.0);
        assert_eq!(length(""), 0.0);
        assert_eq!(vector("ГДЕ МОЙ ЗАКАЗ"), vector("где  мой\tзаказ"));
    }

    #[test]
    fn corrects_the_keyboard_layout() {
        let correct_layout = |text| Encoder::built_in().correct_layout(text).into_owned();
        for (typed, wanted) in [
            ("rfnfkju", "каталог"),
            ("Cgfcb,j", "спасибо"),
            ("crjkmrj cnjbn ljcnfdrf", "сколько стоит доставка"),
            ("руддщ", "hello"),
            ("ghbdtn", "привет"),
        ] {
            assert_eq!(correct_layout(typed), wanted);
        }
        for right in [
            "hello",
            "Makita HR2470",
            "SDS-Plus",
            "Bosch GBH 2-26",
            "ok",
            "thx",
            "дрель",
            "спс",
            "GR-2300 kw",
            "УШМ",
            "кто вы",
            "wifi router",
            "DeWalt DCD771C2",
            "qwerty",
            "хай",
        ] {
            assert_eq!(correct_layout(right), right);
        }
    }

    #[test]
    fn malformed_files_are_refused() {
        assert!(Encoder::read(b"").is_none());
        assert!(Encoder::read(b"TOLMACH1\xff\xff\xff\xff").is_none());
        assert!(Encoder::read(b"TOLMACH1\0\0\0\0").is_none());
    }
}
