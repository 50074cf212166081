//! Selects the passages that best match a question by shared word stems, weighted by inverse document frequency.
//!
//! Only words are compared. Semantic search has already happened: the retriever chose the passages.

use std::collections::{BTreeSet, HashMap};

use frostem::{Algorithm, Stemmer};
use tolmach_engine::effect::Passage;

/// Longest reply, in characters: about what fits on a screen.
const LENGTH: usize = 700;

/// A second passage is quoted too if its score is at least this share of the best one.
const SECOND_SHARE: f64 = 0.75;

/// Weight of a stem that is a prefix or an extension of the other (гарант, гарантийн), relative to an equal stem.
const RELATED: f64 = 0.7;

/// Shortest prefix that counts as related, in characters. Shorter ones match too many unrelated words.
const RELATED_LENGTH: usize = 5;

/// The text of the best one or two passages; empty if no passage shares a word with the question.
pub(super) fn quote(question: &str, passages: &[Passage]) -> String {
    let stems = Stems::new();
    let asked = stems.of(question);
    let sections: Vec<Section> = passages.iter().map(|passage| Section::new(&stems, passage)).collect();
    let mut spread: HashMap<&str, f64> = HashMap::new();
    for stem in sections.iter().flat_map(|section| section.title.union(&section.text)) {
        *spread.entry(stem).or_default() += 1.0;
    }
    let count = sections.len() as f64;
    let weight = |stem: &str| spread.get(stem).map_or(1.0, |found| (1.0 + count / found).ln());
    let mut scored: Vec<(f64, &Passage)> = sections
        .iter()
        .zip(passages)
        .map(|(section, passage)| (section.score(&asked, &weight), passage))
        .filter(|(score, passage)| *score > 0.0 && !passage.text.trim().is_empty())
        .collect();
    // The sort is stable: equal scores keep the retriever's order.
    scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    match scored.as_slice() {
        [] => String::new(),
        [(first, one), (second, two), ..] if *second >= first * SECOND_SHARE && one.text != two.text => {
            let half = LENGTH / 2;
            let (one, two) = (plain(&one.text), plain(&two.text));
            // A short passage leaves its unused length to the other one.
            let left = |text: &str| half.saturating_sub(text.chars().count());
            format!("{}\n\n{}", trim(&one, half + left(&two)), trim(&two, half + left(&one)))
        }
        [(_, one), ..] => trim(&plain(&one.text), LENGTH),
    }
}

/// A passage as sets of stems.
struct Section {
    title: BTreeSet<String>,
    text: BTreeSet<String>,
}

impl Section {
    fn new(stems: &Stems, passage: &Passage) -> Section {
        Section { title: stems.of(&passage.title), text: stems.of(&passage.text) }
    }

    /// Sum of the weights of the matching stems. Matches in the title count double, because it names the topic.
    fn score(&self, asked: &BTreeSet<String>, weight: &impl Fn(&str) -> f64) -> f64 {
        asked.iter().map(|stem| 2.0 * best(stem, &self.title, weight) + best(stem, &self.text, weight)).sum()
    }
}

/// Weight of the best match for `stem`; 0 if there is none.
fn best(stem: &str, among: &BTreeSet<String>, weight: &impl Fn(&str) -> f64) -> f64 {
    if among.contains(stem) {
        return weight(stem);
    }
    let related = |other: &&String| {
        let shorter = if stem.len() < other.len() { stem } else { other.as_str() };
        (other.starts_with(stem) || stem.starts_with(other.as_str()))
            && shorter.chars().count() >= RELATED_LENGTH
    };
    among.iter().filter(related).map(|other| RELATED * weight(other)).fold(0.0, f64::max)
}

struct Stems {
    russian: Stemmer,
    english: Stemmer,
}

impl Stems {
    fn new() -> Stems {
        Stems { russian: Stemmer::new(Algorithm::Russian), english: Stemmer::new(Algorithm::English) }
    }

    fn of(&self, text: &str) -> BTreeSet<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .map(|word| word.to_lowercase().replace('ё', "е"))
            .filter(|word| !word.is_empty() && !STOP_WORDS.contains(&word.as_str()))
            .map(|word| {
                let stemmer = if word.is_ascii() { &self.english } else { &self.russian };
                stemmer.stem(&word).into_owned()
            })
            .collect()
    }
}

/// Removes Markdown markup, because clients read plain text.
fn plain(text: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_end().replace("**", "").replace("__", "").replace('`', "");
        let line = line.trim_start_matches('#').trim_start();
        match line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
            Some(item) => format!("• {item}"),
            None => line.to_owned(),
        }
    };
    text.trim().lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Cuts a text to at most `limit` characters: at the end of a paragraph, line or sentence, or else between words with
/// an ellipsis.
fn trim(text: &str, limit: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(limit) else {
        return text.to_owned();
    };
    let (head, _) = text.split_at(end);
    let sentence = head
        .char_indices()
        .zip(head.chars().skip(1))
        .filter(|((_, c), next)| matches!(c, '.' | '!' | '?' | '…') && next.is_whitespace())
        .map(|((at, c), _)| at + c.len_utf8())
        .last();
    let ends = [head.rfind("\n\n"), head.rfind('\n'), sentence];
    // A cut in the first third would lose too much text.
    match ends.into_iter().flatten().filter(|end| *end * 3 >= head.len()).max() {
        Some(end) => head.split_at(end).0.trim_end().to_owned(),
        None => {
            let end = head.rfind(char::is_whitespace).unwrap_or(head.len());
            format!("{}…", head.split_at(end).0.trim_end_matches([' ', ',', ';', ':', '—', '-']))
        }
    }
}

/// Stop words of both languages.
const STOP_WORDS: &[&str] = &[
    "а",
    "без",
    "бы",
    "был",
    "была",
    "были",
    "быть",
    "в",
    "вам",
    "вас",
    "ваш",
    "ваша",
    "ваши",
    "вашей",
    "вы",
    "где",
    "да",
    "для",
    "до",
    "его",
    "ее",
    "если",
    "есть",
    "еще",
    "же",
    "за",
    "и",
    "из",
    "или",
    "им",
    "их",
    "к",
    "как",
    "какая",
    "какие",
    "какой",
    "какую",
    "когда",
    "кто",
    "ли",
    "либо",
    "мне",
    "могу",
    "мои",
    "мой",
    "моя",
    "можете",
    "можно",
    "мы",
    "на",
    "надо",
    "нам",
    "нас",
    "наш",
    "не",
    "нет",
    "ни",
    "но",
    "нужен",
    "нужна",
    "нужно",
    "нужны",
    "о",
    "об",
    "он",
    "она",
    "они",
    "от",
    "очень",
    "по",
    "под",
    "пожалуйста",
    "при",
    "про",
    "с",
    "сколько",
    "со",
    "так",
    "там",
    "то",
    "только",
    "у",
    "уже",
    "хочу",
    "чем",
    "что",
    "чтобы",
    "это",
    "этот",
    "я",
    "a",
    "about",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "by",
    "can",
    "could",
    "did",
    "do",
    "does",
    "for",
    "from",
    "get",
    "had",
    "has",
    "have",
    "how",
    "i",
    "if",
    "in",
    "is",
    "it",
    "its",
    "me",
    "my",
    "need",
    "no",
    "not",
    "of",
    "on",
    "or",
    "our",
    "please",
    "s",
    "so",
    "some",
    "t",
    "tell",
    "that",
    "the",
    "their",
    "them",
    "there",
    "they",
    "this",
    "to",
    "us",
    "want",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "who",
    "will",
    "with",
    "would",
    "you",
    "your",
];
