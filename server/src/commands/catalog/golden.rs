//! `tolmach catalog golden`: how the serving generation answers the questions beside the flows.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use tolmach_app::{catalog, text::one_line};

use super::search::serving;
use crate::config::Config;

#[derive(Debug, Args)]
pub struct Golden {
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl Golden {
    /// Ends with code 1 when a question fails.
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let catalog = serving(config).await?;
        let answers = match catalog::golden(&catalog).await {
            Ok(answers) => answers,
            Err(why) => bail!("{why}"),
        };
        if self.json {
            println!("{}", serde_json::to_string_pretty(&answers)?);
        } else if answers.is_empty() {
            println!("no golden questions; they stand in golden/*.yaml beside the flows");
        }
        for answered in answers.iter().filter(|_| !self.json) {
            let state = match (answered.skipped, answered.place) {
                (true, _) => "not in the catalogue".to_owned(),
                (_, Some(place)) => format!("found at {place}"),
                (_, None) => {
                    format!("NOT among the first {}: {}", answered.within, answered.found.join(", "))
                }
            };
            println!("{}  {state}", one_line(&answered.asked));
        }
        let failed = answers.iter().any(tolmach_catalog::Answered::fails);
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
