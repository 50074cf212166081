//! `tolmach log`: the last lines of the log of a server that runs. They are in its memory, so it is asked by its API.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::Value;
use tolmach_app::text::{one_line, when};

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Show the last lines of the log of a server that runs, by its API. The token of an owner or an administrator is taken from
/// TOLMACH_TOKEN: make one with `tolmach admin token create`.
#[derive(Debug, Args)]
pub struct Log {
    /// Where the server is
    #[arg(long, env = "TOLMACH_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Only this level and worse: error, warn, info, debug or trace
    #[arg(long)]
    level: Option<String>,
    /// Only parts of the program whose name contains this
    #[arg(long, value_name = "PART")]
    target: Option<String>,
    /// Only lines that contain this
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Only lines after this number, as `last` in what --json prints
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl Log {
    pub async fn execute(self) -> anyhow::Result<ExitCode> {
        // Not an argument: those of a process are seen by others.
        let token = std::env::var("TOLMACH_TOKEN").unwrap_or_default();
        if token.trim().is_empty() {
            bail!(
                "TOLMACH_TOKEN is not set; make a token with `tolmach admin token create NAME --name log --read-only`"
            );
        }
        let url = format!("{}/admin/api/log", self.url.trim_end_matches('/'));
        let after = self.after.map(|after| after.to_string());
        let asked = [("level", &self.level), ("target", &self.target), ("q", &self.text), ("after", &after)];
        let asked: Vec<(&str, &String)> =
            asked.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))).collect();
        // A token must not follow a redirect to somewhere else.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .context("a client for HTTP cannot be made")?;
        let request = http.get(&url).query(&asked).bearer_auth(token.trim());
        let response = request
            .send()
            .await
            .map_err(reqwest::Error::without_url)
            .with_context(|| format!("{url} cannot be reached; name the server with --url"))?;
        let status = response.status();
        let body: Value = response
            .json()
            .await
            .map_err(reqwest::Error::without_url)
            .with_context(|| format!("{url} did not answer as this program does ({status})"))?;
        if !status.is_success() {
            let said = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
            bail!("{url}: {status}: {}. {}", said("error"), said("help"));
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&body)?);
            return Ok(ExitCode::SUCCESS);
        }
        for line in body["lines"].as_array().into_iter().flatten() {
            let text = |name: &str| line[name].as_str().unwrap_or_default();
            let at = when(line["at"].as_i64().unwrap_or_default());
            println!("{at}  {:<5} {}: {}", text("level"), text("target"), one_line(text("text")));
        }
        Ok(ExitCode::SUCCESS)
    }
}
