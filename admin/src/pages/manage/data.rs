//! The database row by row, for owners: tables, rows, one row with what names it, changes with a reason.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::data::{self, DataFilter, Error, NewValue};
use tolmach_runtime::ports::{ColumnKind, DataRow, DataTable, Fixed};

use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params, filled},
    gate::{encode, see_other},
    render::Page,
};

/// Columns of a list, and characters of a value in it.
const COLUMNS: usize = 8;
const SHOWN: usize = 80;

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Bad(match error {
            Error::NoTable(_) | Error::NoRow => return Failure::NotFound,
            Error::Store(error) => return error.into(),
            Error::NoColumn(_) => "data.no_column",
            Error::Slow => "data.slow",
            Error::Fixed(_) => "data.error_fixed",
            Error::NoReason => "data.no_reason",
            Error::Conflict => "data.conflict",
            Error::BadJson(_) => "data.bad_json",
            Error::Refused(_) => "data.refused",
        })
    }
}

/// The key of the text that says why a table is not changed here.
fn fixed(table: &DataTable) -> Option<&'static str> {
    table.fixed.map(|why| match why {
        Fixed::Log => "data.fixed.log",
        Fixed::People => "data.fixed.people",
        Fixed::Program => "data.fixed.program",
        Fixed::Releases => "data.fixed.releases",
        Fixed::Settings => "data.fixed.settings",
        Fixed::NoKey => "data.fixed.no_key",
    })
}

fn part(text: &str) -> String {
    encode(text).replace('/', "%2F")
}

fn row_address(table: &str, key: &[String]) -> String {
    let key = serde_json::to_string(key).unwrap_or_default();
    format!("/admin/data/{}/row?key={}", part(table), encode(&key))
}

fn rows_address(table: &str, column: &str, value: &str) -> String {
    format!("/admin/data/{}?column={}&how=is&q={}", part(table), encode(column), encode(value))
}

pub(crate) async fn tables(State(panel): State<Arc<Panel>>, visit: Visit) -> Served {
    let rows: Vec<Value> = data::tables(panel.store())
        .await?
        .iter()
        .map(|one| {
            json!({
                "name": one.table.name, "href": format!("/admin/data/{}", part(&one.table.name)), "rows": one.rows.min(DataTable::COUNTED),
                "many": one.rows > DataTable::COUNTED, "columns": one.table.columns.len(), "fixed": fixed(&one.table),
                "masked": one.table.columns.iter().filter(|column| column.masked).count(),
            })
        })
        .collect();
    let title = panel.renderer.text(visit.language, "nav.data");
    panel.page(&visit, Page { template: "data", section: "data", title }, json!({ "tables": rows })).await
}

#[derive(Default, Deserialize)]
pub(crate) struct Search {
    column: Option<String>,
    how: Option<String>,
    q: Option<String>,
    offset: Option<u32>,
    #[serde(default)]
    saved: String,
}

impl Search {
    fn filter(&self) -> Option<DataFilter> {
        let (column, text) = (filled(&self.column)?, filled(&self.q)?);
        let contains = self.how.as_deref() != Some("is");
        Some(DataFilter { column: column.to_owned(), contains, text: text.to_owned() })
    }

    fn address(&self, table: &str, offset: u32) -> String {
        let how = if self.how.as_deref() == Some("is") { "is" } else { "has" };
        let fields = [("column", filled(&self.column)), ("how", Some(how)), ("q", filled(&self.q))];
        let parts: Vec<String> =
            fields.iter().filter_map(|(name, value)| Some(format!("{name}={}", encode((*value)?)))).collect();
        format!("/admin/data/{}?{}&offset={offset}", part(table), parts.join("&"))
    }
}

pub(crate) async fn rows(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(name): Path<String>,
    Params(search): Params<Search>,
) -> Served {
    let offset = search.offset.unwrap_or_default().min(100_000);
    let found = data::rows(panel.store(), &name, search.filter(), offset).await?;
    let table = &found.table;
    // The key first, then as many others as fit; one row shows them all.
    let mut places: Vec<usize> = (0..table.columns.len()).filter(|at| table.columns[*at].key).collect();
    places.extend((0..table.columns.len()).filter(|at| !table.columns[*at].key));
    places.truncate(COLUMNS);
    let rows: Vec<Value> = found
        .rows
        .iter()
        .map(|row| {
            let cells: Vec<Value> = places.iter().map(|at| cell(table, row, *at)).collect();
            json!({ "href": (!row.key.is_empty()).then(|| row_address(&name, &row.key)), "cells": cells })
        })
        .collect();
    let headings: Vec<&str> = places.iter().map(|at| table.columns[*at].name.as_str()).collect();
    let searched: Vec<Value> = table
        .columns
        .iter()
        .filter(|column| !column.masked && column.kind != ColumnKind::Bytes)
        .map(|column| json!({ "name": column.name, "current": search.column.as_deref() == Some(column.name.as_str()) }))
        .collect();
    let saved = (search.saved == "deleted").then_some("data.saved.deleted");
    let data = json!({
        "table": name, "href": format!("/admin/data/{}", part(&name)), "headings": headings, "rows": rows,
        "columns": searched, "q": filled(&search.q).unwrap_or_default(), "is": search.how.as_deref() == Some("is"),
        "filtered": search.filter().is_some(), "fixed": fixed(table), "saved": saved, "hidden": table.columns.len() - places.len(),
        "from": u64::from(offset) + 1, "to": u64::from(offset) + found.rows.len() as u64,
        "next_href": found.more.then(|| search.address(&name, offset + data::ROWS)),
        "first_href": (offset > 0).then(|| search.address(&name, 0)),
    });
    let title = name.clone();
    panel.page(&visit, Page { template: "data_rows", section: "data", title: &title }, data).await
}

fn cell(table: &DataTable, row: &DataRow, at: usize) -> Value {
    let column = &table.columns[at];
    let value = row.values.get(at).and_then(Option::as_deref);
    let masked = column.masked && row.hidden.get(at) == Some(&true);
    let text = value.map(|text| tolmach_engine::text::shorten(&text.replace(['\n', '\r'], " "), SHOWN));
    json!({
        "text": text, "masked": masked, "number": column.kind == ColumnKind::Integer || column.kind == ColumnKind::Real,
        "bytes": column.kind == ColumnKind::Bytes,
    })
}

#[derive(Default, Deserialize)]
pub(crate) struct One {
    key: Option<String>,
    edit: Option<String>,
    #[serde(default)]
    saved: String,
}

fn key(text: Option<&str>) -> Result<Vec<String>, Failure> {
    serde_json::from_str(text.unwrap_or_default()).map_err(|_| Failure::NotFound)
}

/// What the page of a row shows besides what is stored.
#[derive(Default)]
struct Told<'t> {
    error: Option<&'static str>,
    why: Option<String>,
    saved: Option<&'static str>,
    /// The column whose value is being changed, with what was typed.
    edit: Option<(&'t str, Option<&'t str>)>,
    reason: &'t str,
}

pub(crate) async fn row(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(name): Path<String>,
    Params(one): Params<One>,
) -> Served {
    let key = key(one.key.as_deref())?;
    let told = Told {
        saved: (one.saved == "set").then_some("data.saved.set"),
        edit: filled(&one.edit).map(|column| (column, None)),
        ..Told::default()
    };
    show(&panel, &visit, (&name, &key), told).await
}

async fn show(panel: &Panel, visit: &Visit, (name, key): (&str, &[String]), told: Told<'_>) -> Served {
    let found = data::row(panel.store(), name, key).await?;
    let (table, row) = (&found.table, &found.row);
    let here = row_address(name, key);
    let fields: Vec<Value> = table
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let value = row.values.get(at).and_then(Option::as_deref);
            let long = value.is_some_and(|value| value.chars().count() > DataRow::WHOLE as usize);
            let edit = told.edit.filter(|(edited, _)| *edited == column.name && column.editable && !long);
            let to = column.to.as_ref().zip(value).filter(|((table, _), _)| table != name);
            json!({
                "name": column.name, "kind": column.kind, "value": value, "long": long, "key": column.key,
                "bytes": column.kind == ColumnKind::Bytes,
                "masked": column.masked, "set": row.hidden.get(at) == Some(&true), "nullable": column.nullable,
                "edit_href": (column.editable && !long).then(|| format!("{here}&edit={}", encode(&column.name))),
                "editing": edit.is_some(), "typed": edit.and_then(|(_, typed)| typed).or(value), "mark": data::mark(value),
                "to_href": to.map(|((table, column), value)| rows_address(table, column, value)),
            })
        })
        .collect();
    let references: Vec<Value> = found
        .references
        .iter()
        .filter(|one| one.count > 0)
        .map(|one| {
            json!({
                "table": one.table, "column": one.column, "count": one.count.min(1_000), "many": one.count > 1_000,
                "href": rows_address(&one.table, &one.column, &one.value),
            })
        })
        .collect();
    let status = if told.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let data = json!({
        "table": name, "table_href": format!("/admin/data/{}", part(name)), "here": here,
        "action": format!("/admin/data/{}", part(name)), "key": serde_json::to_string(key).unwrap_or_default(),
        "title": key.join(" / "), "fields": fields, "references": references, "fixed": fixed(table),
        "error": told.error, "why": told.why, "saved": told.saved, "reason": told.reason, "longest": data::LONGEST_REASON,
    });
    let page = Page { template: "data_row", section: "data", title: name };
    panel.page_with(visit, status, page, data).await
}

#[derive(Deserialize)]
pub(crate) struct SetForm {
    key: Option<String>,
    column: Option<String>,
    seen: Option<String>,
    value: Option<String>,
    unset: Option<String>,
    reason: Option<String>,
}

pub(crate) async fn set(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(name): Path<String>,
    Form(form): Form<SetForm>,
) -> Served {
    let key = key(form.key.as_deref())?;
    let column = filled(&form.column).unwrap_or_default();
    // Browsers end the lines of a field with CR and LF.
    let typed = form.value.as_deref().unwrap_or_default().replace("\r\n", "\n");
    let value = if form.unset.is_some() { None } else { Some(typed.as_str()) };
    let reason = form.reason.as_deref().unwrap_or_default();
    let seen = Some(form.seen.as_deref().unwrap_or_default());
    let new = NewValue { column, seen, value };
    let done = data::set(panel.store(), &visit.actor()?, panel.now(), (&name, &key, reason), new).await;
    match done {
        Ok(()) => Ok(see_other(&format!("{}&saved=set", row_address(&name, &key)))),
        Err(error) => {
            let told = Told { edit: Some((column, Some(&typed))), reason, ..Told::default() };
            refused(&panel, &visit, (&name, &key), error, told).await
        }
    }
}

/// The page of the row with what was refused.
async fn refused(
    panel: &Panel,
    visit: &Visit,
    row: (&str, &[String]),
    error: Error,
    told: Told<'_>,
) -> Result<Response, Failure> {
    let why = match &error {
        Error::BadJson(why) | Error::Refused(why) => Some(why.clone()),
        _ => None,
    };
    match Failure::from(error) {
        Failure::Bad(key) => show(panel, visit, row, Told { error: Some(key), why, ..told }).await,
        other => Err(other),
    }
}

#[derive(Deserialize)]
pub(crate) struct DeleteForm {
    key: Option<String>,
    reason: Option<String>,
    /// The table's name, typed once more.
    confirm: Option<String>,
}

pub(crate) async fn delete(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(name): Path<String>,
    Form(form): Form<DeleteForm>,
) -> Served {
    let key = key(form.key.as_deref())?;
    let reason = form.reason.as_deref().unwrap_or_default();
    let told = Told { reason, ..Told::default() };
    if form.confirm.as_deref().map(str::trim) != Some(name.as_str()) {
        return show(&panel, &visit, (&name, &key), Told { error: Some("data.not_confirmed"), ..told }).await;
    }
    match data::delete(panel.store(), &visit.actor()?, panel.now(), (&name, &key, reason)).await {
        Ok(()) => Ok(see_other(&format!("/admin/data/{}?saved=deleted", part(&name)))),
        Err(error) => refused(&panel, &visit, (&name, &key), error, told).await,
    }
}
