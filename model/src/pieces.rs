//! Tokeniser: splits words into the pieces of the encoder's vocabulary (a SentencePiece unigram model).

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

/// Word-boundary marker at the start of a word's first piece.
const WORD: char = '\u{2581}';
/// Penalty of a character that no piece covers: its log-probability is this much below that of the rarest piece.
const UNKNOWN: f32 = 10.0;

/// Index of a piece: its row in the table of vectors.
pub(crate) type Piece = u32;

const UNKNOWN_PIECE: Piece = 0;
pub(crate) const BEGINNING: Piece = 1;
pub(crate) const END: Piece = 2;

/// The vocabulary: index and score of every piece by its spelling.
pub(crate) struct Pieces<'a> {
    known: HashMap<&'a str, (Piece, f32)>,
    /// Length of the longest spelling, in bytes.
    longest: usize,
    /// Log-probability of an unknown character.
    unknown: f32,
}

impl<'a> Pieces<'a> {
    /// A vocabulary from spellings and scores (log-probabilities), both in index order. Special pieces have an empty
    /// spelling.
    pub fn new(spellings: Vec<&'a str>, scores: &[f32]) -> Pieces<'a> {
        let longest = spellings.iter().map(|piece| piece.len()).max().unwrap_or_default();
        let unknown = scores.iter().fold(0.0_f32, |least, score| least.min(*score)) - UNKNOWN;
        let numbered = (0..).zip(spellings).zip(scores);
        let known = numbered.filter(|((_, piece), _)| !piece.is_empty());
        let known = known.map(|((number, piece), score)| (piece, (number, *score))).collect();
        Pieces { known, longest, unknown }
    }

    /// The pieces of a text, at most `most`, between the special pieces for beginning and end. A text without pieces
    /// gets one unknown piece.
    pub fn split(&self, text: &str, most: usize) -> Vec<Piece> {
        let mut pieces = vec![BEGINNING];
        let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
        for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty())
        {
            if pieces.len() > most {
                break;
            }
            // Words are tokenised independently, and the first `most` characters of a word give enough pieces.
            let word: String = std::iter::once(WORD).chain(word.chars().take(most)).collect();
            self.spell(&word, &mut pieces);
        }
        pieces.truncate(most + 1);
        if pieces.len() == 1 {
            pieces.push(UNKNOWN_PIECE);
        }
        pieces.push(END);
        pieces
    }

    /// The pieces and the log-probability of a word. Only its first 64 characters are used.
    pub fn of_word(&self, word: &str) -> (Vec<Piece>, f32) {
        const LONGEST_WORD: usize = 64;
        let word: String = std::iter::once(WORD).chain(word.chars().take(LONGEST_WORD)).collect();
        let mut pieces = Vec::new();
        let likelihood = self.spell(&word, &mut pieces);
        (pieces, likelihood)
    }

    /// Whether the whole word is one piece.
    pub fn is_one(&self, word: &str) -> bool {
        self.known.contains_key(format!("{WORD}{word}").as_str())
    }

    /// Log-probability of a text as Russian or English: the sum of its pieces' scores.
    pub fn likelihood(&self, text: &str) -> f32 {
        let mut pieces = Vec::new();
        text.split_whitespace().map(|word| self.spell(&format!("{WORD}{word}"), &mut pieces)).sum()
    }

    /// Appends the most probable segmentation of a word and returns its log-probability (Viterbi: for each position,
    /// the best segmentation of the prefix).
    fn spell(&self, word: &str, pieces: &mut Vec<Piece>) -> f32 {
        #[derive(Clone, Copy)]
        struct Way {
            score: f32,
            from: usize,
            piece: Piece,
        }
        let mut best: Vec<Option<Way>> = vec![None; word.len() + 1];
        let offer = |best: &mut Vec<Option<Way>>, to: usize, way: Way| {
            if let Some(known) = best.get_mut(to)
                && known.is_none_or(|known| way.score > known.score)
            {
                *known = Some(way);
            }
        };
        for (from, first) in word.char_indices() {
            let so_far =
                if from == 0 { 0.0 } else { best.get(from).copied().flatten().map_or(0.0, |way| way.score) };
            let rest = &word[from..];
            let single = first.len_utf8();
            let mut alone = false;
            for to in
                rest.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|to| *to <= self.longest)
            {
                if let Some((piece, score)) = self.known.get(&rest[..to]) {
                    alone |= to == single;
                    offer(&mut best, from + to, Way { score: so_far + score, from, piece: *piece });
                }
            }
            if !alone {
                offer(
                    &mut best,
                    from + single,
                    Way { score: so_far + self.unknown, from, piece: UNKNOWN_PIECE },
                );
            }
        }
        let start = pieces.len();
        let mut to = word.len();
        while let Some(way) = best.get(to).copied().flatten() {
            pieces.push(way.piece);
            to = way.from;
        }
        if let Some(new) = pieces.get_mut(start..) {
            new.reverse();
        }
        best.last().copied().flatten().map_or(0.0, |way| way.score)
    }
}
