//! Slots: the typed variables of a flow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::span::Spanned;

/// The most characters of a slot of type text, date, phone or email: as many as are read of a message.
pub const MAX_TEXT: usize = 4_000;

/// The type of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// A text.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A day, kept as `2026-11-22`.
    Date,
    /// A phone number, kept as `+79990001122`; an extension follows as `;ext=12`.
    Phone,
    /// An e-mail address.
    Email,
    /// The sides of a thing in millimetres: length, width, height. What was not said is `null`.
    Size,
    /// What `collect_contact` collects: name, phone, email.
    Contact,
    /// One catalogue row.
    Product,
    /// What `search` finds: query, total, items.
    Products,
}

impl Type {
    /// Every type.
    pub const ALL: [Type; 10] = [
        Type::Text,
        Type::Number,
        Type::Boolean,
        Type::Date,
        Type::Phone,
        Type::Email,
        Type::Size,
        Type::Contact,
        Type::Product,
        Type::Products,
    ];

    /// The name in YAML.
    pub const fn name(self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Number => "number",
            Type::Boolean => "boolean",
            Type::Date => "date",
            Type::Phone => "phone",
            Type::Email => "email",
            Type::Size => "size",
            Type::Contact => "contact",
            Type::Product => "product",
            Type::Products => "products",
        }
    }

    /// The fields below a value of this type; `None` for a type without fields.
    pub const fn fields(self) -> Option<&'static [&'static str]> {
        match self {
            Type::Size => Some(&["length", "width", "height"]),
            Type::Contact => Some(&["name", "phone", "email"]),
            Type::Products => Some(&["query", "total", "items"]),
            Type::Product => Some(&[
                "id",
                "article",
                "name",
                "description",
                "brand",
                "category",
                "unit",
                "price",
                "currency",
                "stock",
                "photo",
            ]),
            _ => None,
        }
    }
}

/// How a slot is declared in a flow.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: Type,
    /// The smallest number allowed.
    #[serde(default)]
    pub min: Option<f64>,
    /// The largest number allowed.
    #[serde(default)]
    pub max: Option<f64>,
    /// Personal data: no prompt for a language model, no note of a trace and no log holds the value; a placeholder such as
    /// `[phone]` stands for it there, and in listings and exports of sessions. Texts for the client and leads show it.
    /// Stored sessions and turns hold it whole, because they must replay.
    #[serde(default)]
    pub personal: bool,
    /// The value at the start of a dialog; without it the slot is unset (`null`).
    #[serde(default)]
    pub default: Option<Spanned<Value>>,
}

impl Declaration {
    /// The value as the slot stores it.
    ///
    /// # Errors
    /// Why the value does not fit; without the value when the slot is personal.
    pub fn accept(&self, value: Value) -> Result<Value, String> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        let fits = match self.kind {
            Type::Text | Type::Date | Type::Phone | Type::Email => value.is_string(),
            Type::Number => value.is_number(),
            Type::Boolean => value.is_boolean(),
            Type::Size | Type::Contact | Type::Product | Type::Products => value.is_object(),
        };
        if !fits {
            let found = if self.personal { String::new() } else { format!(", not {value}") };
            return Err(format!("a {} is expected{found}", self.kind.name()));
        }
        if value.as_str().is_some_and(|text| text.chars().nth(MAX_TEXT).is_some()) {
            return Err(format!("the text is longer than {MAX_TEXT} characters"));
        }
        if let Some(number) = value.as_f64() {
            let shown = if self.personal { "the value".to_owned() } else { number.to_string() };
            if self.min.is_some_and(|min| number < min) {
                return Err(format!("{shown} is below the slot's min"));
            }
            if self.max.is_some_and(|max| number > max) {
                return Err(format!("{shown} is above the slot's max"));
            }
        }
        Ok(self.with_all_fields(value))
    }

    /// Adds missing fields as `null` to a row, a size or a contact, so that a template can show any of them.
    fn with_all_fields(&self, mut value: Value) -> Value {
        if let (Some(fields), Value::Object(known)) = (self.kind.fields(), &mut value) {
            for field in fields {
                known.entry(*field).or_insert(Value::Null);
            }
        }
        value
    }
}
