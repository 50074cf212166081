//! `tolmach suggest`: proposes examples and intents for messages that `classify` was unsure of.

mod show;

use std::process::ExitCode;

use clap::Args;
use tolmach_app::suggest::{self, Wanted};
use tolmach_engine::duration::Duration;

use crate::{clock::now, config::Config, database::Database};

/// Group the messages that no intent was found for, and propose examples and intents.
#[derive(Debug, Args)]
pub struct Suggest {
    /// How far to look back, such as 12h or 7d [default: all stored turns]
    #[arg(long, value_name = "TIME", value_parser = length)]
    since: Option<Duration>,
    /// Only messages of this `classify` node
    #[arg(long, value_name = "FLOW.NODE")]
    node: Option<String>,
    /// The maximum number of groups; the most frequent are shown
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

fn length(text: &str) -> Result<Duration, String> {
    Duration::parse(text).ok_or_else(|| "write a length of time such as 12h or 7d".to_owned())
}

impl Suggest {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let since = self.since.map_or(0, |since| now().saturating_sub(since.0));
        let wanted = Wanted { since, node: self.node, limit: self.limit };
        let found = suggest::suggest(&*store, &config.platform(), &wanted).await;
        store.close().await?;
        let found = found?;
        match self.json {
            true => println!("{}", serde_json::to_string_pretty(&found)?),
            false => show::print(&found),
        }
        Ok(ExitCode::SUCCESS)
    }
}
