//! `tolmach leads`: listing and editing leads.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand, builder::PossibleValuesParser, builder::TypedValueParser};
use tolmach_app::{
    leads::{self, Shown},
    text::{one_line, short, when},
};
use tolmach_engine::language::Language;
use tolmach_runtime::{
    leads::{LeadChange, LeadEvent, LeadHistoryRow, LeadRow, LeadStatus},
    ports::{LeadQuery, Order, Page, Store},
};

use crate::{actor, clock::now, config::Config, database::Database};

/// List and edit leads. Without a command, lists the newest.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Leads {
    #[command(subcommand)]
    command: Option<LeadsCommand>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum LeadsCommand {
    /// List leads, newest first
    List(List),
    /// Show one lead with its history
    Show {
        /// The lead's id or a unique prefix of it
        id: String,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Change a lead's status or assignee, or add a note; a closed lead lets its chat open a new one
    Set(Set),
}

#[derive(Debug, Args)]
struct List {
    /// The maximum number of leads
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Only with these statuses, separated by commas
    #[arg(long, value_delimiter = ',', value_parser = status())]
    status: Vec<LeadStatus>,
    /// Only those assigned to this person
    #[arg(long, value_name = "NAME")]
    assignee: Option<String>,
    /// Only those of this chat: its whole key
    #[arg(long, value_name = "KEY")]
    chat: Option<String>,
    /// Continue after the lead with this `seq`, as shown by --json
    #[arg(long, value_name = "SEQ")]
    after: Option<i64>,
    /// Oldest first
    #[arg(long)]
    oldest_first: bool,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Set {
    /// The lead's id or a unique prefix of it
    id: String,
    /// The new status
    #[arg(long, value_parser = status())]
    status: Option<LeadStatus>,
    /// The new assignee
    #[arg(long, value_name = "NAME", conflicts_with = "unassign")]
    assign: Option<String>,
    /// Remove the assignee
    #[arg(long)]
    unassign: bool,
    /// A note for its history
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Who makes the change [default: the `user.name` of git]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

fn status() -> impl TypedValueParser<Value = LeadStatus> {
    let names = PossibleValuesParser::new(LeadStatus::ALL.map(LeadStatus::name));
    names.map(|name| LeadStatus::parse(&name).unwrap_or_default())
}

impl Leads {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let done = match self.command.unwrap_or(LeadsCommand::List(self.list)) {
            LeadsCommand::List(wanted) => list(&*store, wanted).await,
            LeadsCommand::Show { id, json } => show(&*store, &id, json).await,
            LeadsCommand::Set(wanted) => set(&*store, wanted).await,
        };
        store.close().await?;
        done.map(|()| ExitCode::SUCCESS)
    }
}

async fn list(store: &dyn Store, wanted: List) -> anyhow::Result<()> {
    let List { limit, status, assignee, chat, after, oldest_first, json } = wanted;
    let order = if oldest_first { Order::OldestFirst } else { Order::NewestFirst };
    let query =
        LeadQuery { status, assignee, chat, since: None, text: None, order, page: Page { limit, after } };
    let leads = leads::list(store, &query).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&leads)?);
    } else if leads.is_empty() {
        println!("no leads yet");
    } else {
        leads.iter().for_each(|row| println!("{}", line(row)));
    }
    Ok(())
}

async fn show(store: &dyn Store, id: &str, json: bool) -> anyhow::Result<()> {
    let shown = leads::show(store, id).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    let Shown { lead: row, history } = &shown;
    let assignee = row.assignee.as_deref().map_or_else(|| "nobody".to_owned(), one_line);
    println!("lead {}", row.id);
    println!("  chat       {}", row.chat);
    println!("  status     {}, {assignee} works on it", row.status.name());
    println!("  created    {}, changed {}", when(row.created), when(row.updated));
    if let Some(closed) = row.closed {
        println!("  closed     {}", when(closed));
    }
    for (name, value) in &row.lead.contact {
        println!("  {name:<10} {}{}", one_line(value), source(row, &format!("contact.{name}")));
    }
    if !row.lead.summary.is_empty() {
        println!("  summary    {}{}", one_line(&row.lead.summary), source(row, "summary"));
    }
    for (name, value) in &row.lead.details {
        let value = leads::detail::told(value, Language::En);
        println!("  {name:<10} {}{}", one_line(&value), source(row, &format!("details.{name}")));
    }
    for LeadHistoryRow { at, actor, event, .. } in history {
        println!("  {}  {}: {}", when(*at), one_line(&actor.id), described(event));
    }
    Ok(())
}

async fn set(store: &dyn Store, wanted: Set) -> anyhow::Result<()> {
    let Set { id, status, assign, unassign, note, by, json } = wanted;
    let assignee = if unassign { Some(None) } else { assign.map(Some) };
    if status.is_none() && assignee.is_none() && note.is_none() {
        bail!("nothing to change; give --status, --assign, --unassign or --note");
    }
    let change = LeadChange { status, assignee, note };
    let row = leads::change(store, &actor::cli(by), now(), &id, change).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&row)?);
    } else {
        println!("{}", line(&row));
    }
    Ok(())
}

/// A lead in one line.
pub fn line(row: &LeadRow) -> String {
    let contact: Vec<&str> = ["name", "phone", "email"]
        .iter()
        .filter_map(|field| row.lead.contact.get(*field).map(String::as_str))
        .collect();
    let contact = if contact.is_empty() { "no contact".to_owned() } else { contact.join(", ") };
    let summary =
        if row.lead.summary.is_empty() { String::new() } else { format!(" — {}", row.lead.summary) };
    let assignee = row.assignee.as_deref().map_or_else(String::new, |name| format!(", {}", one_line(name)));
    let status = match row.status {
        LeadStatus::New => String::new(),
        status => format!(" ({}{assignee})", status.name()),
    };
    format!("{} [{}]{status} {contact}{summary}", &row.id, row.lead.source)
}

/// The source of a field, for the end of its line.
fn source(row: &LeadRow, field: &str) -> String {
    let from = row.sources.get(field);
    from.map_or_else(String::new, |from| {
        format!("  ({}, {}, turn {})", from.source, when(from.at), short(&from.effect))
    })
}

fn described(event: &LeadEvent) -> String {
    let name = |name: &Option<String>| name.as_deref().map_or_else(|| "nobody".to_owned(), one_line);
    match event {
        LeadEvent::Created { source } => format!("created by {source}"),
        LeadEvent::Updated { fields } => format!("changed {}", fields.join(", ")),
        LeadEvent::Status { from, to } => format!("{} -> {}", from.name(), to.name()),
        LeadEvent::Assigned { from, to } => format!("assigned to {} (was {})", name(to), name(from)),
        LeadEvent::Note { text } => format!("note: {}", one_line(text)),
    }
}
