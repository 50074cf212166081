//! The fields of a contact, and what is required of them.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use tolmach_engine::phrases::Phrase;

use crate::phrases;

/// A field of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Field {
    Name,
    Phone,
    Email,
}

impl Field {
    pub(super) const fn phrase(self) -> Phrase {
        match self {
            Field::Name => phrases::A_NAME,
            Field::Phone => phrases::A_PHONE,
            Field::Email => phrases::AN_EMAIL,
        }
    }

    pub(super) const fn key(self) -> &'static str {
        match self {
            Field::Name => "name",
            Field::Phone => "phone",
            Field::Email => "email",
        }
    }

    fn parse(name: &str) -> Option<Field> {
        [Field::Name, Field::Phone, Field::Email].into_iter().find(|field| field.key() == name)
    }
}

/// What must be given.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Require {
    All,
    OneOf(Vec<Field>),
}

impl Default for Require {
    fn default() -> Require {
        Require::OneOf(vec![Field::Phone, Field::Email])
    }
}

impl JsonSchema for Require {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Require".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": r"^(all|one_of\([a-z, ]+\))$" })
    }
}

impl<'de> Deserialize<'de> for Require {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Require, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "all" {
            return Ok(Require::All);
        }
        let list = text.strip_prefix("one_of(").and_then(|rest| rest.strip_suffix(')'));
        let fields: Option<Vec<Field>> =
            list.and_then(|list| list.split(',').map(|name| Field::parse(name.trim())).collect());
        match fields {
            Some(fields) if !fields.is_empty() => Ok(Require::OneOf(fields)),
            _ => Err(de::Error::custom(format!(
                "`{text}` is not a requirement\nwrite all, or \"one_of(phone, email)\" with its quotes; the fields are name, phone and email"
            ))),
        }
    }
}
