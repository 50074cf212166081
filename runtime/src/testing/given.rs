//! The YAML form of the initial state of a dialog test.

use std::{collections::BTreeMap, fmt};

use jiff::{civil::DateTime, tz::TimeZone};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use tolmach_engine::{effect::Method, event, language::Language, span::Spanned};

use super::rows::Row;

/// The initial state of a test.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The catalogue: `samples` (the default, unless company.yaml names a company of your own), `empty` (the default then), `failing`, where every search fails, to test error paths, or a list of
    /// rows, which become a real catalogue for this test.
    #[serde(default)]
    pub catalogue: Catalogue,
    /// When the test begins, by the clock of the company's time zone: `2026-03-02T14:30`. Monday, 23 November 2026, 9:00 UTC
    /// unless said. A second passes before each step.
    #[serde(default)]
    pub now: Option<Spanned<Moment>>,
    /// The language of the client's application.
    #[serde(default)]
    pub language: Option<Language>,
    /// The language model: `offline` (the default), or a script of its replies. Tests never call a paid model.
    #[serde(default)]
    pub llm: Model,
    /// Scripted replies of other systems. The first stub that matches a request is used; one with `times` only so often, then the
    /// next one that matches.
    #[serde(default)]
    pub http: Vec<Spanned<Stub>>,
    /// The arms of experiments that the clients are in: `{ greeting-2026: short }`. Others are drawn.
    #[serde(default)]
    pub arms: BTreeMap<Spanned<String>, Spanned<String>>,
    /// What the channel knows about the client.
    #[serde(default)]
    pub client: Option<Spanned<ClientData>>,
    /// Several clients by names of your own, each with a chat of their own: `{ anna: { first_name: Анна }, boris: {} }`. Steps
    /// name whose chat they are in by `who`.
    #[serde(default)]
    pub clients: BTreeMap<Spanned<String>, ClientData>,
}

/// What the channel knows about a client.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientData {
    /// Given name.
    #[serde(default)]
    pub first_name: String,
    /// Family name.
    #[serde(default)]
    pub last_name: String,
    /// Handle without the at sign.
    #[serde(default)]
    pub username: String,
    /// The language of their application, where it is another than the test's.
    #[serde(default)]
    pub language: Option<Language>,
    /// The flow in which their dialogs begin, as a site of the configuration can say; the release's own unless said.
    #[serde(default)]
    pub entry: Option<Spanned<String>>,
}

impl Given {
    /// What the channel knows of a client: of the one with this name, or of the only one.
    pub(super) fn client(&self, who: Option<&str>) -> event::Client {
        let named = who.and_then(|who| self.clients.iter().find(|(name, _)| name.value == who));
        let data = named.map(|(_, data)| data).or(self.client.as_ref().map(|client| &client.value));
        let ClientData { first_name, last_name, username, language, entry } =
            data.cloned().unwrap_or_default();
        event::Client {
            first_name,
            last_name,
            username,
            language: language.or(self.language),
            entry: entry.map(|entry| entry.value),
        }
    }
}

/// A date and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(DateTime);

impl Moment {
    /// Milliseconds since the Unix epoch at which a clock of the zone shows it. A time that a zone skips in spring is the one an
    /// hour later; of a time that comes twice in autumn it is the first. `None` beyond the years of the calendar.
    pub fn at(self, zone: &TimeZone) -> Option<i64> {
        let zoned = self.0.to_zoned(zone.clone()).ok()?;
        Some(zoned.timestamp().as_millisecond())
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        const FORMS: [&str; 4] =
            ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"];
        let text = String::deserialize(deserializer)?;
        let read = FORMS.iter().find_map(|form| DateTime::strptime(form, text.trim()).ok());
        read.map(Moment).ok_or_else(|| {
            de::Error::custom(format!(
                "`{text}` is not a date with a time\nwrite one such as 2026-03-02T14:30, in the company's time zone"
            ))
        })
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?$",
        })
    }
}

/// The catalogue of a test.
#[derive(Clone, Debug, Default)]
pub enum Catalogue {
    /// None is named: no rows where company.yaml names a company of the author's own, the samples otherwise.
    #[default]
    OfTheBundle,
    /// The sample price lists.
    Samples,
    /// An empty catalogue.
    Empty,
    /// Every search fails.
    Failing,
    /// These rows.
    Rows(Vec<Spanned<Row>>),
}

impl<'de> Deserialize<'de> for Catalogue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Catalogue, D::Error> {
        struct CatalogueVisitor;

        impl<'de> de::Visitor<'de> for CatalogueVisitor {
            type Value = Catalogue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "`samples`, `empty`, `failing`, or a list of rows such as { name: Pump, price: 4990 }",
                )
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Catalogue, E> {
                match word {
                    "samples" => Ok(Catalogue::Samples),
                    "empty" => Ok(Catalogue::Empty),
                    "failing" => Ok(Catalogue::Failing),
                    _ => Err(E::unknown_variant(word, &["samples", "empty", "failing"])),
                }
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Catalogue, A::Error> {
                let mut rows = Vec::new();
                while let Some(row) = list.next_element()? {
                    rows.push(row);
                }
                Ok(Catalogue::Rows(rows))
            }
        }

        deserializer.deserialize_any(CatalogueVisitor)
    }
}

impl JsonSchema for Catalogue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Catalogue".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let row = generator.subschema_for::<Row>();
        json_schema!({
            "anyOf": [
                { "enum": ["samples", "empty", "failing"] },
                { "type": "array", "items": row, "minItems": 1 }
            ]
        })
    }
}

/// The scripted language model of a test. Calls for a list that is not given go to the offline composer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// The chosen labels, one per call: `none` for no label, `fail` for an error, `slow` for a timeout.
    pub classify: Option<Vec<Spanned<String>>>,
    /// The replies, one per call: `fail` for an error, `slow` for a timeout.
    pub generate: Option<Vec<Spanned<String>>>,
}

/// The form of a script. The aliases are names of earlier versions.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ModelScript")]
struct Script {
    /// The labels that the model chooses, one for each call: `none` for no label, `fail` for an error, `slow` for a timeout.
    #[serde(default, alias = "decide")]
    classify: Option<Vec<Spanned<String>>>,
    /// The texts that the model writes, one for each call: `fail` for an error, `slow` for a timeout.
    #[serde(default, alias = "answer")]
    generate: Option<Vec<Spanned<String>>>,
}

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Model, D::Error> {
        struct ModelVisitor;

        impl<'de> de::Visitor<'de> for ModelVisitor {
            type Value = Model;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`offline` or a script: { classify: [...], generate: [...] }")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Model, E> {
                match word {
                    "offline" => Ok(Model::default()),
                    _ => Err(E::unknown_variant(word, &["offline"])),
                }
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Model, A::Error> {
                let Script { classify, generate } =
                    Script::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Model { classify, generate })
            }
        }

        deserializer.deserialize_any(ModelVisitor)
    }
}

impl JsonSchema for Model {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Model".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let script = Script::json_schema(generator).to_value();
        // The names of earlier versions are read too, but not proposed.
        let mut properties = script["properties"].clone();
        for (name, alias) in [("classify", "decide"), ("generate", "answer")] {
            let list =
                serde_json::json!({ "type": "array", "items": { "type": "string" }, "deprecated": true });
            if properties[name].is_object() {
                properties[alias] = list;
            }
        }
        json_schema!({
            "anyOf": [
                { "enum": ["offline"] },
                { "type": "object", "properties": properties, "additionalProperties": false }
            ]
        })
    }
}

/// A scripted reply of another system.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stub {
    /// A prefix of the request's URL.
    pub url: String,
    /// The method; any if unset.
    #[serde(default)]
    pub method: Option<Method>,
    /// The status, 100 to 599.
    #[serde(default = "ok")]
    #[schemars(range(min = 100, max = 599))]
    pub status: u16,
    /// The body of the reply.
    #[serde(default)]
    pub json: Value,
    /// Whether the request fails without a reply.
    #[serde(default)]
    pub fail: bool,
    /// How often it replies; always if unset.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub times: Option<u32>,
}

const fn ok() -> u16 {
    200
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_by_the_clock_of_the_zone() {
        let moment = |text: &str| serde_json::from_value::<Moment>(Value::from(text));
        let zone = TimeZone::get("Europe/Moscow").unwrap();
        for text in ["2026-03-02T14:30", "2026-03-02 14:30", "2026-03-02T14:30:00"] {
            assert_eq!(moment(text).unwrap().at(&zone), Some(1_772_451_000_000), "{text}");
        }
        for wrong in ["2026-03-02", "14:30", "2026-02-30T10:00", "2026-03-02T14:30Z", "tomorrow"] {
            let why = moment(wrong).unwrap_err().to_string();
            assert!(why.contains("not a date with a time"), "{wrong}: {why}");
        }
        // The hour that Berlin skips on 29 March 2026.
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(
            moment("2026-03-29T02:30").unwrap().at(&berlin),
            moment("2026-03-29T03:30").unwrap().at(&berlin)
        );
    }
}
