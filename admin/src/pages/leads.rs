//! Leads: a board, a table, one lead beside them, changes, and the export.

mod panel;

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::IntoResponse,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::leads;
use tolmach_runtime::{
    leads::{LeadChange, LeadRow, LeadStatus},
    ports::{LeadQuery, Order, Page as Cut},
};

use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params, filled},
    gate::{encode, see_other},
    render::{Page, initials},
};

/// The lanes of the board; the other statuses are seen in the table.
const LANES: [LeadStatus; 4] = [LeadStatus::New, LeadStatus::Taken, LeadStatus::Won, LeadStatus::Lost];
/// Cards in a lane of the board, and rows of the table.
const LANE: u32 = 30;
const ROWS: u32 = 50;

/// Which leads are shown, as the address says.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Filter {
    view: Option<String>,
    status: Option<String>,
    assignee: Option<String>,
    q: Option<String>,
    /// Only leads made since then, milliseconds since the Unix epoch.
    since: Option<i64>,
    /// Only leads below this number.
    before: Option<i64>,
}

impl Filter {
    fn view(&self) -> &'static str {
        if self.view.as_deref() == Some("table") { "table" } else { "board" }
    }

    fn status(&self) -> Option<LeadStatus> {
        filled(&self.status).and_then(LeadStatus::parse)
    }

    /// The address with some parts of the query.
    fn address(&self, view: &str, status: Option<&str>, assignee: Option<&str>) -> String {
        let mut address = format!("/admin/leads?view={view}");
        for (name, value) in [("status", status), ("assignee", assignee), ("q", filled(&self.q))] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                address.push_str(&format!("&{name}={}", encode(value)));
            }
        }
        if let Some(since) = self.since {
            address.push_str(&format!("&since={since}"));
        }
        address
    }

    fn here(&self) -> String {
        self.address(self.view(), filled(&self.status), filled(&self.assignee))
    }

    fn query(&self, status: Vec<LeadStatus>, limit: u32) -> LeadQuery {
        LeadQuery {
            status,
            assignee: filled(&self.assignee).map(str::to_owned),
            chat: None,
            since: self.since,
            text: filled(&self.q).map(str::to_owned),
            order: Order::NewestFirst,
            page: Cut { limit, after: self.before },
        }
    }
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Params(filter): Params<Filter>,
) -> Served {
    let data = data(&panel, &visit, &filter, None).await?;
    if is_part(&headers) {
        return panel.fragment(&visit, "leads_body", data);
    }
    let title = panel.renderer.text(visit.language, "nav.leads");
    panel.page(&visit, Page { template: "leads", section: "leads", title }, data).await
}

/// Whether a script asks for a part of the page.
fn is_part(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_some_and(|mode| mode != "navigate") || headers.contains_key("x-part")
}

pub(crate) async fn one(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
    Params(filter): Params<Filter>,
) -> Served {
    show(&panel, &visit, &headers, &id, &filter, None).await
}

async fn show(
    panel: &Panel,
    visit: &Visit,
    headers: &HeaderMap,
    id: &str,
    filter: &Filter,
    error: Option<&'static str>,
) -> Served {
    let shown = leads::show(panel.store(), id).await?;
    if shown.lead.id != id {
        return Ok(see_other(&format!("/admin/leads/{}", encode(&shown.lead.id))));
    }
    let name = name(panel, visit, &shown.lead);
    let mut data = data(panel, visit, filter, Some(id)).await?;
    data["lead"] = panel::shown(panel, visit, &shown, &data).await?;
    data["error"] = error.into();
    if is_part(headers) {
        return panel.fragment(visit, "lead_panel", data);
    }
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    panel.page_with(visit, status, Page { template: "leads", section: "leads", title: &name }, data).await
}

async fn data(
    panel: &Panel,
    visit: &Visit,
    filter: &Filter,
    current: Option<&str>,
) -> Result<Value, Failure> {
    let counts = panel.store().lead_counts().await?;
    let of = |status| counts.iter().find(|count| count.status == status).copied();
    let open: u64 = counts.iter().filter(|count| count.status.is_open()).map(|count| count.leads).sum();
    let unassigned: u64 =
        counts.iter().filter(|count| count.status.is_open()).map(|count| count.unassigned).sum();
    let own = &visit.session()?.account.name;
    let people: Vec<Value> = panel
        .store()
        .accounts()
        .await?
        .into_iter()
        .filter(|account| !account.disabled)
        .map(|account| person(&account.name))
        .collect();
    let (view, assignee) = (filter.view(), filled(&filter.assignee));
    let chip = |key: &str, value: Option<&str>, count: Option<u64>| {
        json!({
            "key": key, "status": null, "href": filter.address(view, filled(&filter.status), value),
            "counted": count.is_some(), "count": count.unwrap_or_default(), "current": assignee == value,
        })
    };
    let text = filled(&filter.q);
    let narrowed = text.is_some() || assignee.is_some() || filter.since.is_some();
    let (mut lanes, mut rows, mut more) = (Vec::new(), Vec::new(), Value::Null);
    let mut shown = 0;
    if view == "board" {
        for status in LANES.into_iter().filter(|status| filter.status().is_none_or(|one| one == *status)) {
            let mut found = panel.store().leads(&filter.query(vec![status], LANE + 1)).await?;
            let all = of(status).map_or(0, |count| count.leads);
            let count = if narrowed { found.len() as u64 } else { all };
            let over = found.len() > LANE as usize;
            found.truncate(LANE as usize);
            shown += found.len();
            let cards: Vec<Value> =
                found.iter().map(|lead| card(panel, visit, filter, lead, current)).collect();
            let all_href = filter.address("table", Some(status.name()), assignee);
            lanes.push(json!({
                "status": status.name(), "mark": mark(status), "count": count, "leads": cards,
                "more_href": over.then_some(all_href),
            }));
        }
    } else {
        let mut found =
            panel.store().leads(&filter.query(filter.status().into_iter().collect(), ROWS + 1)).await?;
        if found.len() > ROWS as usize {
            found.truncate(ROWS as usize);
            more = found.last().map(|last| format!("{}&before={}", filter.here(), last.seq)).into();
        }
        shown = found.len();
        rows.extend(found.iter().map(|lead| card(panel, visit, filter, lead, current)));
    }
    let empty = match (shown, narrowed || filter.status().is_some()) {
        (0, true) => Some("filter"),
        (0, false) => Some("first"),
        _ => None,
    };
    let here = filter.here();
    Ok(json!({
        "view": view,
        "here": here,
        "src": here,
        "open": open,
        "unassigned": unassigned,
        "board_href": filter.address("board", None, assignee),
        "table_href": filter.address("table", filled(&filter.status), assignee),
        "export_href": here.replacen("/admin/leads?", "/admin/leads/export.csv?", 1),
        "filter": {
            "status": filled(&filter.status).unwrap_or_default(),
            "assignee": assignee.unwrap_or_default(),
            "q": text.unwrap_or_default(),
        },
        "filters": [
            chip("all", None, None),
            chip("mine", Some(own.as_str()), None),
            chip("nobody", Some(LeadQuery::NOBODY), Some(unassigned)),
        ],
        "statuses": LeadStatus::ALL.map(LeadStatus::name),
        "people": people,
        "lanes": lanes,
        "rows": rows,
        "more_href": more,
        "empty": empty,
        "lead": null,
        "close_href": here,
        "error": null,
        "other_href": null,
    }))
}

fn person(name: &str) -> Value {
    json!({ "id": name, "name": name, "initials": initials(name) })
}

/// The colour of a status.
fn mark(status: LeadStatus) -> &'static str {
    match status {
        LeadStatus::New => "warn",
        LeadStatus::Won => "good",
        _ => "",
    }
}

/// What a lead's client is called.
fn name(panel: &Panel, visit: &Visit, lead: &LeadRow) -> String {
    let given = lead.lead.contact.get("name").filter(|name| !name.is_empty());
    given.cloned().unwrap_or_else(|| {
        let id: String = lead.chat.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
        format!("{} {id}", panel.renderer.text(visit.language, "chat.client"))
    })
}

fn card(panel: &Panel, visit: &Visit, filter: &Filter, lead: &LeadRow, current: Option<&str>) -> Value {
    let address = format!("/admin/leads/{}", encode(&lead.id));
    let query = filter.here();
    let query = query.split_once('?').map(|(_, query)| query).unwrap_or_default();
    json!({
        "id": lead.id,
        "href": format!("{address}?{query}"),
        "name": name(panel, visit, lead),
        "need": lead.lead.summary,
        "channel": if lead.chat.starts_with("telegram:") { "telegram" } else { "web" },
        "language": visit.language.code(),
        "created": lead.created,
        "updated": lead.updated,
        "status": lead.status.name(),
        "mark": mark(lead.status),
        "assignee": lead.assignee.as_deref().map(person),
        "phone": lead.lead.contact.get("phone"),
        "waits": null,
        "current": current == Some(lead.id.as_str()),
    })
}

/// A form of the panel: one field of it changes one thing.
#[derive(Deserialize)]
pub(crate) struct Changed {
    status: Option<String>,
    assignee: Option<String>,
    note: Option<String>,
}

pub(crate) async fn change(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
    Params(filter): Params<Filter>,
    Form(form): Form<Changed>,
) -> Served {
    let status = match filled(&form.status) {
        Some(name) => Some(LeadStatus::parse(name).ok_or(Failure::Bad("error.form"))?),
        None => None,
    };
    let assignee = match form.assignee.as_deref().map(str::trim) {
        None => None,
        Some("") => Some(None),
        Some(name) => {
            let known = panel.store().account_named(name).await?;
            Some(Some(known.ok_or(Failure::Bad("error.unknown_person"))?.name))
        }
    };
    let note = filled(&form.note).map(str::to_owned);
    if status.is_none() && assignee.is_none() && note.is_none() {
        return Err(Failure::Bad("error.empty"));
    }
    // A whole id only: use cases take beginnings of ids as well, forms do not.
    let lead = leads::show(panel.store(), &id).await?.lead;
    if lead.id != id {
        return Err(Failure::NotFound);
    }
    let undo = json!({
        "action": format!("/admin/leads/{}", encode(&id)),
        "fields": match (&status, &assignee) {
            (Some(_), _) => json!({ "status": lead.status.name() }),
            (None, Some(_)) => json!({ "assignee": lead.assignee.clone().unwrap_or_default() }),
            (None, None) => Value::Null,
        },
    });
    let said = match (&status, &assignee) {
        (Some(_), _) => "lead.moved",
        (None, Some(_)) => "lead.assigned",
        (None, None) => "lead.noted",
    };
    let wanted = LeadChange { status, assignee, note };
    let changed = leads::change(panel.store(), &visit.actor()?, panel.now(), &id, wanted).await;
    match changed {
        Ok(_) if headers.contains_key("x-csrf") => {
            let text = |key: &str| panel.renderer.text(visit.language, key);
            let to = match (status, &form.assignee) {
                (Some(status), _) => text(&format!("status.{}", status.name())).to_owned(),
                (None, Some(name)) if name.trim().is_empty() => text("lead.nobody").to_owned(),
                (None, name) => name.clone().unwrap_or_default(),
            };
            let client = name(&panel, &visit, &lead);
            let named = if status.is_some() { client.as_str() } else { to.as_str() };
            let say = text(said).replace("{name}", named).replace("{to}", &to);
            let undo = if undo["fields"].is_null() { Value::Null } else { undo };
            Ok(axum::Json(json!({ "say": say, "undo": undo })).into_response())
        }
        Ok(_) => {
            let query = filter.here();
            let query = query.split_once('?').map(|(_, query)| query).unwrap_or_default();
            Ok(see_other(&format!("/admin/leads/{}?{query}", encode(&id))))
        }
        Err(leads::Error::AnotherOpen(_)) if !headers.contains_key("x-csrf") => {
            show(&panel, &visit, &headers, &id, &filter, Some("error.another_open")).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn export(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(filter): Params<Filter>,
) -> Served {
    let query = LeadQuery { page: Cut::first(0), ..filter.query(filter.status().into_iter().collect(), 0) };
    let csv = leads::export(panel.store(), &visit.actor()?, panel.now(), &query, visit.language).await?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"leads.csv\""),
    ];
    Ok((headers, csv).into_response())
}
