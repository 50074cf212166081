//! `tolmach leads`: who wants what.

use std::process::ExitCode;

use clap::Args;
use tolmach_app::leads;
use tolmach_runtime::{leads::LeadRow, ports::LeadQuery};

use crate::{config::Config, database::Database};

/// List the leads, newest first.
#[derive(Debug, Args)]
pub struct Leads {
    /// How many
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl Leads {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let leads = leads::list(&*store, &LeadQuery::newest(self.limit)).await?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&leads)?);
        } else if leads.is_empty() {
            println!("no leads yet");
        } else {
            leads.iter().for_each(|row| println!("{}", line(row)));
        }
        store.close().await?;
        Ok(ExitCode::SUCCESS)
    }
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
    format!("{} [{}] {contact}{summary}", &row.id, row.lead.source)
}
