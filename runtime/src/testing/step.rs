//! The YAML forms of what happens in a step of a dialog test.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use tolmach_engine::{event, span::Spanned};

/// How many steps with buttons, and how many messages of a client, a test can go back to.
pub(super) const MOST_EARLIER: usize = 50;
/// How often one press can be repeated.
const MOST_PRESSES: usize = 5;

/// An edit of a message.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditStep {
    /// The new text.
    pub text: String,
    /// Which message of the client's, counted back from the last, which is 1.
    #[serde(default = "last")]
    #[schemars(range(min = 1, max = 50))]
    pub of: Spanned<usize>,
}

fn last() -> Spanned<usize> {
    Spanned::new(1, Default::default())
}

/// A press of a button.
#[derive(Clone, Debug)]
pub struct PressStep {
    /// The label, or a part of it.
    pub label: String,
    /// Of which step that showed buttons, counted back from the last, which is 1.
    pub of: usize,
    /// A part of the text of the message that showed it, instead of `of`.
    pub under: Option<String>,
    /// How often it is pressed at once.
    pub times: usize,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PressForm")]
struct Form {
    /// The label, or a part of it that no other button of the same step or message has.
    label: String,
    /// Of which step that showed buttons, counted back from the last, which is 1.
    #[serde(default)]
    #[schemars(range(min = 1, max = 50))]
    of: Option<usize>,
    /// A part of the text above the buttons, ignoring case, instead of `of`: of several messages that fit the last one.
    #[serde(default)]
    under: Option<String>,
    /// How often it is pressed at once, as by a double tap.
    #[serde(default = "once")]
    #[schemars(range(min = 1, max = 5))]
    times: usize,
}

const fn once() -> usize {
    1
}

impl<'de> Deserialize<'de> for PressStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PressStep, D::Error> {
        struct PressVisitor;

        impl<'de> de::Visitor<'de> for PressVisitor {
            type Value = PressStep;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a button's label, or { label: …, of: 2 } for a button of an older message")
            }

            fn visit_str<E: de::Error>(self, label: &str) -> Result<PressStep, E> {
                Ok(PressStep { label: label.to_owned(), of: 1, under: None, times: 1 })
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<PressStep, A::Error> {
                let Form { label, of, under, times } =
                    Form::deserialize(de::value::MapAccessDeserializer::new(map))?;
                let error = |why: String| Err(de::Error::custom(why));
                if of.is_some() && under.is_some() {
                    return error(
                        "`of` and `under` both say which message is meant\nkeep one of them".to_owned(),
                    );
                }
                let of = of.unwrap_or(1);
                if !(1..=MOST_EARLIER).contains(&of) {
                    return error(format!(
                        "`of` is 1 to {MOST_EARLIER}\nwrite 1 for the last step that showed buttons, 2 for the one before"
                    ));
                }
                if !(1..=MOST_PRESSES).contains(&times) {
                    return error(format!("`times` is 1 to {MOST_PRESSES}\nwrite 2 for a double press"));
                }
                Ok(PressStep { label, of, under, times })
            }
        }

        deserializer.deserialize_any(PressVisitor)
    }
}

impl JsonSchema for PressStep {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Press".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let form = Form::json_schema(generator).to_value();
        json_schema!({ "anyOf": [{ "type": "string" }, form] })
    }
}

/// A contact shared through the channel.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharedContact {
    /// The phone number as the channel gives it.
    pub phone: String,
    /// The name as the channel gives it.
    #[serde(default)]
    pub name: String,
}

/// A photo.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhotoStep {
    /// What stands under it. No channel hands it over, so that the dialog learns that a photo came and nothing else.
    #[serde(default)]
    pub caption: Option<String>,
}

/// A voice message.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VoiceStep {
    /// What was said, where the channel wrote it down: the dialog gets it as a message. Without it the dialog learns that a
    /// voice message came, as from a channel that does not write down what is said, or fails to.
    #[serde(default)]
    pub transcript: Option<String>,
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

impl JsonSchema for StaffStep {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Staff".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "enum": ["take", "return"] },
                {
                    "type": "object",
                    "properties": {
                        "say": {
                            "type": "string",
                            "description": "What they write to the client; it takes the chat over too."
                        }
                    },
                    "required": ["say"],
                    "additionalProperties": false
                }
            ]
        })
    }
}

impl StaffStep {
    /// The action of the event.
    pub(super) fn action(&self) -> event::StaffAction {
        match self {
            StaffStep::Say(text) => event::StaffAction::say(text.clone()),
            StaffStep::Take => event::StaffAction::Take,
            StaffStep::Return => event::StaffAction::Return,
        }
    }
}
