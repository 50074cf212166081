//! Slots: the typed variables of a flow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{span::Spanned, typed::Typed};

/// The most characters of a slot of type text, phone or email: as many as are read of a message.
pub const MAX_TEXT: usize = 4_000;

/// The most items of a slot of type list.
pub const MAX_ITEMS: usize = 100;

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
    /// A time of day, kept as `14:30`.
    Time,
    /// A moment on the company's clock, kept as `2026-11-22T14:30`.
    DateTime,
    /// A length of time, kept as `2h30m`; units are y, mo, d, h, m, s (a week is 7d).
    Duration,
    /// An amount of money: amount, currency. Written `4500 RUB` or `4 500 ₽`.
    Money,
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
    /// A list of texts, numbers and truth values, at most 100.
    List,
}

impl Type {
    /// Every type.
    pub const ALL: [Type; 15] = [
        Type::Text,
        Type::Number,
        Type::Boolean,
        Type::Date,
        Type::Time,
        Type::DateTime,
        Type::Duration,
        Type::Money,
        Type::Phone,
        Type::Email,
        Type::Size,
        Type::Contact,
        Type::Product,
        Type::Products,
        Type::List,
    ];

    /// The name in YAML.
    pub const fn name(self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Number => "number",
            Type::Boolean => "boolean",
            Type::Date => "date",
            Type::Time => "time",
            Type::DateTime => "datetime",
            Type::Duration => "duration",
            Type::Money => "money",
            Type::Phone => "phone",
            Type::Email => "email",
            Type::Size => "size",
            Type::Contact => "contact",
            Type::Product => "product",
            Type::Products => "products",
            Type::List => "list",
        }
    }

    /// Those of which a value is written as one word, number or sentence: what a client answers, or another system replies with.
    pub const PLAIN: [Type; 10] = [
        Type::Text,
        Type::Number,
        Type::Boolean,
        Type::Date,
        Type::Time,
        Type::DateTime,
        Type::Duration,
        Type::Money,
        Type::Phone,
        Type::Email,
    ];

    /// Whether it is one of those that have their own notation, arithmetic and order: see [`Typed`].
    pub const fn is_typed(self) -> bool {
        matches!(self, Type::Date | Type::Time | Type::DateTime | Type::Duration | Type::Money)
    }

    /// The type with its article, for messages.
    pub const fn told(self) -> &'static str {
        match self {
            Type::Text => "a text",
            Type::Number => "a number",
            Type::Boolean => "true or false",
            Type::Date => "a date",
            Type::Time => "a time",
            Type::DateTime => "a datetime",
            Type::Duration => "a length of time",
            Type::Money => "an amount of money",
            Type::Phone => "a phone number",
            Type::Email => "an e-mail address",
            Type::Size => "a size",
            Type::Contact => "a contact",
            Type::Product => "a product",
            Type::Products => "a list of products",
            Type::List => "a list",
        }
    }

    /// How to give a value of the type, for messages.
    pub fn how(self) -> String {
        match self {
            Type::Size | Type::Contact | Type::Product | Type::Products => {
                format!("{} comes out of a slot of that type", self.told())
            }
            _ => format!("{} is written {}", self.told(), self.example()),
        }
    }

    /// How a value of the type is written in YAML.
    pub const fn in_yaml(self) -> &'static str {
        match self {
            Type::Text => "some words",
            Type::Number => "5000",
            Type::Boolean => "true",
            Type::Date => "2026-12-31",
            Type::Time => "14:30",
            Type::DateTime => "2026-12-31T14:30",
            Type::Duration => "2h30m",
            Type::Money => "4500 RUB",
            Type::Phone => "\"+79990001122\"",
            Type::Email => "name@example.com",
            Type::List => "[one, two]",
            Type::Size => "{ length: 500, width: 300, height: 200 }",
            Type::Contact => "{ name: Anna }",
            Type::Product | Type::Products => "nothing: only a search fills it",
        }
    }

    /// How a value of the type is written in an expression, for messages.
    pub const fn example(self) -> &'static str {
        match self {
            Type::Text => "'text'",
            Type::Number => "5000",
            Type::Boolean => "true",
            Type::Date => "date('2026-12-31')",
            Type::Time => "time('14:30')",
            Type::DateTime => "datetime('2026-12-31 14:30')",
            Type::Duration => "duration('2h30m')",
            Type::Money => "money(4500, 'RUB')",
            Type::Phone => "'+79990001122'",
            Type::Email => "'name@example.com'",
            Type::List => "['one', 'two']",
            Type::Size | Type::Contact | Type::Product | Type::Products => "a slot of that type",
        }
    }

    /// The fields below a value of this type; `None` for a type without fields.
    pub const fn fields(self) -> Option<&'static [&'static str]> {
        match self {
            Type::Size => Some(&["length", "width", "height"]),
            Type::Date => Some(&["year", "month", "day", "weekday"]),
            Type::Time => Some(&["hour", "minute"]),
            Type::DateTime => Some(&["date", "time", "year", "month", "day", "weekday", "hour", "minute"]),
            Type::Duration => Some(&["months", "days", "hours", "minutes"]),
            Type::Money => Some(&["amount", "currency"]),
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
            Type::Text | Type::Number | Type::Boolean | Type::Phone | Type::Email | Type::List => None,
        }
    }

    /// The type of a field below a value of this type, where it is always the same.
    pub fn field_type(self, field: &str) -> Option<Type> {
        match (self, field) {
            (Type::DateTime, "date") => Some(Type::Date),
            (Type::DateTime, "time") => Some(Type::Time),
            (Type::Money, "currency") | (Type::Contact, _) | (Type::Products, "query") => Some(Type::Text),
            (Type::Date | Type::Time | Type::DateTime | Type::Duration | Type::Size, _)
            | (Type::Money, "amount")
            | (Type::Products, "total")
            | (Type::Product, "price" | "stock") => Some(Type::Number),
            (Type::Product, _) => Some(Type::Text),
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
    /// The smallest number, or amount of money, allowed.
    #[serde(default)]
    pub min: Option<f64>,
    /// The largest number, or amount of money, allowed.
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
        let value = if self.kind.is_typed() {
            Typed::read(self.kind, &value).map(|typed| typed.stored()).ok_or(value)
        } else {
            let fits = match self.kind {
                Type::Number => value.is_number(),
                Type::Boolean => value.is_boolean(),
                Type::Size | Type::Contact | Type::Product | Type::Products => value.is_object(),
                Type::List => value
                    .as_array()
                    .is_some_and(|items| items.iter().all(|item| !item.is_object() && !item.is_array())),
                _ => value.is_string(),
            };
            if fits { Ok(value) } else { Err(value) }
        };
        let value = value.map_err(|value| {
            let found = if self.personal { String::new() } else { format!(", not {value}") };
            match self.kind.is_typed() {
                true => format!("{} is expected, such as {}{found}", self.kind.told(), self.kind.in_yaml()),
                false => format!("{} is expected{found}", self.kind.told()),
            }
        })?;
        if value.as_array().is_some_and(|items| items.len() > MAX_ITEMS) {
            return Err(format!("the list has more than {MAX_ITEMS} items"));
        }
        let long = |value: &Value| value.as_str().is_some_and(|text| text.chars().nth(MAX_TEXT).is_some());
        if long(&value) || value.as_array().is_some_and(|items| items.iter().any(long)) {
            return Err(format!("the text is longer than {MAX_TEXT} characters"));
        }
        if let Some(number) =
            value.get("amount").filter(|_| self.kind == Type::Money).unwrap_or(&value).as_f64()
        {
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
        if let (Some(fields), Value::Object(known)) = (self.kind.fields(), &mut value)
            && self.kind != Type::Money
        {
            for field in fields {
                known.entry(*field).or_insert(Value::Null);
            }
        }
        value
    }
}
