//! Messages to staff: turns a notice to a group into one message per recipient, within the limits of its chat. How a
//! notice reads in a channel, and how it is answered there, is the channel's own wording, added at delivery.

mod limits;

use std::collections::BTreeMap;

use tolmach_engine::{
    Session,
    effect::{Command, Effect, Notice, Outgoing},
    event::{Event, EventKind},
    language::Language,
};

use crate::ports::{self, Address, ChatKey, NoticeRow};

use limits::{Message, State, Topic, language_of};
pub use limits::{NoticeLimits, Rate};

/// Recipients by the name of their group.
pub type Staff = BTreeMap<String, Vec<Address>>;

/// The timer of a chat that holds messages to staff back. Its turn does nothing but send them.
pub(crate) const TIMER: &str = "notices";

/// What a turn sends to staff.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ToStaff {
    pub(crate) rows: Vec<NoticeRow>,
    /// What the chat has to remember of its limits, as JSON; `None` for nothing.
    pub(crate) state: Option<String>,
    /// Starts or cancels the timer of the messages that are held back.
    pub(crate) timer: Option<Command>,
}

/// A turn as far as it concerns staff.
pub(crate) struct Turn<'t> {
    pub(crate) chat: &'t ChatKey,
    pub(crate) event: &'t Event,
    /// The sessions before and after it.
    pub(crate) before: &'t Session,
    pub(crate) after: &'t Session,
    pub(crate) effects: &'t [Effect],
    /// What the client said in it.
    pub(crate) said: Vec<String>,
    /// The state that the turn before left, as JSON.
    pub(crate) state: Option<&'t str>,
    /// Milliseconds since the Unix epoch.
    pub(crate) now: i64,
}

/// The messages to staff of a turn: its notices, and what the client says while staff have the chat.
///
/// # Errors
/// When the state cannot be written as JSON.
pub(crate) fn told(staff: &Staff, limits: &NoticeLimits, turn: Turn<'_>) -> ports::Result<ToStaff> {
    let mut state: State = turn.state.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let was_held = state.due(limits).is_some();
    if matches!(turn.event.kind, EventKind::Staff { .. }) {
        state.answered();
    }
    let mut messages: Vec<Message> = turn.effects.iter().filter_map(notice).collect();
    messages.extend(relayed(&turn));
    messages.retain(|message| has_recipients(staff, message));
    let sent = state.send(limits, messages, turn.now);
    let due = state.due(limits);
    let name = || TIMER.to_owned();
    Ok(ToStaff {
        rows: sent.into_iter().flat_map(|message| rows(staff, turn.chat, message)).collect(),
        state: match state.is_empty() {
            true => None,
            false => {
                let refused = |why| ports::Error::refused("write as JSON", why);
                Some(serde_json::to_string(&state).map_err(refused)?)
            }
        },
        timer: match due {
            Some(due) => Some(Command::StartTimer { name: name(), due }),
            None => was_held.then(|| Command::CancelTimer { name: name() }),
        },
    })
}

/// The messages of a notice that no chat is limited in: reports, results of tasks.
pub(crate) fn unlimited(staff: &Staff, chat: &ChatKey, effect: &Effect) -> Vec<NoticeRow> {
    notice(effect).map(|message| rows(staff, chat, message)).unwrap_or_default()
}

fn notice(effect: &Effect) -> Option<Message> {
    let Command::Notify(Notice { group, subject, text, about_chat }) = effect.command.clone() else {
        return None;
    };
    let (topic, effect) = (Topic::Notice, effect.id.clone());
    Some(Message { topic, group, effect, subject, text, about_chat })
}

/// What the client says to whoever has the chat.
fn relayed(turn: &Turn<'_>) -> Vec<Message> {
    if turn.before.taken_over_at.is_none() || turn.after.taken_over_at.is_none() {
        return Vec::new();
    }
    let subject = match turn.after.language {
        Language::Ru => "Клиент пишет",
        Language::En => "The client writes",
    };
    let group = turn.after.handoff_group.as_deref().unwrap_or(Notice::EVERYBODY);
    let message = |(number, text): (usize, &String)| Message {
        topic: Topic::Relayed,
        group: group.to_owned(),
        effect: format!("{}.said.{number}", turn.event.id),
        subject: subject.to_owned(),
        text: text.clone(),
        about_chat: true,
    };
    turn.said.iter().enumerate().map(message).collect()
}

fn recipients<'s>(staff: &'s Staff, group: &str) -> &'s [Address] {
    staff.get(group).map(Vec::as_slice).unwrap_or_default()
}

fn has_recipients(staff: &Staff, message: &Message) -> bool {
    let group = &message.group;
    let somebody = !recipients(staff, group).is_empty();
    // The client's words are no notice: whoever has the chat may read them elsewhere.
    if !somebody && message.topic == Topic::Notice {
        tracing::warn!(
            group,
            "a notice has no recipients; name them in the configuration under [staff.{group}]"
        );
    }
    somebody
}

fn rows(staff: &Staff, chat: &str, message: Message) -> Vec<NoticeRow> {
    let Message { topic: _, group, effect, subject, text, about_chat } = message;
    let outgoing = Outgoing {
        language: language_of([subject.as_str(), text.as_str()]),
        subject,
        text,
        about: about_chat.then(|| chat.to_owned()),
        ..Outgoing::default()
    };
    let row = |(number, to): (usize, &Address)| NoticeRow {
        effect: format!("{effect}.{number}"),
        chat: to.to_string(),
        message: outgoing.clone(),
    };
    recipients(staff, &group).iter().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use tolmach_engine::event::{Client, StaffAction};
    use uuid::Uuid;

    use super::*;

    fn people() -> Staff {
        let people = vec![Address::new("telegram", "-100"), Address::new("email", "sales@example.com")];
        [("default".to_owned(), people)].into()
    }

    fn notify(group: &str, about_chat: bool) -> Effect {
        Effect {
            id: "e.1".to_owned(),
            command: Command::Notify(Notice {
                group: group.to_owned(),
                subject: "Новая заявка".to_owned(),
                text: "Анна ищет насос".to_owned(),
                about_chat,
            }),
        }
    }

    fn event(kind: EventKind) -> Event {
        Event {
            id: Uuid::from_u128(7),
            at: 5,
            client: Client::default(),
            origin: None,
            sent: Vec::new(),
            reading: None,
            kind,
        }
    }

    fn told_by(
        session: &Session,
        event: &Event,
        effects: &[Effect],
        said: &[&str],
        state: Option<&str>,
    ) -> ToStaff {
        let turn = Turn {
            chat: &"web:7".to_owned(),
            event,
            before: session,
            after: session,
            effects,
            said: said.iter().map(|text| (*text).to_owned()).collect(),
            state,
            now: 1_000,
        };
        told(&people(), &NoticeLimits::default(), turn).unwrap()
    }

    #[test]
    fn every_recipient_gets_the_notice_itself() {
        let message = event(EventKind::Message { text: "?".to_owned() });
        let session = Session::default();
        let told = told_by(&session, &message, &[notify("default", true)], &["?"], None);
        let to: Vec<_> = told.rows.iter().map(|row| (row.effect.as_str(), row.chat.as_str())).collect();
        assert_eq!(to, [("e.1.0", "telegram:-100"), ("e.1.1", "email:sales@example.com")]);
        for row in told.rows {
            let Outgoing { subject, text, about, language, .. } = row.message;
            assert_eq!((subject.as_str(), text.as_str()), ("Новая заявка", "Анна ищет насос"));
            assert_eq!((about.as_deref(), language), (Some("web:7"), Language::Ru));
        }
        let nobody = told_by(&session, &message, &[notify("night", false)], &["?"], None);
        assert_eq!(nobody, ToStaff::default(), "a group of nobody is told nothing, now or later");
        let silent = told_by(&session, &message, &[notify("default", false)], &["?"], None);
        assert!(silent.rows.iter().all(|row| row.message.about.is_none()), "{silent:?}");
        assert_eq!(unlimited(&people(), &"web:7".to_owned(), &notify("default", true)).len(), 2);
    }

    #[test]
    fn whoever_has_the_chat_reads_what_the_client_says() {
        let message = event(EventKind::Message { text: "?".to_owned() });
        let taken = Session { taken_over_at: Some(3), handoff_group: None, ..Session::default() };
        let mut told = told_by(&taken, &message, &[], &["первое", "второе"], None);
        let texts: Vec<_> = told.rows.iter().map(|row| row.message.text.as_str()).collect();
        assert_eq!(texts, ["первое", "первое", "второе", "второе"], "each to both people");
        assert_eq!(told.rows[0].message.about.as_deref(), Some("web:7"));
        let night = Session { handoff_group: Some("night".to_owned()), ..taken.clone() };
        assert_eq!(told_by(&night, &message, &[], &["первое"], None).rows, [], "the group that was called");
        // Twenty more are held back, until staff answer or the timer fires.
        for _ in 0..20 {
            told = told_by(&taken, &message, &[], &["ещё"], told.state.as_deref());
        }
        assert_eq!(told.rows, []);
        assert!(matches!(told.timer, Some(Command::StartTimer { .. })), "{:?}", told.timer);
        let action = StaffAction::say("Здравствуйте");
        let answer = event(EventKind::Staff { action, by: None });
        let told = told_by(&taken, &answer, &[], &[], told.state.as_deref());
        assert_eq!((told.rows.len(), told.rows[0].message.text.as_str()), (2, "ещё (×12)"));
        assert_eq!(told.timer, Some(Command::CancelTimer { name: TIMER.to_owned() }));
    }

    #[test]
    fn a_state_that_cannot_be_read_is_an_empty_one() {
        let message = event(EventKind::Message { text: "?".to_owned() });
        let told = told_by(&Session::default(), &message, &[notify("default", true)], &[], Some("{"));
        assert_eq!(told.rows.len(), 2);
    }
}
