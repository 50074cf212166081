//! Formatting of times, ids and lines for messages and tables.

use std::time::Duration;

use tolmach_engine::visible::visible;
use uuid::{NoContext, Timestamp, Uuid};

/// Formats a time, milliseconds since the Unix epoch, to the minute: `2026-02-28 09:00 UTC`.
pub fn when(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at)
        .map_or_else(|_| at.to_string(), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// The first 12 characters of a release id, for display.
pub fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// Replaces each run of white space and control characters by one space and leaves other invisible characters out, for
/// tables.
pub fn one_line(text: &str) -> String {
    visible(text)
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// An error and its causes, separated by colons.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// A new UUID v7 whose timestamp is `now`, milliseconds since the Unix epoch.
pub(crate) fn event_id(now: i64) -> Uuid {
    let now = Duration::from_millis(u64::try_from(now).unwrap_or_default());
    Uuid::new_v7(Timestamp::from_unix(NoContext, now.as_secs(), now.subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("a.csv cannot be read")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("the disk is away"));
        assert_eq!(chain(&error), "a.csv cannot be read: the disk is away");
    }
}
