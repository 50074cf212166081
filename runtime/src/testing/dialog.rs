//! The form of a dialog test, as it is written: what it begins with and what happens.
//!
//! What is expected of a step stands in `expectation`.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tolmach_engine::{
    duration::Duration,
    effect::Method,
    event::{self, Client},
    language::Language,
    span::Spanned,
};

use super::expectation::Expect;

/// One test: a dialog from its first message to its last.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialog {
    /// What it shows.
    pub name: Spanned<String>,
    /// What it begins with.
    #[serde(default)]
    pub given: Given,
    /// What happens.
    pub steps: Vec<Spanned<Step>>,
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
    /// `offline`, the default, or what a model says, call by call: paid models are no part of a test.
    #[serde(default)]
    pub llm: Model,
    /// What other systems reply; the first that fits a request is taken.
    #[serde(default)]
    pub http: Vec<Spanned<Stub>>,
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

/// The language model of a test. A list that is not written is left to the offline composer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// The labels it chooses, one per call: `none` for no label, `fail`, or `slow`.
    pub classify: Option<Vec<Spanned<String>>>,
    /// The replies it writes, one per call: `fail` and `slow` are no replies.
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

/// What another system replies.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stub {
    /// The address, or how it begins.
    pub url: String,
    /// The method; any when it is not named.
    #[serde(default)]
    pub method: Option<Method>,
    /// The status, 100 to 599.
    #[serde(default = "ok")]
    pub status: u16,
    /// The body.
    #[serde(default)]
    pub json: Value,
    /// The other system does not reply.
    #[serde(default)]
    pub fail: bool,
}

const fn ok() -> u16 {
    200
}

/// Something that happens, and what is expected of it. Exactly one of `client`, `press`, `command`, `contact`,
/// `staff`, `after`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The client writes; several texts are a burst, received together.
    #[serde(default)]
    pub client: Option<Texts>,
    /// The client presses a button of the last messages that had any: its label, or a part that only it has.
    #[serde(default)]
    pub press: Option<String>,
    /// The client sends a command, with or without the slash.
    #[serde(default)]
    pub command: Option<String>,
    /// The client shares their contact.
    #[serde(default)]
    pub contact: Option<SharedContact>,
    /// A person of the staff acts: `take`, `return`, or `{ say: … }`.
    #[serde(default)]
    pub staff: Option<StaffStep>,
    /// Time passes; timers fall due on the way, each at its own time.
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

/// What a person of the staff does.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StaffStep {
    /// Writes to the client.
    Say(String),
    /// Takes the chat.
    Take,
    /// Gives it back to the bot.
    Return,
}

impl StaffStep {
    /// The event's action.
    pub(super) fn action(&self) -> event::StaffAction {
        match self {
            StaffStep::Say(text) => event::StaffAction::Say { text: text.clone() },
            StaffStep::Take => event::StaffAction::Take,
            StaffStep::Return => event::StaffAction::Return,
        }
    }
}

/// One text or several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(pub Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Texts, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Texts(vec![text])),
            Value::Array(items) if !items.is_empty() => {
                let texts: Option<Vec<String>> =
                    items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                texts.map(Texts).ok_or_else(|| serde::de::Error::custom("a list of texts is expected"))
            }
            _ => Err(serde::de::Error::custom(
                "a text or a list of texts is expected\nquote a text that YAML takes for something else",
            )),
        }
    }
}

impl Step {
    /// What happens, in a line.
    pub(super) fn describe(&self) -> String {
        match self {
            Step { client: Some(texts), .. } => format!("client: {}", texts.0.join(" / ")),
            Step { press: Some(label), .. } => format!("press: {label}"),
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
