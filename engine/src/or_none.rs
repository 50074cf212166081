//! A field that says what there is, or that there is nothing of the kind: `none` or `null`, which is not the same as a field
//! that is left out.

use std::{borrow::Cow, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

use crate::span::Spanned;

/// The name by which [`crate::config`] knows such a field.
pub(crate) const OR_NONE: &str = "$or-none";
/// The word for nothing.
pub(crate) const NONE: &str = "none";

/// Something, or nothing of the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrNone<T> {
    /// Nothing of the kind.
    None,
    /// Something.
    Some(T),
}

impl<T> OrNone<T> {
    /// Reads a field that is there: `null` says something too.
    ///
    /// # Errors
    /// It is neither `none` nor what else may stand there.
    pub fn field<'de, D>(deserializer: D) -> Result<Option<Spanned<OrNone<T>>>, D::Error>
    where
        D: Deserializer<'de>,
        T: Deserialize<'de>,
    {
        Spanned::deserialize(deserializer).map(Some)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrNone<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<OrNone<T>, D::Error> {
        deserializer.deserialize_newtype_struct(OR_NONE, OrNoneVisitor(PhantomData))
    }
}

struct OrNoneVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OrNoneVisitor<T> {
    type Value = OrNone<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what is there, or none")
    }

    fn visit_none<E: de::Error>(self) -> Result<OrNone<T>, E> {
        Ok(OrNone::None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<OrNone<T>, D::Error> {
        T::deserialize(deserializer).map(OrNone::Some)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<OrNone<T>, D::Error> {
        Option::deserialize(deserializer).map(|value| value.map_or(OrNone::None, OrNone::Some))
    }
}

impl<T: JsonSchema> JsonSchema for OrNone<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}OrNone", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let some = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [some, { "const": NONE }, { "type": "null" }] })
    }
}
