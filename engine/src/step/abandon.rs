//! The end of a turn that the flows cannot bring to an end.

use crate::{
    effect::{Command, Effect, Notice, Outgoing},
    event::{Event, EventKind},
    personal::PersonalValues,
    phrases::{self, Phrase},
    session::Session,
    trace::Trace,
    turn_state::TurnState,
};

/// Why a turn is abandoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abandoned {
    /// It exceeded `limits.turn`.
    TooLong,
    /// It panicked.
    Panicked,
    /// It was begun several times and never came to an end, because the process ended each time.
    Quarantined,
}

impl Abandoned {
    /// The reason in words, for traces and logs.
    pub const fn reason(self) -> &'static str {
        self.phrase().en
    }

    /// The reason in words, for the staff.
    const fn phrase(self) -> Phrase {
        match self {
            Abandoned::TooLong => {
                Phrase::new("превышено время хода (limits.turn)", "the turn took too long (limits.turn)")
            }
            Abandoned::Panicked => Phrase::new("ошибка в программе", "an error in the program"),
            Abandoned::Quarantined => Phrase::new(
                "ход трижды прервал работу программы и отложен (tolmach jobs list)",
                "the turn ended the program three times and is quarantined (tolmach jobs list)",
            ),
        }
    }
}

/// Ends a turn without running any node: the client is told, unless staff have the chat or the client did not write, and
/// the staff is notified. The dialog stays where it was.
pub fn abandon(mut session: Session, event: Event, why: Abandoned) -> (Session, Vec<Effect>, Trace) {
    let language = session.language;
    let by_client = !matches!(event.kind, EventKind::Timer { .. } | EventKind::Staff { .. });
    let mut turn_state = TurnState::new(event);
    turn_state.trace.abandoned = Some(why.reason().to_owned());
    turn_state.push(Command::Notify(Notice {
        group: Notice::EVERYBODY.to_owned(),
        subject: phrases::FAILED_SUBJECT.get(language).to_owned(),
        text: phrases::ABANDONED_FOR_STAFF.get(language).replace("{why}", why.phrase().get(language)),
        about_chat: true,
    }));
    if by_client && session.taken_over_at.is_none() {
        let text = phrases::ABANDONED.get(language).to_owned();
        turn_state.send(&mut session, &PersonalValues::default(), Outgoing { text, ..Outgoing::default() });
    }
    (session, turn_state.effects, turn_state.trace)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::event::Client;

    fn sent(session: Session, kind: EventKind) -> Vec<String> {
        let event = Event {
            id: Uuid::from_u128(1),
            at: 5,
            client: Client::default(),
            origin: None,
            sent: Vec::new(),
            reading: None,
            kind,
        };
        let before = session.clone();
        let (after, effects, trace) = abandon(session, event, Abandoned::TooLong);
        assert_eq!(after.waits_at(), before.waits_at());
        assert_eq!(trace.abandoned.as_deref(), Some("the turn took too long (limits.turn)"));
        let line = |effect: Effect| match effect.command {
            Command::Send(message) => format!("client: {}", message.text),
            Command::Notify(notice) => format!("{}: {}", notice.group, notice.subject),
            other => format!("{other:?}"),
        };
        effects.into_iter().map(line).collect()
    }

    #[test]
    fn the_staff_is_always_told_and_a_client_who_waits_for_an_answer_too() {
        let message = || EventKind::Message { text: "1 2 3".to_owned() };
        let told = sent(Session::default(), message());
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().any(|line| line.starts_with("client: ")), "{told:?}");
        let taken = Session { taken_over_at: Some(3), ..Session::default() };
        assert_eq!(sent(taken, message()).len(), 1);
        assert_eq!(sent(Session::default(), EventKind::Timer { name: "inactivity".to_owned() }).len(), 1);
    }
}
