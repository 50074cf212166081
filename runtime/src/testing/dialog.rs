//! The YAML form of a dialog test: its initial state and its steps.
//!
//! Expectations of a step are in `expectation`.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tolmach_engine::{
    duration::Duration,
    effect::Method,
    event::{self, Client},
    language::Language,
    span::Spanned,
};

use super::{expectation::Expect, texts::Texts};

/// One test: a dialog from its first message to its last.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialog {
    /// What the test shows.
    pub name: Spanned<String>,
    /// The habit of clients that it is about, a word: `tolmach test --report` counts by it.
    #[serde(default)]
    pub kind: Option<Spanned<String>>,
    /// The initial state.
    #[serde(default)]
    pub given: Given,
    /// The steps, in order; at least one.
    pub steps: Vec<Spanned<Step>>,
}

/// The initial state of a test.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The catalogue: `samples`, `empty`, or `failing`, where every search fails, to test error paths. Without it, the
    /// samples for the bundle of their company, the demo, and an empty one for any other.
    #[serde(default)]
    pub catalogue: Catalogue,
    /// The language of the client's application.
    #[serde(default)]
    pub language: Option<Language>,
    /// The language model: `offline` (the default), or a script of its replies. Tests never call a paid model.
    #[serde(default)]
    pub llm: Model,
    /// Scripted replies of other systems. The first stub that matches a request is used.
    #[serde(default)]
    pub http: Vec<Spanned<Stub>>,
    /// What the channel knows about the client.
    #[serde(default)]
    pub client: Client,
}

/// The catalogue of a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Catalogue {
    /// None is named: the samples for a bundle of their company, no rows for any other.
    #[default]
    #[serde(skip)]
    OfTheBundle,
    /// The sample price lists.
    Samples,
    /// An empty catalogue.
    Empty,
    /// Every search fails.
    Failing,
}

/// The scripted language model of a test. Calls for a list that is not given go to the offline composer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// The chosen labels, one per call: `none` for no label, `fail` for an error, `slow` for a timeout.
    pub classify: Option<Vec<Spanned<String>>>,
    /// The replies, one per call: `fail` for an error, `slow` for a timeout.
    pub generate: Option<Vec<Spanned<String>>>,
}

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Model, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Script {
            #[serde(default, alias = "decide")]
            classify: Option<Vec<Spanned<String>>>,
            #[serde(default, alias = "answer")]
            generate: Option<Vec<Spanned<String>>>,
        }

        struct ModelVisitor;

        impl<'de> serde::de::Visitor<'de> for ModelVisitor {
            type Value = Model;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`offline` or a script: { classify: [...], generate: [...] }")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Model, E> {
                match word {
                    "offline" => Ok(Model::default()),
                    _ => Err(E::unknown_variant(word, &["offline"])),
                }
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Model, A::Error> {
                let Script { classify, generate } =
                    Script::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Model { classify, generate })
            }
        }

        deserializer.deserialize_any(ModelVisitor)
    }
}

/// A scripted reply of another system.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stub {
    /// A prefix of the request's URL.
    pub url: String,
    /// The method; any if unset.
    #[serde(default)]
    pub method: Option<Method>,
    /// The status, 100 to 599; default 200.
    #[serde(default = "ok")]
    pub status: u16,
    /// The body of the reply.
    #[serde(default)]
    pub json: Value,
    /// Whether the request fails without a reply.
    #[serde(default)]
    pub fail: bool,
}

const fn ok() -> u16 {
    200
}

/// One step: exactly one of `client`, `edit`, `press`, `command`, `contact`, `staff`, `after`, and the expectations after it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The client writes. Several texts are received together, like messages in quick succession. A text of the form
    /// `/name rest` is a command.
    #[serde(default)]
    pub client: Option<Texts>,
    /// The client edits one of their messages, as in Telegram: `{ text: … }` for the last one, `{ text: …, of: 2 }` for the
    /// one before, and so on.
    #[serde(default)]
    pub edit: Option<EditStep>,
    /// The client presses a button: its label, or a part of the label that no other has. Of the last step that showed any, or
    /// with `{ label: …, of: 2 }` of the one before, and so on.
    #[serde(default)]
    pub press: Option<PressStep>,
    /// The client sends a command: its name, with or without the slash, and what follows it.
    #[serde(default)]
    pub command: Option<String>,
    /// The client shares their contact.
    #[serde(default)]
    pub contact: Option<SharedContact>,
    /// A staff member acts: `take`, `return`, or `{ say: … }`.
    #[serde(default)]
    pub staff: Option<StaffStep>,
    /// Time passes. Timers that become due fire at their own times.
    #[serde(default)]
    pub after: Option<Duration>,
    /// The intent that the client means, for `tolmach test --report`: what a model that understands everything says when it is
    /// asked. Other runs do not read it.
    #[serde(default)]
    pub means: Option<Spanned<String>>,
    /// What has to hold after the step.
    #[serde(default)]
    pub expect: Expect,
}

/// An edit of a message.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditStep {
    /// The new text.
    pub text: String,
    /// Which message of the client's, counted back from the last, which is 1.
    #[serde(default = "last")]
    pub of: usize,
}

const fn last() -> usize {
    1
}

/// A press of a button.
#[derive(Clone, Debug)]
pub struct PressStep {
    /// The label, or a part of it.
    pub label: String,
    /// Of which step that showed buttons, counted back from the last, which is 1.
    pub of: usize,
}

impl<'de> Deserialize<'de> for PressStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PressStep, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Older {
            label: String,
            #[serde(default = "last")]
            of: usize,
        }

        struct PressVisitor;

        impl<'de> serde::de::Visitor<'de> for PressVisitor {
            type Value = PressStep;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a button's label, or { label: …, of: 2 } for a button of an older message")
            }

            fn visit_str<E: serde::de::Error>(self, label: &str) -> Result<PressStep, E> {
                Ok(PressStep { label: label.to_owned(), of: 1 })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<PressStep, A::Error> {
                let Older { label, of } =
                    Older::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                match of {
                    1..=MOST_PRESSABLE => Ok(PressStep { label, of }),
                    _ => Err(serde::de::Error::custom(format!("`of` is 1 to {MOST_PRESSABLE}"))),
                }
            }
        }

        deserializer.deserialize_any(PressVisitor)
    }
}

/// How many steps with buttons a test keeps.
pub(super) const MOST_PRESSABLE: usize = 50;

/// A contact shared through the channel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedContact {
    /// The phone number as the channel gives it.
    pub phone: String,
    /// The name as the channel gives it.
    #[serde(default)]
    pub name: String,
}

/// An action of a staff member.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StaffStep {
    /// Writes to the client.
    Say(String),
    /// Takes over the chat.
    Take,
    /// Returns the chat to the bot.
    Return,
}

impl StaffStep {
    /// The action of the event.
    pub(super) fn action(&self) -> event::StaffAction {
        match self {
            StaffStep::Say(text) => event::StaffAction::Say { text: text.clone() },
            StaffStep::Take => event::StaffAction::Take,
            StaffStep::Return => event::StaffAction::Return,
        }
    }
}

impl Step {
    /// The text that a client would write for the step's command: the command with its slash.
    pub(super) fn command_text(&self) -> Option<String> {
        let command = self.command.as_ref()?;
        Some(format!("/{}", command.trim().trim_start_matches('/')))
    }

    /// Whether the client does something in it.
    pub(super) fn by_client(&self) -> bool {
        self.staff.is_none() && self.after.is_none()
    }

    /// The step in one line.
    pub(super) fn describe(&self) -> String {
        match self {
            Step { client: Some(texts), .. } => format!("client: {}", texts.0.join(" / ")),
            Step { edit: Some(edit), .. } => format!("edit: {}", edit.text),
            Step { press: Some(press), .. } => format!("press: {}", press.label),
            Step { command: Some(command), .. } => format!("command: {command}"),
            Step { contact: Some(_), .. } => "contact".to_owned(),
            Step { staff: Some(StaffStep::Say(text)), .. } => format!("staff: say {text}"),
            Step { staff: Some(StaffStep::Take), .. } => "staff: take".to_owned(),
            Step { staff: Some(StaffStep::Return), .. } => "staff: return".to_owned(),
            Step { after: Some(after), .. } => format!("after: {after}"),
            _ => "nothing".to_owned(),
        }
    }
}
