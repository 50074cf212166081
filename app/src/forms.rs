//! Files of a bundle that are edited as forms: the company's particulars and quick answers.
//!
//! A form changes the lines that it is about; all others, with their comments and their order, stay as they are. What comes of a change is
//! read again and compared with what was meant, so a file that is written in an unusual way is refused and never damaged.

pub mod answers;
pub mod company;
mod lines;

use serde::{Deserialize, Serialize};
use tolmach_engine::{
    language::Language,
    yaml::{Node, Tree},
};

/// A text, for every language or one for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Wording {
    /// The same for every language.
    Common(String),
    /// By language, as the file has them.
    ByLanguage(Vec<(Language, String)>),
}

impl Wording {
    /// What stands for a language.
    pub fn of(&self, language: Language) -> Option<&str> {
        match self {
            Wording::Common(text) => Some(text),
            Wording::ByLanguage(texts) => {
                texts.iter().find(|(of, _)| *of == language).map(|(_, text)| text.as_str())
            }
        }
    }

    /// Texts without the empty ones, and with the languages in the order of `Language::ALL`.
    pub fn from_languages(texts: impl Fn(Language) -> String) -> Wording {
        let texts = Language::ALL.map(|language| (language, texts(language)));
        Wording::ByLanguage(texts.into_iter().filter(|(_, text)| !text.trim().is_empty()).collect())
    }
}

/// Why a change was not made. Nothing of it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The file is no YAML.
    #[error("the file cannot be read in line {0}; mend it as a text first")]
    NotYaml(u32),
    /// The file holds something else than a form knows.
    #[error("the file is written in a way that the form cannot change; change it as a text")]
    Unusual,
    /// Somebody changed the same thing meanwhile.
    #[error("somebody else changed this meanwhile; what they wrote is shown")]
    Changed,
    /// There is such a name already.
    #[error("there is a particular `{0}` already")]
    Exists(String),
    /// A name cannot be used in texts.
    #[error("a name has letters, digits and underscores, begins with a letter and has at most 60 characters")]
    BadName,
    /// A value is not of its type.
    #[error("`{0}` is no such value")]
    BadValue(String),
    /// A value is missing.
    #[error("write something here")]
    Empty,
}

/// What tells that a value is the one that a form showed.
pub fn mark(value: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    blake3::hash(&bytes).to_hex().chars().take(16).collect()
}

/// The value of a name in a map.
pub(crate) fn field<'t>(tree: &'t Tree, key: &str) -> Option<&'t Tree> {
    match &tree.node {
        Node::Map(entries) => entries.iter().find(|(name, _)| name.value == key).map(|(_, value)| value),
        _ => None,
    }
}

/// The wording that a value of a file is.
fn wording(value: &Tree, written: &dyn Fn(&Tree) -> Option<String>) -> Option<Wording> {
    match &value.node {
        Node::Map(variants) if !variants.is_empty() => {
            let variants =
                variants.iter().map(|(name, text)| Some((Language::from_code(name)?, written(text)?)));
            Some(Wording::ByLanguage(variants.collect::<Option<_>>()?))
        }
        Node::Map(_) | Node::Seq(_) | Node::Null => None,
        _ => Some(Wording::Common(written(value)?)),
    }
}
