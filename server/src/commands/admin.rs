//! `tolmach admin`: the accounts of the panel.

mod token;

use std::{io::Read, process::ExitCode};

use anyhow::{Context, bail};
use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use serde::Serialize;
use tolmach_app::{
    accounts::{self, Manager, New, Passwords, Person, PersonShown, Role, Whose},
    text::when,
};
use tolmach_runtime::ports::{Account, Store};

use crate::{actor, clock::now, config::Config, database::Database};

/// Make and change the accounts of the admin panel.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make an account; without --password-stdin a password is made and printed once
    Create(Create),
    /// List accounts
    List {
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Show an account with its access tokens, as JSON
    Show {
        /// The account's name
        name: String,
    },
    /// Give an account a new password; removes its second factor and ends its logins and access tokens
    Reset(Reset),
    /// Change an account's role, or forbid or allow its logins
    Set(Set),
    /// Make a link that works once and for a day, by which somebody makes their own account
    Invite {
        /// The role
        #[arg(long, default_value = "manager", value_parser = role())]
        role: Role,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Remove an account's second factor, and end its logins
    ResetFactor(Named),
    /// End an account's logins, and say how many access tokens go on working
    EndSessions(EndSessions),
    /// Make, list and end access tokens, by which programs ask the API in somebody's name
    #[command(subcommand)]
    Token(token::TokenCommand),
}

#[derive(Debug, Args)]
pub struct Create {
    /// The name, as colleagues see it
    name: String,
    /// The role
    #[arg(long, default_value = "owner", value_parser = role())]
    role: Role,
    #[command(flatten)]
    password: Password,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct Reset {
    /// The account's name
    name: String,
    #[command(flatten)]
    password: Password,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct Set {
    /// The account's name
    name: String,
    /// The new role
    #[arg(long, value_parser = role())]
    role: Option<Role>,
    /// Forbid logins, and end those that there are and the access tokens
    #[arg(long, conflicts_with = "enable")]
    disable: bool,
    /// Allow logins again
    #[arg(long)]
    enable: bool,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct Named {
    /// The account's name
    name: String,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct EndSessions {
    /// The account's name
    name: String,
    /// End the access tokens too
    #[arg(long)]
    tokens: bool,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Password {
    /// Read the password from the standard input instead of making one
    #[arg(long)]
    password_stdin: bool,
}

fn role() -> impl TypedValueParser<Value = Role> {
    let names = Role::ALL.map(Role::name);
    PossibleValuesParser::new(names).try_map(|name| Role::parse(&name).ok_or("no role"))
}

impl AdminCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = match self {
            // The first account may come before the first start.
            AdminCommand::Create(_) => Database::of(config)?.open().await?,
            _ => Database::existing(config).await?,
        };
        let done = self.run(&*store).await;
        store.close().await?;
        done
    }

    async fn run(self, store: &dyn Store) -> anyhow::Result<ExitCode> {
        let by = actor::cli(None);
        match self {
            AdminCommand::Create(Create { name, role, password, json }) => {
                let (password, made) = password.get()?;
                let new = New { name: &name, role, password: &password };
                let account = accounts::create(store, &Passwords::default(), &by, now(), new).await?;
                let shown = Made { name: account.name, role: account.role, password: made };
                if json {
                    println!("{}", serde_json::to_string_pretty(&shown)?);
                } else {
                    println!("{} may log in as {}", shown.name, shown.role);
                    tell_password(shown.password.as_deref());
                }
            }
            AdminCommand::List { json } => {
                let people = accounts::people(store, now()).await?;
                let accounts: Vec<PersonShown> = people.iter().map(PersonShown::of).collect();
                if json {
                    println!("{}", serde_json::to_string_pretty(&accounts)?);
                } else if accounts.is_empty() {
                    println!("no accounts; make one with tolmach admin create NAME");
                }
                for account in accounts.iter().filter(|_| !json) {
                    let factor = if account.second_factor { ", second factor" } else { "" };
                    let disabled = if account.disabled { ", disabled" } else { "" };
                    let made = when(account.created);
                    println!("{}  {}{factor}{disabled}, made {made}", account.name, account.role);
                }
            }
            AdminCommand::Show { name } => {
                let opened = accounts::opened(store, now(), &name).await?;
                let opened = opened.ok_or(accounts::Error::Unknown(name))?;
                println!("{}", serde_json::to_string_pretty(&opened)?);
            }
            AdminCommand::Reset(Reset { name, password, json }) => {
                let (password, made) = password.get()?;
                let passwords = Passwords::default();
                let reset = accounts::reset(store, &passwords, &by, now(), &name, &password).await?;
                if json {
                    let mut shown = serde_json::to_value(&reset)?;
                    shown["password"] = made.into();
                    println!("{}", serde_json::to_string_pretty(&shown)?);
                } else {
                    println!("{} has a new password", reset.name);
                    println!("  logins ended: {}", reset.logins);
                    println!("  access tokens ended: {}", reset.tokens);
                    let factor =
                        if reset.second_factor { "removed, with its recovery codes" } else { "none" };
                    println!("  second factor: {factor}");
                    println!("  kept: name, role, settings, and everything that they did");
                    tell_password(made.as_deref());
                }
            }
            AdminCommand::Set(Set { name, role, disable, enable, json }) => {
                let disabled = (disable || enable).then_some(disable);
                if role.is_none() && disabled.is_none() {
                    bail!("nothing to change; give --role, --disable or --enable");
                }
                let by = Manager::cli(by);
                let account = accounts::set(store, &by, now(), &name, (role, disabled)).await?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&shown(account))?);
                } else {
                    let state = if account.disabled { "disabled" } else { "enabled" };
                    println!("{}: {}, {state}", account.name, account.role);
                }
            }
            AdminCommand::Invite { role, json } => {
                let invited = accounts::invite(store, &Manager::cli(by), now(), role).await?;
                let path = format!("/admin/setup/{}", invited.token);
                if json {
                    let shown =
                        serde_json::json!({ "path": path, "role": role.name(), "until": invited.until });
                    println!("{}", serde_json::to_string_pretty(&shown)?);
                } else {
                    println!("{path}");
                    println!(
                        "  after the address of the panel; makes one {}, works until {}",
                        role.name(),
                        when(invited.until)
                    );
                }
            }
            AdminCommand::ResetFactor(Named { name, json }) => {
                let logins = accounts::reset_factor(store, &Manager::cli(by), now(), &name).await?;
                ended(&name, logins, json, "has no second factor any more")?;
            }
            AdminCommand::Token(command) => command.run(store, &by).await?,
            AdminCommand::EndSessions(EndSessions { name, tokens, json }) => {
                let logins = accounts::end_sessions(store, &Manager::cli(by.clone()), now(), &name).await?;
                let account = store.account_named(&name).await?;
                let account = account.ok_or_else(|| accounts::Error::Unknown(name.clone()))?;
                let whose = Whose::of(&Manager::cli(by), &account);
                let ended = match tokens {
                    true => accounts::end_tokens(store, &whose, now()).await?.tokens.len(),
                    false => 0,
                };
                let left = accounts::working_tokens(store, now(), account.id).await?;
                if json {
                    let shown = serde_json::json!({
                        "name": name, "logins": logins, "tokens_ended": ended, "tokens_left": left,
                    });
                    println!("{}", serde_json::to_string_pretty(&shown)?);
                } else {
                    println!("{name} is logged in nowhere; logins ended: {logins}");
                    match (tokens, left) {
                        (true, _) => println!("  access tokens ended: {ended}"),
                        (false, 0) => println!("  access tokens: none that works"),
                        (false, left) => {
                            println!("  access tokens that go on working: {left}; --tokens ends them")
                        }
                    }
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Tells what became of an account whose logins were ended.
fn ended(name: &str, logins: u64, json: bool, state: &str) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(&serde_json::json!({ "name": name, "logins": logins }))?);
    } else {
        println!("{name} {state}; logins ended: {logins}");
    }
    Ok(())
}

impl Password {
    /// The password, and the same again when it was made and has to be told.
    fn get(&self) -> anyhow::Result<(String, Option<String>)> {
        if self.password_stdin {
            let mut text = String::new();
            std::io::stdin().take(4096).read_to_string(&mut text).context("the password cannot be read")?;
            return Ok((text.trim_end_matches(['\r', '\n']).to_owned(), None));
        }
        let made = accounts::made_password()?;
        Ok((made.clone(), Some(made)))
    }
}

fn tell_password(made: Option<&str>) {
    if let Some(password) = made {
        println!("  password: {password}");
        println!("  It is shown once; change it in the panel under the account.");
    }
}

#[derive(Serialize)]
struct Made {
    name: String,
    role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// An account that was changed a moment ago.
fn shown(account: Account) -> PersonShown {
    PersonShown::of(&Person { account, logins: 0, seen: None })
}
