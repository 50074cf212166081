//! Where the driven binary keeps its data.

use anyhow::bail;
use clap::ValueEnum;

/// What a person may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// One file in the data folder
    #[default]
    Sqlite,
    /// A server, named by --postgres-url
    Postgres,
    /// One after the other
    Both,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Database {
    /// As it stands in reports.
    pub name: &'static str,
    /// `None` is the file in the data folder.
    pub url: Option<String>,
}

impl Choice {
    /// The databases to run on, in order.
    ///
    /// # Errors
    /// PostgreSQL without an address.
    pub fn databases(self, postgres_url: Option<&str>) -> anyhow::Result<Vec<Database>> {
        let mut databases = Vec::new();
        if self != Choice::Postgres {
            databases.push(Database { name: "sqlite", url: None });
        }
        if self != Choice::Sqlite {
            let Some(url) = postgres_url else {
                bail!(
                    "PostgreSQL needs an empty database to work in; name it with --postgres-url \
                     postgres://user@host/name"
                );
            };
            databases.push(Database { name: "postgres", url: Some(url.to_owned()) });
        }
        Ok(databases)
    }
}
