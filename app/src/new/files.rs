//! The templates of a new bundle, and what each of them needs.

/// A template.
pub(super) struct File {
    /// Its path in the bundle.
    pub(super) path: &'static str,
    /// The facts that must all hold for it to be written.
    pub(super) needs: &'static [&'static str],
    /// Its text.
    pub(super) text: &'static str,
}

macro_rules! files {
    ($($path:literal $needs:expr,)*) => {
        &[$(File { path: $path, needs: &$needs, text: include_str!(concat!("templates/", $path)) }),*]
    };
}

/// Every template.
pub(super) const ALL: &[File] = files! {
    "README.md" [],
    "company.yaml" [],
    "dialog.yaml" [],
    "visit.yaml" ["services"],
    "faq/questions.yaml" [],
    "knowledge/terms.ru.md" ["ru"],
    "knowledge/terms.en.md" ["en"],
    "knowledge/smalltalk.ru.md" ["ru"],
    "knowledge/smalltalk.en.md" ["en"],
    "prompts/about.ru.md" ["ru"],
    "prompts/about.en.md" ["en"],
    "prompts/consent.ru.md" ["ru"],
    "prompts/consent.en.md" ["en"],
    "prompts/offer.ru.md" ["goods", "ru"],
    "prompts/offer.en.md" ["goods", "en"],
    "prompts/smalltalk.ru.md" ["ru"],
    "prompts/smalltalk.en.md" ["en"],
    "tests/ru.test.yaml" ["ru"],
    "tests/en.test.yaml" ["en"],
};
