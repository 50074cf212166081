//! The form of a dialog test, as it is written.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tolmach_engine::{
    condition::FilterExpression,
    config,
    duration::Duration,
    event::Client,
    finding::{Code, Finding},
    language::Language,
    place::At,
    yaml,
};

/// One test: a dialog from its first message to its last.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialog {
    /// What it shows.
    pub name: At<String>,
    /// What it begins with.
    #[serde(default)]
    pub given: Given,
    /// What happens.
    pub steps: Vec<At<Step>>,
}

/// What a test begins with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// `samples`, the default, `empty`, or `failing`: every search fails, to see the error path.
    #[serde(default)]
    pub catalogue: Catalogue,
    /// The language of the client's application.
    #[serde(default)]
    pub language: Option<Language>,
    /// `offline`, the only one that a test may have: paid models are no part of a test.
    #[serde(default)]
    pub llm: Model,
    /// What the channel knows of the client.
    #[serde(default)]
    pub client: Client,
}

/// The catalogue of a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Catalogue {
    /// The sample price lists.
    #[default]
    Samples,
    /// Nothing in it.
    Empty,
    /// Every search fails.
    Failing,
}

/// The language model of a test.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// Composes replies without a model.
    #[default]
    Offline,
}

/// Something that happens, and what is expected of it. Exactly one of `client`, `press`, `command`, `contact`, `after`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The client writes.
    #[serde(default)]
    pub client: Option<String>,
    /// The client presses a button of the last messages that had any.
    #[serde(default)]
    pub press: Option<String>,
    /// The client sends a command, with or without the slash.
    #[serde(default)]
    pub command: Option<String>,
    /// The client shares their contact.
    #[serde(default)]
    pub contact: Option<SharedContact>,
    /// Time passes.
    #[serde(default)]
    pub after: Option<Duration>,
    /// What then holds.
    #[serde(default)]
    pub expect: Expect,
}

/// A contact shared through the channel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedContact {
    /// The number as the channel gives it.
    pub phone: String,
    /// The name as the channel gives it.
    #[serde(default)]
    pub name: String,
}

/// What holds after a step. What is not named is not checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The nodes visited, all of them, in order.
    #[serde(default)]
    pub path: Option<At<Vec<String>>>,
    /// Values of slots.
    #[serde(default)]
    pub slots: BTreeMap<String, At<Value>>,
    /// The cards shown.
    #[serde(default)]
    pub cards: Option<At<Cards>>,
    /// The texts said, taken together.
    #[serde(default)]
    pub says: Option<At<Says>>,
    /// Labels of buttons that must be there.
    #[serde(default)]
    pub buttons: Option<At<Vec<String>>>,
    /// The node that waits for the client; `none` for none.
    #[serde(default)]
    pub waits_at: Option<At<String>>,
    /// The client's lead.
    #[serde(default)]
    pub lead: Option<At<Lead>>,
    /// The language of the dialog.
    #[serde(default)]
    pub language: Option<At<Language>>,
}

/// Expectations of cards.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cards {
    /// At least so many.
    #[serde(default)]
    pub min: Option<usize>,
    /// At most so many.
    #[serde(default)]
    pub max: Option<usize>,
    /// What holds for each row: a catalogue filter such as `price <= 10000`.
    #[serde(default)]
    pub every: Option<FilterExpression>,
    /// A word that some card's name holds.
    #[serde(default)]
    pub some: Option<String>,
}

/// Expectations of texts; compared without case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Says {
    /// All of these.
    #[serde(default, deserialize_with = "one_or_many")]
    pub contains: Vec<String>,
    /// None of these.
    #[serde(default, deserialize_with = "one_or_many")]
    pub not_contains: Vec<String>,
}

/// Expectations of the lead.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    /// Where it came from.
    #[serde(default)]
    pub source: Option<String>,
    /// Its contact.
    #[serde(default)]
    pub contact: BTreeMap<String, String>,
    /// A part of its summary.
    #[serde(default)]
    pub summary: Option<String>,
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(vec![text]),
        Value::Array(items) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            texts.ok_or_else(|| serde::de::Error::custom("a list of texts is expected"))
        }
        _ => Err(serde::de::Error::custom("a text or a list of texts is expected")),
    }
}

/// Reads a test file. Every mistake is a finding with its place.
pub fn read(file: &str, text: &str) -> (Vec<Dialog>, Vec<Finding>) {
    let mut findings = Vec::new();
    let tree = match yaml::parse(text) {
        Ok(tree) => tree,
        Err((place, sentence)) => {
            let cause = format!("this is not YAML: {sentence}");
            findings.push(Finding::new(
                Code::BadYaml,
                file,
                place,
                cause,
                "indent with spaces, quote texts with `: ` or `#`",
            ));
            return (Vec::new(), findings);
        }
    };
    let dialogs = match &tree.node {
        yaml::Node::Seq(items) => {
            items.iter().filter_map(|item| config::read::<Dialog>(file, item, &mut findings)).collect()
        }
        yaml::Node::Null => Vec::new(),
        _ => {
            let mend = "begin each test with `- name: …`";
            findings.push(Finding::new(
                Code::BadValue,
                file,
                tree.place,
                "a test file is a list of tests",
                mend,
            ));
            Vec::new()
        }
    };
    for dialog in &dialogs {
        check(file, dialog, &mut findings);
    }
    (dialogs, findings)
}

fn check(file: &str, dialog: &Dialog, findings: &mut Vec<Finding>) {
    for step in &dialog.steps {
        let step_has = [
            step.client.is_some(),
            step.press.is_some(),
            step.command.is_some(),
            step.contact.is_some(),
            step.after.is_some(),
        ];
        if step_has.iter().filter(|has| **has).count() != 1 {
            let cause = "a step is exactly one of client, press, command, contact and after";
            findings.push(Finding::new(Code::BadValue, file, step.place, cause, "write one of them"));
        }
        let every = step.expect.cards.as_ref().and_then(|cards| cards.every.as_ref());
        if let Some((filter, error)) = every.and_then(|filter| Some((filter, filter.error()?))) {
            let cause = format!("`{}` is not a filter: {error}", filter.source());
            findings.push(Finding::new(
                Code::BadFilter,
                file,
                filter.place(),
                cause,
                "write one such as price <= 10000",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_in_a_test_have_their_places() {
        let text = "\
- name: one
  steps:
    - client: hi
      press: too
    - clent: hi
      expect: { cards: { every: prise < 3 }, pth: [a] }
";
        let (_, findings) = read("tests/x.test.yaml", text);
        let found: Vec<String> = findings.iter().map(|f| format!("{} {}", f.code.text(), f.place)).collect();
        assert_eq!(
            found,
            ["unknown-field 5:7", "unknown-field 6:46", "bad-value 3:7", "bad-value 5:7", "bad-filter 6:33",]
        );
    }
}
