//! Checks the delivery guarantees.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use super::{Absence, BotMessage, Entry, Interruption, Ledger, absences, is_urgent};

/// What is allowed in this kind of run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// Whether a pause counts like a kill: with several processes, another one takes over the work of a paused one.
    pub stops_count: bool,
}

/// The result of the check.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Violations of the guarantees.
    pub faults: Vec<Fault>,
    /// Distinct replies and nudges that were shown.
    pub effects: usize,
    /// How often a message was shown again.
    pub redeliveries: usize,
    /// Highest number of repetitions of one message.
    pub most_redelivered: usize,
    /// Mails after deduplication by Message-ID.
    pub mails: usize,
    /// Mails received, including duplicates.
    pub mails_received: usize,
}

impl Verdict {
    /// Number of faults of this kind.
    pub fn count(&self, broken: Broken) -> usize {
        self.faults.iter().filter(|fault| fault.broken == broken).count()
    }
}

/// Kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Never consumed, or consumed but never answered; also a last silence without a nudge.
    Lost,
    /// Consumed more than once; also a silence with more than one nudge.
    Doubled,
    /// Consumed or shown in the wrong order.
    Reordered,
    /// Shown again more often than processes were interrupted in between.
    Redelivered,
    /// Shown, but not a reply to any message.
    Stray,
    /// A mail that never arrived.
    MailLost,
    /// A mail that arrived under two Message-IDs.
    MailDoubled,
    /// A mail that no message asked for.
    MailStray,
}

/// A violation of a guarantee.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Its kind.
    pub broken: Broken,
    /// The chat; `None` for mails.
    pub chat: Option<i64>,
    /// Details.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(chat) = self.chat {
            write!(f, "chat {chat}: ")?;
        }
        let broken = match self.broken {
            Broken::Lost => "lost",
            Broken::Doubled => "consumed twice",
            Broken::Reordered => "out of order",
            Broken::Redelivered => "shown too often",
            Broken::Stray => "out of nowhere",
            Broken::MailLost => "mail lost",
            Broken::MailDoubled => "mail doubled",
            Broken::MailStray => "mail out of nowhere",
        };
        write!(f, "{broken}: {}", self.what)
    }
}

/// Checks the ledger of a finished run.
pub fn judge(ledger: &Ledger, rules: Rules) -> Verdict {
    let mut verdict = Verdict::default();
    let blows: Vec<Absence> = absences(ledger.entries())
        .into_iter()
        .filter(|absence| absence.signal == Interruption::Kill || rules.stops_count)
        .collect();
    let mut chats: BTreeMap<i64, Chat<'_>> = BTreeMap::new();
    for (at, (_, entry)) in ledger.entries().iter().enumerate() {
        match entry {
            Entry::Wrote { chat, text } => chats.entry(*chat).or_default().written.push(text),
            Entry::Shown { chat, text } => chats.entry(*chat).or_default().shown.push((at, text)),
            _ => {}
        }
    }
    for (id, chat) in &chats {
        let mut faults = Vec::new();
        let distinct = chat.copies(&blows, &mut verdict, &mut faults);
        chat.numbers(&distinct, &mut faults);
        // A lost or duplicated message shifts all later numbers; report that once.
        if faults.is_empty() {
            faults.extend(chat.out_of_order(&distinct));
        }
        let of_chat = |(broken, what)| Fault { broken, chat: Some(*id), what };
        verdict.faults.extend(faults.into_iter().map(of_chat));
    }
    mails(ledger, &mut verdict);
    verdict
}

type Faults = Vec<(Broken, String)>;

#[derive(Default)]
struct Chat<'a> {
    written: Vec<&'a str>,
    /// With their positions in the ledger.
    shown: Vec<(usize, &'a str)>,
}

impl<'a> Chat<'a> {
    /// Checks repeated messages. Returns the distinct messages in the order of their first showing.
    fn copies(&self, blows: &[Absence], verdict: &mut Verdict, faults: &mut Faults) -> Vec<&'a str> {
        let between = |from: usize, to: usize| {
            blows.iter().filter(|signal| signal.from < to && signal.to > from).count()
        };
        let mut distinct: Vec<&str> = Vec::new();
        let mut places: BTreeMap<&str, (usize, Vec<usize>)> = BTreeMap::new();
        let mut last: Option<(usize, usize)> = None;
        for (at, text) in &self.shown {
            let (place, times) = places.entry(text).or_insert_with(|| {
                distinct.push(text);
                (distinct.len() - 1, Vec::new())
            });
            times.push(*at);
            // Only a restart may repeat earlier messages.
            if let Some((before, from)) = last
                && *place < before
                && between(from, *at) == 0
            {
                faults.push((Broken::Reordered, format!("«{text}» again though nothing ended since")));
            }
            last = Some((*place, *at));
        }
        for (text, (_, times)) in &places {
            let again = times.len() - 1;
            verdict.redeliveries += again;
            verdict.most_redelivered = verdict.most_redelivered.max(again);
            let (Some(first), Some(last)) = (times.first(), times.last()) else { continue };
            let allowed = if again > 0 { between(*first, *last) } else { 0 };
            if again > allowed {
                let what = format!("«{text}» {} times, crashes meanwhile: {allowed}", times.len());
                faults.push((Broken::Redelivered, what));
            }
        }
        verdict.effects += distinct.len();
        distinct
    }

    /// Checks that every message was consumed once, and nothing else.
    fn numbers(&self, distinct: &[&str], faults: &mut Faults) {
        let mut numbers: HashMap<&str, BTreeSet<u64>> =
            self.written.iter().map(|text| (*text, BTreeSet::new())).collect();
        let mut silences: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for shown in distinct {
            let known = match BotMessage::parse(shown) {
                Some(BotMessage::Reply { n, text }) => numbers.get_mut(text).map(|of| of.insert(n)),
                Some(BotMessage::Nudge { k, after }) => Some(silences.entry(after).or_default().insert(k)),
                None => None,
            };
            if known.is_none() {
                faults.push((Broken::Stray, format!("«{shown}»")));
            }
        }
        for text in &self.written {
            match numbers.get(text).map(BTreeSet::len).unwrap_or_default() {
                0 => faults.push((Broken::Lost, format!("«{text}» has no answer"))),
                1 => {}
                _ => faults.push((Broken::Doubled, format!("«{text}» as the {:?}", numbers[text]))),
            }
        }
        for (after, of) in silences.iter().filter(|(_, of)| of.len() > 1) {
            faults.push((Broken::Doubled, format!("the silence after {after}, as the {of:?}")));
        }
        let all = self.written.len() as u64;
        if all > 0 && !silences.contains_key(&all) {
            faults.push((Broken::Lost, "the last silence was never noticed: a timer".to_owned()));
        }
    }

    /// The first message that is out of order.
    fn out_of_order(&self, distinct: &[&str]) -> Option<(Broken, String)> {
        let (mut consumed, mut silences) = (0, 0);
        for shown in distinct {
            let next = match BotMessage::parse(shown)? {
                BotMessage::Reply { n, text } => {
                    let due = self.written.get(consumed);
                    consumed += 1;
                    n == consumed as u64 && due == Some(&text)
                }
                BotMessage::Nudge { k, after } => {
                    silences += 1;
                    k == silences && after == consumed as u64
                }
            };
            if !next {
                return Some((Broken::Reordered, format!("«{shown}» is not what comes next")));
            }
        }
        None
    }
}

/// Checks the mails. A mailbox shows only the first mail of each Message-ID.
fn mails(ledger: &Ledger, verdict: &mut Verdict) {
    let mut mailbox: BTreeMap<&str, &str> = BTreeMap::new();
    let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, entry) in ledger.entries() {
        match entry {
            Entry::Mail { id, text } => {
                verdict.mails_received += 1;
                mailbox.entry(id).or_insert(text);
            }
            Entry::Wrote { text, .. } if is_urgent(text) => drop(expected.insert(text, 0)),
            _ => {}
        }
    }
    verdict.mails = mailbox.len();
    let mut fault = |broken, what| verdict.faults.push(Fault { broken, chat: None, what });
    for text in mailbox.values() {
        match expected.get_mut(text) {
            Some(times) => *times += 1,
            None => fault(Broken::MailStray, format!("«{text}»")),
        }
    }
    for (text, times) in expected {
        match times {
            0 => fault(Broken::MailLost, format!("«{text}»")),
            1 => {}
            _ => fault(Broken::MailDoubled, format!("«{text}» {times} times")),
        }
    }
}
