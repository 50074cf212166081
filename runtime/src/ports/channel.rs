//! Channels to clients: events come in through [`Intake`], messages go out through [`Channel`].

use std::{fmt, time::Duration};

use super::UnreadUpdate;
use async_trait::async_trait;
use tolmach_engine::{
    channel::Capabilities,
    effect::Outgoing,
    event::{Client, EventKind, Origin, Sent},
};

/// A chat's address: the channel's name and the chat's id in that channel, written `telegram:42`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// The channel's name, such as `telegram`, `web` or `terminal`; contains no colon.
    pub channel: String,
    /// The channel's own id of the chat.
    pub id: String,
}

impl Address {
    /// Builds an address.
    pub fn new(channel: impl Into<String>, id: impl Into<String>) -> Address {
        Address { channel: channel.into(), id: id.into() }
    }

    /// Parses the form that [`fmt::Display`] writes; `None` if a part is missing or empty.
    pub fn parse(text: &str) -> Option<Address> {
        let (channel, id) = text.split_once(':')?;
        (!channel.is_empty() && !id.is_empty()).then(|| Address::new(channel, id))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.channel, self.id)
    }
}

/// An event that a channel received.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    /// The chat.
    pub address: Address,
    /// Unique within the channel. An update that is delivered twice carries the same key and is stored once.
    pub key: String,
    /// What the channel knows about the client.
    pub client: Client,
    /// The site of the channel that it came from; `None` for a channel without sites.
    pub origin: Option<Origin>,
    /// The event. A press carries `press: None` here; its action is looked up by `button` when the turn starts.
    pub kind: EventKind,
    /// For a press: the button's id.
    pub button: Option<String>,
    /// Which message of the client's it is, or which one it gives another text, in a channel in which messages can be edited.
    pub sent: Option<Sent>,
}

/// Accepts received events.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Stores received events in order and returns once they are durable. Only then may the channel acknowledge them.
    /// Events that are known (same channel and key) are skipped.
    ///
    /// # Errors
    /// When the store is unavailable, or when a chat id or key contains U+0000. The channel must not acknowledge then.
    async fn receive(&self, inbound: Vec<Inbound>) -> super::Result<()>;

    /// Keeps an update that the channel cannot read in the quarantine, and returns once that is durable. One that is there
    /// already stays as it is.
    ///
    /// # Errors
    /// When the store is unavailable. The channel must not acknowledge then.
    async fn put_aside(&self, update: UnreadUpdate) -> super::Result<()>;
}

/// Sends messages to clients.
#[async_trait]
pub trait Channel: Send + Sync {
    /// The channel's name, as in [`Address::channel`].
    fn name(&self) -> &str;

    /// What the channel can show and do.
    fn capabilities(&self) -> Capabilities;

    /// Delivers one message. `effect` is its stable id; a channel that can recognise a repeated id shows the message
    /// once.
    async fn deliver(&self, to: &Address, effect: &str, message: &Outgoing) -> Delivery;

    /// Called when another process changed this chat, or when a turn stored something and sent nothing. A channel with
    /// clients connected to this process shows them the change.
    fn changed(&self, _to: &Address) {}

    /// Reads an update that was put aside before; `None` if it still cannot be read, or holds nothing for a dialog.
    fn read_update(&self, _update: &str) -> Option<Inbound> {
        None
    }
}

/// The result of a delivery attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// The message arrived, or the channel takes care of it from now on.
    Done,
    /// The attempt failed; retry later.
    Later {
        /// Minimum pause before the retry; zero lets the runtime choose.
        after: Duration,
        /// For the log.
        why: String,
    },
    /// The client cannot be reached any more (blocked the bot, deleted the chat). All undelivered messages of the chat
    /// are dropped.
    Gone {
        /// For the log.
        why: String,
    },
    /// This message can never be delivered; later ones may be.
    Refused {
        /// For the log.
        why: String,
    },
}
