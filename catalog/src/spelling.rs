//! Probable intended spellings of a word that no row contains: typing errors, wrong keyboard layout, other script,
//! missing space.
//!
//! Built from the catalogue's own spellings. Whether a word needs correction is decided in [`super::query`].

/// All spellings in names and labels with their counts.
pub(super) struct Spellings {
    /// Sorted by word for binary search.
    words: Vec<(String, u32)>,
    /// Per word, its letter set and length; see [`shape`].
    shapes: Vec<(u32, u8)>,
}

/// A suggested word and the weight of a match with it, at most 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Suggestion {
    pub word: String,
    pub weight: f32,
}

/// Weights. A wrong layout or script determines the intended word; a typing error leaves a guess, and the second guess
/// is weak.
const LAYOUT: f32 = 0.95;
const GUESSES: [f32; 2] = [0.9, 0.4];
/// Weight of each half of a word with a missing space.
const SPLIT: f32 = 0.9;
/// Minimum count of a trusted spelling; rarer ones may be misspelt themselves.
const MIN_COUNT: u32 = 2;
/// Distance added for a different first letter, which people rarely get wrong.
const FIRST_LETTER: f32 = 0.7;
/// Distance subtracted per factor of ten in the word's count.
const FREQUENCY: f32 = 0.25;

impl Spellings {
    /// Takes spellings with their counts, sorted by word.
    pub fn new(words: Vec<(String, u32)>) -> Spellings {
        let shapes = words.iter().map(|(word, _)| shape(word)).collect();
        Spellings { words, shapes }
    }

    /// How often the catalogue uses this spelling.
    pub fn count(&self, word: &str) -> u32 {
        let at = self.words.binary_search_by(|(known, _)| known.as_str().cmp(word));
        at.ok().and_then(|at| self.words.get(at)).map_or(0, |(_, count)| *count)
    }

    /// Whether this spelling is frequent enough to be trusted.
    pub fn knows(&self, word: &str) -> bool {
        self.count(word) >= MIN_COUNT
    }

    /// The word in the other keyboard layout («gthajhfnjh») or the other script («макита»), if the catalogue contains
    /// it.
    pub fn other_writing(&self, word: &str) -> Vec<Suggestion> {
        let offer = |word: String| Suggestion { word, weight: LAYOUT };
        let other = tolmach_model::other_layout(word).filter(|other| self.count(other) > 0);
        if let Some(other) = other {
            return vec![offer(other)];
        }
        let spelt = transliterated(word);
        spelt.into_iter().filter(|other| self.count(other) > 0).map(offer).collect()
    }

    /// The one or two most probable corrections of a word, best first. Allows one typing error in words of 4 and 5
    /// letters, two in longer ones; none for shorter words.
    pub fn corrections(&self, word: &str) -> Vec<Suggestion> {
        let wanted: Vec<char> = word.chars().collect();
        let slips = match wanted.len() {
            0..4 => return Vec::new(),
            4..6 => 1,
            _ => 2,
        };
        let (letters, length) = shape(word);
        let mut found: Vec<(f32, &str)> = Vec::new();
        for ((known, count), (known_letters, known_length)) in self.words.iter().zip(&self.shapes) {
            // Each error changes at most two letters of the set: a cheap test before the exact distance.
            if length.abs_diff(*known_length) > slips
                || (letters ^ known_letters).count_ones() > u32::from(slips) * 2
            {
                continue;
            }
            let Some(distance) = distance(&wanted, known, usize::from(slips)) else { continue };
            let first = if known.chars().next() == wanted.first().copied() { 0.0 } else { FIRST_LETTER };
            found.push((distance as f32 + first - FREQUENCY * (*count as f32).log10(), known));
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
        let offer =
            |((_, word), weight): (&(f32, &str), f32)| Suggestion { word: (*word).to_owned(), weight };
        found.iter().zip(GUESSES).map(offer).collect()
    }

    /// The two words that a word consists of when a space is missing («отбойныймолоток», "showerhead").
    pub fn split(&self, word: &str) -> Option<[Suggestion; 2]> {
        let splits = word.char_indices().skip(2).filter_map(|(at, _)| {
            let (left, right) = word.split_at_checked(at)?;
            let enough = right.chars().count() >= 2;
            let count = if enough { self.count(left).min(self.count(right)) } else { 0 };
            (count >= MIN_COUNT).then_some((count, left, right))
        });
        let (_, left, right) = splits.max_by_key(|(count, ..)| *count)?;
        Some([left, right].map(|word| Suggestion { word: word.to_owned(), weight: SPLIT }))
    }
}

/// The set of letters as bits (several letters share a bit), and the number of letters.
fn shape(word: &str) -> (u32, u8) {
    let letters = word.chars().fold(0, |bits, letter| bits | 1 << (u32::from(letter) % 32));
    (letters, u8::try_from(word.chars().count()).unwrap_or(u8::MAX))
}

/// Edit distance with insertions, deletions, substitutions and swaps of neighbours (optimal string alignment), or
/// `None` if it is more than `most`.
fn distance(a: &[char], b: &str, most: usize) -> Option<usize> {
    let b: Vec<char> = b.chars().collect();
    let width = b.len() + 1;
    let mut rows = [vec![0_usize; width], (0..width).collect::<Vec<_>>(), vec![0; width]];
    for (i, x) in a.iter().enumerate() {
        let [before_last, last, current] = &mut rows;
        if let Some(first) = current.first_mut() {
            *first = i + 1;
        }
        let mut least = i + 1;
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (at(last, j) + usize::from(x != y)).min(at(last, j + 1) + 1).min(at(current, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(before_last, j - 1) + 1);
            }
            least = least.min(best);
            if let Some(place) = current.get_mut(j + 1) {
                *place = best;
            }
        }
        if least > most {
            return None;
        }
        rows.rotate_left(1);
    }
    let found = rows.get(1).and_then(|row| row.last()).copied()?;
    (found <= most).then_some(found)
}

/// Transliterations into the other script, with common spellings of brand names.
pub(super) fn transliterated(word: &str) -> Vec<String> {
    const LETTERS: [(&str, &str); 33] = [
        ("щ", "shch"),
        ("ш", "sh"),
        ("ч", "ch"),
        ("ж", "zh"),
        ("ю", "yu"),
        ("я", "ya"),
        ("х", "kh"),
        ("ц", "ts"),
        ("кс", "x"),
        ("а", "a"),
        ("б", "b"),
        ("в", "v"),
        ("г", "g"),
        ("д", "d"),
        ("е", "e"),
        ("з", "z"),
        ("и", "i"),
        ("й", "y"),
        ("к", "k"),
        ("л", "l"),
        ("м", "m"),
        ("н", "n"),
        ("о", "o"),
        ("п", "p"),
        ("р", "r"),
        ("с", "s"),
        ("т", "t"),
        ("у", "u"),
        ("ф", "f"),
        ("ы", "y"),
        ("э", "e"),
        ("ь", ""),
        ("ъ", ""),
    ];
    let cyrillic = word.chars().any(crate::words::is_cyrillic);
    let mut written = String::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let found = LETTERS.iter().find_map(|(russian, latin)| {
            let (from, to) = if cyrillic { (russian, latin) } else { (latin, russian) };
            let rest = rest.strip_prefix(from).filter(|_| !from.is_empty())?;
            Some((*to, rest))
        });
        match found {
            Some((to, after)) => {
                written.push_str(to);
                rest = after;
            }
            None => {
                written.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    let mut ways = vec![written.clone()];
    if cyrillic {
        // «бош», «хитачи», «вагнер»: the usual Latin spellings of these sounds in brand names.
        ways.push(written.replace("sh", "sch"));
        ways.push(written.replace("kh", "h"));
        ways.push(written.replace('v', "w"));
        ways.push(written.replace('k', "c"));
    }
    ways.retain(|way| way != word);
    ways.sort();
    ways.dedup();
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spellings() -> Spellings {
        let words = [
            ("bosch", 40),
            ("dewalt", 30),
            ("drill", 90),
            ("head", 50),
            ("makita", 20),
            ("shower", 60),
            ("аккумуляторный", 30),
            ("молоток", 20),
            ("насос", 80),
            ("отбойный", 15),
            ("перфоратор", 70),
        ];
        Spellings::new(words.map(|(word, count)| (word.to_owned(), count)).into())
    }

    fn words(offers: &[Suggestion]) -> Vec<&str> {
        offers.iter().map(|offer| offer.word.as_str()).collect()
    }

    #[test]
    fn corrects_typing_errors() {
        let known = spellings();
        for (typed, meant) in [
            ("перфаратор", "перфоратор"),
            ("dedwalt", "dewalt"),
            ("drlil", "drill"),
            ("насо", "насос"),
            ("акумуляторнй", "аккумуляторный"),
        ] {
            assert_eq!(words(&known.corrections(typed)).first(), Some(&meant), "{typed}");
        }
        assert_eq!(known.corrections("нас"), [], "too short to guess");
        assert_eq!(known.corrections("космонавт"), []);
    }

    #[test]
    fn reads_the_other_layout_and_the_other_script() {
        let known = spellings();
        assert_eq!(words(&known.other_writing("gthajhfnjh")), ["перфоратор"]);
        assert_eq!(words(&known.other_writing("руфв")), ["head"]);
        assert_eq!(words(&known.other_writing("макита")), ["makita"]);
        assert_eq!(words(&known.other_writing("бош")), ["bosch"]);
        assert_eq!(words(&known.other_writing("perforator")), ["перфоратор"]);
        assert_eq!(known.other_writing("стол"), []);
    }

    #[test]
    fn splits_words_with_a_missing_space() {
        let known = spellings();
        assert_eq!(
            known.split("отбойныймолоток").map(|both| both.map(|offer| offer.word)),
            Some(["отбойный".into(), "молоток".into()])
        );
        assert_eq!(
            known.split("showerhead").map(|both| both.map(|offer| offer.word)),
            Some(["shower".into(), "head".into()])
        );
        assert_eq!(known.split("шкаф"), None);
    }
}
