//! `tolmach config`: where each setting comes from, and changes as the panel makes them.

use std::{io::Read, process::ExitCode, sync::Arc};

use anyhow::{Context, bail};
use clap::Subcommand;
use serde_json::json;
use tolmach_app::settings::{
    self, SettingTold, Shown, Source,
    schema::{SECTIONS, Section},
};

use crate::{actor, clock::now, config::Config, database::Database, settings::Settings};

/// Show where each setting comes from, and change what may change while the program runs.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show the settings with their values and where these come from; of secrets only that they are set
    Show {
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Change settings of one section as the panel does; a running server has them within two seconds
    Set {
        /// A setting and its value, such as smtp.host mail.example.com or llm.roles.fast.model gpt-4o-mini; more may follow. The value - is read from the standard
        /// input, so that no secret stands in the list of processes
        #[arg(required = true, num_args = 2.., allow_negative_numbers = true, value_names = ["KEY", "VALUE"])]
        pairs: Vec<String>,
    },
    /// Take changes back: the configuration file or the default holds again
    Unset {
        /// The settings, such as smtp.host; or rows of tables, such as llm.roles.fast
        #[arg(required = true)]
        keys: Vec<String>,
    },
}

impl ConfigCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let database = Database::of(config)?;
        let wanted: Vec<(String, Option<String>)> = match self {
            ConfigCommand::Show { json } => {
                let stored = match database.exists() {
                    true => {
                        let store = database.open().await?;
                        let stored = store.settings().await;
                        store.close().await?;
                        stored?
                    }
                    false => Default::default(),
                };
                let left_out = crate::settings::resolve(config, &stored).left_out;
                show(config, &config.layers.shown(stored, left_out), json)?;
                return Ok(ExitCode::SUCCESS);
            }
            ConfigCommand::Set { pairs } => {
                let mut wanted = Vec::new();
                for pair in pairs.chunks(2) {
                    let [key, value] = pair else { bail!("{} has no value", pair.concat()) };
                    let mut value = value.clone();
                    if value == "-" {
                        value.clear();
                        std::io::stdin().read_to_string(&mut value).context("the value cannot be read")?;
                    }
                    wanted.push((key.clone(), Some(value.trim().to_owned())));
                }
                wanted
            }
            ConfigCommand::Unset { keys } => keys.into_iter().map(|key| (key, None)).collect(),
        };
        let wanted: Vec<(&str, Option<&str>)> =
            wanted.iter().map(|(key, value)| (key.as_str(), value.as_deref())).collect();
        let store = Database::existing(config).await?;
        let tuning = Settings::of_command(config, Arc::clone(&store)).await?;
        let done = settings::set(&*store, &*tuning, &actor::cli(None), now(), &wanted).await;
        store.close().await?;
        match done {
            Ok(true) => println!("changed"),
            Ok(false) => println!("nothing is different"),
            Err(error) => bail!(error),
        }
        for (key, _) in &wanted {
            if settings::schema::place(key)
                .and_then(|(_, place)| place.field())
                .is_some_and(|field| field.restart)
            {
                println!("{key} holds after a restart");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(config: &Config, shown: &Shown, json: bool) -> anyhow::Result<()> {
    let rows = rows(config, shown);
    if json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    for SettingTold { key, value, source, variable } in &rows {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let source = match (source, variable) {
            (_, Some(variable)) => variable.clone(),
            (Source::Environment, None) => "environment".to_owned(),
            (Source::Panel, None) => "panel".to_owned(),
            (Source::File, None) => "file".to_owned(),
            (Source::Default, None) => "default".to_owned(),
        };
        println!("{key} = {value}  ({source})");
    }
    for (section, problem) in &shown.left_out {
        println!("left out: what the panel has of `{section}` does not fit: {}", problem.text);
    }
    Ok(())
}

/// What may change while the program runs, and what is named besides.
fn rows(config: &Config, shown: &Shown) -> Vec<SettingTold> {
    let mut rows = settings::listed(shown);
    for (key, source) in config.layers.named() {
        let inside = SECTIONS.iter().flat_map(Section::entries).any(|entry| {
            key == entry.key() || key.strip_prefix(entry.key()).is_some_and(|rest| rest.starts_with('.'))
        });
        if !inside && !rows.iter().any(|row| row.key == key) {
            let value = if is_secret(&key) { json!("set") } else { config.layers.value(&key) };
            let variable = shown.fixed.get(&key).cloned();
            rows.push(SettingTold { key, value, source, variable });
        }
    }
    rows.sort_by(|one, other| one.key.cmp(&other.key));
    rows
}

/// Whether a setting that no section has may hold a password or a key.
fn is_secret(key: &str) -> bool {
    ["url", "token", "key", "password", "authorization"].iter().any(|word| key.ends_with(word))
}
