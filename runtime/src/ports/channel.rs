//! Where clients are: messages come in through [`Intake`] and go out through [`Channel`].

use std::{fmt, time::Duration};

use async_trait::async_trait;
use tolmach_engine::{
    effect::Outgoing,
    event::{Client, EventKind},
};

/// A chat's address: the channel's name and the chat's id there, written `telegram:42`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// `telegram`, `web`, `terminal` …; no colon.
    pub channel: String,
    /// The channel's own id of the chat.
    pub id: String,
}

impl Address {
    /// An address from its parts.
    pub fn new(channel: impl Into<String>, id: impl Into<String>) -> Address {
        Address { channel: channel.into(), id: id.into() }
    }

    /// Reads what [`fmt::Display`] wrote.
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

/// Something that a channel received.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    /// The chat.
    pub address: Address,
    /// Unique within the channel: the same update delivered twice carries the same key and is taken once.
    pub key: String,
    /// What the channel knows of the person.
    pub client: Client,
    /// What happened. A press carries `press: None` here: the button is looked up by `button` when the turn starts.
    pub kind: EventKind,
    /// For a press: the button's id.
    pub button: Option<String>,
}

/// The door by which events enter.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Stores what was received, in order, and returns once it is durable: only then may the channel acknowledge.
    /// What was received before (same channel and key) is skipped.
    async fn receive(&self, inbound: Vec<Inbound>) -> super::Result<()>;
}

/// The way out to clients.
#[async_trait]
pub trait Channel: Send + Sync {
    /// The channel's name, as in [`Address::channel`].
    fn name(&self) -> &str;

    /// Delivers one message. `effect` is the stable id: a channel that can, shows each id once.
    async fn deliver(&self, to: &Address, effect: &str, message: &Outgoing) -> Delivery;

    /// Another process said something in this chat: a channel whose clients are connected to this process shows it.
    fn changed(&self, _to: &Address) {}
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// It arrived, or will without our help.
    Done,
    /// Try again, not before this long from now.
    Later {
        /// At least this long; zero lets the runtime choose.
        after: Duration,
        /// For the log.
        why: String,
    },
    /// The client cannot be reached any more (blocked the bot, deleted the chat): drop everything for this chat.
    Gone {
        /// For the log.
        why: String,
    },
    /// This message can never be delivered; later ones may.
    Refused {
        /// For the log.
        why: String,
    },
}
