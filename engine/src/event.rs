//! Events: everything that can start a turn. An event carries its time, so that the engine needs no clock.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    effect::{Card, Press, SentFile},
    language::Language,
    text::cut,
    visible::make_visible,
};

/// The most characters of a client's message that a turn reads. Whatever reads it, so an extractor, a classifier or a
/// search, takes time linear in it. Channels have limits of their own, a little higher.
pub const MAX_TEXT: usize = 4_000;

/// The most characters of what a channel says of a client: a name, a handle, a phone.
const MAX_FIELD: usize = 256;

/// One thing that happened; starts exactly one turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Unique; the ids of everything the turn causes derive from it.
    pub id: Uuid,
    /// When it was received, milliseconds since the Unix epoch, UTC.
    pub at: i64,
    /// What the channel knows of the client.
    #[serde(default)]
    pub client: Client,
    /// From which site of the channel it came; `None` for a channel without sites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Which of the client's messages it is, in a channel in which messages can be edited: one, or several that were merged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<Sent>,
    /// What a message is read as where it is written otherwise than it is meant: colloquially, in Latin letters. It goes to
    /// whatever reads the message; the history and the staff have what was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<String>,
    /// What happened.
    pub kind: EventKind,
}

/// A message of the client's, in a channel in which messages can be edited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The channel's own id of the message, unique within the chat.
    pub id: String,
    /// Whether the text is a later one: the client edited the message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
    /// Its text where the event merges several messages; `None` where it is the text of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Sent {
    /// A message that was written.
    pub fn written(id: impl Into<String>) -> Sent {
        Sent { id: id.into(), ..Sent::default() }
    }

    /// A message that got another text.
    pub fn edited(id: impl Into<String>) -> Sent {
        Sent { id: id.into(), edited: true, text: None }
    }
}

/// The site that an event came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The site's name in the configuration.
    pub site: String,
    /// The `Origin` header of the page, as the browser sent it, at most 200 characters; `None` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// What the channel knows about the client; every field may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Given name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub first_name: String,
    /// Family name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_name: String,
    /// Handle without the at sign.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// The language of the client's application, where it is a supported one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The flow in which the client's dialogs begin; `None`, or a flow that the release does not have, for the release's
    /// own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
}

/// The kinds of event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    /// The client wrote.
    Message {
        /// Their text; at most [`MAX_TEXT`] characters of it are read.
        text: String,
    },
    /// The client sent `/name rest`.
    Command {
        /// Without the slash, lower case.
        name: String,
        /// What followed.
        #[serde(default)]
        rest: String,
    },
    /// The client pressed a button that we sent.
    Press {
        /// The button's label as it was shown.
        label: String,
        /// What the button stands for; `None` when nothing is known of the button any more.
        press: Option<Press>,
    },
    /// The client shared a contact through the channel's own button.
    Contact {
        /// Phone as the channel gives it.
        phone: String,
        /// Name as the channel gives it.
        #[serde(default)]
        name: String,
    },
    /// Something arrived that the dialog cannot read (a sticker, a photo, a voice message).
    Unsupported {
        /// What it is, as the channel calls it.
        what: String,
    },
    /// A timer that an earlier turn started has fired.
    Timer {
        /// The timer's name, e.g. `inactivity`.
        name: String,
    },
    /// A member of staff acted in the chat.
    Staff {
        /// What.
        action: StaffAction,
        /// Who it was, as their channel names them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
}

impl Event {
    /// The message of the client's whose text this event changes.
    pub fn edits(&self) -> Option<&Sent> {
        self.sent.first().filter(|sent| sent.edited)
    }

    /// Cuts what the client wrote to [`MAX_TEXT`] characters, at a word where possible, and what the channel says of them
    /// to 256; returns how many characters of the text are left out.
    pub(crate) fn cut(&mut self) -> usize {
        let shorten = |text: &mut String, most: usize| {
            let kept = cut(text, most).len();
            let left_out = text.get(kept..).map_or(0, |rest| rest.chars().count());
            text.truncate(kept);
            left_out
        };
        let client = &mut self.client;
        for field in [&mut client.first_name, &mut client.last_name, &mut client.username] {
            shorten(field, MAX_FIELD);
        }
        if let Some(reading) = &mut self.reading {
            shorten(reading, MAX_TEXT);
        }
        match &mut self.kind {
            EventKind::Message { text } => shorten(text, MAX_TEXT),
            EventKind::Command { rest, .. } => shorten(rest, MAX_TEXT),
            EventKind::Press { label, .. } => shorten(label, MAX_TEXT),
            EventKind::Contact { phone, name } => {
                shorten(phone, MAX_FIELD);
                shorten(name, MAX_FIELD);
                0
            }
            _ => 0,
        }
    }
}

impl Client {
    /// Removes invisible characters from what the channel says of the client.
    pub fn make_visible(&mut self) {
        [&mut self.first_name, &mut self.last_name, &mut self.username].into_iter().for_each(make_visible);
    }
}

impl EventKind {
    /// Removes invisible characters from what the client wrote. What staff write stays as it is.
    pub fn make_visible(&mut self) {
        match self {
            EventKind::Message { text } => make_visible(text),
            EventKind::Command { rest, .. } => make_visible(rest),
            EventKind::Press { label, .. } => make_visible(label),
            EventKind::Contact { phone, name } => {
                make_visible(phone);
                make_visible(name);
            }
            EventKind::Unsupported { what } => make_visible(what),
            EventKind::Timer { .. } | EventKind::Staff { .. } => {}
        }
    }

    /// What the client wrote, or the label that they pressed; empty for other events.
    pub fn text(&self) -> &str {
        match self {
            EventKind::Message { text } => text,
            EventKind::Press { label, .. } => label,
            EventKind::Command { rest, .. } => rest,
            _ => "",
        }
    }

    /// What a client's text is: a [`EventKind::Command`] if it has the form `/name` or `/name rest`, where the name is
    /// made of ASCII letters, digits and underscores, and a [`EventKind::Message`] with the text as it is otherwise.
    /// Every channel reads texts with it, so that a command works alike in all of them.
    ///
    /// In `/name@bot` the bot's name is ignored: a client talks to one bot in a chat, so that it can only be this one.
    pub fn from_text(text: &str) -> EventKind {
        command(text).unwrap_or_else(|| EventKind::Message { text: text.to_owned() })
    }
}

fn command(text: &str) -> Option<EventKind> {
    let command = text.trim().strip_prefix('/')?;
    let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain.then(|| EventKind::Command { name: name.to_ascii_lowercase(), rest: rest.trim().to_owned() })
}

/// What a member of staff does in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum StaffAction {
    /// Writes to the client, which takes the chat over: the bot is silent from now on.
    Say {
        /// The text; may be empty when there are products or files.
        text: String,
        /// Products to show after the text.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cards: Vec<Card>,
        /// Files to send after them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<SentFile>,
    },
    /// Takes the chat over without writing.
    Take,
    /// Ends the handoff: the bot answers again.
    Return,
}

impl StaffAction {
    /// A message without products and files.
    pub fn say(text: impl Into<String>) -> StaffAction {
        StaffAction::Say { text: text.into(), cards: Vec::new(), files: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, command: Option<(&str, &str)>) {
        let expected = match command {
            Some((name, rest)) => EventKind::Command { name: name.to_owned(), rest: rest.to_owned() },
            None => EventKind::Message { text: text.to_owned() },
        };
        assert_eq!(EventKind::from_text(text), expected, "{text:?}");
    }

    #[test]
    fn a_command_is_a_slash_and_a_plain_name() {
        check("/start", Some(("start", "")));
        check(" /Start \n", Some(("start", "")));
        check("/start promo  7 ", Some(("start", "promo  7")));
        check("/help\nme", Some(("help", "me")));
        check("/help@shop_bot now", Some(("help", "now")));
        check("/call_me2", Some(("call_me2", "")));
    }

    #[test]
    fn any_other_text_is_a_message_as_it_is() {
        for text in
            ["", "/", "/ start", "//", "/@bot", "/foo-bar", "/вернуть", "start", " 1/2 ", "/usr/bin", "a /b"]
        {
            check(text, None);
        }
    }
}
