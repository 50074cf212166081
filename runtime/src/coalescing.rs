//! Message coalescing: several messages in a row become one event, so that a client who is still typing gets one
//! answer.
//!
//! Pure: this module computes how long to wait; the runtime does the waiting.

use std::time::Duration;

use tolmach_engine::event::{Event, EventKind, MAX_TEXT, Sent};

use crate::ports::{InboxRow, MAX_PENDING};

/// Settings of message coalescing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coalescing {
    /// The debounce window: a message that comes at most this long after the previous one is merged with it. Zero
    /// merges nothing.
    pub window: Duration,
    /// Whether to wait for the window to pass before answering. Otherwise only messages that have already arrived are
    /// merged.
    pub wait: bool,
}

impl Coalescing {
    /// Each message is a turn of its own.
    pub const OFF: Coalescing = Coalescing { window: Duration::ZERO, wait: false };

    /// How many of the waiting rows, from the first, form one event; at least 1 if there is a row.
    pub(crate) fn length(&self, rows: &[InboxRow]) -> usize {
        let window = self.window_millis();
        let mut length = rows.len().min(1);
        let mut chars = rows.first().map_or(0, characters);
        while let [before, next] = rows.get(length.wrapping_sub(1)..=length).unwrap_or_default() {
            let close = next.event.at.saturating_sub(before.event.at) <= window;
            chars += 1 + characters(next);
            if window == 0 || !is_message(before) || !is_message(next) || !close || chars > MAX_TEXT {
                break;
            }
            length += 1;
        }
        length
    }

    /// How long to wait before these rows are answered, milliseconds; `None` when no further message can be merged.
    pub(crate) fn pause(&self, rows: &[InboxRow], now: i64) -> Option<u64> {
        let last = rows.last()?;
        let full = rows.len() >= MAX_PENDING as usize;
        if !self.wait || full || self.length(rows) < rows.len() || !is_message(last) {
            return None;
        }
        // A clock that was set back must not lengthen the wait.
        let age = now.saturating_sub(last.event.at).max(0);
        u64::try_from(self.window_millis() - age).ok().filter(|left| *left > 0)
    }

    fn window_millis(&self) -> i64 {
        i64::try_from(self.window.as_millis()).unwrap_or(i64::MAX)
    }
}

/// Gives waiting messages the texts that they were edited to. An edit of a message that waits is consumed with it; an edit of
/// one that was read before stays a row of its own, which is a correction.
pub(crate) fn with_edits(rows: Vec<InboxRow>) -> Vec<InboxRow> {
    let mut kept: Vec<InboxRow> = Vec::with_capacity(rows.len());
    for row in rows {
        let id = row.event.edits().map(|edit| edit.id.clone());
        let same = |other: &InboxRow| other.event.sent.first().map(|sent| &sent.id) == id.as_ref();
        match kept.iter_mut().find(|other| id.is_some() && same(other)) {
            Some(waiting) => {
                waiting.event.kind = row.event.kind;
                waiting.edits.push(row.seq);
            }
            None => kept.push(row),
        }
    }
    kept
}

/// Merges rows into one event: the id of the first, all texts joined by line breaks, time and client of the last. A text that
/// follows itself, as by a double tap on "send", is one answer and stands once; the transcript keeps both. `None` for no rows.
pub(crate) fn merged(rows: &[InboxRow]) -> Option<Event> {
    let (first, last) = (rows.first()?, rows.last()?);
    if rows.len() == 1 {
        return Some(first.event.clone());
    }
    let mut texts: Vec<&str> = rows
        .iter()
        .filter_map(|row| match &row.event.kind {
            EventKind::Message { text } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    texts.dedup_by_key(|text| text.trim());
    let kind = EventKind::Message { text: texts.join("\n") };
    Some(Event {
        id: first.event.id,
        at: last.event.at,
        client: last.event.client.clone(),
        origin: last.event.origin.clone(),
        sent: rows.iter().flat_map(sent).collect(),
        reading: None,
        kind,
    })
}

/// Which message a row is, with its text.
fn sent(row: &InboxRow) -> Option<Sent> {
    let sent = row.event.sent.first()?;
    Some(Sent { text: Some(row.event.kind.text().to_owned()), ..sent.clone() })
}

fn characters(row: &InboxRow) -> usize {
    match &row.event.kind {
        EventKind::Message { text } => text.chars().count(),
        _ => 0,
    }
}

fn is_message(row: &InboxRow) -> bool {
    // A correction is answered by itself.
    matches!(row.event.kind, EventKind::Message { .. }) && row.button.is_none() && row.event.edits().is_none()
}

#[cfg(test)]
mod tests {
    use tolmach_engine::event::Client;
    use uuid::Uuid;

    use super::*;

    const COALESCING: Coalescing = Coalescing { window: Duration::from_millis(700), wait: true };

    fn row(at: i64, kind: EventKind) -> InboxRow {
        let client = Client { first_name: at.to_string(), ..Client::default() };
        let event = Event {
            id: Uuid::from_u128(at as u128),
            at,
            client,
            origin: None,
            sent: Vec::new(),
            reading: None,
            kind,
        };
        InboxRow { seq: at, chat: "web:1".to_owned(), event, button: None, edits: Vec::new() }
    }

    fn says(at: i64, text: &str) -> InboxRow {
        row(at, EventKind::Message { text: text.to_owned() })
    }

    #[test]
    fn an_edit_of_a_waiting_message_replaces_its_text() {
        let of = |at, text: &str, sent: Sent| {
            let mut row = says(at, text);
            row.event.sent = vec![sent];
            row
        };
        let rows = vec![
            of(0, "нужен генератр", Sent::written("5")),
            of(200, "до 20 тысяч", Sent::written("6")),
            of(300, "нужен генератор", Sent::edited("5")),
            of(350, "нужен генератор 5 кВт", Sent::edited("5")),
            of(400, "старое", Sent::edited("4")),
        ];
        let rows = with_edits(rows);
        let texts: Vec<&str> = rows.iter().map(|row| row.event.kind.text()).collect();
        assert_eq!(texts, ["нужен генератор 5 кВт", "до 20 тысяч", "старое"]);
        assert_eq!(rows[0].edits, [300, 350]);
        // The edit of a message that was read before is a turn of its own, and is never merged.
        assert_eq!(COALESCING.length(&rows), 2);
        assert_eq!(COALESCING.length(&rows[2..]), 1);
        let event = merged(&rows[..2]).unwrap();
        assert_eq!(event.kind.text(), "нужен генератор 5 кВт\nдо 20 тысяч");
        let sent = |id: &str, text: &str| Sent { text: Some(text.to_owned()), ..Sent::written(id) };
        assert_eq!(event.sent, [sent("5", "нужен генератор 5 кВт"), sent("6", "до 20 тысяч")]);
        assert_eq!(event.edits(), None);
    }

    #[test]
    fn messages_close_together_are_merged() {
        let rows =
            [says(0, "нужен насос"), says(700, "для скважины"), says(1400, "до 20 тысяч"), says(2101, "?")];
        assert_eq!(COALESCING.length(&rows), 3);
        let event = merged(&rows[..3]).unwrap();
        assert_eq!(
            event.kind,
            EventKind::Message {
                text: "нужен насос\nдля скважины\nдо 20 тысяч".to_owned()
            }
        );
        assert_eq!((event.id, event.at), (Uuid::from_u128(0), 1400));
        assert_eq!(event.client.first_name, "1400");
        assert_eq!(merged(&rows[3..]).unwrap(), rows[3].event);
        assert_eq!(merged(&[]), None);
    }

    #[test]
    fn the_same_text_in_a_row_is_merged_once() {
        let rows = [says(0, "Анна"), says(60, "Анна "), says(120, "8 999 123-45-67"), says(180, "Анна")];
        let EventKind::Message { text } = merged(&rows).unwrap().kind else { panic!("a message") };
        assert_eq!(text, "Анна\n8 999 123-45-67\nАнна");
        assert_eq!(merged(&rows[..2]).unwrap().kind, EventKind::Message { text: "Анна".to_owned() });
    }

    #[test]
    fn an_event_has_a_bound() {
        let long = "а".repeat(1_500);
        let rows: Vec<InboxRow> = (0..20).map(|n| says(n, &long)).collect();
        assert_eq!(COALESCING.length(&rows), 2);
        assert_eq!(COALESCING.length(&[says(0, &"б".repeat(5_000)), says(1, "?")]), 1);
        let short: Vec<InboxRow> = (0..20).map(|n| says(n, "да")).collect();
        assert_eq!(COALESCING.length(&short), 20);
    }

    #[test]
    fn other_events_are_not_merged() {
        let others = [
            EventKind::Command { name: "help".to_owned(), rest: String::new() },
            EventKind::Press { label: "да".to_owned(), press: None },
            EventKind::Contact { phone: "1".to_owned(), name: String::new() },
            EventKind::Timer { name: "inactivity".to_owned() },
            EventKind::Staff { action: tolmach_engine::event::StaffAction::Return, by: None },
        ];
        for other in others {
            let rows = [says(0, "a"), row(1, other.clone()), says(2, "b")];
            assert_eq!(COALESCING.length(&rows), 1, "{other:?}");
            assert_eq!(COALESCING.length(&rows[1..]), 1, "{other:?}");
            assert_eq!(COALESCING.pause(&rows, 3), None, "{other:?} is answered at once");
            assert_eq!(COALESCING.pause(&rows[1..2], 3), None, "{other:?}");
        }
        assert_eq!(Coalescing::OFF.length(&[says(0, "a"), says(0, "b")]), 1);
        assert_eq!(COALESCING.length(&[]), 0);
    }

    #[test]
    fn waits_while_more_messages_may_follow() {
        let rows = [says(0, "a"), says(500, "b")];
        assert_eq!(COALESCING.pause(&rows, 600), Some(600));
        assert_eq!(COALESCING.pause(&rows, 1200), None);
        assert_eq!(COALESCING.pause(&rows, -5_000), Some(700), "the clock was set back");
        assert_eq!(Coalescing { wait: false, ..COALESCING }.pause(&rows, 600), None);
        let many: Vec<InboxRow> = (0..20).map(|n| says(n, "a")).collect();
        assert_eq!(COALESCING.pause(&many, 20), None, "no more are read at once");
        assert_eq!(COALESCING.pause(&[], 0), None);
    }
}
