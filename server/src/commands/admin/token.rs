//! `tolmach admin token`: by what programs ask the API in somebody's name.

use clap::{Args, Subcommand};
use serde_json::json;
use tolmach_app::{
    accounts::{self, DAYS, NewToken, TokenShown, Whose},
    text::{one_line, when},
};
use tolmach_runtime::ports::{Actor, Store};

use crate::clock::now;

/// Make, list and end access tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it once
    Create(Create),
    /// List an account's tokens: what each may, until when, and the day of its last use
    List {
        /// The account's name
        account: String,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// End a token: programs that use it stop at once
    Revoke {
        /// The account's name
        account: String,
        /// The token's name, or its id as `list` shows it
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        token: Option<String>,
        /// All of the account's tokens
        #[arg(long)]
        all: bool,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct Create {
    /// The account's name: the token does what this person may
    account: String,
    /// What it is for
    #[arg(long, value_name = "NAME")]
    name: String,
    /// It may only read
    #[arg(long)]
    read_only: bool,
    /// For how many days it works, at most 365
    #[arg(long, default_value_t = DAYS)]
    days: i64,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl TokenCommand {
    pub async fn run(self, store: &dyn Store, by: &Actor) -> anyhow::Result<()> {
        match self {
            TokenCommand::Create(Create { account, name, read_only, days, json }) => {
                let whose = Whose::named(store, by, &account).await?;
                let new = NewToken { name: &name, read_only, days };
                let made = accounts::make_token(store, &whose, now(), new).await?;
                if json {
                    let mut shown = serde_json::to_value(&made.shown)?;
                    shown["token"] = made.token.into();
                    println!("{}", serde_json::to_string_pretty(&shown)?);
                } else {
                    println!("{}", made.token);
                    println!("  {}", line(&made.shown));
                    println!("  It is shown once. Send it as Authorization: Bearer …");
                }
            }
            TokenCommand::List { account, json } => {
                let Some(found) = store.account_named(&account).await? else {
                    return Err(accounts::Error::Unknown(account).into());
                };
                let tokens = accounts::tokens(store, now(), found.id).await?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&tokens)?);
                } else if tokens.is_empty() {
                    println!("no tokens; make one with tolmach admin token create NAME --name WHAT_FOR");
                } else {
                    tokens.iter().for_each(|token| println!("{}  {}", token.id, line(token)));
                }
            }
            TokenCommand::Revoke { account, token, all: _, json } => {
                let whose = Whose::named(store, by, &account).await?;
                let ended = match token {
                    Some(token) => accounts::end_token(store, &whose, now(), &token).await?,
                    None => accounts::end_tokens(store, &whose, now()).await?,
                };
                if json {
                    let shown = json!({ "account": ended.account, "tokens": ended.tokens });
                    println!("{}", serde_json::to_string_pretty(&shown)?);
                } else {
                    println!("tokens of {} ended: {}", ended.account, ended.tokens.len());
                    ended.tokens.iter().for_each(|name| println!("  {}", one_line(name)));
                }
            }
        }
        Ok(())
    }
}

fn line(token: &TokenShown) -> String {
    let may = if token.read_only { "only reads" } else { "may do what the person may" };
    let until = if token.expired { "expired" } else { "until" };
    let used =
        token.used.as_deref().map_or_else(|| "not used yet".to_owned(), |day| format!("used last on {day}"));
    format!("{}: {may}, {until} {}, {used}", one_line(&token.name), when(token.expires))
}
