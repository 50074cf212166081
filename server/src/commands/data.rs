//! `tolmach data`: the database row by row.

use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use tolmach_app::data::{self, DataFilter, NewValue};
use tolmach_runtime::ports::{DataRow, DataTable, Store};

use crate::{actor, clock::now, config::Config, database::Database};

/// Look at the database row by row, and mend it by hand. Secrets are left out.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// List the tables
    Tables {
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// List 50 rows of a table, the last ones by their key first, as lines of JSON
    Rows(Rows),
    /// Show a row and the rows that name it, as JSON
    Show {
        /// The table
        table: String,
        /// The values of the key's columns
        #[arg(required = true)]
        key: Vec<String>,
    },
    /// Change a value of a row
    Set(Set),
    /// Delete a row
    Delete {
        /// The table
        table: String,
        /// The values of the key's columns
        #[arg(required = true)]
        key: Vec<String>,
        /// Why, for the audit log
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub struct Rows {
    /// The table
    table: String,
    /// Only rows of which this column is `--is` or contains `--contains`
    #[arg(long)]
    column: Option<String>,
    /// The whole value
    #[arg(long, requires = "column", conflicts_with = "contains")]
    is: Option<String>,
    /// A part of the value
    #[arg(long, requires = "column")]
    contains: Option<String>,
    /// Rows to skip
    #[arg(long, default_value_t = 0)]
    offset: u32,
}

#[derive(Debug, Args)]
pub struct Set {
    /// The table
    table: String,
    /// The values of the key's columns
    #[arg(required = true)]
    key: Vec<String>,
    /// The column
    #[arg(long)]
    column: String,
    /// The new value
    #[arg(long, required_unless_present = "unset", conflicts_with = "unset")]
    value: Option<String>,
    /// Unset it
    #[arg(long)]
    unset: bool,
    /// Why, for the audit log
    #[arg(long)]
    reason: String,
}

impl DataCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let done = self.run(&*store).await;
        store.close().await?;
        done
    }

    async fn run(self, store: &dyn Store) -> anyhow::Result<ExitCode> {
        let by = actor::cli(None);
        match self {
            DataCommand::Tables { json } => {
                let tables = data::tables(store).await?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&tables)?);
                }
                for table in tables.iter().filter(|_| !json) {
                    println!(
                        "{}  {} rows, {} columns",
                        table.table.name,
                        table.rows,
                        table.table.columns.len()
                    );
                }
            }
            DataCommand::Rows(Rows { table, column, is, contains, offset }) => {
                let filter = column.map(|column| -> anyhow::Result<DataFilter> {
                    let text = is.clone().or(contains.clone()).context("give --is or --contains")?;
                    Ok(DataFilter { column, contains: contains.is_some(), text })
                });
                let found = data::rows(store, &table, filter.transpose()?, offset).await?;
                for row in &found.rows {
                    println!("{}", shown(&found.table, row));
                }
            }
            DataCommand::Show { table, key } => {
                let found = data::row(store, &table, &key).await?;
                let whole = serde_json::json!({
                    "row": shown(&found.table, &found.row), "references": found.references,
                });
                println!("{}", serde_json::to_string_pretty(&whole)?);
            }
            DataCommand::Set(Set { table, key, column, value, unset: _, reason }) => {
                let new = NewValue { column: &column, seen: None, value: value.as_deref() };
                data::set(store, &by, now(), (&table, &key, &reason), new).await?;
                println!("{column} is changed");
            }
            DataCommand::Delete { table, key, reason } => {
                data::delete(store, &by, now(), (&table, &key, &reason)).await?;
                println!("the row is deleted");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn shown(table: &DataTable, row: &DataRow) -> Value {
    let columns = table.columns.iter().zip(&row.values).filter(|(column, _)| !column.masked);
    Value::Object(
        columns.map(|(column, value)| (column.name.clone(), value.clone().into())).collect::<Map<_, _>>(),
    )
}
