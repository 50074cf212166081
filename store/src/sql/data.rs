//! The database as it is: [`tolmach_runtime::ports::DataStore`].
//!
//! The names of tables and columns in a statement come from the database's own catalogue and are quoted; what a caller gives is only
//! compared with them. Values are always bound. A masked column stands in no statement but to tell whether it has a value.

use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::future::try_join_all;
use serde::Deserialize;
use serde_json::Value as Json;
use tolmach_runtime::ports::{
    AuditEntry, ColumnKind, DataChange, DataColumn, DataEdit, DataQuery, DataReference, DataRow, DataStore,
    DataTable, DatabaseFacts, Error, Fixed, Result,
};

use super::{
    Dialect, SqlStore, Value, change,
    read::{number, text},
};

const WHAT: &str = "database";

/// Secrets and hashes of passwords, codes and tokens.
const MASKED: [(&str, &str); 7] = [
    ("accounts", "password"),
    ("accounts", "totp"),
    ("accounts", "recovery"),
    ("logins", "id"),
    ("invitations", "id"),
    ("access_tokens", "id"),
    ("setting_secrets", "secret"),
];

/// Columns that name a row of another table, by their name; but for those of [`NAMES_NONE`].
const NAMES: [(&str, (&str, &str)); 6] = [
    ("chat", ("chats", "key")),
    ("lead", ("leads", "id")),
    ("release", ("releases", "id")),
    ("account", ("accounts", "id")),
    ("effect", ("outbox", "effect")),
    ("draft", ("flow_drafts", "id")),
];
const NAMES_NONE: [(&str, &str); 3] = [("leads", "lead"), ("outbox", "effect"), ("marks", "effect")];

/// Why rows of a table are not changed by hand.
const FIXED: [(&str, Fixed); 17] = [
    ("audit", Fixed::Log),
    ("accounts", Fixed::People),
    ("logins", Fixed::People),
    ("invitations", Fixed::People),
    ("access_tokens", Fixed::People),
    ("releases", Fixed::Releases),
    ("publications", Fixed::Releases),
    ("images", Fixed::Releases),
    ("settings", Fixed::Settings),
    ("setting_secrets", Fixed::Settings),
    ("draft_people", Fixed::Program),
    ("message_words", Fixed::Program),
    ("message_words_data", Fixed::Program),
    ("message_words_idx", Fixed::Program),
    ("message_words_config", Fixed::Program),
    ("_sqlx_migrations", Fixed::Program),
    ("_apalis_migrations", Fixed::Program),
];

// One text for a table: its name and its columns, as JSON.
const SQLITE_TABLES: &str = "SELECT json_object('schema', '', 'name', m.name, 'columns', json_group_array(
        json_object('name', c.name, 'type', lower(c.type), 'nullable', c.\"notnull\" = 0, 'key', c.pk, 'made', c.hidden <> 0)
        ORDER BY c.cid))
    FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' AND c.hidden <> 1
    GROUP BY m.name ORDER BY m.name";
const POSTGRES_TABLES: &str = "SELECT CAST(json_build_object('schema', CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname END,
        'name', c.relname, 'columns', json_agg(json_build_object('name', a.attname,
            'type', format_type(a.atttypid, NULL), 'nullable', NOT a.attnotnull,
            'key', coalesce(array_position(CAST(string_to_array(CAST(i.indkey AS TEXT), ' ') AS SMALLINT[]), a.attnum), 0),
            'made', a.attgenerated <> '' OR a.attidentity = 'a') ORDER BY a.attnum)) AS TEXT)
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
    WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg!_%' ESCAPE '!' AND n.nspname <> 'information_schema'
    GROUP BY n.nspname, c.relname ORDER BY n.nspname <> current_schema(), n.nspname, c.relname";

const SQLITE_FACTS: &str = "SELECT 'SQLite', sqlite_version(),
        (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size()),
        (SELECT coalesce(max(version), 0) FROM _sqlx_migrations)";
const POSTGRES_FACTS: &str =
    "SELECT 'PostgreSQL', current_setting('server_version'), pg_database_size(current_database()),
        (SELECT coalesce(max(version), 0) FROM _sqlx_migrations)";

/// A table as the catalogue has it.
#[derive(Clone, Deserialize)]
pub(super) struct Listed {
    schema: String,
    name: String,
    columns: Vec<ListedColumn>,
}

#[derive(Clone, Deserialize)]
struct ListedColumn {
    name: String,
    #[serde(rename = "type")]
    declared: String,
    #[serde(deserialize_with = "truth")]
    nullable: bool,
    /// The place within the key, from 1; 0 for none.
    key: i64,
    /// Whether the database makes its value.
    #[serde(deserialize_with = "truth")]
    made: bool,
}

/// SQLite's truth values are numbers.
fn truth<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<bool, D::Error> {
    Ok(match Json::deserialize(deserializer)? {
        Json::Bool(truth) => truth,
        other => other.as_i64().is_some_and(|number| number != 0),
    })
}

impl Listed {
    fn full_name(&self) -> String {
        if self.schema.is_empty() { self.name.clone() } else { format!("{}.{}", self.schema, self.name) }
    }

    /// The name in a statement.
    fn quoted(&self) -> String {
        if self.schema.is_empty() {
            quoted(&self.name)
        } else {
            format!("{}.{}", quoted(&self.schema), quoted(&self.name))
        }
    }

    fn is(&self, table: &str) -> bool {
        self.schema.is_empty() && self.name == table
    }

    fn fixed(&self) -> Option<Fixed> {
        let known = FIXED.iter().find(|(table, _)| self.is(table)).map(|(_, why)| *why);
        let foreign = !self.schema.is_empty() || ["Jobs", "Workers"].iter().any(|table| self.is(table));
        let program = (foreign || self.name.contains("migrations")).then_some(Fixed::Program);
        known.or(program).or_else(|| self.key().is_empty().then_some(Fixed::NoKey))
    }

    /// The columns of the key, in its order.
    fn key(&self) -> Vec<&ListedColumn> {
        let mut key: Vec<&ListedColumn> = self.columns.iter().filter(|column| column.key > 0).collect();
        key.sort_by_key(|column| column.key);
        // A row whose key is masked cannot be named.
        if key.iter().any(|column| self.masks(column)) { Vec::new() } else { key }
    }

    fn masks(&self, column: &ListedColumn) -> bool {
        MASKED.iter().any(|(table, name)| self.is(table) && column.name == *name)
    }

    fn to(&self, column: &ListedColumn) -> Option<(String, String)> {
        let none = NAMES_NONE.iter().any(|(table, name)| self.is(table) && column.name == *name);
        let found = NAMES.iter().find(|(name, _)| column.name == *name && !none)?;
        Some((found.1.0.to_owned(), found.1.1.to_owned()))
    }

    fn table(&self) -> DataTable {
        let fixed = self.fixed();
        let column = |column: &ListedColumn| {
            let (kind, masked) = (column.kind(), self.masks(column));
            let changes = matches!(kind, ColumnKind::Text | ColumnKind::Integer | ColumnKind::Real);
            DataColumn {
                name: column.name.clone(),
                kind,
                nullable: column.nullable,
                key: column.key > 0,
                masked,
                editable: fixed.is_none() && !masked && changes && column.key == 0 && !column.made,
                to: self.to(column),
            }
        };
        DataTable { name: self.full_name(), columns: self.columns.iter().map(column).collect(), fixed }
    }

    fn column(&self, name: &str) -> Result<&ListedColumn> {
        let found = self.columns.iter().find(|column| column.name == name && !self.masks(column));
        found.ok_or_else(|| {
            Error::refused(WHAT, format!("{} has no column {name} that can be read", self.full_name()))
        })
    }

    /// One text for a row: `[[key…], [value…]]`, each value cut to so many characters; of a masked one only whether it is set.
    fn selected(&self, alone: bool, cut: u32) -> String {
        let array = if alone { "json_array" } else { "json_build_array" };
        let value = |column: &ListedColumn| {
            let name = quoted(&column.name);
            match column.kind() {
                _ if self.masks(column) => format!("CASE WHEN {name} IS NULL THEN 0 ELSE 1 END"),
                ColumnKind::Bytes => format!("CAST(length({name}) AS TEXT)"),
                _ => format!("substr(CAST({name} AS TEXT), 1, {cut})"),
            }
        };
        let key: Vec<String> =
            self.key().into_iter().map(|column| format!("CAST({} AS TEXT)", quoted(&column.name))).collect();
        let values: Vec<String> = self.columns.iter().map(value).collect();
        // PostgreSQL takes 100 arguments; no table has as many columns.
        format!("CAST({array}({array}({}), {array}({})) AS TEXT)", key.join(", "), values.join(", "))
    }

    fn row(&self, text: &str) -> sqlx::Result<DataRow> {
        let (key, values): (Vec<String>, Vec<Json>) =
            serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let hidden = self
            .columns
            .iter()
            .zip(&values)
            .map(|(column, value)| self.masks(column) && value.as_i64() == Some(1));
        Ok(DataRow {
            hidden: hidden.collect(),
            key,
            values: values.iter().map(|value| value.as_str().map(str::to_owned)).collect(),
        })
    }

    /// The condition that finds a row by its key. `None` where the key does not fit.
    fn found_by(&self, key: &[String], values: &mut Vec<Value>) -> Option<String> {
        let columns = self.key();
        if columns.is_empty() || columns.len() != key.len() {
            return None;
        }
        let parts = columns.iter().zip(key).map(|(column, value)| equals(column, value, values));
        Some(parts.collect::<Vec<_>>().join(" AND "))
    }
}

impl ListedColumn {
    fn kind(&self) -> ColumnKind {
        match self.declared.as_str() {
            "text" | "character varying" | "varchar" => ColumnKind::Text,
            "integer" | "bigint" | "smallint" | "int" => ColumnKind::Integer,
            "real" | "double precision" => ColumnKind::Real,
            "blob" | "bytea" => ColumnKind::Bytes,
            _ => ColumnKind::Other,
        }
    }
}

/// A name as a statement has it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The condition that a column is a text; a column of numbers is never what is no number.
fn equals(column: &ListedColumn, given: &str, values: &mut Vec<Value>) -> String {
    let name = quoted(&column.name);
    match column.kind() {
        ColumnKind::Text => {
            values.push(text(given));
            format!("{name} = ${}", values.len())
        }
        ColumnKind::Integer => match given.trim().parse() {
            Ok(number) => {
                values.push(Value::Integer(number));
                format!("{name} = ${}", values.len())
            }
            Err(_) => "1 = 0".to_owned(),
        },
        ColumnKind::Real | ColumnKind::Other | ColumnKind::Bytes => {
            values.push(text(given));
            format!("CAST({name} AS TEXT) = ${}", values.len())
        }
    }
}

/// A change of a row, encoded.
pub(super) struct DataWrite {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

async fn listed<D: Dialect>(db: &D) -> sqlx::Result<Vec<Listed>> {
    let sql = if db.statements().alone { SQLITE_TABLES } else { POSTGRES_TABLES };
    let rows: Vec<(String,)> = db.fetch(sql, vec![]).await?;
    let table = |(text,): (String,)| {
        serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
    };
    rows.into_iter().map(table).collect()
}

/// The tables, and when they were read.
pub(super) type Catalogue = (Instant, Arc<[Listed]>);

/// How long a catalogue is believed. Tables change when a newer version opens the database.
const BELIEVED: Duration = Duration::from_secs(60);

impl<D: Dialect> SqlStore<D> {
    /// The database's tables. Reading them takes longer than a page has.
    async fn catalogue(&self) -> Result<Arc<[Listed]>> {
        let known = self.catalogue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, tables)) = known.filter(|(read, _)| read.elapsed() < BELIEVED) {
            return Ok(tables);
        }
        let tables: Arc<[Listed]> = self.said(listed(&*self.dialect).await)?.into();
        let known = Some((Instant::now(), Arc::clone(&tables)));
        *self.catalogue.lock().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(tables)
    }

    async fn listed(&self, table: &str) -> Result<Listed> {
        let tables = self.catalogue().await?;
        let found = tables.iter().find(|known| known.full_name() == table).cloned();
        found.ok_or_else(|| Error::refused(WHAT, format!("there is no table {table}")))
    }

    async fn texts(&self, sql: String, values: Vec<Value>) -> Result<Vec<String>> {
        let rows = self.said(self.dialect.fetch_text(sql, values).await)?;
        Ok(rows.into_iter().map(|(text,)| text).collect())
    }

    async fn count_up_to(&self, sql: String, values: Vec<Value>) -> Result<u64> {
        let counted = self.texts(format!("SELECT CAST(count(*) AS TEXT) FROM ({sql}) AS r"), values).await?;
        Ok(counted.first().and_then(|count| count.parse().ok()).unwrap_or_default())
    }
}

#[async_trait]
impl<D: Dialect> DataStore for SqlStore<D> {
    async fn facts(&self) -> Result<DatabaseFacts> {
        let alone = self.dialect.statements().alone;
        let sql = if alone { SQLITE_FACTS } else { POSTGRES_FACTS };
        let rows: Vec<(String, String, i64, i64)> = self.said(self.dialect.fetch(sql, vec![]).await)?;
        let (_, version, bytes, migration) = rows.into_iter().next().unwrap_or_default();
        Ok(DatabaseFacts {
            kind: if alone { "SQLite" } else { "PostgreSQL" },
            version,
            place: self.dialect.name().to_owned(),
            bytes: u64::try_from(bytes).unwrap_or_default(),
            migration,
        })
    }

    async fn data_tables(&self) -> Result<Vec<DataTable>> {
        Ok(self.catalogue().await?.iter().map(Listed::table).collect())
    }

    async fn data_count(&self, table: &str) -> Result<u64> {
        let table = self.listed(table).await?;
        let most = DataTable::COUNTED + 1;
        self.count_up_to(format!("SELECT 1 FROM {} LIMIT {most}", table.quoted()), vec![]).await
    }

    async fn data_rows(&self, query: &DataQuery) -> Result<Vec<DataRow>> {
        let table = self.listed(&query.table).await?;
        let alone = self.dialect.statements().alone;
        let mut values = Vec::new();
        let mut sql = format!("SELECT {} FROM {}", table.selected(alone, DataRow::SHORT), table.quoted());
        if let Some(filter) = &query.filter {
            let column = table.column(&filter.column)?;
            let condition = if filter.contains {
                let escaped = filter.text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
                values.push(text(&format!("%{escaped}%")));
                let like = if alone { "LIKE" } else { "ILIKE" };
                format!("CAST({} AS TEXT) {like} $1 ESCAPE '!'", quoted(&column.name))
            } else {
                equals(column, &filter.text, &mut values)
            };
            sql.push_str(&format!(" WHERE {condition}"));
        }
        let order: Vec<String> =
            table.key().into_iter().map(|column| format!("{} DESC", quoted(&column.name))).collect();
        if !order.is_empty() {
            sql.push_str(&format!(" ORDER BY {}", order.join(", ")));
        }
        values.extend([number(query.limit.min(101)), number(query.offset.min(DataQuery::LAST))]);
        sql.push_str(&format!(" LIMIT ${} OFFSET ${}", values.len() - 1, values.len()));
        let rows = self.texts(sql, values).await?;
        self.said(rows.iter().map(|text| table.row(text)).collect())
    }

    async fn data_row(&self, table: &str, key: &[String]) -> Result<Option<DataRow>> {
        let table = self.listed(table).await?;
        let mut values = Vec::new();
        let Some(condition) = table.found_by(key, &mut values) else { return Ok(None) };
        let selected = table.selected(self.dialect.statements().alone, DataRow::WHOLE + 1);
        let sql = format!("SELECT {selected} FROM {} WHERE {condition} LIMIT 1", table.quoted());
        let rows = self.texts(sql, values).await?;
        self.said(rows.first().map(|text| table.row(text)).transpose())
    }

    async fn data_references(&self, table: &str, row: &DataRow) -> Result<Vec<DataReference>> {
        let tables = self.catalogue().await?;
        let named = tables.iter().find(|known| known.full_name() == table);
        let named = named.ok_or_else(|| Error::refused(WHAT, format!("there is no table {table}")))?;
        let mut counts = Vec::new();
        for (column, value) in named.columns.iter().zip(&row.values) {
            let Some(value) = value else { continue };
            for other in &*tables {
                for from in other.columns.iter().filter(|from| {
                    other.to(from).is_some_and(|(table, name)| named.is(&table) && name == column.name)
                }) {
                    let mut values = Vec::new();
                    let condition = equals(from, value, &mut values);
                    let sql = format!("SELECT 1 FROM {} WHERE {condition} LIMIT 1001", other.quoted());
                    counts.push(async move {
                        let count = self.count_up_to(sql, values).await?;
                        let (table, column) = (other.full_name(), from.name.clone());
                        Ok(DataReference { table, column, value: value.clone(), count })
                    });
                }
            }
        }
        // Side by side: some have no index to count by.
        try_join_all(counts).await
    }

    async fn change_data(&self, change: &DataChange, entry: AuditEntry) -> Result<bool> {
        let table = self.listed(&change.table).await?;
        let refused = |why: String| Error::refused(WHAT, why);
        if let Some(why) = table.fixed() {
            return Err(refused(format!("the rows of {} are not changed by hand: {why:?}", change.table)));
        }
        let mut values = Vec::new();
        let sql = match &change.what {
            DataEdit::Delete => String::new(),
            DataEdit::Set { column, old, new } => {
                let found = table.column(column)?;
                let shown = table.table();
                let editable = shown.columns.iter().any(|known| known.name == *column && known.editable);
                if !editable {
                    return Err(refused(format!("{column} of {} cannot be changed", change.table)));
                }
                let name = quoted(column);
                let set = match new {
                    None if !found.nullable => return Err(refused(format!("{column} must have a value"))),
                    None => "NULL".to_owned(),
                    Some(new) => {
                        values.push(bound(found, new).map_err(refused)?);
                        match found.kind() {
                            ColumnKind::Real => "CAST($1 AS DOUBLE PRECISION)".to_owned(),
                            _ => "$1".to_owned(),
                        }
                    }
                };
                let before = match old {
                    None => format!("{name} IS NULL"),
                    Some(old) => {
                        values.push(text(old));
                        format!("CAST({name} AS TEXT) = ${}", values.len())
                    }
                };
                format!("{name} = {set} WHERE {before} AND ")
            }
        };
        let Some(condition) = table.found_by(&change.key, &mut values) else { return Ok(false) };
        let sql = match change.what {
            DataEdit::Delete => format!("DELETE FROM {} WHERE {condition}", table.quoted()),
            DataEdit::Set { .. } => format!("UPDATE {} SET {sql}{condition}", table.quoted()),
        };
        let write = change::by_hand(DataWrite { sql, values }, entry)?;
        let done = self.write(write).await?.written();
        Ok(matches!(done, tolmach_runtime::ports::Written::Done { .. }))
    }
}

/// A value that fits a column.
fn bound(column: &ListedColumn, given: &str) -> std::result::Result<Value, String> {
    let name = &column.name;
    if given.contains('\0') {
        return Err(format!("{name}: U+0000 cannot be stored"));
    }
    match column.kind() {
        ColumnKind::Integer => {
            let number: i64 = given.trim().parse().map_err(|_| format!("{name} is a whole number"))?;
            Ok(Value::Integer(number))
        }
        ColumnKind::Real => match given.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Text(number.to_string())),
            _ => Err(format!("{name} is a number")),
        },
        _ => Ok(Value::Text(given.to_owned())),
    }
}
