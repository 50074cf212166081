//! The supported languages, and detection of a message's language.
//!
//! Not a general detector: two languages, distinguished by script and, for Latin text, by common
//! English words, because a Russian client who types «Makita HR2470» has not changed language.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language that flows may be written in.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Russian; what a client gets before anything is known of them.
    #[default]
    Ru,
    /// English.
    En,
}

impl Language {
    /// Every language, in the order in which a text without the wanted one is searched.
    pub const ALL: [Language; 2] = [Language::Ru, Language::En];

    /// The two-letter code used in YAML and on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Language::Ru => "ru",
            Language::En => "en",
        }
    }

    /// Reads a code such as `ru`, `en-US` or `RU`; `None` for other languages.
    pub fn from_code(code: &str) -> Option<Language> {
        let primary = code.split(['-', '_', ';', ',']).next().unwrap_or_default().trim();
        Language::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(primary))
    }

    /// Detects the language of a message; `None` where the text does not show it (numbers, articles, brand names).
    pub fn detect(text: &str) -> Option<Language> {
        Language::evidence(text).map(|evidence| evidence.language)
    }

    /// The language of a message and how clearly it is that one.
    pub fn evidence(text: &str) -> Option<Evidence> {
        let cyrillic = text.chars().filter(|c| is_cyrillic(*c)).count();
        let latin = text.chars().filter(char::is_ascii_alphabetic).count();
        let words: Vec<&str> =
            text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()).collect();
        let common =
            words.iter().filter(|word| COMMON_ENGLISH.contains(&word.to_ascii_lowercase().as_str())).count();
        // "how about the Зубр": a brand between English words.
        if common >= 2 && latin > cyrillic {
            return Some(Evidence { language: Language::En, clear: true });
        }
        // A single Cyrillic letter is usually a look-alike inside an article («Т91204»).
        if cyrillic >= 2 && (cyrillic * 4 >= latin || cyrillic >= 4) {
            return Some(Evidence { language: Language::Ru, clear: true });
        }
        // «ok», "hi" and "thanks" are said in every language.
        let clear = common >= 2 || common == 1 && words.len() >= 3;
        (common > 0).then_some(Evidence { language: Language::En, clear })
    }
}

/// The detected language of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The language.
    pub language: Language,
    /// Whether a client of another language would hardly write so.
    pub clear: bool,
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

fn is_cyrillic(c: char) -> bool {
    ('\u{0400}'..='\u{04FF}').contains(&c)
}

/// Words that hardly occur in brand and model names but do in nearly every English request.
const COMMON_ENGLISH: [&str; 78] = [
    "a",
    "about",
    "and",
    "any",
    "are",
    "back",
    "best",
    "can",
    "call",
    "cheap",
    "cheaper",
    "could",
    "deliver",
    "delivery",
    "do",
    "does",
    "drill",
    "find",
    "for",
    "from",
    "get",
    "give",
    "good",
    "have",
    "hello",
    "help",
    "hey",
    "hi",
    "how",
    "i",
    "im",
    "is",
    "it",
    "looking",
    "manager",
    "me",
    "more",
    "much",
    "my",
    "need",
    "no",
    "not",
    "of",
    "ok",
    "okay",
    "or",
    "person",
    "please",
    "price",
    "pump",
    "recommend",
    "show",
    "some",
    "talk",
    "than",
    "thank",
    "thanks",
    "that",
    "the",
    "there",
    "this",
    "to",
    "under",
    "up",
    "warranty",
    "want",
    "we",
    "what",
    "when",
    "where",
    "which",
    "who",
    "with",
    "would",
    "yes",
    "you",
    "your",
    "bye",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<Language>) {
        assert_eq!(Language::detect(text), expected, "{text}");
    }

    #[test]
    fn tells_a_request_from_a_brand_name() {
        check("нужен перфоратор", Some(Language::Ru));
        check("нужен Makita HR2470", Some(Language::Ru));
        check("есть Makita HR2470DC Professional Edition?", Some(Language::Ru));
        check("I need a drill", Some(Language::En));
        check("do you have BOSCH?", Some(Language::En));
        check("Makita HR2470", None);
        check("Т91204", None);
        check("1500", None);
        check("", None);
    }
}
