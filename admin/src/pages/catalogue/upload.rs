//! One upload: how far it is, its preview, and what is done with it.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{
        HeaderMap,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::IntoResponse,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::{
    catalog_drafts::{Choice, Draft, FileKind, Preview, State as DraftState, Work, fields},
    price_list::ImportProgress,
};

use super::{address, done, id, preview, with_tabs};
use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params},
    gate::see_other,
    render::Page,
};

/// Which part of a preview is shown.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Shown {
    /// The number of a sheet, from 1.
    pub(super) sheet: Option<usize>,
    /// The number of the first row.
    pub(super) row: Option<u32>,
    pub(super) tab: Option<String>,
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    path: Path<String>,
    Params(shown): Params<Shown>,
) -> Served {
    let (draft, state) = panel.drafts().show(id(path)?)?;
    let data = data(&panel, &visit, &draft, &state, &shown).await;
    if headers.contains_key("x-part") {
        return panel.fragment(&visit, "upload_body", data);
    }
    let title = &draft.supplier;
    panel.page(&visit, Page { template: "upload", section: "catalogue", title }, data).await
}

async fn data(panel: &Panel, visit: &Visit, draft: &Draft, state: &DraftState, shown: &Shown) -> Value {
    let catalogue = panel.drafts().catalog();
    let serving = catalogue.manifest();
    let href = address(draft.id);
    let edits = visit.may(tolmach_app::accounts::Permission::ChangeCatalogue);
    let discards =
        edits && !matches!(state, DraftState::Working(Work::Publishing(_)) | DraftState::Published(_));
    let (mut error, mut detail, mut items, mut preview) = (None, None, 0, Value::Null);
    match state {
        DraftState::Failed(why) => (error, detail) = (Some("upload.failed"), Some(why.clone())),
        DraftState::CutOff => error = Some("upload.cut_off"),
        DraftState::Published(published) => items = published.items,
        DraftState::Preview(read) => {
            if let Some(why) = &read.not_published {
                (error, detail) = (Some("upload.not_published"), Some(why.clone()));
            } else if read.base != serving.as_ref().map(|manifest| manifest.id.clone()) {
                error = Some("upload.stale");
            }
            preview = preview::shown(visit, draft, read, &href, shown);
        }
        DraftState::Working(_) => {}
    }
    let again = edits && (error.is_some() || matches!(state, DraftState::Failed(_) | DraftState::CutOff));
    let more = json!({
        "supplier": draft.supplier, "href": href, "state": state.name(),
        "serving_since": serving.map(|manifest| manifest.created),
        "discard_href": discards.then(|| format!("{href}/discard")),
        "publish_href": format!("{href}/publish"), "report_href": format!("{href}/report.txt"),
        "again": again, "error": error, "error_detail": detail, "progress": progress(state), "items": items,
        "files": files(draft, state), "fields": fields(), "preview": preview,
    });
    with_tabs(panel, "overview", more).await
}

/// The stages of the work and how far it is; null where none goes on.
fn progress(state: &DraftState) -> Value {
    const READ: [&str; 4] = ["reading", "merging", "indexing", "verifying"];
    const PUBLISH: [&str; 5] = ["reading", "merging", "embedding", "indexing", "verifying"];
    let DraftState::Working(work) = state else { return Value::Null };
    let (stages, now): (&[&str], Option<ImportProgress>) = match work {
        Work::Queued | Work::Reading => (&READ, None),
        Work::Trying(now) => (&READ, Some(*now)),
        Work::Publishing(now) => (&PUBLISH, *now),
    };
    let name = now.map_or("reading".to_owned(), |now| {
        serde_json::to_value(now.stage)
            .ok()
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default()
    });
    let at = stages.iter().position(|stage| *stage == name).unwrap_or_default();
    let stages: Vec<Value> = stages
        .iter()
        .enumerate()
        .map(|(number, name)| {
            let state = match number.cmp(&at) {
                std::cmp::Ordering::Less => "done",
                std::cmp::Ordering::Equal if *work != Work::Queued => "now",
                _ => "next",
            };
            json!({ "name": name, "state": state })
        })
        .collect();
    let (part, all) = now.map_or((0, 0), |now| (now.done, now.total));
    let width = if all == 0 { 0.0 } else { (part as f64 * 1000.0 / all as f64).round() / 10.0 };
    json!({
        "done": part, "total": all, "per_second": now.and_then(|now| now.rows_per_second), "percent_width": width,
        "stages": stages,
    })
}

fn files(draft: &Draft, state: &DraftState) -> Vec<Value> {
    let read: Option<&Preview> = match state {
        DraftState::Preview(preview) => Some(preview),
        _ => None,
    };
    let status = match state {
        DraftState::Working(_) => "reading",
        DraftState::Failed(_) | DraftState::CutOff => "failed",
        DraftState::Preview(_) | DraftState::Published(_) => "read",
    };
    let photos = read.and_then(|preview| preview.photos.as_ref());
    draft
        .files
        .iter()
        .map(|file| {
            let archive = file.kind == FileKind::Photos;
            let matched = photos.map_or(0, |photos| photos.pictures);
            let all = photos.map_or(0, |photos| photos.pictures + photos.unknown + photos.further + photos.unusable);
            json!({
                "name": file.name, "size": file.bytes, "kind": if archive && photos.is_some() { "photos" } else { "list" },
                "state": status, "error": null, "photos": all, "photos_matched": matched,
            })
        })
        .collect()
}

pub(crate) async fn correct(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    path: Path<String>,
    Form(form): Form<Vec<(String, String)>>,
) -> Served {
    let id = id(path)?;
    let (mut sheet, mut choices) = (None, Vec::new());
    if form.len() > MAX_PAIRS {
        return Err(Failure::Bad("error.form"));
    }
    for (name, value) in form {
        let choice = |column: &str, field: &str, confirmed| {
            let known = fields().contains(&field) && (1..=3).contains(&column.len());
            known
                .then(|| Choice { column: column.to_owned(), field: field.to_owned(), confirmed })
                .ok_or(Failure::Bad("error.form"))
        };
        if name == "sheet" {
            let number: usize = value.parse().map_err(|_| Failure::Bad("error.form"))?;
            sheet = number.checked_sub(1);
        } else if let Some(column) = name.strip_prefix("column.") {
            choices.push(choice(column, &value, false)?);
        } else if name == "set" {
            let (column, field) = value.split_once('=').ok_or(Failure::Bad("error.form"))?;
            choices.push(choice(column, field, true)?);
        }
    }
    panel.drafts().correct(&visit.actor()?, id, sheet, &choices).await?;
    Ok(if headers.contains_key("x-csrf") {
        done(None)
    } else {
        let number = sheet.map(|sheet| format!("?sheet={}", sheet + 1)).unwrap_or_default();
        see_other(&format!("{}{number}", address(id)))
    })
}

/// Most fields of a form: 40 columns and what stands beside them.
const MAX_PAIRS: usize = 300;

pub(crate) async fn publish(State(panel): State<Arc<Panel>>, visit: Visit, path: Path<String>) -> Served {
    let id = id(path)?;
    panel.drafts().publish(&visit.actor()?, id)?;
    Ok(see_other(&address(id)))
}

pub(crate) async fn discard(State(panel): State<Arc<Panel>>, visit: Visit, path: Path<String>) -> Served {
    panel.drafts().discard(&visit.actor()?, id(path)?).await?;
    Ok(see_other("/admin/catalogue?saved=upload.discarded"))
}

/// How the files were understood, as the command line tells it.
pub(crate) async fn report(State(panel): State<Arc<Panel>>, _: Visit, path: Path<String>) -> Served {
    let (_, state) = panel.drafts().show(id(path)?)?;
    let DraftState::Preview(preview) = state else { return Err(Failure::NotFound) };
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"report.txt\""),
    ];
    Ok((headers, preview.report.to_string()).into_response())
}
