//! Renders the templates of a new bundle. They are YAML and Markdown whose texts are templates of the flow language, so what
//! is chosen here is marked by comments and by languages:
//!
//! - lines between `#: if FACT` and `#: end` are kept where the fact holds;
//! - lines that begin with `#ru ` or `#en ` are kept, without the mark, where this is the first language;
//! - `ru: …` and `en: …` on lines of their own, and `{ ru: …, en: … }`, lose the languages that the bundle does not
//!   speak; a text that is left alone becomes the value itself;
//! - `<<NAME>>` is replaced by a value, once: what a value holds is never looked at again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use regex::{Captures, Regex};
use tolmach_engine::language::Language;

/// `{ ru: …, en: … }` with plain or quoted texts.
static INLINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let text = r#"("(?:[^"\\]|\\.)*"|[^",{}]+)"#;
    Regex::new(&format!(r"\{{ ru: {text}, en: {text} \}}")).ok()
});

static VALUE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("<<([a-z_]+)>>").ok());

/// The fact that a language is the first one.
pub(super) fn first(language: Language) -> &'static str {
    match language {
        Language::Ru => "ru_first",
        Language::En => "en_first",
    }
}

/// Renders a template with the facts that hold. A line that held nothing but a value, and is empty with it, is left out.
pub(super) fn render(
    template: &str,
    facts: &BTreeSet<&'static str>,
    values: &BTreeMap<&'static str, String>,
) -> String {
    let spoken: Vec<Language> =
        Language::ALL.into_iter().filter(|language| facts.contains(language.code())).collect();
    let only = (spoken.len() == 1).then(|| spoken.first().copied()).flatten();
    let mut lines: Vec<String> = Vec::new();
    let mut open: Vec<bool> = Vec::new();
    for line in template.lines() {
        let (indent, text) = line.split_at(line.len() - line.trim_start().len());
        if let Some(fact) = text.strip_prefix("#: if ") {
            open.push(facts.contains(fact.trim()));
            continue;
        }
        if text.trim_end() == "#: end" {
            open.pop();
            continue;
        }
        if open.contains(&false) {
            continue;
        }
        let mark =
            Language::ALL.into_iter().find(|language| text.starts_with(&format!("#{} ", language.code())));
        let text = match mark {
            Some(language) if facts.contains(first(language)) => text.get(4..).unwrap_or_default(),
            Some(_) => continue,
            None => text,
        };
        if let Some((language, value)) = of_language(text) {
            if !spoken.contains(&language) {
                continue;
            }
            // `text:` and the only text below it become one line.
            if only.is_some()
                && let Some(key) = lines.last_mut().filter(|line| line.ends_with(':'))
            {
                key.push(' ');
                key.push_str(&filled(value, values));
                continue;
            }
        }
        let text = filled(&chosen(text, only), values);
        if text.is_empty() && !line.trim().is_empty() {
            continue;
        }
        lines.push(format!("{indent}{text}"));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The language of a line such as `ru: Привет`, and its text.
fn of_language(text: &str) -> Option<(Language, &str)> {
    let (code, value) = text.split_once(": ")?;
    Language::ALL.into_iter().find(|language| language.code() == code).map(|language| (language, value))
}

/// A line with the texts of the only language in place of those of both.
fn chosen(text: &str, only: Option<Language>) -> String {
    let (Some(only), Some(inline)) = (only, INLINE.as_ref()) else { return text.to_owned() };
    let of = |found: &Captures<'_>| {
        let group = if only == Language::Ru { 1 } else { 2 };
        found.get(group).map_or(String::new(), |text| text.as_str().to_owned())
    };
    inline.replace_all(text, of).into_owned()
}

fn filled(text: &str, values: &BTreeMap<&'static str, String>) -> String {
    let Some(value) = VALUE.as_ref() else { return text.to_owned() };
    let of = |found: &Captures<'_>| {
        found.get(1).and_then(|name| values.get(name.as_str())).cloned().unwrap_or_default()
    };
    value.replace_all(text, of).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(template: &str, facts: &[&'static str]) -> String {
        let values = [("name", "\"<<name>> {{x}}\"".to_owned()), ("none", String::new())].into();
        render(template, &facts.iter().copied().collect(), &values)
    }

    #[test]
    fn languages_and_facts_choose_lines() {
        let template = "\
#ru # Заметка
#en # A note
text:
  ru: Привет
  en: Hello
#: if goods
label: { ru: \"Да, по нему\", en: Yes }
#: end
name: <<name>>
<<none>>
end
";
        assert_eq!(
            rendered(template, &["ru", "ru_first"]),
            "# Заметка\ntext: Привет\nname: \"<<name>> {{x}}\"\nend\n"
        );
        assert_eq!(
            rendered(template, &["en", "en_first", "goods"]),
            "# A note\ntext: Hello\nlabel: Yes\nname: \"<<name>> {{x}}\"\nend\n"
        );
        let both = rendered(template, &["ru", "en", "en_first", "goods"]);
        assert!(
            both.contains("text:\n  ru: Привет\n  en: Hello\nlabel: { ru: \"Да, по нему\", en: Yes }\n"),
            "{both}"
        );
    }
}
