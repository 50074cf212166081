//! `tolmach handoff`: staff actions on chats from the server's command line.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use tolmach_app::{
    handoff::{self, Handoff, HandoffMessage, Reply, StaffActionResult},
    text::{one_line, when},
};
use tolmach_engine::{effect::Author, event::StaffAction};
use tolmach_runtime::ports::Store;

use crate::{actor, clock::now, config::Config, database::Database};

/// The default number of messages that `list` shows per chat.
const SHOWN: u32 = 4;

/// List the chats that the staff took over, write to a client, take a chat over, return it to the bot.
#[derive(Debug, Subcommand)]
pub enum HandoffCommand {
    /// List the chats that the staff took over, longest first, with their last messages
    List {
        /// How many messages of each chat
        #[arg(long, default_value_t = SHOWN, value_name = "N")]
        messages: u32,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Write to the client and take the chat over; the bot stays silent from then on
    Say {
        #[command(flatten)]
        chat: One,
        /// The message to the client
        text: String,
    },
    /// Return the chat to the bot
    Return {
        #[command(flatten)]
        chat: One,
    },
    /// Take the chat over from the bot without a message
    Take {
        #[command(flatten)]
        chat: One,
    },
}

/// The chat that an action is for.
#[derive(Debug, Args)]
pub struct One {
    /// The chat's key, or a part of it that no other key contains
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
            HandoffCommand::Say { chat, text } => show(
                handoff::say(
                    &*store,
                    &actor::cli(None),
                    now(),
                    &chat.chat,
                    Reply { text: &text, ..Reply::default() },
                )
                .await,
                chat.json,
            ),
            HandoffCommand::Return { chat } => {
                show(handoff::give_back(&*store, &actor::cli(None), now(), &chat.chat).await, chat.json)
            }
            HandoffCommand::Take { chat } => {
                show(handoff::take(&*store, &actor::cli(None), now(), &chat.chat).await, chat.json)
            }
        };
        store.close().await?;
        done.map(|()| ExitCode::SUCCESS)
    }
}

async fn list(store: &dyn Store, messages: u32, as_json: bool) -> anyhow::Result<()> {
    let listed = handoff::list(store, messages).await?;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&listed)?);
        return Ok(());
    }
    if listed.is_empty() {
        println!("no chat is taken over by the staff");
    }
    for (number, Handoff { chat, since, messages }) in listed.iter().enumerate() {
        if number > 0 {
            println!("");
        }
        println!("{chat}  since {}", when(*since));
        for HandoffMessage { who, name, text, .. } in messages {
            let who = match who {
                Author::Client => "client",
                Author::Bot => "bot",
                Author::Staff => "staff",
            };
            let name = name.as_deref().filter(|name| !name.is_empty());
            let name = name.map_or_else(String::new, |name| format!("{}: ", one_line(name)));
            println!("  {who:<6} {name}{}", one_line(text));
        }
    }
    Ok(())
}

fn show(acted: Result<StaffActionResult, handoff::Error>, as_json: bool) -> anyhow::Result<()> {
    let acted = acted?;
    if as_json {
        println!("{}", serde_json::to_string(&acted)?);
        return Ok(());
    }
    let StaffActionResult { chat, action, done } = acted;
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
