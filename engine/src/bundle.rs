//! A bundle: the text files that define a consultant (an image is a text that names its content), held in memory, with their layout and their hash.
//!
//! The caller reads the directory.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::image::{self, Image};

/// Texts by their path relative to the bundle, with `/` between parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The files.
    pub files: BTreeMap<String, String>,
}

/// The file with the company's particulars.
pub const COMPANY: &str = "company.yaml";

/// The generated schema, which is not a part of the release.
pub const SCHEMA: &str = "flow.schema.json";

impl Bundle {
    /// Whether a path may be part of a bundle; everything else in the directory is left alone.
    pub fn holds(path: &str) -> bool {
        let hidden = path.split('/').any(|part| part.starts_with('.'));
        !hidden
            && path != SCHEMA
            && (path.ends_with(".yaml")
                || path.ends_with(".yml")
                || path.ends_with(".md")
                || image::is_path(path))
    }

    /// Paths and texts of the images: the texts are pointers to their content.
    pub fn images(&self) -> impl Iterator<Item = (&str, &str)> {
        self.under(image::FOLDER).filter(|(path, _)| image::is_path(path))
    }

    /// The images whose texts are pointers, by path.
    pub fn pointers(&self) -> impl Iterator<Item = (&str, Image)> {
        self.images().filter_map(|(path, text)| Some((path, Image::parse(text)?)))
    }

    /// Paths and texts of the flow files: YAML at the top of the bundle.
    pub fn flows(&self) -> impl Iterator<Item = (&str, &str)> {
        self.under("").filter(|(path, _)| is_yaml(path) && *path != COMPANY && !path.contains('/'))
    }

    /// Paths and texts of the dialog tests.
    pub fn tests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.under("tests/").filter(|(path, _)| is_yaml(path))
    }

    /// Paths and texts of the golden questions, which every new catalogue is asked.
    pub fn golden(&self) -> impl Iterator<Item = (&str, &str)> {
        self.under("golden/").filter(|(path, _)| is_yaml(path))
    }

    /// Names, paths and texts of the quick answers.
    pub fn quick_answers(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.under("faq/").filter(|(path, _)| is_yaml(path)).map(|(path, text)| {
            let name = path.trim_start_matches("faq/").rsplit_once('.').map_or(path, |(name, _)| name);
            (name, path, text)
        })
    }

    /// Names, languages and texts of the Markdown files of a folder: `offer.ru.md` is `offer` in Russian,
    /// `offer.md` is `offer` in every language.
    pub fn markdown<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (Document<'a>, &'a str)> {
        self.under(folder).filter_map(move |(path, text)| {
            let stem = path.strip_prefix(folder)?.strip_suffix(".md")?;
            let (name, language) = match stem.rsplit_once('.') {
                Some((name, code)) if crate::language::Language::from_code(code).is_some() => {
                    (name, crate::language::Language::from_code(code))
                }
                _ => (stem, None),
            };
            Some((Document { path, name, language }, text))
        })
    }

    /// The content hash that names the release: flows, prompts, knowledge and company, but neither the tests nor the golden
    /// questions.
    pub fn id(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (path, text) in
            self.files.iter().filter(|(path, _)| !path.starts_with("tests/") && !path.starts_with("golden/"))
        {
            for part in [path.as_bytes(), text.as_bytes()] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }

    fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let files = self.files.iter().filter(move |(path, _)| path.starts_with(folder));
        files.map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// The parts of a Markdown file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document<'a> {
    /// The whole path.
    pub path: &'a str,
    /// The name that flows use.
    pub name: &'a str,
    /// Its language, if it is in one.
    pub language: Option<crate::language::Language>,
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}
