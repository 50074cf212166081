//! Security events in the log: refused requests with the client's address, which is logged nowhere else.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The target of security events, for filters of the log.
pub const TARGET: &str = "security";

/// How long after an event others of its kind are only counted.
const PAUSE: Duration = Duration::from_secs(1);

/// Writes each kind of event at most once a second.
#[derive(Debug, Default)]
pub(super) struct SecurityLog {
    kinds: Mutex<HashMap<&'static str, Kind>>,
}

#[derive(Debug, Default)]
struct Kind {
    /// When the last one was written; `None` before the first.
    written: Option<Duration>,
    suppressed: u64,
}

impl SecurityLog {
    /// Writes an event, or counts it. `now` is a time since any fixed point.
    pub(super) fn event(&self, kind: &'static str, address: IpAddr, now: Duration) {
        if let Some(suppressed) = self.due(kind, now) {
            tracing::warn!(target: TARGET, %address, suppressed, kind, "refused");
        }
    }

    /// Whether an event is to be written, and how many of its kind were not since the last one.
    fn due(&self, kind: &'static str, now: Duration) -> Option<u64> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = kinds.entry(kind).or_default();
        if kind.written.is_some_and(|written| now.saturating_sub(written) < PAUSE) {
            kind.suppressed += 1;
            return None;
        }
        kind.written = Some(now);
        Some(std::mem::take(&mut kind.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_written_once_a_second_with_the_number_of_the_others() {
        let log = SecurityLog::default();
        let at = |kind, millis| log.due(kind, Duration::from_millis(millis));
        assert_eq!(at("a", 0), Some(0));
        assert_eq!([at("a", 1), at("a", 999)], [None, None]);
        assert_eq!(at("b", 500), Some(0));
        assert_eq!(at("a", 1000), Some(2));
        assert_eq!(at("a", 5000), Some(0));
    }
}
