//! Maps PostgreSQL error codes to port errors that name a remedy (postgresql.org/docs/current/errcodes-appendix.html).

use tolmach_runtime::ports::Error;

use crate::sql::DbError;

pub(super) const WHAT: &str = "database";

/// Converts an error into a port error whose text tells the operator what to do. `name` contains no password, and
/// neither does any message of the server.
pub(super) fn explain(name: &str, error: &sqlx::Error) -> Error {
    let refused = |why: &str| Error::refused(WHAT, format!("{name}: {why}"));
    let unavailable = |why: &str| Error::unavailable(WHAT, format!("{name}: {why}"));
    match code(error).as_deref() {
        Some("28P01") => refused("the password is wrong; check the user and the password in database.url"),
        Some("28000") => refused(&format!(
            "the server does not let this user in ({error}); check the user in database.url and the server's \
             pg_hba.conf"
        )),
        Some("3D000") => refused(
            "there is no such database; create it (createdb NAME) or name another one in database.url",
        ),
        Some("42501") => refused(&format!(
            "the user may not do this ({error}); make him the owner of the database, or give him the rights: GRANT \
             CREATE ON DATABASE and ON SCHEMA public"
        )),
        Some("53300") => {
            unavailable("the server has no connection left; raise its max_connections or stop other programs")
        }
        Some("53100") => unavailable("the disk of the server is full; free some space"),
        Some("25006") => unavailable("the server only reads (a standby?); name the one that writes"),
        Some("57P03") => unavailable("the server is starting or stopping; it is tried again"),
        Some("40001" | "40P01") => {
            unavailable("other processes write the same all the time; it is tried again")
        }
        Some("57014") => unavailable("a statement took too long; the server is overloaded or locked"),
        Some(code) if is_away(code) => {
            unavailable(&format!("the server went away ({error}); it is tried again"))
        }
        Some(_) => refused(&error.to_string()),
        None => match error {
            sqlx::Error::Io(why) => unavailable(&format!(
                "nobody answers there ({why}); check the host and the port in database.url, and that PostgreSQL runs"
            )),
            sqlx::Error::Tls(why) => refused(&format!(
                "no protected connection was made ({why}); check sslmode and sslrootcert in database.url"
            )),
            sqlx::Error::PoolTimedOut => {
                unavailable("no connection was made in time; is the server up, or overloaded?")
            }
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_) => {
                unavailable(&error.to_string())
            }
            _ => refused(&error.to_string()),
        },
    }
}

pub(super) fn trouble(error: &sqlx::Error) -> DbError {
    match code(error).as_deref() {
        Some("40001" | "40P01") => DbError::Conflict,
        // 25006: the server is a read-only standby. Where several servers share one name, a new connection may reach
        // the primary.
        Some(code) if is_away(code) || code == "25006" => DbError::Lost,
        Some(_) => DbError::Other,
        None if is_dead(error) => DbError::Lost,
        None => DbError::Other,
    }
}

/// Whether the connection is unusable after this error, so that a new connection may succeed at once.
pub(super) fn is_dead(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        _ => code(error).is_some_and(|code| is_away(&code)),
    }
}

/// Whether the server ended the connection (57P01 to 57P05) or the connection failed (class 08).
fn is_away(code: &str) -> bool {
    code.starts_with("57P") || code.starts_with("08")
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(|code| code.into_owned())
}
