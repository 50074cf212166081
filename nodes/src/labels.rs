//! Labels under one message that a client who types cannot tell apart.

use std::collections::BTreeMap;

use tolmach_engine::{diagnostic::Code, scope::Scope, span::Span, text::Text, wording};

/// The most that are told of one message.
const MOST_TOLD: usize = 5;

/// Reports labels that are the same words in a language that the flow speaks; a typed answer takes the first of them. Labels
/// with variables are left out, because they are known only in a dialog.
pub(crate) fn check<'t>(labels: impl IntoIterator<Item = &'t Text>, scope: &mut Scope<'_>) {
    let labels: Vec<&Text> = labels.into_iter().collect();
    if labels.len() < 2 {
        return;
    }
    // By its span a label in several languages is told of once.
    let mut twice: BTreeMap<Span, String> = BTreeMap::new();
    for language in scope.languages() {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for label in &labels {
            let template = label.in_language(*language);
            let Some(words) = template.constant_words() else { continue };
            // A label of signs alone («👍») has no words.
            let words = if words.is_empty() { template.source().trim() } else { words };
            if words.is_empty() {
                continue;
            }
            if let Some(first) = seen.insert(words.to_owned(), template.source()) {
                twice.entry(template.span()).or_insert_with(|| first.to_owned());
            }
        }
    }
    for (span, first) in twice.into_iter().take(MOST_TOLD) {
        let message = format!("the label `{first}` is there twice: a typed answer always takes the first");
        scope.report(Code::DuplicateLabel, span, message, "give each a label of its own words");
    }
}

/// Examples of two labels that are the same words: the span of the later one, the example and the other label.
pub(crate) fn same_examples<'e>(
    examples: impl IntoIterator<Item = (&'e str, &'e str, Span)>,
) -> Vec<(Span, &'e str, &'e str)> {
    let mut examples: Vec<(&str, &str, Span)> = examples.into_iter().collect();
    examples.sort_by_key(|(_, _, span)| *span);
    let mut first: BTreeMap<String, &str> = BTreeMap::new();
    let mut twice = Vec::new();
    for (label, text, span) in examples {
        let words = wording::normalized(text);
        if words.is_empty() {
            continue;
        }
        let other = *first.entry(words).or_insert(label);
        if other != label {
            twice.push((span, text, other));
        }
    }
    twice
}
