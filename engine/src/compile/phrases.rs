//! Checks the sentences that a bundle says in place of the program's own.

use std::collections::BTreeMap;

use crate::{
    diagnostic::{Code, Diagnostic},
    flow::Flow,
    phrases::LISTED,
    platform::Platform,
};

/// Reports sentences that nobody says, that stand in another flow than the entry, and that lack a place for a value.
pub(super) fn check(
    flows: &BTreeMap<String, Flow>,
    entry: Option<&str>,
    platform: &Platform,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let known: Vec<_> = LISTED.iter().chain(platform.phrases).map(|(phrase, _)| *phrase).collect();
    let names: Vec<&str> = known.iter().map(|phrase| phrase.name).collect();
    for flow in flows.values() {
        for (name, text) in &flow.header.phrases {
            let wrong = |span, message: String, help: String| {
                Diagnostic::new(Code::BadValue, &flow.file, span, message, help)
            };
            let Some(phrase) = known.iter().find(|phrase| phrase.name == name.value) else {
                let message = format!("there is no phrase `{}`", name.value);
                let help = "the table of the reference under Phrases names them all";
                let found = Diagnostic::new(Code::UnknownField, &flow.file, name.span, message, help);
                diagnostics.push(found.near(&name.value, names.iter().copied()));
                continue;
            };
            if let Some(entry) = entry.filter(|entry| *entry != flow.id) {
                let message = format!("`{}` stands in a flow that is not the entry", name.value);
                diagnostics.push(wrong(name.span, message, format!("move it into the flow `{entry}`")));
            }
            for (_, template) in text.templates() {
                if template.source().contains("{{") {
                    let message = format!("the phrase `{}` has a variable", name.value);
                    let help = "write plain words: a phrase is said where no flow runs".to_owned();
                    diagnostics.push(wrong(template.span(), message, help));
                } else if let Some(missing) =
                    phrase.placeholders().find(|place| !template.source().contains(place))
                {
                    let message = format!("the phrase `{}` lacks `{missing}`", name.value);
                    let help = format!("write {missing} where the value belongs, as in \"{}\"", phrase.en);
                    diagnostics.push(wrong(template.span(), message, help));
                }
            }
        }
    }
}
