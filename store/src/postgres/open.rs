//! Connects to a server, checks that the database can be used, and migrates it.

use std::{str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, PgConnection, PgPool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::timeout;
use tolmach_runtime::ports::{Error, Result};

use super::{
    Options,
    explain::{WHAT, explain},
};
use crate::sql::queue;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// The oldest major version accepted: the oldest that still gets fixes.
const OLDEST: i64 = 14;

/// Settings of every connection. A transaction that its client has abandoned must not block the chats of other
/// processes. Our plans are too cheap for JIT compilation.
const SETTINGS: &str = "SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '30s';
    SET lock_timeout = 0; SET jit = off";

pub(super) fn parse(url: &str) -> Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(url).map_err(|error| {
        // The parser's message is about a part of the URL and never repeats the whole of it.
        let why = match &error {
            sqlx::Error::Configuration(why) => why.to_string(),
            other => other.to_string(),
        };
        let form = "postgres://USER:PASSWORD@HOST:5432/DATABASE";
        Error::refused(WHAT, format!("database.url cannot be read ({why}); write {form}"))
    })?;
    Ok(options.application_name("tolmach").disable_statement_logging())
}

/// The database's name in messages: the URL without the password.
pub(super) fn name(options: &PgConnectOptions) -> String {
    let (user, port) = (options.get_username(), options.get_port());
    let database = options.get_database().unwrap_or(user);
    match options.get_socket() {
        Some(socket) => format!("{user}@{}:{port}/{database}", socket.display()),
        None => format!("{user}@{}:{port}/{database}", options.get_host()),
    }
}

/// Opens the write connection and the read pool, and migrates the tables.
pub(super) async fn open(options: &Options, name: &str) -> Result<(PgConnection, PgPool)> {
    let mut writer = connect(options, name).await?;
    check(&mut writer, name).await?;
    // A migration may take longer than `statement_timeout`.
    set(&mut writer, "SET statement_timeout = 0", name).await?;
    migrate(&MIGRATIONS, &mut writer, name).await?;
    migrate(&queue::postgres_migrations(), &mut writer, name).await?;
    set(&mut writer, SETTINGS, name).await?;
    let readers = PgPoolOptions::new()
        .max_connections(options.readers.max(1))
        .test_before_acquire(false)
        .acquire_timeout(options.connect_timeout)
        .after_connect(|connection, _| {
            Box::pin(async move { sqlx::raw_sql(SETTINGS).execute(connection).await.map(drop) })
        })
        .connect_lazy_with(options.connect.clone());
    Ok((writer, readers))
}

/// Connections for the queue worker, opened on first use; one of them listens.
pub(super) fn jobs(options: &Options) -> PgPool {
    PgPoolOptions::new()
        .max_connections(5)
        .acquire_timeout(options.connect_timeout)
        .connect_lazy_with(options.connect.clone())
}

pub(super) async fn connect(options: &Options, name: &str) -> Result<PgConnection> {
    let connected = timeout(options.connect_timeout, options.connect.connect()).await;
    let Ok(connected) = connected else {
        let why = format!("{name}: nobody answers there in {:?}", options.connect_timeout);
        return Err(Error::unavailable(WHAT, why));
    };
    let mut connection = connected.map_err(|error| explain(name, &error))?;
    set(&mut connection, SETTINGS, name).await?;
    Ok(connection)
}

async fn set(connection: &mut PgConnection, settings: &'static str, name: &str) -> Result<()> {
    sqlx::raw_sql(settings).execute(connection).await.map(drop).map_err(|error| explain(name, &error))
}

async fn check(connection: &mut PgConnection, name: &str) -> Result<()> {
    let sql =
        "SELECT CAST(current_setting('server_version_num') AS BIGINT), current_setting('server_encoding'),
        to_regclass('_sqlx_migrations') IS NULL AND to_regclass('chats') IS NOT NULL";
    let (version, encoding, foreign): (i64, String, bool) =
        sqlx::query_as(sql).fetch_one(connection).await.map_err(|error| explain(name, &error))?;
    if let Some(why) = not_answered(version / 10_000, &encoding, foreign) {
        return Err(Error::refused(WHAT, format!("{name}: {why}")));
    }
    Ok(())
}

fn not_answered(version: i64, encoding: &str, foreign: bool) -> Option<String> {
    if version < OLDEST {
        return Some(format!("the server is PostgreSQL {version}; {OLDEST} or newer is needed"));
    }
    if encoding != "UTF8" {
        return Some(format!(
            "the database keeps its texts as {encoding}; create one with createdb --encoding=UTF8 --template=template0"
        ));
    }
    foreign.then(|| "another program keeps its tables there; name another database".to_owned())
}

/// Runs migrations. If several processes start at once, one migrates and the others wait, at most 10 minutes.
async fn migrate(migrations: &Migrator, connection: &mut PgConnection, name: &str) -> Result<()> {
    let refused = |why: String| Error::refused(WHAT, format!("{name}: {why}"));
    let waiting = timeout(Duration::from_secs(600), migrations.run_direct(None, connection, false)).await;
    let Ok(migrated) = waiting else {
        return Err(Error::unavailable(
            WHAT,
            format!("{name}: another process has been changing the tables for ten minutes; look after it"),
        ));
    };
    match migrated {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(version)) => Err(refused(format!(
            "the database was written by a newer version of this program (migration {version}); start that version, \
             or name another database"
        ))),
        Err(MigrateError::VersionMismatch(version)) => Err(refused(format!(
            "the database was written by a different build of this program (migration {version} differs); start that \
             build, or name another database"
        ))),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
            match extension(&error.to_string()) {
                Some(missing) => Err(refused(format!(
                    "the extension {missing} cannot be made ({error}); install the server's contrib package, and \
                     have its administrator run in this database: CREATE EXTENSION {missing}"
                ))),
                None => Err(explain(name, &error)),
            }
        }
        Err(error) => Err(refused(format!("the tables cannot be brought up to date: {error}"))),
    }
}

/// The extension that an error message is about, if it is one that the queue needs.
fn extension(error: &str) -> Option<&'static str> {
    let about = |name: &&str| error.contains("extension") && error.contains(*name);
    ["hstore", "pgcrypto"].into_iter().find(about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_an_old_version_a_wrong_encoding_and_foreign_tables() {
        assert_eq!(not_answered(14, "UTF8", false), None);
        for (not_answered, says) in [
            (not_answered(13, "UTF8", false), "14 or newer"),
            (not_answered(15, "SQL_ASCII", false), "--encoding=UTF8"),
            (not_answered(15, "UTF8", true), "another program"),
        ] {
            assert!(
                not_answered.as_ref().is_some_and(|not_answered| not_answered.contains(says)),
                "{not_answered:?}"
            );
        }
    }

    #[test]
    fn knows_which_extension_is_missing() {
        for (error, missing) in [
            ("permission denied to create extension \"hstore\"", Some("hstore")),
            (
                "could not open extension control file \"/usr/share/extension/pgcrypto.control\"",
                Some("pgcrypto"),
            ),
            ("extension \"hstore\" is not available", Some("hstore")),
            ("permission denied for database shop", None),
        ] {
            assert_eq!(extension(error), missing, "{error}");
        }
    }

    #[test]
    fn a_name_has_no_password() {
        let options = parse("postgresql://shop:hush%21@db.example:6543/talk?sslmode=require").expect("read");
        assert_eq!(name(&options), "shop@db.example:6543/talk");
        for wrong in ["postgres://shop:hush@db:port/talk", "postgres://shop:hush@db/talk?sslmode=hush"] {
            let error = parse(wrong).expect_err("refused").to_string();
            assert!(!error.contains("shop") && error.contains("database.url"), "{error}");
        }
    }
}
