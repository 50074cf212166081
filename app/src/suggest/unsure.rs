//! Collects from stored turns the messages that a `classify` node was unsure of.

use std::collections::{BTreeMap, HashMap};

use tolmach_engine::Platform;
use tolmach_engine::{resources::example_set, trace::Visit, wording::normalized};
use tolmach_nodes::contact::holds_contact;
use tolmach_runtime::{
    backtest::RecordedTurn,
    ports::{Store, StoredTurn, TurnQuery},
};

use super::Error;
use crate::{release::CompiledReleases, replay, text::one_line};

/// How many turns are read per query.
const PAGE: u32 = 500;
/// The maximum number of distinct messages; the similarity matrix needs memory quadratic in it.
const MOST: usize = 3_000;
/// The number of digits from which a number may be a phone number.
const DIGITS: usize = 7;

/// Messages that are equal after normalization.
#[derive(Debug)]
pub(super) struct Message {
    /// The text of the last one.
    pub(super) text: String,
    /// How many.
    pub(super) count: usize,
    /// The `seq` of the last turn with it.
    pub(super) seq: i64,
}

/// The messages by example set, `<flow>.<node>`, most frequent first.
#[derive(Debug, Default)]
pub(super) struct Unsure {
    pub(super) by_set: BTreeMap<String, Vec<Message>>,
    /// Messages that were skipped: they contain personal data or were meant for staff.
    pub(super) private: usize,
    /// Distinct messages that were skipped because there were more than [`MOST`]; the oldest.
    pub(super) left_out: usize,
    /// The release of the last turn with an unsure classification.
    pub(super) last_release: Option<String>,
    known: HashMap<(String, String), Message>,
}

impl Unsure {
    /// Reads the turns since `at`, milliseconds since the Unix epoch; of one example set if `set` is given.
    pub(super) async fn since(
        store: &dyn Store,
        platform: &Platform,
        at: i64,
        set: Option<&str>,
    ) -> Result<Unsure, Error> {
        let mut unsure = Unsure::default();
        let mut releases = CompiledReleases::of(store, platform);
        let mut last = 0;
        while let page = store.turns(&TurnQuery::since(at, last, PAGE)).await?
            && let Some(turn) = page.last()
        {
            last = turn.seq;
            for turn in &page {
                unsure.take(turn, set, &mut releases).await?;
            }
        }
        unsure.sort();
        Ok(unsure)
    }

    async fn take(
        &mut self,
        turn: &StoredTurn,
        set: Option<&str>,
        releases: &mut CompiledReleases<'_>,
    ) -> Result<(), Error> {
        // Most turns have no unsure classification, and parsing a trace is slow.
        if !turn.trace.contains("\"unsure\"") {
            return Ok(());
        }
        let past = RecordedTurn::new(turn, releases.get(&turn.release).await?);
        let past = past.map_err(replay::Error::unreadable(turn))?;
        let Some(visit) = unsure_visit(past.visits()) else { return Ok(()) };
        self.last_release = Some(turn.release.clone());
        let name = example_set(&visit.flow, &visit.node);
        if set.is_some_and(|set| set != name) {
            return Ok(());
        }
        match past.message() {
            Some(text) if may_be_shown(text) => self.add(name, text, turn.seq),
            _ => self.private += 1,
        }
        Ok(())
    }

    fn add(&mut self, set: String, text: &str, seq: i64) {
        let words = normalized(text);
        if words.is_empty() {
            return;
        }
        let message =
            self.known.entry((set, words)).or_insert(Message { text: String::new(), count: 0, seq });
        *message = Message { text: one_line(text), count: message.count + 1, seq };
    }

    fn sort(&mut self) {
        let mut all: Vec<((String, String), Message)> = self.known.drain().collect();
        all.sort_by_key(|((set, _), message)| (std::cmp::Reverse(message.seq), set.clone()));
        self.left_out = all.len().saturating_sub(MOST);
        all.truncate(MOST);
        all.sort_by_key(|(_, message)| std::cmp::Reverse(message.count));
        for ((set, _), message) in all {
            self.by_set.entry(set).or_default().push(message);
        }
    }
}

/// The `classify` visit that took its `unsure` exit, unless an `faq` node answered later in the turn.
fn unsure_visit(visits: &[Visit]) -> Option<&Visit> {
    let is =
        |visit: &Visit, kind: &str, exit: &str| visit.kind == kind && visit.exit.as_deref() == Some(exit);
    let at = visits.iter().position(|visit| is(visit, "classify", "unsure"))?;
    let answered = visits.iter().skip(at).any(|visit| is(visit, "faq", "hit"));
    visits.get(at).filter(|_| !answered)
}

/// Whether a message contains no personal data. Numbers of passports, cards and contracts count as personal like phone
/// numbers, and so do account names.
pub(super) fn may_be_shown(text: &str) -> bool {
    let mut digits = 0;
    for c in text.chars() {
        match c {
            '@' => return false,
            c if c.is_numeric() => digits += 1,
            c if c.is_alphabetic() => digits = 0,
            _ => {}
        }
        if digits >= DIGITS {
            return false;
        }
    }
    !holds_contact(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_and_document_numbers_are_not_shown() {
        let hidden = [
            "мой номер 8 999 123-45-67",
            "call 123-45-67",
            "write to john@example.com",
            "я в телеграме @someone",
            "ivan собака mail точка ru",
            "паспорт 4500 000000",
        ];
        for text in hidden {
            assert!(!may_be_shown(text), "{text}");
        }
        for text in ["насос 220 В до 100000 рублей", "do you rent tools?", "доставка 25.12.25?"]
        {
            assert!(may_be_shown(text), "{text}");
        }
    }

    #[test]
    fn a_message_answered_by_faq_is_not_unsure() {
        let visit = |kind: &str, exit: &str| Visit {
            node: kind.to_owned(),
            kind: kind.to_owned(),
            exit: Some(exit.to_owned()),
            ..Visit::default()
        };
        let found = |visits: &[Visit]| unsure_visit(visits).map(|visit| visit.node.clone());
        let route = visit("classify", "unsure");
        assert_eq!(found(&[route.clone(), visit("faq", "miss")]).as_deref(), Some("classify"));
        assert_eq!(found(&[route, visit("faq", "hit")]), None);
        assert_eq!(found(&[visit("classify", "product")]), None);
    }
}
