//! The database row by row: what an owner looks at, searches and mends by hand. Every change names a reason and is a row of the audit
//! log, in its transaction.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::timeout;
use tolmach_runtime::ports::{
    self, Actor, ColumnKind, DataChange, DataColumn, DataEdit, DataQuery, DataReference, DataRow, DataTable,
    Fixed, Store,
};

use crate::audit::Change;

pub use tolmach_runtime::ports::{DataFilter, DatabaseFacts};

/// How long a search may take: a part of a text is looked for in every row.
const PATIENCE: Duration = Duration::from_secs(10);
/// Tables whose rows are counted at a time.
const AT_ONCE: usize = 4;
/// Rows of a page.
pub const ROWS: u32 = 50;
/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;
/// Why something was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such table.
    #[error("there is no table {0}; see `tolmach data tables`")]
    NoTable(String),
    /// There is no such row.
    #[error("there is no row with this key")]
    NoRow,
    /// There is no such column, or it is secret.
    #[error("there is no column {0} that can be searched or changed")]
    NoColumn(String),
    /// The search takes too long.
    #[error("the search takes longer than {} s; look for a whole value, or in another column", PATIENCE.as_secs())]
    Slow,
    /// The rows of the table are not changed by hand.
    #[error("rows of this table are not changed by hand")]
    Fixed(Fixed),
    /// No reason was given, or it is too long.
    #[error("give a reason of 1 to {LONGEST_REASON} characters: it stands in the audit log")]
    NoReason,
    /// The value was changed at the same time, or is too long to be changed by hand.
    #[error("the value is another one by now; look at the row again")]
    Conflict,
    /// A text that was JSON would be none.
    #[error("the value is JSON and must stay JSON: {0}")]
    BadJson(String),
    /// The database does not take the value.
    #[error("the database does not take this value: {0}")]
    Refused(String),
    /// The database failed.
    #[error(transparent)]
    Store(ports::Error),
}

impl From<ports::Error> for Error {
    fn from(error: ports::Error) -> Error {
        match error {
            ports::Error::Refused { .. } => Error::Refused(error.to_string()),
            other => Error::Store(other),
        }
    }
}

/// A table with the number of its rows.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "CountedTable")]
pub struct Counted {
    /// The table.
    #[serde(flatten)]
    pub table: DataTable,
    /// Rows, at most one more than [`DataTable::COUNTED`].
    pub rows: u64,
}

/// All tables.
///
/// # Errors
/// When the database is unavailable.
pub async fn tables(store: &dyn Store) -> Result<Vec<Counted>, Error> {
    let counted = store.data_tables().await?.into_iter().map(|table| async move {
        let rows = store.data_count(&table.name).await?;
        Ok(Counted { table, rows })
    });
    stream::iter(counted).buffered(AT_ONCE).try_collect().await
}

/// One table.
///
/// # Errors
/// When there is none, or the database is unavailable.
pub async fn table(store: &dyn Store, name: &str) -> Result<DataTable, Error> {
    let tables = store.data_tables().await?;
    tables.into_iter().find(|table| table.name == name).ok_or_else(|| Error::NoTable(name.to_owned()))
}

/// A page of a table.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "DataFound")]
pub struct Found {
    /// The table.
    pub table: DataTable,
    /// The rows.
    pub rows: Vec<DataRow>,
    /// Whether there are more.
    pub more: bool,
}

/// Rows of a table from a place on, [`ROWS`] at most.
///
/// # Errors
/// When there is no such table or column, the column is secret, or the database is unavailable.
pub async fn rows(
    store: &dyn Store,
    name: &str,
    filter: Option<DataFilter>,
    offset: u32,
) -> Result<Found, Error> {
    let table = table(store, name).await?;
    if let Some(filter) = &filter {
        searchable(&table, &filter.column)?;
    }
    let query = DataQuery { table: name.to_owned(), filter, offset, limit: ROWS + 1 };
    let mut rows = timeout(PATIENCE, store.data_rows(&query)).await.map_err(|_| Error::Slow)??;
    let more = rows.len() > ROWS as usize && offset + ROWS < DataQuery::LAST;
    rows.truncate(ROWS as usize);
    Ok(Found { table, rows, more })
}

fn searchable<'t>(table: &'t DataTable, column: &str) -> Result<&'t DataColumn, Error> {
    let found = table.columns.iter().find(|known| known.name == column && !known.masked);
    found.ok_or_else(|| Error::NoColumn(column.to_owned()))
}

/// A row with what names it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "DataOpened")]
pub struct Row {
    /// The table.
    pub table: DataTable,
    /// The row.
    pub row: DataRow,
    /// Rows of other tables that name it.
    pub references: Vec<DataReference>,
}

/// One row.
///
/// # Errors
/// When there is none, or the database is unavailable.
pub async fn row(store: &dyn Store, name: &str, key: &[String]) -> Result<Row, Error> {
    let table = table(store, name).await?;
    let row = store.data_row(name, key).await?.ok_or(Error::NoRow)?;
    let references = store.data_references(name, &row).await?;
    Ok(Row { table, row, references })
}

/// What stands for a value that a form has shown, to notice that it was changed meanwhile.
pub fn mark(value: Option<&str>) -> String {
    match value {
        None => "unset".to_owned(),
        Some(text) => blake3::hash(text.as_bytes()).to_hex().chars().take(32).collect(),
    }
}

/// A new value for a column.
#[derive(Clone, Copy, Debug)]
pub struct NewValue<'n> {
    /// The column.
    pub column: &'n str,
    /// The [`mark`] of the value that was shown; `None` takes whatever is there.
    pub seen: Option<&'n str>,
    /// The value; `None` to unset it.
    pub value: Option<&'n str>,
}

/// Changes one value. Writes a `data.set` row of the audit log with the reason; of texts it keeps how long they were and are.
///
/// # Errors
/// See [`Error`].
pub async fn set(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    (name, key, reason): (&str, &[String], &str),
    new: NewValue<'_>,
) -> Result<(), Error> {
    let mut change = begun(actor, "data.set", now, (name, key, reason))?;
    change.detail("column", new.column);
    let done = async {
        let Row { table, row, .. } = changeable(store, name, key).await?;
        let place = table.columns.iter().position(|column| column.name == new.column && column.editable);
        let place = place.ok_or_else(|| Error::NoColumn(new.column.to_owned()))?;
        let old = row.values.get(place).and_then(Option::as_deref);
        let long = old.is_some_and(|old| old.chars().count() > DataRow::WHOLE as usize);
        if long || new.seen.is_some_and(|seen| seen != mark(old)) {
            return Err(Error::Conflict);
        }
        if let (Some(old), Some(value)) = (old, new.value) {
            stays_json(old, value)?;
        }
        let kind = table.columns.get(place).map(|column| column.kind);
        change.before(json!({ new.column: told(kind, old) }));
        change.after(json!({ new.column: told(kind, new.value) }));
        let what = DataEdit::Set {
            column: new.column.to_owned(),
            old: old.map(str::to_owned),
            new: new.value.map(str::to_owned),
        };
        apply(store, &change, (name, key), what).await
    };
    let done: Result<(), Error> = done.await;
    change.end_failed(store, &done).await;
    done
}

/// Deletes a row. Writes a `data.delete` row of the audit log with the reason and the numbers that the row held.
///
/// # Errors
/// See [`Error`].
pub async fn delete(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    (name, key, reason): (&str, &[String], &str),
) -> Result<(), Error> {
    let mut change = begun(actor, "data.delete", now, (name, key, reason))?;
    let done = async {
        let Row { table, row, .. } = changeable(store, name, key).await?;
        let shown = table.columns.iter().zip(&row.values).filter(|(column, _)| !column.masked);
        let held =
            shown.map(|(column, value)| (column.name.clone(), told(Some(column.kind), value.as_deref())));
        change.before(Value::Object(held.collect()));
        change.after(Value::Null);
        apply(store, &change, (name, key), DataEdit::Delete).await
    };
    let done: Result<(), Error> = done.await;
    change.end_failed(store, &done).await;
    done
}

fn begun(
    actor: &Actor,
    action: &'static str,
    now: i64,
    (name, key, reason): (&str, &[String], &str),
) -> Result<Change, Error> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        return Err(Error::NoReason);
    }
    let mut change = Change::new(actor, action, now);
    let key: String = key.join("/").chars().take(120).collect();
    change.on(format!("{name}/{key}"));
    change.detail("reason", reason);
    Ok(change)
}

async fn changeable(store: &dyn Store, name: &str, key: &[String]) -> Result<Row, Error> {
    let table = table(store, name).await?;
    if let Some(why) = table.fixed {
        return Err(Error::Fixed(why));
    }
    let row = store.data_row(name, key).await?.ok_or(Error::NoRow)?;
    Ok(Row { table, row, references: Vec::new() })
}

async fn apply(
    store: &dyn Store,
    change: &Change,
    (name, key): (&str, &[String]),
    what: DataEdit,
) -> Result<(), Error> {
    let data = DataChange { table: name.to_owned(), key: key.to_vec(), what };
    if store.change_data(&data, change.done()).await? { Ok(()) } else { Err(Error::Conflict) }
}

/// A text that is a JSON object or array stays one: the program reads it.
fn stays_json(old: &str, new: &str) -> Result<(), Error> {
    let parsed = |text: &str| serde_json::from_str::<Value>(text);
    if !parsed(old).is_ok_and(|old| old.is_object() || old.is_array()) {
        return Ok(());
    }
    match parsed(new) {
        Ok(_) => Ok(()),
        Err(why) => Err(Error::BadJson(why.to_string())),
    }
}

/// A value for the audit log: a number as it is, of a text its length alone. Texts are what clients wrote, and the audit log outlives
/// what is erased of them.
fn told(kind: Option<ColumnKind>, value: Option<&str>) -> Value {
    let Some(text) = value else { return Value::Null };
    match kind {
        Some(ColumnKind::Integer | ColumnKind::Real) => text.into(),
        _ => json!({ "characters": text.chars().count() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_json_and_a_text_may_be_anything() {
        assert!(stays_json("да", "{").is_ok() && stays_json("5", "x").is_ok());
        assert!(stays_json("{\"a\":1}", "[]").is_ok());
        assert!(matches!(stays_json("{}", "{\"a\":"), Err(Error::BadJson(_))));
        assert_ne!(mark(None), mark(Some("unset")));
        assert_ne!(mark(Some("a")), mark(Some("b")));
    }
}
