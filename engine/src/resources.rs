//! What flows refer to: prompts, quick answers, knowledge, company data, labelled examples.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Deref,
};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    calendar::Calendar,
    effect::Passage,
    image::Image,
    language::Language,
    phrases::Phrases,
    span::Spanned,
    text::{Template, Text},
    wording,
};

/// Everything of a release that is not a flow.
#[derive(Debug)]
pub struct Resources {
    /// Prompts by name.
    pub prompts: BTreeMap<String, ByLanguage<Prompt>>,
    /// Quick answers by name of their file.
    pub answers: Answers,
    /// Knowledge by name.
    pub knowledge: BTreeMap<String, ByLanguage<Vec<Passage>>>,
    /// Images by path.
    pub images: BTreeMap<String, Image>,
    /// When the company works.
    pub calendar: Calendar,
    /// The keys of `company.yaml` with their values as [`crate::typed::Typed::tag`] gives them, a map a language.
    pub company: BTreeMap<Language, Map<String, Value>>,
    /// The company's time zone; UTC when it names none.
    pub time_zone: jiff::tz::TimeZone,
    /// What the choices that questions put into slots are called.
    pub labels: Labels,
    /// Sentences of the bundle in place of the program's own.
    pub phrases: Phrases,
    /// Labelled examples by [`example_set`].
    pub examples: BTreeMap<String, Examples>,
}

/// The passages of one file of knowledge, as the bot is given them.
pub fn passages_of(bundle: &crate::bundle::Bundle, path: &str) -> Vec<Passage> {
    let one = bundle.files.get(path).map(|text| (path.to_owned(), text.clone()));
    let bundle = crate::bundle::Bundle { files: one.into_iter().collect() };
    let all = crate::compile::knowledge(&bundle).into_values();
    all.flat_map(|versions| versions.variants.into_values()).flatten().collect()
}

/// The labels of the choices that fill a slot: by flow, by slot, by value.
pub type Labels = BTreeMap<String, BTreeMap<String, BTreeMap<String, Text>>>;

/// The name of a node's set of examples: `<flow>.<node>`.
pub fn example_set(flow: &str, node: &str) -> String {
    format!("{flow}.{node}")
}

/// A text with the label it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The label.
    pub label: String,
    /// The text.
    pub text: String,
}

/// A set of labelled examples, with an index of their words that is made when the release is compiled.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    all: Vec<Example>,
    /// The label of a message that holds an article number of the catalogue.
    article_label: Option<String>,
    /// The examples with the same [`wording::normalized`] words, in order.
    by_words: HashMap<String, Vec<usize>>,
    /// Every word of the examples that has four characters or more.
    words: BTreeSet<String>,
}

impl Examples {
    /// A set of these examples, whose order decides where several have the same words.
    pub fn new(all: Vec<Example>) -> Examples {
        let mut by_words: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, example) in all.iter().enumerate() {
            by_words.entry(wording::normalized(&example.text)).or_default().push(at);
        }
        let long = |word: &&str| word.chars().count() >= 4;
        let words =
            by_words.keys().flat_map(|words| words.split(' ')).filter(long).map(str::to_owned).collect();
        Examples { all, by_words, words, article_label: None }
    }

    /// The same set; a message that holds an article number of the catalogue has this label, whatever else it says.
    #[must_use]
    pub fn with_article_label(self, label: Option<&str>) -> Examples {
        Examples { article_label: label.map(str::to_owned), ..self }
    }

    /// The label of a message that holds an article number of the catalogue.
    pub fn article_label(&self) -> Option<&str> {
        self.article_label.as_deref()
    }

    /// The words of the examples that have four characters or more, each once.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// The first example that is, word for word, this text, among those that `wanted` accepts.
    pub fn matching(&self, text: &str, wanted: impl Fn(&Example) -> bool) -> Option<&Example> {
        self.matching_words(&wording::normalized(text), wanted)
    }

    /// The same for a text that is normalised already.
    pub fn matching_words(&self, words: &str, wanted: impl Fn(&Example) -> bool) -> Option<&Example> {
        let found = self.by_words.get(words)?;
        found.iter().filter_map(|at| self.all.get(*at)).find(|example| wanted(example))
    }
}

impl Deref for Examples {
    type Target = [Example];

    fn deref(&self) -> &[Example] {
        &self.all
    }
}

/// Something that exists in some languages, or once for all.
#[derive(Clone, Debug)]
pub struct ByLanguage<T> {
    variants: BTreeMap<Option<Language>, T>,
}

impl<T> Default for ByLanguage<T> {
    fn default() -> ByLanguage<T> {
        ByLanguage { variants: BTreeMap::new() }
    }
}

impl<T> ByLanguage<T> {
    /// Adds a variant; `None` serves every language without its own.
    pub fn add(&mut self, language: Option<Language>, value: T) {
        self.variants.insert(language, value);
    }

    /// The variant for a language: its own, the common one, or any.
    pub fn get(&self, language: Language) -> Option<&T> {
        let own = self.variants.get(&Some(language));
        own.or_else(|| self.variants.get(&None)).or_else(|| self.variants.values().next())
    }

    /// Whether the language is served by its own variant or the common one.
    pub fn has(&self, language: Language) -> bool {
        self.variants.contains_key(&Some(language)) || self.variants.contains_key(&None)
    }

    /// Every variant.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.variants.values()
    }
}

/// Quick answers by name of their file: `faq/NAME.yaml`.
pub type Answers = BTreeMap<String, Vec<QuickAnswer>>;

/// A question that many clients ask, with its answer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuickAnswer {
    /// How clients ask it; the more ways, the better.
    pub questions: Spanned<Vec<Spanned<String>>>,
    /// What to answer.
    pub answer: Text,
}

/// A prompt: how a model should behave, or a text for clients that is too long for a flow.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// The file.
    pub file: String,
    /// Which configured model to use.
    pub model: String,
    /// 0 to 2.
    pub temperature: f32,
    /// Upper bound on a reply.
    pub max_tokens: u32,
    /// The text.
    pub body: Template,
}
