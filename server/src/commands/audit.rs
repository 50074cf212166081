//! `tolmach audit`: the audit log.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use comfy_table::{ContentArrangement, Table, presets};
use tolmach_app::{
    audit,
    text::{one_line, when},
};
use tolmach_engine::duration::Duration;
use tolmach_runtime::ports::{AuditEntry, AuditQuery, AuditResult};

use crate::{clock::now, config::Config, database::Database};

/// See who changed what: releases, price lists, handoffs, leads, tasks.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// List changes, newest first, including failed ones
    List(List),
}

#[derive(Debug, Args)]
pub struct List {
    /// The maximum number of entries
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// Only by this actor: the whole name
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only actions that start with this, such as `release.` or `catalog.import`
    #[arg(long, value_name = "PREFIX")]
    action: Option<String>,
    /// Only on this object: the whole id of a release or lead, key of a chat or name of a supplier
    #[arg(long, value_name = "OBJECT")]
    object: Option<String>,
    /// How far to look back, such as 12h or 7d [default: everything]
    #[arg(long, value_name = "TIME", value_parser = length)]
    since: Option<Duration>,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

fn length(text: &str) -> Result<Duration, String> {
    Duration::parse(text).ok_or_else(|| "write a length of time such as 12h or 7d".to_owned())
}

impl AuditCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let AuditCommand::List(List { limit, actor, action, object, since, json }) = self;
        let store = Database::existing(config).await?;
        let query = AuditQuery {
            actor,
            action,
            object,
            since: since.map(|since| now().saturating_sub(since.0)),
            ..AuditQuery::last(limit)
        };
        let entries = audit::list(&*store, &query).await;
        store.close().await?;
        let entries = entries?;
        if json {
            println!("{}", serde_json::to_string_pretty(&entries)?);
        } else if entries.is_empty() {
            println!("no changes");
        } else {
            println!("{}", table(&entries));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn table(entries: &[AuditEntry]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(140);
    table.set_header(["when", "who", "via", "action", "on", "result"]);
    for entry in entries {
        let result = match &entry.result {
            AuditResult::Done => "done".to_owned(),
            AuditResult::Failed(why) => format!("failed: {}", one_line(why)),
        };
        table.add_row([
            when(entry.at),
            one_line(&entry.actor.id),
            entry.actor.via.to_string(),
            entry.action.clone(),
            one_line(&entry.object),
            result,
        ]);
    }
    table
}
