//! `tolmach handoff`: what a person of the staff does with chats from the terminal of the server.
//!
//! A word of the staff enters by the same door as a client's: it is put into the inbox, and a running server takes it
//! up from there. Nothing is delivered from here.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::bail;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;
use tolmach_app::text::{one_line, when};
use tolmach_engine::{
    effect::{Author, Outgoing},
    event::{Client, EventKind, StaffAction},
};
use tolmach_runtime::ports::{Address, Inbound, MessageRow, Store};
use uuid::Uuid;

use crate::{clock::now, config::Config, database::Database};

/// How long a running server is waited for; it looks twice a second.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Messages of a chat that `list` shows unless told otherwise.
const SHOWN: u32 = 4;
/// The longest word to a client, in characters; what clients themselves may write.
const LONGEST: usize = 4096;

/// See the chats that a person has, write into them, take one and give it back.
#[derive(Debug, Subcommand)]
pub enum HandoffCommand {
    /// List the chats that a person has, longest first, with what was said last
    List {
        /// How many messages of each
        #[arg(long, default_value_t = SHOWN, value_name = "N")]
        messages: u32,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Write to the client; the bot is silent from then on
    Say {
        #[command(flatten)]
        chat: One,
        /// What to write
        text: String,
    },
    /// Give the chat back to the bot
    Return {
        #[command(flatten)]
        chat: One,
    },
    /// Take the chat from the bot without a word
    Take {
        #[command(flatten)]
        chat: One,
    },
}

/// A chat that something is done with.
#[derive(Debug, Args)]
pub struct One {
    /// The chat's key, or a part that no other has
    chat: String,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl HandoffCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let done = match self {
            HandoffCommand::List { messages, json } => list(&*store, messages, json).await,
            HandoffCommand::Say { chat, text } => {
                act(&*store, chat, StaffAction::Say { text: text.trim().to_owned() }).await
            }
            HandoffCommand::Return { chat } => act(&*store, chat, StaffAction::Return).await,
            HandoffCommand::Take { chat } => act(&*store, chat, StaffAction::Take).await,
        };
        store.close().await?;
        done.map(|()| ExitCode::SUCCESS)
    }
}

/// A chat that a person has.
#[derive(Serialize)]
struct Listed {
    chat: String,
    /// Milliseconds since the Unix epoch.
    since: i64,
    messages: Vec<Said>,
}

#[derive(Serialize)]
struct Said {
    /// `client` or `shop`: the bot and the staff speak with one voice.
    who: &'static str,
    text: String,
    /// Milliseconds since the Unix epoch.
    at: i64,
}

async fn list(store: &dyn Store, messages: u32, as_json: bool) -> anyhow::Result<()> {
    let mut listed = Vec::new();
    for handed in store.handed().await? {
        let messages = store.messages(&handed.chat, 0, messages).await?.into_iter().map(said).collect();
        listed.push(Listed { chat: handed.chat, since: handed.since, messages });
    }
    if as_json {
        println!("{}", serde_json::to_string_pretty(&listed)?);
        return Ok(());
    }
    if listed.is_empty() {
        println!("the bot has every chat");
    }
    for (number, Listed { chat, since, messages }) in listed.iter().enumerate() {
        if number > 0 {
            println!("");
        }
        println!("{chat}  since {}", when(*since));
        for Said { who, text, .. } in messages {
            println!("  {who:<6} {}", one_line(text));
        }
    }
    Ok(())
}

fn said(row: MessageRow) -> Said {
    let MessageRow { who, body, at, .. } = row;
    match who {
        Author::Client => Said { who: "client", text: body, at },
        Author::Bot => {
            let message: Outgoing = serde_json::from_str(&body).unwrap_or_default();
            let cards = message.cards.iter().map(|card| format!("[{}]", card.name));
            let parts: Vec<String> = std::iter::once(message.text).chain(cards).collect();
            Said { who: "shop", text: parts.join(" ").trim().to_owned(), at }
        }
    }
}

async fn act(store: &dyn Store, one: One, action: StaffAction) -> anyhow::Result<()> {
    if let StaffAction::Say { text } = &action {
        match text.chars().count() {
            0 => bail!("the text is empty; write what the client is to read"),
            count if count > LONGEST => bail!("the text has {count} characters; at most {LONGEST} are sent"),
            _ => {}
        }
    }
    let handed = store.handed().await?;
    let chat = match action {
        // Only these can be given back, so that a part need be unique among them alone.
        StaffAction::Return => {
            let keys = handed.into_iter().map(|handed| handed.chat);
            let found: Vec<String> = keys.filter(|key| key.contains(&one.chat)).collect();
            if found.is_empty() {
                let chat = find(store, &one.chat, store.chats_like(&one.chat).await?).await?;
                bail!("the bot has {chat} already; `tolmach handoff list` shows the chats that a person has");
            }
            find(store, &one.chat, found).await?
        }
        _ => find(store, &one.chat, store.chats_like(&one.chat).await?).await?,
    };
    let done = hand_in(store, &chat, action.clone()).await?;
    if one.json {
        println!("{}", json!({ "chat": chat, "action": action, "done": done }));
        return Ok(());
    }
    let what = match action {
        StaffAction::Say { .. } => "the client gets it, and the bot is silent",
        StaffAction::Take => "the bot is silent",
        StaffAction::Return => "the bot has it again",
    };
    match (done, &action) {
        (true, StaffAction::Return) => println!("{chat}: {what}"),
        (true, _) => println!("{chat}: {what} until `tolmach handoff return {chat}`"),
        (false, _) => println!(
            "{chat}: kept; no server has taken it up yet, it will be done when one runs (tolmach run)"
        ),
    }
    Ok(())
}

/// The one chat of those found, by its whole key or the part.
async fn find(store: &dyn Store, part: &str, found: Vec<String>) -> anyhow::Result<String> {
    if part.is_empty() {
        bail!("name a chat, as `tolmach handoff list` shows them");
    }
    if let Some(exact) = found.iter().find(|key| *key == part) {
        return Ok(exact.clone());
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let last = store.chats_like("").await?;
            if last.is_empty() {
                bail!("there is no chat {part}; nobody has written yet");
            }
            bail!("there is no chat {part}; the last ones are\n  {}", last.join("\n  "))
        }
        several => bail!("{part} is part of several chats; write more of one\n  {}", several.join("\n  ")),
    }
}

/// Puts it into the inbox, and looks whether a server takes it up.
async fn hand_in(store: &dyn Store, chat: &str, action: StaffAction) -> anyhow::Result<bool> {
    let Some(address) = Address::parse(chat) else { bail!("{chat} is no chat's key") };
    let event = Uuid::now_v7();
    let inbound = Inbound {
        address,
        key: format!("staff:{event}"),
        client: Client::default(),
        kind: EventKind::Staff { action },
        button: None,
    };
    store.receive(now(), vec![(event, inbound)]).await?;
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let rows = store.next(chat).await?.rows;
        // Behind more rows than are read at once it waits as well.
        let waiting = rows.iter().any(|row| row.event.id == event)
            || rows.len() >= usize::try_from(tolmach_runtime::ports::MAX_PENDING).unwrap_or(usize::MAX);
        if !waiting {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
