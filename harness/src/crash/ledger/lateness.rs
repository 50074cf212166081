//! Lateness of timers.

use std::{collections::HashMap, time::Duration};

use super::{BotMessage, Entry, Ledger, absences};

/// How late nudges were shown, for a bundle whose inactivity timeout is `after`. The timeout is measured from the
/// reply, a few milliseconds after the message. Time in which a process was down does not count.
pub fn lateness(ledger: &Ledger, after: Duration) -> Vec<Duration> {
    let entries = ledger.entries();
    let time = |at: usize| entries.get(at).map_or(Duration::MAX, |(time, _)| *time);
    let away: Vec<_> =
        absences(entries).iter().map(|absence| (time(absence.from), time(absence.to))).collect();
    let mut answered: HashMap<i64, (u64, Duration)> = HashMap::new();
    let mut late = Vec::new();
    for (at, entry) in entries {
        let Entry::Shown { chat, text } = entry else { continue };
        match BotMessage::parse(text) {
            Some(BotMessage::Reply { n, .. }) if answered.get(chat).is_none_or(|(last, _)| n > *last) => {
                answered.insert(*chat, (n, *at));
            }
            // A repeated nudge is not counted again.
            Some(BotMessage::Nudge { after: n, .. })
                if answered.get(chat).is_some_and(|(last, _)| n == *last) =>
            {
                let Some((_, reply)) = answered.remove(chat) else { continue };
                let due = reply + after;
                let back = away.iter().filter(|(_, to)| *to > due && *to < *at).map(|(_, to)| *to).max();
                // Shown before a process reported that it serves: not late.
                let starting = away.iter().any(|(from, to)| from < at && at <= to);
                let served = if starting { *at } else { back.unwrap_or(due) };
                late.push(at.saturating_sub(served));
            }
            _ => {}
        }
    }
    late
}
