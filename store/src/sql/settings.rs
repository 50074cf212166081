//! Settings that are changed while the program runs: the statements and operations of [`tolmach_runtime::ports::SettingsStore`], the
//! same on both databases.

use async_trait::async_trait;
use tolmach_runtime::{
    ports::{
        Result, SettingsStore, SettingsWrite, StoredSecret, StoredSection, StoredSettings, setting_ending,
    },
    secret::Secret,
};

use super::{
    DbConnection, Dialect, SqlStore, Value,
    answer::Answer,
    batch::Group,
    operation::{Operation, json, plain, stored, without_nul},
    read::text,
};

const SECTIONS: &str = "SELECT section, version, entries, author, at FROM settings ORDER BY section";
const SECRETS: &str = "SELECT name, secret, ending, author, at FROM setting_secrets ORDER BY name";
const VERSIONS: &str = "SELECT section, version FROM settings ORDER BY section";
const NEW: &str = "INSERT INTO settings (section, version, entries, author, at) VALUES ($1, 1, $2, $3, $4)
    ON CONFLICT DO NOTHING";
const CHANGE: &str = "UPDATE settings SET version = version + 1, entries = $2, author = $3, at = $4
    WHERE section = $1 AND version = $5";
const PUT_SECRET: &str = "INSERT INTO setting_secrets (name, secret, ending, author, at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (name) DO UPDATE SET secret = excluded.secret, ending = excluded.ending, author = excluded.author,
        at = excluded.at";
const FORGET_SECRET: &str = "DELETE FROM setting_secrets WHERE name = $1";

/// A write, encoded.
pub(super) struct SettingsRows {
    write: SettingsWrite,
    body: String,
}

/// A write, whose texts the databases can keep.
pub(super) fn write(write: SettingsWrite) -> Result<Operation> {
    plain("section", &write.section)?;
    for (name, secret) in &write.secrets {
        plain("setting", name)?;
        plain("secret", secret.as_ref().map(Secret::expose).unwrap_or_default())?;
    }
    let body = json(&write.values)?;
    let author = without_nul(write.author.clone());
    Ok(Operation::Settings(Box::new(SettingsRows { write: SettingsWrite { author, ..write }, body })))
}

impl<S: DbConnection> Group<'_, S> {
    /// Answers whether the expected version was there.
    pub(super) async fn write_settings(&mut self, rows: &SettingsRows) -> sqlx::Result<Answer> {
        let SettingsRows { write, body } = rows;
        let (author, at) = (|| text(&write.author), || Value::Integer(write.at));
        let mut values = vec![text(&write.section), text(body), author(), at()];
        let sql = if write.expected == 0 {
            NEW
        } else {
            values.push(Value::Integer(write.expected));
            CHANGE
        };
        if self.session.run(sql, values).await? == 0 {
            return Ok(Answer::Found(false));
        }
        for (name, secret) in &write.secrets {
            match secret {
                Some(secret) => {
                    let ending = setting_ending(secret);
                    let values = vec![text(name), text(secret.expose()), text(&ending), author(), at()];
                    self.session.run(PUT_SECRET, values).await?;
                }
                None => drop(self.session.run(FORGET_SECRET, vec![text(name)]).await?),
            }
        }
        Ok(Answer::Found(true))
    }
}

async fn settings<D: Dialect>(db: &D) -> sqlx::Result<StoredSettings> {
    let rows: Vec<(String, i64, String, String, i64)> = db.fetch(SECTIONS, vec![]).await?;
    let section = |(section, version, entries, author, at): (_, _, String, _, _)| {
        Ok(StoredSection { section, version, values: stored(&entries)?, author, at })
    };
    let sections = rows.into_iter().map(section).collect::<sqlx::Result<_>>()?;
    let rows: Vec<(String, String, String, String, i64)> = db.fetch(SECRETS, vec![]).await?;
    let secret = |(name, secret, ending, author, at): (_, String, _, _, _)| {
        let secret = Secret::new(secret);
        StoredSecret { name, secret, ending, author, at }
    };
    Ok(StoredSettings { sections, secrets: rows.into_iter().map(secret).collect() })
}

#[async_trait]
impl<D: Dialect> SettingsStore for SqlStore<D> {
    async fn settings(&self) -> Result<StoredSettings> {
        self.said(settings(&*self.dialect).await)
    }

    async fn setting_versions(&self) -> Result<Vec<(String, i64)>> {
        self.said(self.dialect.fetch(VERSIONS, vec![]).await)
    }
}
