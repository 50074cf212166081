//! Opens a database file. Errors say what is wrong with the file and how to fix it.

use std::{fs, path::Path, time::Duration};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection, SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tolmach_runtime::ports::{Error, Result};

use super::{Durability, Options, purge};
use crate::sql::queue;

const WHAT: &str = "database";
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// The oldest version accepted. Up to 3.51.2 a checkpoint that ran beside a write could corrupt the WAL
/// (sqlite.org/wal.html).
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// "Tolm" in ASCII; the first migration sets it.
const APPLICATION_ID: i64 = 1_416_588_397;

/// The connections to one file.
pub(super) struct Opened {
    /// The write connection; the migrations have run.
    pub(super) writer: SqliteConnection,
    pub(super) checkpoints: SqliteConnection,
    pub(super) readers: SqlitePool,
}

/// Opens the file and runs the migrations.
pub(super) async fn open(options: &Options) -> Result<Opened> {
    let path = options.path.display().to_string();
    prepare_folder(&options.path)?;
    let base = base(options);
    // Check that the file is ours before changing anything in it.
    let mut probe = SqliteConnection::connect_with(&base.clone().create_if_missing(true))
        .await
        .map_err(|error| explain(&path, &error))?;
    check_library(&mut probe, &path).await?;
    let new = check_owner(&mut probe, &path).await?;
    probe.close().await.map_err(|error| explain(&path, &error))?;
    let mut writer = self::writer(options).await.map_err(|error| explain(&path, &error))?;
    migrate(&MIGRATIONS, &mut writer, &path).await?;
    migrate(&queue::sqlite_migrations(), &mut writer, &path).await?;
    if new {
        purge::mark_new(&mut writer).await.map_err(|error| explain(&path, &error))?;
    }
    let checkpoints = self::writer(options).await.map_err(|error| explain(&path, &error))?;
    let readers = SqlitePoolOptions::new()
        .max_connections(options.readers.max(1))
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(base.read_only(true).pragma("mmap_size", "268435456"))
        .await
        .map_err(|error| explain(&path, &error))?;
    Ok(Opened { writer, checkpoints, readers })
}

fn base(options: &Options) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&options.path)
        .foreign_keys(true)
        .busy_timeout(options.busy_timeout)
        .row_buffer_size(512)
        .disable_statement_logging()
}

/// Opens a write connection.
pub(super) async fn writer(options: &Options) -> sqlx::Result<SqliteConnection> {
    SqliteConnection::connect_with(&writing(options)).await
}

/// Connections for the queue worker, opened on first use. They write little, with the same durability as the writer.
pub(super) fn jobs(options: &Options) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(2)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(10))
        .connect_lazy_with(writing(options).busy_timeout(Duration::from_secs(5)))
}

fn writing(options: &Options) -> SqliteConnectOptions {
    let synchronous = match options.durability {
        Durability::Full => SqliteSynchronous::Full,
        Durability::Normal => SqliteSynchronous::Normal,
    };
    base(options)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        // What is deleted or replaced is what clients wrote: it must not stay in the file.
        .pragma("secure_delete", "ON")
        .pragma("cache_size", "-32768")
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", "8000")
        .pragma("journal_size_limit", "67108864")
}

/// Converts an error into a port error whose text tells the operator what to do.
pub(super) fn explain(path: &str, error: &sqlx::Error) -> Error {
    let code = match error {
        sqlx::Error::Database(error) => error.code().and_then(|code| code.parse::<u32>().ok()),
        _ => None,
    };
    // The low byte of an extended result code is the primary one (sqlite.org/rescode.html).
    match code.map(|code| code & 0xFF) {
        Some(5 | 6) => Error::unavailable(
            WHAT,
            format!(
                "{path} is locked by another process that keeps writing; it is tried again. If it stays so, stop the other process"
            ),
        ),
        Some(10) => Error::unavailable(
            WHAT,
            format!("{path}: the disk failed to read or write ({error}); check the disk and its mount"),
        ),
        Some(13) => Error::unavailable(WHAT, format!("{path}: the disk is full; free some space")),
        Some(8) => Error::refused(
            WHAT,
            format!(
                "{path} may not be written; give the user that runs this program the right to write the file and its folder"
            ),
        ),
        Some(14) => Error::refused(
            WHAT,
            format!(
                "{path} cannot be opened or created; check that its folder exists and may be written by the user that runs this program"
            ),
        ),
        Some(26) => Error::refused(
            WHAT,
            format!("{path} is not an SQLite database; move the file away or name another path"),
        ),
        Some(11) => Error::refused(
            WHAT,
            format!(
                "{path} is damaged; restore it from a backup, or save what can be read with `sqlite3 {path} .recover`"
            ),
        ),
        _ => match error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_) => Error::unavailable(WHAT, format!("{path}: {error}")),
            _ => Error::refused(WHAT, format!("{path}: {error}")),
        },
    }
}

fn prepare_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(Error::refused(
            WHAT,
            format!(
                "{} is a folder; name a file in it, such as {}",
                path.display(),
                path.join("tolmach.db").display()
            ),
        ));
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::create_dir_all(folder).map_err(|error| {
            Error::refused(
                WHAT,
                format!(
                    "cannot create the folder {}: {error}; create it or name another path",
                    folder.display()
                ),
            )
        }),
        _ => Ok(()),
    }
}

async fn check_library(connection: &mut SqliteConnection, path: &str) -> Result<()> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(connection)
        .await
        .map_err(|error| explain(path, &error))?;
    if parse_version(&version).is_some_and(|version| version >= OLDEST_SQLITE) {
        return Ok(());
    }
    let (major, minor, patch) = OLDEST_SQLITE;
    Err(Error::refused(
        WHAT,
        format!(
            "this program was built with SQLite {version}, which may corrupt {path}; build it with {major}.{minor}.{patch} or newer"
        ),
    ))
}

fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
    Some((parts.next()??, parts.next()??, parts.next().flatten().unwrap_or(0)))
}

/// Accepts an empty file, or one with our `application_id`; returns whether it is new. A file that holds only the table of
/// migrations is being created by another process of ours.
async fn check_owner(connection: &mut SqliteConnection, path: &str) -> Result<bool> {
    let sql = "SELECT (SELECT application_id FROM pragma_application_id),
        (SELECT count(*) FROM sqlite_schema WHERE tbl_name <> '_sqlx_migrations')";
    let (owner, tables): (i64, i64) =
        sqlx::query_as(sql).fetch_one(connection).await.map_err(|error| explain(path, &error))?;
    let new = owner == 0 && tables == 0;
    if owner == APPLICATION_ID || new {
        return Ok(new);
    }
    Err(Error::refused(WHAT, format!("{path} is the database of another program; name another path")))
}

/// Runs migrations. If two processes start on a new file at once, the second one can meet a half-migrated file; it
/// retries up to 20 times, 50 ms apart.
async fn migrate(migrations: &Migrator, connection: &mut SqliteConnection, path: &str) -> Result<()> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match migrations.run_direct(None, connection, false).await {
            Ok(()) => return Ok(()),
            Err(MigrateError::VersionMissing(version)) => {
                return Err(Error::refused(
                    WHAT,
                    format!(
                        "{path} was written by a newer version of this program (migration {version}); start that version, or name another path"
                    ),
                ));
            }
            Err(MigrateError::VersionMismatch(version)) => {
                return Err(Error::refused(
                    WHAT,
                    format!(
                        "{path} was written by a different build of this program (migration {version} differs); start that build, or name another path"
                    ),
                ));
            }
            Err(error) if attempt >= 20 => {
                return Err(Error::refused(WHAT, format!("{path} cannot be brought up to date: {error}")));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_as_numbers() {
        assert!(parse_version("3.51.3") >= Some(OLDEST_SQLITE));
        assert!(parse_version("3.100.0") > Some(OLDEST_SQLITE));
        assert!(parse_version("3.9.3") < Some(OLDEST_SQLITE));
        assert!(parse_version("3.52") > Some(OLDEST_SQLITE));
        assert_eq!(parse_version("today"), None);
    }
}
