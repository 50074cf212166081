//! Durations as flows write them: `15s`, `30m`, `2h`, `7d`, `2w`.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

/// A length of time, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

impl Duration {
    /// A duration of whole seconds.
    pub const fn seconds(seconds: i64) -> Duration {
        Duration(seconds * 1000)
    }

    /// Reads `15s`, `30m`, `2h`, `7d` or `2w`; whole positive numbers only, a year at most.
    pub fn parse(text: &str) -> Option<Duration> {
        let text = text.trim();
        let unit = text.chars().last()?;
        let number: i64 = text[..text.len() - unit.len_utf8()].trim().parse().ok()?;
        let factor = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return None,
        };
        let seconds = number.checked_mul(factor)?;
        (1..=366 * 86_400).contains(&seconds).then_some(Duration(seconds * 1000))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1000;
        for (unit, size) in [('d', 86_400), ('h', 3600), ('m', 60)] {
            if seconds >= size && seconds % size == 0 {
                return write!(f, "{}{unit}", seconds / size);
            }
        }
        write!(f, "{seconds}s")
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        // A number without a unit gets the same advice as a wrong text.
        let text = match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        Duration::parse(&text).ok_or_else(|| {
            de::Error::custom(format!(
                "`{text}` is not a length of time\nwrite a whole number and s, m, h, d or w, such as 30m; a year at most"
            ))
        })
    }
}

impl Serialize for Duration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+ *[smhdw]$", "description": "A length of time: 15s, 30m, 2h, 7d." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        for (text, millis) in [("15s", 15_000), ("30m", 1_800_000), ("2h", 7_200_000), ("7d", 604_800_000)] {
            assert_eq!(Duration::parse(text), Some(Duration(millis)));
            assert_eq!(Duration(millis).to_string(), text);
        }
        for wrong in ["", "m", "-5m", "0s", "5", "5 weeks", "400d", "1.5h", "99999999999999999999d"] {
            assert_eq!(Duration::parse(wrong), None, "{wrong}");
        }
    }
}
