//! How many messages one chat may send to the staff. What is over the limit is held and merged into the next message.

use serde::{Deserialize, Serialize};
use tolmach_engine::{effect::paragraphs, language::Language};

/// Longest merged text, in UTF-16 units. Such a text and the lines that a channel adds fit into one Telegram message.
const LONGEST: usize = 2_800;

/// A rate: a token bucket, whose state is kept with the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many messages may follow each other at once, 1 or more.
    pub at_once: u32,
    /// How many more are allowed an hour, 1 or more.
    pub an_hour: u32,
}

impl Rate {
    /// No limit.
    pub const UNLIMITED: Rate = Rate { at_once: u32::MAX, an_hour: u32::MAX };

    /// The time in which one token comes back, milliseconds.
    fn interval(self) -> i64 {
        3_600_000 / i64::from(self.an_hour.max(1))
    }
}

/// What one chat may send to each group of the staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeLimits {
    /// Notices of flows, calls for a person, and failures.
    pub notices: Rate,
    /// What the client writes while staff have the chat. A message of staff in the chat fills this bucket again.
    pub relayed: Rate,
}

impl NoticeLimits {
    /// No limits, for tests and dialogs that nobody can flood.
    pub const UNLIMITED: NoticeLimits = NoticeLimits { notices: Rate::UNLIMITED, relayed: Rate::UNLIMITED };
}

impl Default for NoticeLimits {
    fn default() -> NoticeLimits {
        NoticeLimits { notices: Rate { at_once: 4, an_hour: 12 }, relayed: Rate { at_once: 10, an_hour: 30 } }
    }
}

/// The kind of a message to the staff; each has a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Topic {
    /// A notice.
    Notice,
    /// The client's words, for whoever has the chat.
    Relayed,
}

/// A message to a group of the staff.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    pub(super) topic: Topic,
    pub(super) group: String,
    /// The id of the effect that it is sent under; a merged message has that of its last part.
    pub(super) effect: String,
    pub(super) subject: String,
    pub(super) text: String,
    /// Whether to add how the chat can be reached.
    pub(super) about_chat: bool,
}

/// What a chat has sent to the staff and what it holds back. Stored with the chat; empty for nearly all chats.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct State(Vec<Bucket>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Bucket {
    topic: Topic,
    group: String,
    /// When the bucket is full again, milliseconds since the Unix epoch (the theoretical arrival time of GCRA, ATM Forum
    /// Traffic Management 4.0).
    full: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<Held>,
}

/// Messages that wait for a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Held {
    effect: String,
    about_chat: bool,
    /// The oldest first, and no text twice.
    parts: Vec<Part>,
    /// The number of messages that are left out, because the newer ones fill the merged text.
    #[serde(default)]
    left_out: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Part {
    subject: String,
    text: String,
    times: u32,
}

impl State {
    /// Adds messages and takes out what may be sent now.
    pub(super) fn send(&mut self, limits: &NoticeLimits, messages: Vec<Message>, now: i64) -> Vec<Message> {
        let mut sent = Vec::new();
        for message in messages {
            let bucket = self.bucket(message.topic, &message.group);
            bucket.hold(message);
            sent.extend(bucket.take(limits, now));
        }
        for bucket in &mut self.0 {
            sent.extend(bucket.take(limits, now));
        }
        self.0.retain(|bucket| bucket.held.is_some() || bucket.full > now);
        sent
    }

    /// Fills the bucket of the client's words: staff have answered.
    pub(super) fn answered(&mut self) {
        for bucket in self.0.iter_mut().filter(|bucket| bucket.topic == Topic::Relayed) {
            bucket.full = 0;
        }
    }

    /// When the next held message may be sent; `None` when none is held.
    pub(super) fn due(&self, limits: &NoticeLimits) -> Option<i64> {
        let held = self.0.iter().filter(|bucket| bucket.held.is_some());
        held.map(|bucket| bucket.due(limits)).min()
    }

    /// Whether nothing needs to be remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn bucket(&mut self, topic: Topic, group: &str) -> &mut Bucket {
        let known = |bucket: &Bucket| bucket.topic == topic && bucket.group == group;
        let at = self.0.iter().position(known).unwrap_or_else(|| {
            self.0.push(Bucket { topic, group: group.to_owned(), full: 0, held: None });
            self.0.len() - 1
        });
        &mut self.0[at]
    }
}

impl Bucket {
    fn hold(&mut self, message: Message) {
        let Message { topic, group: _, effect, subject, text, about_chat } = message;
        let held = self.held.get_or_insert_with(|| Held {
            effect: String::new(),
            about_chat: false,
            parts: Vec::new(),
            left_out: 0,
        });
        held.effect = effect;
        held.about_chat |= about_chat;
        let same = |part: &Part| part.subject == subject && part.text == text;
        // The client's words stay in their order, so only a repetition of the last ones is one part.
        let known = match topic {
            Topic::Notice => held.parts.iter().position(same),
            Topic::Relayed => held.parts.len().checked_sub(1).filter(|last| same(&held.parts[*last])),
        };
        let before = known.map_or(0, |at| held.parts.remove(at).times);
        held.parts.push(Part { subject, text, times: before.saturating_add(1) });
        while held.parts.len() > 1 && held.units() > LONGEST {
            held.left_out = held.left_out.saturating_add(held.parts.remove(0).times);
        }
    }

    /// Takes the held message out, merged, if there is a token for it.
    fn take(&mut self, limits: &NoticeLimits, now: i64) -> Option<Message> {
        if self.due(limits) > now {
            return None;
        }
        let held = self.held.take()?;
        self.full = self.full.max(now).saturating_add(self.rate(limits).interval());
        let (subject, text) = held.merged(self.topic);
        let (topic, group) = (self.topic, self.group.clone());
        Some(Message { topic, group, effect: held.effect, subject, text, about_chat: held.about_chat })
    }

    fn due(&self, limits: &NoticeLimits) -> i64 {
        let rate = self.rate(limits);
        self.full.saturating_sub(rate.interval().saturating_mul(i64::from(rate.at_once.max(1)) - 1))
    }

    fn rate(&self, limits: &NoticeLimits) -> Rate {
        match self.topic {
            Topic::Notice => limits.notices,
            Topic::Relayed => limits.relayed,
        }
    }
}

impl Held {
    fn units(&self) -> usize {
        let units = |text: &str| text.encode_utf16().count();
        self.parts.iter().map(|part| units(&part.subject) + units(&part.text) + 2).sum()
    }

    /// Subject and text of the merged message. A message that was held alone is unchanged.
    fn merged(&self, topic: Topic) -> (String, String) {
        let Some(last) = self.parts.last() else { return Default::default() };
        let said = |part: &Part| {
            let subject = if part.subject == last.subject { "" } else { part.subject.as_str() };
            let times = if part.times > 1 { format!("(×{})", part.times) } else { String::new() };
            let text = [part.text.trim_end(), times.as_str()].join(" ");
            paragraphs(&[subject, text.trim_end()])
        };
        let parts: Vec<String> = self.parts.iter().map(said).collect();
        let more = (self.left_out > 0).then(|| left_out(topic, self.left_out, self.language()));
        let texts: Vec<&str> = more.iter().chain(&parts).map(String::as_str).collect();
        (last.subject.clone(), paragraphs(&texts))
    }

    fn language(&self) -> Language {
        language_of(self.parts.iter().flat_map(|part| [part.subject.as_str(), part.text.as_str()]))
    }
}

fn left_out(topic: Topic, count: u32, language: Language) -> String {
    match (topic, language) {
        (Topic::Notice, Language::Ru) => format!("Ещё уведомлений раньше: {count}"),
        (Topic::Notice, Language::En) => format!("Earlier notices: {count} more"),
        (Topic::Relayed, Language::Ru) => {
            format!("Ещё сообщений раньше: {count} (все: tolmach handoff list --messages 100)")
        }
        (Topic::Relayed, Language::En) => {
            format!("Earlier messages: {count} more (all of them: tolmach handoff list --messages 100)")
        }
    }
}

/// Russian if there is a Russian letter in any of the texts.
pub(super) fn language_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Language {
    let russian = texts.into_iter().any(|text| text.chars().any(|c| ('а'..='я').contains(&c)));
    if russian { Language::Ru } else { Language::En }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const LIMITS: NoticeLimits =
        NoticeLimits { notices: Rate { at_once: 3, an_hour: 6 }, relayed: Rate { at_once: 2, an_hour: 60 } };

    fn message(topic: Topic, n: usize, text: &str) -> Message {
        Message {
            topic,
            group: "default".to_owned(),
            effect: format!("e{n}"),
            subject: "New lead".to_owned(),
            text: text.to_owned(),
            about_chat: true,
        }
    }

    /// Sends one message now; returns what goes out as (effect, text).
    fn send(state: &mut State, message: Message, now: i64) -> Vec<(String, String)> {
        let sent = state.send(&LIMITS, vec![message], now);
        sent.into_iter().map(|message| (message.effect, message.text)).collect()
    }

    fn stored(state: &State) -> State {
        serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap()
    }

    #[test]
    fn a_few_notices_go_out_as_they_are_and_the_rest_in_one_later() {
        let mut state = State::default();
        let notice = |n: usize| message(Topic::Notice, n, &format!("notice {n}"));
        for n in 0..3 {
            assert_eq!(send(&mut state, notice(n), 5), [(format!("e{n}"), format!("notice {n}"))]);
        }
        for n in 3..6 {
            assert_eq!(send(&mut state, notice(n), 6), []);
        }
        // What is held survives a restart.
        let mut state = stored(&state);
        let due = state.due(&LIMITS).unwrap();
        assert_eq!(due, 5 + 10 * MINUTE);
        assert_eq!(state.send(&LIMITS, vec![], due - 1), []);
        let sent = state.send(&LIMITS, vec![], due);
        assert_eq!((sent.len(), sent[0].effect.as_str()), (1, "e5"));
        assert_eq!(sent[0].text, "notice 3\n\nnotice 4\n\nnotice 5");
        assert_eq!((state.due(&LIMITS), state.is_empty()), (None, false));
        assert_eq!(state.send(&LIMITS, vec![], due + 60 * MINUTE), []);
        assert!(state.is_empty(), "a full bucket needs no memory");
    }

    #[test]
    fn a_hundred_notices_an_hour_are_nine_messages_and_the_last_text_is_never_lost() {
        for texts in [1, 2, 100] {
            let (mut state, mut sent) = (State::default(), Vec::new());
            for n in 0..100_usize {
                let now = i64::try_from(n).unwrap() * 36_000;
                sent.extend(send(&mut state, message(Topic::Notice, n, &format!("lead {}", n % texts)), now));
            }
            assert!(sent.len() <= 9, "{}: {sent:?}", sent.len());
            let due = state.due(&LIMITS).unwrap();
            let last = state.send(&LIMITS, vec![], due).remove(0).text;
            assert!(last.contains(&format!("lead {}", 99 % texts)), "{last}");
        }
    }

    #[test]
    fn a_repeated_text_is_told_once_with_its_number() {
        let mut state = State::default();
        for n in 0..15 {
            send(&mut state, message(Topic::Notice, n, "зовёт менеджера"), 5);
        }
        let sent = state.send(&LIMITS, vec![], 5 + 10 * MINUTE);
        assert_eq!(sent[0].text, "зовёт менеджера (×12)");
    }

    #[test]
    fn the_words_of_a_client_stay_in_order_and_what_is_too_much_is_counted() {
        let mut state = State::default();
        let words = |n: usize, text: &str| message(Topic::Relayed, n, text);
        for n in 0..2 {
            assert_eq!(send(&mut state, words(n, "?"), 5).len(), 1);
        }
        for (n, text) in ["да", "нет", "нет", "да"].into_iter().enumerate() {
            assert_eq!(send(&mut state, words(n + 2, text), 5), []);
        }
        let sent = state.send(&LIMITS, vec![], 5 + MINUTE);
        assert_eq!(sent[0].text, "да\n\nнет (×2)\n\nда");
        for n in 0..500 {
            send(&mut state, words(n, &format!("сообщение {n} {}", "ы".repeat(100))), 5 + MINUTE);
        }
        let sent = state.send(&LIMITS, vec![], 5 + 2 * MINUTE).remove(0);
        let (first, rest) = sent.text.split_once('\n').unwrap();
        let shown = rest.matches("сообщение").count();
        assert!(first.starts_with(&format!("Ещё сообщений раньше: {} (все:", 500 - shown)), "{first}");
        assert!(shown > 10 && rest.contains("сообщение 499"), "{shown}");
        assert!(sent.text.encode_utf16().count() <= LONGEST + 100);
    }

    #[test]
    fn an_answer_of_the_staff_lets_the_client_go_on_at_once() {
        let mut state = State::default();
        let words = |n| message(Topic::Relayed, n, "?");
        let sent: usize = (0..9).map(|n| send(&mut state, words(n), 5).len()).sum();
        assert_eq!(sent, 2);
        state.answered();
        assert_eq!(send(&mut state, words(9), 6), [("e9".to_owned(), "? (×8)".to_owned())]);
        assert_eq!(send(&mut state, words(10), 6).len(), 1);
        assert_eq!(send(&mut state, words(11), 6).len(), 0);
    }

    #[test]
    fn kinds_and_groups_have_limits_of_their_own() {
        let mut state = State::default();
        for n in 0..9 {
            send(&mut state, message(Topic::Notice, n, "a"), 5);
        }
        assert_eq!(send(&mut state, message(Topic::Relayed, 9, "b"), 5).len(), 1);
        let sales = Message { group: "sales".to_owned(), ..message(Topic::Notice, 10, "c") };
        assert_eq!(send(&mut state, sales, 5), [("e10".to_owned(), "c".to_owned())]);
        // Different subjects are merged with their subjects.
        let failure = Message { subject: "A dialog failed".to_owned(), ..message(Topic::Notice, 11, "d") };
        assert_eq!(send(&mut state, failure, 5), []);
        let sent = state.send(&LIMITS, vec![], 5 + 10 * MINUTE).remove(0);
        assert_eq!(
            (sent.subject.as_str(), sent.text.as_str()),
            ("A dialog failed", "New lead\n\na (×6)\n\nd")
        );
    }

    #[test]
    fn without_limits_nothing_is_held() {
        let mut state = State::default();
        for n in 0..1000 {
            let sent = state.send(&NoticeLimits::UNLIMITED, vec![message(Topic::Notice, n, "a")], 5);
            assert_eq!(sent.len(), 1);
        }
        assert!(state.is_empty());
    }
}
