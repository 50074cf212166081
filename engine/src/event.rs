//! Events: everything that can start a turn. An event carries its time, so that the engine needs no clock.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{effect::Press, language::Language};

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
    /// What happened.
    pub kind: EventKind,
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
}

/// The kinds of event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    /// The client wrote.
    Message {
        /// Their text, at most 4,096 characters are used.
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

/// What a member of staff does in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum StaffAction {
    /// Writes to the client, which takes the chat over: the bot is silent from now on.
    Say {
        /// The text.
        text: String,
    },
    /// Takes the chat over without writing.
    Take,
    /// Ends the handoff: the bot answers again.
    Return,
}
