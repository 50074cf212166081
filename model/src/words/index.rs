//! An index of known words: those that sound like a word, and those a few typing errors away from it.
//!
//! Symmetric deletion (Garbe, SymSpell): a word and a known word within so many errors have a spelling in common once as
//! many letters are left out of both. The known words' spellings are computed when the index is made, so that a lookup
//! takes a time that depends on the length of the word alone.

use strsim::osa_distance;

/// Minimum length, in characters, of a word that is corrected by one edit.
const ONE_EDIT: usize = 4;
/// Minimum length, in characters, of a word that is corrected by up to two edits.
const TWO_EDITS: usize = 7;
/// Maximum length, in characters, of a word that is looked up. A longer one is no misspelt word.
const LONGEST: usize = 24;
/// Known words that are compared with a word exactly.
const MOST_COMPARED: usize = 64;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// In lower case, sorted.
    words: Vec<String>,
    /// Hash of a spelling with letters left out, and the word; sorted.
    deletions: Vec<(u64, u32)>,
    /// Hash of [`sound`], and the word; sorted.
    sounds: Vec<(u64, u32)>,
}

/// A known word that may be meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Near<'a> {
    pub word: &'a str,
    /// Typing errors; 0 if the words sound alike.
    pub errors: usize,
}

impl Index {
    /// An index of `words`, which are in lower case, sorted, and each there once.
    pub fn new(words: Vec<String>) -> Index {
        let (mut deletions, mut sounds) = (Vec::new(), Vec::new());
        for (number, word) in (0..).zip(&words) {
            let letters: Vec<char> = word.chars().collect();
            if letters.len() + 1 < ONE_EDIT
                || letters.len() > LONGEST
                || !word.chars().all(char::is_alphabetic)
            {
                continue;
            }
            sounds.push((hash(sound(&letters).into_iter()), number));
            // A word of `TWO_EDITS - 2` letters is meant by one of `TWO_EDITS` with two errors.
            let edits = if letters.len() + 2 < TWO_EDITS { 1 } else { 2 };
            spellings(&letters, edits, |spelling| deletions.push((spelling, number)));
        }
        deletions.sort_unstable();
        deletions.dedup();
        sounds.sort_unstable();
        Index { words, deletions, sounds }
    }

    pub fn contains(&self, word: &str) -> bool {
        self.words.binary_search_by(|known| known.as_str().cmp(word)).is_ok()
    }

    /// The known words that a lower-case word may be a misspelling of, and the number of lookups that took.
    pub fn near(&self, word: &str) -> (Vec<Near<'_>>, usize) {
        let letters: Vec<char> = word.chars().take(LONGEST + 1).collect();
        if !(ONE_EDIT..=LONGEST).contains(&letters.len()) {
            return (Vec::new(), 0);
        }
        let edits = if letters.len() < TWO_EDITS { 1 } else { 2 };
        let mut lookups = 1;
        let alike = of(&self.sounds, hash(sound(&letters).into_iter()));
        let mut found: Vec<Near<'_>> =
            alike.filter_map(|number| Some(Near { word: self.words.get(number)?, errors: 0 })).collect();
        let mut compared: Vec<usize> = Vec::new();
        spellings(&letters, edits, |spelling| {
            lookups += 1;
            for number in of(&self.deletions, spelling) {
                if compared.len() < MOST_COMPARED && !compared.contains(&number) {
                    compared.push(number);
                }
            }
        });
        lookups += compared.len();
        for word_there in compared.iter().filter_map(|number| self.words.get(*number)) {
            let errors = osa_distance(word_there, word);
            if errors <= edits && !found.iter().any(|near| near.word == word_there) {
                found.push(Near { word: word_there, errors });
            }
        }
        (found, lookups)
    }
}

/// The words of a hash in a sorted list.
fn of(list: &[(u64, u32)], hash: u64) -> impl Iterator<Item = usize> + '_ {
    let from = list.partition_point(|(known, _)| *known < hash);
    list.iter().skip(from).take_while(move |(known, _)| *known == hash).map(|(_, number)| *number as usize)
}

/// The hashes of a word without none, one or two of its letters.
fn spellings(letters: &[char], edits: usize, mut each: impl FnMut(u64)) {
    let without = |left_out: &[usize]| {
        hash(letters.iter().enumerate().filter(|(at, _)| !left_out.contains(at)).map(|(_, letter)| *letter))
    };
    each(without(&[]));
    for first in 0..letters.len() {
        each(without(&[first]));
        if edits > 1 {
            (first + 1..letters.len()).for_each(|second| each(without(&[first, second])));
        }
    }
}

/// How a Russian word sounds, roughly: unstressed vowels and voiced consonants are written as they are heard, doubled
/// letters are one, and signs are left out. Latin words only lose doubled letters.
fn sound(letters: &[char]) -> Vec<char> {
    let mut heard: Vec<char> = Vec::with_capacity(letters.len());
    for letter in letters {
        let letter = match letter {
            'о' => 'а',
            'е' | 'ё' | 'э' | 'ы' | 'я' => 'и',
            'ю' => 'у',
            'б' => 'п',
            'в' => 'ф',
            'г' => 'к',
            'д' => 'т',
            'ж' | 'щ' => 'ш',
            'з' => 'с',
            'й' => 'и',
            'ь' | 'ъ' => continue,
            other => *other,
        };
        if heard.last() != Some(&letter) {
            heard.push(letter);
        }
    }
    heard
}

/// FNV-1a (Fowler, Noll, Vo) over the characters.
fn hash(letters: impl Iterator<Item = char>) -> u64 {
    letters.fold(0xcbf2_9ce4_8422_2325, |hash, c| (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3))
}
