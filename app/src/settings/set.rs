//! Settings by their names, as a command changes them: single ones, and those of a table's rows (`llm.roles.fast.model`; a row of a list
//! has its number, as in `llm.prices.0.input`).

use serde_json::{Map, Value, json};
use tolmach_runtime::ports::{Actor, Store};

use super::{
    Error, Problem, SectionChange, Shown, Tuning,
    form::{MOST_ROWS, is_empty, put},
    save,
    schema::{self, BadText, Field, Kind, Names, Place, Rows},
    value_at,
};

/// Changes settings of one section by their names, as a command does. `None` takes a change back; of a row of a table it takes the
/// row or its setting out.
///
/// # Errors
/// See [`Error`].
pub async fn set(
    store: &dyn Store,
    tuning: &dyn Tuning,
    actor: &Actor,
    now: i64,
    wanted: &[(&str, Option<&str>)],
) -> Result<bool, Error> {
    tuning.refresh().await?;
    let shown = tuning.shown();
    let unknown = |key: &str| Error::Unknown(key.to_owned());
    let first = wanted.first().map(|(key, _)| *key).unwrap_or_default();
    let (section, _) = schema::place(first).ok_or_else(|| unknown(first))?;
    let mut changing = Changing {
        shown: &shown,
        change: SectionChange {
            seen: shown.version(section.name),
            values: shown.section(section.name).map(|stored| stored.values.clone()).unwrap_or_default(),
            secrets: Vec::new(),
        },
    };
    for (key, text) in wanted {
        let (of, place) = schema::place(key).ok_or_else(|| unknown(key))?;
        if of.name != section.name {
            return Err(Error::TwoSections(first.to_owned(), (*key).to_owned()));
        }
        if let Some(variable) = shown.fixed.get(*key) {
            return Err(Error::Fixed((*key).to_owned(), variable.clone()));
        }
        match (place, text) {
            (Place::One(field), text) => changing.one(key, field, *text)?,
            (Place::Cell(rows, row, field), text) => changing.cell(key, (rows, row, field), *text)?,
            (Place::Row(rows, row), None) => changing.remove(key, rows, row)?,
            (Place::Table(rows), None) => changing.forget(rows),
            // Which of its settings?
            (Place::Row(..) | Place::Table(_), Some(_)) => return Err(unknown(key)),
        }
    }
    for (key, text) in wanted {
        if let (Some((_, Place::Cell(rows, row, _))), Some(_)) = (schema::place(key), text)
            && row_of(&changing.table(rows), row).is_none()
        {
            return Err(wrong(key, &no_row(rows, row)));
        }
    }
    let change = changing.change;
    save(store, tuning, actor, now, (section, change)).await
}

struct Changing<'s> {
    shown: &'s Shown,
    change: SectionChange,
}

impl Changing<'_> {
    fn one(&mut self, key: &str, field: &Field, text: Option<&str>) -> Result<(), Error> {
        match (field.kind, text) {
            (Kind::Secret, text) => self.secret(key, text)?,
            (_, None) => drop(self.change.values.remove(key)),
            (_, Some(text)) => {
                let value = field.read(text).map_err(|why| wrong(key, &why))?;
                self.store(key, value);
            }
        }
        Ok(())
    }

    /// A setting of a row. A row that is not there is made.
    fn cell(
        &mut self,
        key: &str,
        (rows, name, field): (&Rows, &str, &Field),
        text: Option<&str>,
    ) -> Result<(), Error> {
        let mut table = self.table(rows);
        if field.kind == Kind::Secret {
            // A row that holds nothing else is made by its secret, an empty one if it needs none.
            let alone = rows.fields.iter().all(|field| field.kind == Kind::Secret);
            if alone && text.is_some() && rows.names.take(name) && row_of(&table, name).is_none() {
                table[name] = json!({});
                self.store(rows.key, table);
            }
            return self.secret(key, text);
        }
        let row = match (&mut table, text) {
            (Value::Object(named), Some(_)) if rows.names.take(name) => {
                named.entry(name.to_owned()).or_insert_with(|| json!({}))
            }
            (Value::Object(_), Some(_)) => return Err(wrong(key, &rows.names.expected())),
            (Value::Array(listed), Some(_))
                if number(name) == Some(listed.len()) && listed.len() < MOST_ROWS =>
            {
                listed.push(json!({}));
                listed.last_mut().ok_or_else(|| wrong(key, &no_row(rows, name)))?
            }
            (table, _) => row_of_mut(table, name).ok_or_else(|| wrong(key, &no_row(rows, name)))?,
        };
        let value = text.map(|text| field.read(text)).transpose().map_err(|why| wrong(key, &why))?;
        match value.filter(|value| !is_empty(field, value)) {
            Some(value) => put(row, field.key, value),
            None => take(row, field.key),
        }
        self.store(rows.key, table);
        Ok(())
    }

    /// Takes a row out, with its secrets.
    fn remove(&mut self, key: &str, rows: &Rows, name: &str) -> Result<(), Error> {
        let mut table = self.table(rows);
        let removed = match &mut table {
            Value::Object(named) => named.remove(name).is_some(),
            Value::Array(listed) => {
                let at = number(name).filter(|at| *at < listed.len());
                at.map(|at| listed.remove(at)).is_some()
            }
            _ => false,
        };
        if !removed {
            return Err(wrong(key, &no_row(rows, name)));
        }
        self.store(rows.key, table);
        self.forget_secrets(&format!("{}.{name}.", rows.key));
        Ok(())
    }

    /// Takes all changes of a table back. Rows that the file has keep the secrets that were stored for them.
    fn forget(&mut self, rows: &Rows) {
        self.change.values.remove(rows.key);
        let base = value_at(&self.shown.base, rows.key);
        for name in self.table_names(rows) {
            if base.get(&name).is_none() {
                self.forget_secrets(&format!("{}.{name}.", rows.key));
            }
        }
    }

    fn table_names(&self, rows: &Rows) -> Vec<String> {
        let table = value_at(&self.shown.under, rows.key).as_object();
        table.into_iter().flat_map(Map::keys).cloned().collect()
    }

    fn forget_secrets(&mut self, begin: &str) {
        let stored = self.shown.stored.secrets.iter().filter(|known| known.name.starts_with(begin));
        self.change.secrets.extend(stored.map(|known| (known.name.clone(), None)));
    }

    fn secret(&mut self, key: &str, text: Option<&str>) -> Result<(), Error> {
        let secret = text.map(schema::secret).transpose().map_err(|why| wrong(key, &why))?;
        self.change.secrets.push((key.to_owned(), secret));
        Ok(())
    }

    /// A table as it is by now.
    fn table(&self, rows: &Rows) -> Value {
        let base = || match value_at(&self.shown.base, rows.key) {
            Value::Null if rows.names == Names::None => json!([]),
            Value::Null => json!({}),
            table => table.clone(),
        };
        self.change.values.get(rows.key).cloned().unwrap_or_else(base)
    }

    /// Only what differs from the file is stored.
    fn store(&mut self, key: &str, value: Value) {
        if value == *value_at(&self.shown.base, key) {
            self.change.values.remove(key);
        } else {
            self.change.values.insert(key.to_owned(), value);
        }
    }
}

fn number(name: &str) -> Option<usize> {
    name.parse().ok()
}

fn row_of<'t>(table: &'t Value, name: &str) -> Option<&'t Value> {
    table.get(name).or_else(|| table.get(number(name)?))
}

fn row_of_mut<'t>(table: &'t mut Value, name: &str) -> Option<&'t mut Value> {
    match table {
        Value::Array(listed) => listed.get_mut(number(name)?),
        table => table.get_mut(name),
    }
}

/// Takes a setting out of a row, and what is empty then.
fn take(row: &mut Value, key: &str) {
    let Some(map) = row.as_object_mut() else { return };
    match key.split_once('.') {
        None => drop(map.remove(key)),
        Some((first, rest)) => {
            let Some(inner) = map.get_mut(first) else { return };
            take(inner, rest);
            if inner.as_object().is_some_and(Map::is_empty) {
                map.remove(first);
            }
        }
    }
}

fn no_row(rows: &Rows, name: &str) -> BadText {
    let text = match (rows.names, number(name)) {
        (Names::None, Some(_)) => "there is no such row; rows are numbered from 0 without a gap, 100 at most",
        (Names::None, None) => "rows of this list are numbered from 0",
        _ => "there is no such row; set one of its other settings first",
    };
    BadText { code: "no_row", text }
}

/// Not what was typed: it may be what nobody else is to read.
fn wrong(key: &str, why: &BadText) -> Error {
    let text = format!("{key}: {}", why.text);
    Error::Wrong(vec![Problem { key: key.to_owned(), code: why.code, text }])
}
