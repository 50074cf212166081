//! `tolmach inbox`: chats as the panel's inbox shows them.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use tolmach_app::{
    inbox::{self, ChatShown, ConversationShown, Part},
    text::{one_line, when},
};
use tolmach_engine::effect::Author;
use tolmach_runtime::ports::{DialogQuery, Queue, Store};

use crate::{config::Config, database::Database};

/// List chats and show one with its turns.
#[derive(Debug, Subcommand)]
pub enum InboxCommand {
    /// List chats, the last active first
    List(List),
    /// Show a chat: its last messages, turns and notes
    Show {
        /// The chat's key, such as web:1
        chat: String,
        /// Only messages before the one with this number
        #[arg(long, value_name = "SEQ")]
        before: Option<i64>,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct List {
    /// Which chats
    #[arg(long, value_enum, default_value_t = Which::All)]
    queue: Which,
    /// Only of this channel: web or telegram
    #[arg(long)]
    channel: Option<String>,
    /// Only of clients of this language: ru or en
    #[arg(long)]
    language: Option<String>,
    /// Only those with a message that holds these words; no other filter counts
    #[arg(long, value_name = "WORDS", conflicts_with_all = ["queue", "channel", "language"])]
    text: Option<String>,
    /// The maximum number of chats
    #[arg(long, default_value_t = 40)]
    limit: u32,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    /// All
    All,
    /// Those whose client waits for a person, the longest first
    Waiting,
    /// Those in which the client spoke last
    Unanswered,
}

impl InboxCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let done = self.run(&*store).await;
        store.close().await?;
        done.map(|()| ExitCode::SUCCESS)
    }

    async fn run(self, store: &dyn Store) -> anyhow::Result<()> {
        match self {
            InboxCommand::List(List { queue, channel, language, text, limit, json }) => {
                let queue = match queue {
                    Which::All => Queue::All,
                    Which::Waiting => Queue::Awaited,
                    Which::Unanswered => Queue::Unanswered,
                };
                let query = DialogQuery { queue, channel, language, limit, ..DialogQuery::default() };
                let chats: Vec<ChatShown> = match text {
                    Some(text) => ChatShown::found(&inbox::search(store, &text).await?, true),
                    None => {
                        let rows = inbox::list(store, &query).await?;
                        rows.iter().map(|row| ChatShown::of(row, true)).collect()
                    }
                };
                if json {
                    println!("{}", serde_json::to_string_pretty(&chats)?);
                } else if chats.is_empty() {
                    println!("no chats");
                } else {
                    chats.iter().for_each(|chat| println!("{}", line(chat)));
                }
            }
            InboxCommand::Show { chat, before, json } => {
                let part = before.map_or(Part::Last, Part::Before);
                let conversation = inbox::conversation(store, &chat, part).await?;
                let notes = store.notes(&chat).await?;
                let shown = ConversationShown::of(&conversation, &notes, true);
                if json {
                    println!("{}", serde_json::to_string_pretty(&shown)?);
                    return Ok(());
                }
                println!("{}", line(&shown.chat));
                for message in &shown.messages {
                    println!("  {}  {}  {}", when(message.at), who(message.who), one_line(&message.text));
                }
                for note in &shown.notes {
                    println!(
                        "  note  {}  {}: {}",
                        when(note.at),
                        one_line(&note.author),
                        one_line(&note.text)
                    );
                }
                if let Some(before) = shown.before {
                    println!("  earlier messages: --before {before}; a turn: tolmach replay {chat}");
                }
            }
        }
        Ok(())
    }
}

const fn who(author: Author) -> &'static str {
    match author {
        Author::Client => "client",
        Author::Bot => "bot   ",
        Author::Staff => "staff ",
    }
}

fn line(chat: &ChatShown) -> String {
    let client = chat.client.as_deref().map_or_else(|| "a client".to_owned(), one_line);
    let waits = chat.awaited_since.map(|at| format!(", waits for a person since {}", when(at)));
    let holder = chat.holder.as_deref().map(|name| format!(", {} has it", one_line(name)));
    let lead = if chat.has_lead { ", a lead" } else { "" };
    if let Some(found) = &chat.found {
        return format!("{}  {client}, {}: {}", chat.chat, when(chat.updated), one_line(found));
    }
    let last = chat.last.as_ref().map(|last| format!(": {}", one_line(&last.text))).unwrap_or_default();
    let (waits, holder) = (waits.unwrap_or_default(), holder.unwrap_or_default());
    format!("{}  {client}, {}{waits}{holder}{lead}{last}", chat.chat, when(chat.updated))
}
