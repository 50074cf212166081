//! The database as it is: its tables by its own catalogue, their rows, and changes of single values by hand.
//!
//! Values are texts, whatever their type is. What is secret is left out by the store and can neither be searched nor changed.

use async_trait::async_trait;
use serde::Serialize;

use crate::ports::{AuditEntry, Result};

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct DataTable {
    /// Its name; with its schema, `schema.name`, where that is another one than the store's.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<DataColumn>,
    /// Why its rows cannot be changed here; `None` where they can.
    pub fixed: Option<Fixed>,
}

impl DataTable {
    /// Rows up to which a table is counted: an index of words takes a second for a million.
    pub const COUNTED: u64 = 10_000;
}

/// Why the rows of a table cannot be changed by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fixed {
    /// The audit log, which only grows.
    Log,
    /// Accounts and their logins, which have rules of their own.
    People,
    /// The table is kept by the database's or the queue's own programs.
    Program,
    /// Releases and publications, which are named by their content and only grow.
    Releases,
    /// Settings and their secrets, which have pages of their own.
    Settings,
    /// No key tells its rows apart.
    NoKey,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct DataColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may be unset.
    pub nullable: bool,
    /// Whether it is a part of the key.
    pub key: bool,
    /// Whether it is secret: never shown, searched or changed.
    pub masked: bool,
    /// Whether its value may be changed.
    pub editable: bool,
    /// The table and the column of the row that its value names.
    pub to: Option<(String, String)>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Real,
    /// Bytes, of which only the length is shown.
    Bytes,
    /// Something else, shown as a text.
    Other,
}

/// Which rows of a table are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataQuery {
    /// The table.
    pub table: String,
    /// Only rows of which a column is or contains a text.
    pub filter: Option<DataFilter>,
    /// Rows to skip, at most [`DataQuery::LAST`].
    pub offset: u32,
    /// Rows wanted, at most 100.
    pub limit: u32,
}

impl DataQuery {
    /// The last row that pages lead to.
    pub const LAST: u32 = 100_000;
}

/// A condition on one column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataFilter {
    /// The column.
    pub column: String,
    /// Whether the value only contains the text, in any case of Latin letters.
    pub contains: bool,
    /// The text.
    pub text: String,
}

/// A row: a value for each column of its table, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct DataRow {
    /// The values of the key's columns.
    pub key: Vec<String>,
    /// The values; `None` for one that is unset, and for one that is masked.
    pub values: Vec<Option<String>>,
    /// Of masked columns, whether there is a value; `false` of others.
    pub hidden: Vec<bool>,
}

impl DataRow {
    /// The characters of a value that a list has; more are cut off.
    pub const SHORT: u32 = 200;
    /// The characters of a value that a single row has; more are cut off, and such a value cannot be changed.
    pub const WHOLE: u32 = 8_000;
}

/// Rows of another table that name a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct DataReference {
    /// The table of the rows.
    pub table: String,
    /// The column by which they name it.
    pub column: String,
    /// The value.
    pub value: String,
    /// How many, at most 1,001.
    pub count: u64,
}

/// A change by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataChange {
    /// The table.
    pub table: String,
    /// The values of the key's columns.
    pub key: Vec<String>,
    /// What becomes of the row.
    pub what: DataEdit,
}

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataEdit {
    /// A column gets another value.
    Set {
        /// The column.
        column: String,
        /// The value before: another one means that somebody was faster.
        old: Option<String>,
        /// The value afterwards.
        new: Option<String>,
    },
    /// The row is deleted.
    Delete,
}

/// The database's own facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct DatabaseFacts {
    /// `SQLite` or `PostgreSQL`.
    pub kind: &'static str,
    /// Its version.
    pub version: String,
    /// Where it is: a path, or `user@host:port/database`.
    pub place: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The last migration of the store's tables.
    pub migration: i64,
}

/// The database as it is.
#[async_trait]
pub trait DataStore: Send + Sync {
    /// What the database says of itself.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn facts(&self) -> Result<DatabaseFacts>;

    /// All tables by name, from the database's own catalogue.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn data_tables(&self) -> Result<Vec<DataTable>>;

    /// The number of rows of a table, at most one more than [`DataTable::COUNTED`].
    ///
    /// # Errors
    /// When there is no such table, or the database is unavailable.
    async fn data_count(&self, table: &str) -> Result<u64>;

    /// Rows of a table, the last ones by their key first, values cut to [`DataRow::SHORT`].
    ///
    /// # Errors
    /// When there is no such table or column, the column is masked, or the database is unavailable.
    async fn data_rows(&self, query: &DataQuery) -> Result<Vec<DataRow>>;

    /// One row, values cut to [`DataRow::WHOLE`]; `None` when there is none with this key.
    ///
    /// # Errors
    /// When there is no such table, or the database is unavailable.
    async fn data_row(&self, table: &str, key: &[String]) -> Result<Option<DataRow>>;

    /// The rows of other tables that name a row.
    ///
    /// # Errors
    /// When there is no such table, or the database is unavailable.
    async fn data_references(&self, table: &str, row: &DataRow) -> Result<Vec<DataReference>>;

    /// Changes a row, with its row of the audit log in the same transaction; `false` when there is no such row, or the value
    /// before was another one, and nothing was stored.
    ///
    /// # Errors
    /// When the table is [`Fixed`], the column cannot be changed, the database refuses the value, or it is unavailable.
    async fn change_data(&self, change: &DataChange, entry: AuditEntry) -> Result<bool>;
}
