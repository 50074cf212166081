//! What the bot would say in a chat that a person has: a turn on a copy of the session, of which nothing is stored and nothing
//! is sent.

use std::time::Duration;

use tolmach_engine::{
    Session,
    effect::{Author, Command, Outgoing},
    event::{Client, Event, EventKind},
    trace::Trace,
};
use uuid::Uuid;

use crate::{greeting::Queries, ports, runtime::Runtime};

/// How long a person waits for it beside the chat.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What the bot would say.
#[derive(Clone, Debug)]
pub struct WouldSay {
    /// The messages.
    pub said: Vec<Outgoing>,
    /// How it came to them.
    pub trace: Trace,
}

impl Runtime {
    /// What the bot would answer to the client's last words, as if it had the chat. `None` when the client has said nothing,
    /// the bot would say nothing, or the answer would change something in another system.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn would_say(&self, chat: &str) -> ports::Result<Option<WouldSay>> {
        let Some(current) = self.releases.current() else { return Ok(None) };
        let stored = self.ports.store.chat(chat).await?;
        let Some(session) = stored.session.and_then(|json| serde_json::from_str::<Session>(&json).ok())
        else {
            return Ok(None);
        };
        let Some((session, words)) = before_last_words(session) else { return Ok(None) };
        let ready = match self.releases.get(&session.release).await? {
            Some(pinned) if session.waits_at().is_some() => pinned,
            _ => std::sync::Arc::clone(&current.ready),
        };
        let event = Event {
            id: Uuid::now_v7(),
            at: self.ports.clock.now(),
            client: Client { ..session.client.clone() },
            origin: None,
            sent: Vec::new(),
            reading: None,
            kind: EventKind::Message { text: words },
        };
        let event = ready.intents.read(event, &self.ports.queries.catalog).await?;
        let Some((effects, trace)) =
            self.without_storing(&ready, session, event, Queries::All, TIMEOUT).await
        else {
            return Ok(None);
        };
        let said: Vec<Outgoing> = effects
            .into_iter()
            .filter_map(|effect| match effect.command {
                Command::Send(message) => Some(message),
                _ => None,
            })
            .collect();
        Ok((!said.is_empty()).then_some(WouldSay { said, trace }))
    }
}

/// The session without the client's last words, in the bot's hands, and these words. What staff said before them stays: the bot
/// would have read it.
fn before_last_words(mut session: Session) -> Option<(Session, String)> {
    let mut words = Vec::new();
    while session.history.back().is_some_and(|said| said.who == Author::Client) {
        words.extend(session.history.pop_back().map(|said| said.text));
    }
    words.reverse();
    session.taken_over_at = None;
    session.taken_over_by = None;
    session.awaited_since = None;
    let words = words.join("\n");
    (!words.trim().is_empty()).then_some((session, words))
}

#[cfg(test)]
mod tests {
    use tolmach_engine::effect::Utterance;

    use super::*;

    #[test]
    fn the_last_words_are_those_since_somebody_else_spoke() {
        let said = |who, text: &str| Utterance { who, text: text.to_owned() };
        let session = Session {
            history: [
                said(Author::Client, "привет"),
                said(Author::Staff, "слушаю"),
                said(Author::Client, "нужен насос"),
                said(Author::Client, "и шланг"),
            ]
            .into(),
            taken_over_at: Some(5),
            ..Session::default()
        };
        let (before, words) = before_last_words(session).unwrap();
        assert_eq!((words.as_str(), before.history.len()), ("нужен насос\nи шланг", 2));
        assert_eq!(before.taken_over_at, None);
        assert!(before_last_words(before).is_none(), "staff spoke last");
    }
}
